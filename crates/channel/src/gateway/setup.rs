//! The form of each gateway: its fields, what it begins with, what it says of a stored gateway, and reading it. A secret is
//! never shown; left blank it stays as it is.
use super::{
    aliyun::{self, Aliyun},
    http::{HttpGateway, fixed_host, parse_headers, sample},
    model::{Config, Provider, Way},
    render::RenderError,
    smpp::SmppGateway,
    smtp::{Security, SmtpGateway},
    tencent::{self, Tencent},
};
use kernel::{Error, Result, email::Email, text};
use std::collections::BTreeMap;
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Line,
    Paragraph,
    /// Write-only.
    Secret,
    Number,
    Mail,
    Switch,
    /// Values with the keys of their names.
    Choice(&'static [(&'static str, &'static str)]),
}
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    /// Empty for none.
    pub hint: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub max: usize,
}
const fn field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    shape: Shape,
    max: usize,
) -> Field {
    Field { name, label, hint, shape, required: true, max }
}
const fn optional(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    shape: Shape,
    max: usize,
) -> Field {
    Field { name, label, hint, shape, required: false, max }
}

const NAME: Field = field("name", "channel-field-name", "channel-field-name-hint", Shape::Line, 60);
const SIGN: Field = optional("sign", "channel-field-sign", "channel-field-sign-hint", Shape::Line, 20);
const CAP: Field = optional("daily_cap", "channel-field-cap", "channel-field-cap-hint", Shape::Number, 9);
const ALARM: Field =
    optional("alarm_to", "channel-field-alarm", "channel-field-alarm-hint", Shape::Mail, 200);
const ENABLED: Field = optional("enabled", "channel-field-enabled", "", Shape::Switch, 2);
const HOST: Field = field("host", "channel-field-host", "channel-field-host-hint", Shape::Line, 200);
const PORT: Field = field("port", "channel-field-port", "", Shape::Number, 5);
const ENDPOINT: Field =
    field("endpoint", "channel-field-endpoint", "channel-field-endpoint-hint", Shape::Line, 300);

const ALIYUN: &[Field] = &[
    NAME,
    field("access_key_id", "channel-field-access-key-id", "", Shape::Line, 100),
    field("access_key_secret", "channel-field-access-key-secret", "", Shape::Secret, 200),
    SIGN,
    ENDPOINT,
    CAP,
    ALARM,
    ENABLED,
];
const TENCENT: &[Field] = &[
    NAME,
    field("secret_id", "channel-field-secret-id", "", Shape::Line, 100),
    field("secret_key", "channel-field-secret-key", "", Shape::Secret, 200),
    field("sdk_app_id", "channel-field-sdk-app-id", "channel-field-sdk-app-id-hint", Shape::Line, 40),
    SIGN,
    field("region", "channel-field-region", "", Shape::Line, 40),
    ENDPOINT,
    CAP,
    ALARM,
    ENABLED,
];
const METHODS: Shape = Shape::Choice(&[
    ("POST", "channel-method-post"),
    ("GET", "channel-method-get"),
    ("PUT", "channel-method-put"),
]);
const HTTP: &[Field] = &[
    NAME,
    field("method", "channel-field-method", "", METHODS, 4),
    field("url", "channel-field-url", "channel-field-url-hint", Shape::Line, 1000),
    optional("content_type", "channel-field-content-type", "", Shape::Line, 100),
    optional("headers", "channel-field-headers", "channel-field-headers-hint", Shape::Paragraph, 4000),
    optional("body", "channel-field-body", "channel-field-body-hint", Shape::Paragraph, 8000),
    optional("secret", "channel-field-secret", "channel-field-secret-hint", Shape::Secret, 400),
    optional("signed", "channel-field-signed", "channel-field-signed-hint", Shape::Paragraph, 2000),
    optional(
        "success_pointer",
        "channel-field-success-pointer",
        "channel-field-success-pointer-hint",
        Shape::Line,
        100,
    ),
    optional("success_value", "channel-field-success-value", "", Shape::Line, 100),
    optional("id_pointer", "channel-field-id-pointer", "", Shape::Line, 100),
    optional("said_pointer", "channel-field-said-pointer", "", Shape::Line, 100),
    SIGN,
    CAP,
    ALARM,
    ENABLED,
];
const SMPP: &[Field] = &[
    NAME,
    HOST,
    PORT,
    optional("tls", "channel-field-tls", "channel-field-tls-hint", Shape::Switch, 2),
    field("system_id", "channel-field-system-id", "", Shape::Line, 15),
    field("password", "channel-field-password", "", Shape::Secret, 8),
    optional("system_type", "channel-field-system-type", "", Shape::Line, 12),
    field("source", "channel-field-source", "channel-field-source-hint", Shape::Line, 20),
    optional("receipts", "channel-field-receipts", "", Shape::Switch, 2),
    SIGN,
    CAP,
    ALARM,
    ENABLED,
];
const SECURITIES: Shape = Shape::Choice(&[
    ("starttls", "channel-security-starttls"),
    ("tls", "channel-security-tls"),
    ("none", "channel-security-none"),
]);
const SMTP: &[Field] = &[
    NAME,
    HOST,
    PORT,
    field("security", "channel-field-security", "channel-field-security-hint", SECURITIES, 10),
    optional("user", "channel-field-user", "channel-field-user-hint", Shape::Line, 200),
    optional("password", "channel-field-password", "", Shape::Secret, 200),
    field("from", "channel-field-from", "", Shape::Mail, 200),
    optional("from_name", "channel-field-from-name", "", Shape::Line, 60),
    optional("reply_to", "channel-field-reply-to", "", Shape::Mail, 200),
    CAP,
    ALARM,
    ENABLED,
];

pub type Values = BTreeMap<String, String>;

pub fn fields(provider: Provider) -> &'static [Field] {
    match provider {
        Provider::Aliyun => ALIYUN,
        Provider::Tencent => TENCENT,
        Provider::Http => HTTP,
        Provider::Smpp => SMPP,
        Provider::Smtp => SMTP,
    }
}
fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
/// What an empty form holds.
pub fn blank(provider: Provider) -> Values {
    let mut all = values(&[("enabled", "on")]);
    all.extend(match provider {
        Provider::Aliyun => values(&[("endpoint", aliyun::ENDPOINT)]),
        Provider::Tencent => values(&[("endpoint", tencent::ENDPOINT), ("region", tencent::REGION)]),
        Provider::Http => values(&[
            ("method", "POST"),
            ("content_type", "application/json"),
            ("body", "{\"phone\": {{ to_national | json }}, \"content\": {{ text | json }}}"),
        ]),
        Provider::Smpp => values(&[("port", "2775"), ("receipts", "on")]),
        Provider::Smtp => values(&[("port", "587"), ("security", "starttls")]),
    });
    all
}
fn switch(on: bool) -> &'static str {
    if on { "on" } else { "" }
}
/// A stored gateway as its form shows it: no secret among it.
pub fn shown(name: &str, enabled: bool, config: &Config) -> Values {
    let cap = if config.daily_cap > 0 { config.daily_cap.to_string() } else { String::new() };
    let mut all = values(&[
        ("name", name),
        ("enabled", switch(enabled)),
        ("sign", &config.sign),
        ("daily_cap", &cap),
        ("alarm_to", config.alarm_to.as_deref().unwrap_or_default()),
    ]);
    all.extend(match &config.way {
        Way::Aliyun(way) => {
            values(&[("access_key_id", &way.access_key_id), ("endpoint", way.endpoint.as_str())])
        }
        Way::Tencent(way) => values(&[
            ("secret_id", &way.secret_id),
            ("sdk_app_id", &way.sdk_app_id),
            ("region", &way.region),
            ("endpoint", way.endpoint.as_str()),
        ]),
        Way::Http(way) => {
            let headers: Vec<String> =
                way.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            values(&[
                ("method", &way.method),
                ("url", &way.url),
                ("content_type", &way.content_type),
                ("headers", &headers.join("\n")),
                ("body", &way.body),
                ("signed", &way.signed),
                ("success_pointer", &way.success_pointer),
                ("success_value", &way.success_value),
                ("id_pointer", &way.id_pointer),
                ("said_pointer", &way.said_pointer),
            ])
        }
        Way::Smpp(way) => values(&[
            ("host", &way.host),
            ("port", &way.port.to_string()),
            ("tls", switch(way.tls)),
            ("system_id", &way.system_id),
            ("system_type", &way.system_type),
            ("source", &way.source),
            ("receipts", switch(way.receipts)),
        ]),
        Way::Smtp(way) => values(&[
            ("host", &way.host),
            ("port", &way.port.to_string()),
            (
                "security",
                match way.security {
                    Security::Tls => "tls",
                    Security::Starttls => "starttls",
                    Security::None => "none",
                },
            ),
            ("user", &way.user),
            ("from", &way.from),
            ("from_name", &way.from_name),
            ("reply_to", way.reply_to.as_deref().unwrap_or_default()),
        ]),
    });
    all
}
/// The secret of a stored gateway, if it has one.
pub fn secret(config: &Config) -> Option<&str> {
    let secret = match &config.way {
        Way::Aliyun(way) => &way.access_key_secret,
        Way::Tencent(way) => &way.secret_key,
        Way::Http(way) => &way.secret,
        Way::Smpp(way) => &way.password,
        Way::Smtp(way) => &way.password,
    };
    Some(secret.as_str()).filter(|secret| !secret.is_empty())
}

/// Name, switch and configuration, or everything that is wrong with the form.
pub fn parse(
    provider: Provider,
    typed: &Values,
    before: Option<&Config>,
) -> std::result::Result<(String, bool, Config), Vec<Error>> {
    let mut form = Reading { typed, errors: Vec::new(), fields: fields(provider), before };
    let name = form.line("name");
    let daily_cap = form.cap();
    let alarm_to = form.mail("alarm_to");
    let sign = form.line("sign");
    if sign.contains(['【', '】']) {
        form.errors.push(Error::invalid("gateway.sign").at("sign"));
    }
    let way = match provider {
        Provider::Aliyun => {
            let (access_key_id, access_key_secret) =
                (form.ascii("access_key_id"), form.secret("access_key_secret"));
            let way = |endpoint| Way::Aliyun(Aliyun { endpoint, access_key_id, access_key_secret });
            form.endpoint(aliyun::ENDPOINT).map(way)
        }
        Provider::Tencent => {
            let (secret_id, secret_key) = (form.ascii("secret_id"), form.secret("secret_key"));
            let (sdk_app_id, region) = (form.ascii("sdk_app_id"), form.ascii("region"));
            let way =
                |endpoint| Way::Tencent(Tencent { endpoint, region, secret_id, secret_key, sdk_app_id });
            form.endpoint(tencent::ENDPOINT).map(way)
        }
        Provider::Http => Some(Way::Http(form.http(&sign))),
        Provider::Smpp => Some(Way::Smpp(SmppGateway {
            host: form.host(),
            port: form.port(),
            tls: form.on("tls"),
            system_id: form.ascii("system_id"),
            password: form.secret("password"),
            system_type: form.ascii("system_type"),
            source: form.ascii("source"),
            receipts: form.on("receipts"),
        })),
        Provider::Smtp => Some(Way::Smtp(form.smtp())),
    };
    let enabled = form.on("enabled");
    match way {
        Some(way) if form.errors.is_empty() => Ok((name, enabled, Config { daily_cap, alarm_to, sign, way })),
        _ => Err(form.errors),
    }
}

struct Reading<'a> {
    typed: &'a Values,
    errors: Vec<Error>,
    fields: &'static [Field],
    before: Option<&'a Config>,
}
impl Reading<'_> {
    fn raw(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }
    fn take<T: Default>(&mut self, result: Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.errors.push(error);
            T::default()
        })
    }
    /// Bounded as the form says; fields that a maker does not have are empty.
    fn line(&mut self, name: &'static str) -> String {
        let Some(field) = self.fields.iter().find(|field| field.name == name) else { return String::new() };
        let raw = self.raw(name);
        let line = match (field.shape, field.required) {
            (Shape::Paragraph, _) => text::paragraph(name, raw, field.max).map(Option::unwrap_or_default),
            (_, true) => text::line(name, raw, field.max),
            (_, false) => text::optional_line(name, raw, field.max).map(Option::unwrap_or_default),
        };
        self.take(line)
    }
    /// What goes into a header or a packet.
    fn ascii(&mut self, name: &'static str) -> String {
        let line = self.line(name);
        if !line.is_ascii() {
            self.errors.push(Error::invalid("gateway.ascii").at(name));
        }
        line
    }
    /// As typed, or as it was.
    fn secret(&mut self, name: &'static str) -> String {
        let Some(field) = self.fields.iter().find(|field| field.name == name) else { return String::new() };
        match (self.raw(name), self.before.and_then(secret)) {
            ("", Some(kept)) => kept.to_owned(),
            ("", None) if !field.required => String::new(),
            _ => self.ascii(name),
        }
    }
    fn on(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }
    fn mail(&mut self, name: &'static str) -> Option<String> {
        let line = self.line(name);
        if line.is_empty() {
            return None;
        }
        let email = Email::parse(&line).map(|email| Some(email.as_str().to_owned())).map_err(|e| e.at(name));
        self.take(email)
    }
    fn cap(&mut self) -> i64 {
        let line = self.line("daily_cap");
        if line.is_empty() {
            return 0;
        }
        let cap = line.parse().ok().filter(|cap| (1..=100_000_000).contains(cap));
        self.take(cap.ok_or_else(|| Error::invalid("gateway.cap").at("daily_cap")))
    }
    fn port(&mut self) -> u16 {
        let port = self.line("port").parse().ok().filter(|port| *port > 0);
        self.take(port.ok_or_else(|| Error::invalid("gateway.port").at("port")))
    }
    fn host(&mut self) -> String {
        let host = self.line("host");
        let good = url::Host::parse(host.trim_start_matches('[').trim_end_matches(']')).is_ok()
            || host.parse::<std::net::IpAddr>().is_ok();
        if !host.is_empty() && !good {
            self.errors.push(Error::invalid("gateway.host").at("host"));
        }
        host
    }
    /// Scheme and host alone: the path is the maker's.
    fn endpoint(&mut self, default: &str) -> Option<Url> {
        let line = self.line("endpoint");
        let bare = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.path() == "/"
                && url.query().is_none()
                && url.username().is_empty()
        };
        let url = Url::parse(if line.is_empty() { default } else { &line }).ok().filter(bare);
        self.take(url.map(Some).ok_or_else(|| Error::invalid("gateway.endpoint").at("endpoint")))
    }
    fn http(&mut self, sign: &str) -> HttpGateway {
        let headers = self.line("headers");
        let headers = parse_headers(&headers).ok_or_else(|| Error::invalid("gateway.headers").at("headers"));
        let way = HttpGateway {
            method: self.line("method"),
            url: self.line("url"),
            content_type: self.ascii("content_type"),
            headers: self.take(headers),
            body: self.line("body"),
            secret: self.secret("secret"),
            signed: self.line("signed"),
            success_pointer: self.line("success_pointer"),
            success_value: self.line("success_value"),
            id_pointer: self.line("id_pointer"),
            said_pointer: self.line("said_pointer"),
        };
        if !matches!(way.method.as_str(), "POST" | "GET" | "PUT") {
            self.errors.push(Error::invalid("field.unknown_value").at("method"));
        }
        for (name, pointer) in [
            ("success_pointer", &way.success_pointer),
            ("id_pointer", &way.id_pointer),
            ("said_pointer", &way.said_pointer),
        ] {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                self.errors.push(Error::invalid("gateway.pointer").at(name));
            }
        }
        if !way.signed.is_empty() && way.secret.is_empty() {
            self.errors.push(Error::invalid("gateway.unsigned").at("secret"));
        }
        if !fixed_host(&way.url) {
            self.errors.push(Error::invalid("gateway.url").at("url"));
        } else if self.errors.is_empty()
            && let Err((field, RenderError(words))) = way.trial(sign)
        {
            self.errors.push(Error::invalid("gateway.template").at(field).arg("words", words));
        }
        way
    }
    fn smtp(&mut self) -> SmtpGateway {
        let security = match self.raw("security") {
            "tls" => Ok(Security::Tls),
            "starttls" => Ok(Security::Starttls),
            "none" => Ok(Security::None),
            _ => Err(Error::invalid("field.unknown_value").at("security")),
        };
        let security = security.unwrap_or_else(|error| {
            self.errors.push(error);
            Security::Starttls
        });
        SmtpGateway {
            host: self.host(),
            port: self.port(),
            security,
            user: self.ascii("user"),
            password: self.secret("password"),
            from: self.mail("from").unwrap_or_default(),
            from_name: self.line("from_name"),
            reply_to: self.mail("reply_to"),
        }
    }
}
impl HttpGateway {
    /// Renders every template with sample values; the field that fails and why.
    fn trial(&self, sign: &str) -> std::result::Result<(), (&'static str, RenderError)> {
        let letter = sample(values(&[
            ("minutes", "5"),
            ("brand", "B"),
            ("title", "T"),
            ("notice", "N"),
            ("subject", "S"),
        ]));
        let with =
            |alone: Self, field| alone.request(sign, &letter).map(drop).map_err(|error| (field, error));
        let bare = Self { method: self.method.clone(), url: self.url.clone(), ..Self::default() };
        with(bare.clone(), "url")?;
        with(Self { body: self.body.clone(), ..bare.clone() }, "body")?;
        let signing = Self {
            body: self.body.clone(),
            secret: self.secret.clone(),
            signed: self.signed.clone(),
            ..bare
        };
        with(signing, "signed")?;
        with(self.clone(), "headers")
    }
}
