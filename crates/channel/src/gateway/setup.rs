//! The form of each gateway: what it begins with, what it says of a stored gateway, and reading it. A secret is never shown;
//! left blank it stays as it is, for the server that it was typed for.
use super::{
    aliyun::{self, Aliyun},
    http::{HttpGateway, fixed_part, parse_headers},
    model::{Config, Gateway, Provider, Way},
    render::RenderError,
    smpp::SmppGateway,
    smtp::{Security, SmtpGateway},
    tencent::{self, Tencent},
};
use kernel::{Error, Result, email::Email, text};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

pub use super::fields::{Field, Shape, fields};

pub type Values = BTreeMap<String, String>;

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
/// A stored gateway as its form shows it: no secret among it. Each field stands under its name in what is stored.
pub fn shown(gateway: &Gateway) -> Result<Values> {
    let unreadable = |e| Error::internal("connector.json").because(e);
    let config = serde_json::to_value(&gateway.config).map_err(unreadable)?;
    let mut all = values(&[("name", &gateway.name), ("enabled", if gateway.enabled { "on" } else { "" })]);
    for field in fields(gateway.provider).iter().filter(|field| field.shape != Shape::Secret) {
        let stored = config.get(field.name).or_else(|| config.get("way")?.get(field.name));
        if let Some(stored) = stored {
            all.insert(field.name.to_owned(), typed_of(stored));
        }
    }
    Ok(all)
}
fn typed_of(stored: &Value) -> String {
    match stored {
        Value::String(text) => text.clone(),
        // Zero is no limit.
        Value::Number(number) if number.as_i64() == Some(0) => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "on".to_owned(),
        Value::Array(headers) => headers
            .iter()
            .filter_map(|pair| Some(format!("{}: {}", pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Bool(false) | Value::Null | Value::Object(_) => String::new(),
    }
}
/// The secret of a stored gateway, if it has one.
pub fn secret(config: &Config) -> Option<&str> {
    config.way.secrets().first().copied().filter(|secret| !secret.is_empty())
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
    // An address that is wrong is said to be, and leads nowhere.
    let wrong = |error: &Error| matches!(error.field, Some("host" | "port"));
    if let Some(way) = way.as_ref().filter(|_| !form.errors.iter().any(wrong)) {
        form.stays(way);
    }
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
    /// A secret that was not typed again goes where it went before.
    fn stays(&mut self, way: &Way) {
        let secret_field = self.fields.iter().find(|field| field.shape == Shape::Secret);
        let kept = secret_field.filter(|field| self.raw(field.name).is_empty());
        let before =
            self.before.filter(|before| secret(before).is_some()).and_then(|before| before.way.server());
        if let (Some(field), Some(before), Some(now)) = (kept, before, way.server()) {
            self.take(before.keeps(&now, field.name));
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
        if fixed_part(&way.url).is_none() {
            self.errors.push(Error::invalid("gateway.url").at("url"));
        } else if self.errors.is_empty()
            && let Err((field, RenderError(words))) = way.trial(sign)
        {
            self.errors.push(Error::invalid("gateway.template").at(field).arg("words", words));
        }
        way
    }
    fn smtp(&mut self) -> SmtpGateway {
        let security = Security::parse(self.raw("security"));
        let security = security.ok_or_else(|| Error::invalid("field.unknown_value").at("security"));
        let security = self.take(security);
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
