//! Any gateway that takes a message by one HTTP request. Address, headers and body are templates; the request may be signed
//! with HMAC-SHA256; what the answer must say is given as a JSON pointer and a value.
use super::{
    model::{Config, Failure, Letter, Reason, Taken},
    render::{RenderError, render},
    signing::{hex, hmac_sha256},
};
use crate::Tools;
use http::{HeaderName, HeaderValue, Method, header};
use platform::connector::Server;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;
use web::Call;

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpGateway {
    /// GET, POST or PUT.
    pub method: String,
    /// A template behind its host.
    pub url: String,
    pub content_type: String,
    /// Names with templates.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Known to the templates as `secret`, and the key of the signature.
    pub secret: String,
    /// What is signed; `signature` (hexadecimal) and `signature_base64` are known to the headers then.
    pub signed: String,
    /// Where in the JSON answer the verdict lies; empty means that HTTP 2xx is enough.
    pub success_pointer: String,
    pub success_value: String,
    pub id_pointer: String,
    pub said_pointer: String,
}

/// What a gateway is told, as its templates name it.
pub const NAMES: [&str; 12] = [
    "to",
    "to_national",
    "text",
    "plain_text",
    "sign",
    "code",
    "purpose",
    "lang",
    "id",
    "timestamp",
    "nonce",
    "secret",
];

impl HttpGateway {
    /// The request for a letter. Templates that fail are a fault of the set-up.
    pub fn request(&self, sign: &str, letter: &Letter) -> Result<Call, RenderError> {
        let mut values = letter.values.clone();
        for (name, value) in [
            ("to", letter.to.clone()),
            ("to_national", letter.national().to_owned()),
            ("text", letter.signed_text(sign)),
            ("plain_text", letter.text.clone()),
            ("sign", sign.to_owned()),
            ("code", letter.code.clone().unwrap_or_default()),
            ("purpose", letter.purpose.clone()),
            ("lang", letter.lang.clone()),
            ("id", letter.id.to_string()),
            ("timestamp", letter.now.as_seconds().to_string()),
            ("nonce", letter.nonce.clone()),
            ("secret", self.secret.clone()),
        ] {
            values.insert(name.to_owned(), value);
        }
        let fault = |what: &str| RenderError(what.to_owned());
        let url = Url::parse(&render(&self.url, &values)?).map_err(|_| fault("the address is no URL"))?;
        let body = render(&self.body, &values)?;
        values.insert("body".into(), body.clone());
        values.insert("path".into(), url.path().to_owned());
        values.insert("method".into(), self.method.clone());
        if !self.signed.is_empty() {
            let mac = hmac_sha256(self.secret.as_bytes(), render(&self.signed, &values)?.as_bytes());
            values.insert("signature".into(), hex(&mac));
            values.insert("signature_base64".into(), data_encoding::BASE64.encode(&mac));
        }
        let method: Method = self.method.parse().map_err(|_| fault("no such method"))?;
        let mut call = Call::new(method, url, body);
        let value = |text: String| HeaderValue::from_str(text.trim()).map_err(|_| fault("no header value"));
        if !self.content_type.is_empty() {
            call = call.header(header::CONTENT_TYPE, value(self.content_type.clone())?);
        }
        for (name, template) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| fault("no header name"))?;
            call = call.header(name, value(render(template, &values)?)?);
        }
        Ok(call)
    }
    /// The verdict on an answer.
    pub fn verdict(&self, status: http::StatusCode, body: &[u8]) -> Taken {
        let http = format!("HTTP {}", status.as_u16());
        let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let at = |pointer: &str| {
            let found = answer.as_ref().filter(|_| !pointer.is_empty())?.pointer(pointer)?;
            Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
        };
        let said = at(&self.said_pointer).map_or_else(|| http.clone(), |said| format!("{http} {said}"));
        if !status.is_success() {
            let reason = match status.as_u16() {
                401 | 403 => Reason::Credentials,
                402 => Reason::Balance,
                429 => Reason::TooOften,
                _ => Reason::Answer,
            };
            return Err(Failure::new(reason, said));
        }
        if self.success_pointer.is_empty() {
            return Ok(at(&self.id_pointer));
        }
        match at(&self.success_pointer) {
            Some(value) if value == self.success_value => Ok(at(&self.id_pointer)),
            Some(value) => {
                Err(Failure::new(Reason::Other, format!("{said} {}={value}", self.success_pointer)))
            }
            None => Err(Failure::new(Reason::Answer, said)),
        }
    }
    /// Renders every template with sample values; the field that fails and why.
    pub(super) fn trial(&self, sign: &str) -> Result<(), (&'static str, RenderError)> {
        let named = [("minutes", "5"), ("brand", "B"), ("title", "T"), ("notice", "N"), ("subject", "S")];
        let letter = sample(named.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
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
    /// Whom its secret is handed.
    pub(super) fn server(&self) -> Option<Server> {
        fixed_part(&self.url).map(|url| Server::of(&url))
    }
    /// What proves who asks, wherever staff wrote it: in the field for it, in a header, in the address.
    pub(super) fn secrets(&self) -> Vec<&str> {
        const PLAIN: [&str; 3] = ["accept", "content-type", "user-agent"];
        let headers = self.headers.iter().filter(|(name, _)| !PLAIN.contains(&name.as_str()));
        let parameters = self.url.split(['?', '&']).skip(1).filter_map(|pair| Some(pair.split_once('=')?.1));
        let written = headers.map(|(_, value)| value.as_str()).chain(parameters).flat_map(literal);
        let tokens = written.flat_map(|text| text.split([' ', ',', ';', '=', '"'])).filter(|t| t.len() >= 8);
        [self.secret.as_str()].into_iter().chain(tokens).collect()
    }
    pub async fn send(&self, tools: &Tools, config: &Config, letter: &Letter) -> Taken {
        let call = self
            .request(&config.sign, letter)
            .map_err(|RenderError(words)| Failure::new(Reason::Other, words))?;
        let answer = tools.outbound.send(call.within(tools.patience)).await?;
        self.verdict(answer.status, &answer.body)
    }
}

/// `Name: template` lines. None if a line is none.
pub fn parse_headers(text: &str) -> Option<Vec<(String, String)>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            let name: HeaderName = name.trim().parse().ok()?;
            Some((name.to_string(), value.trim().to_owned()))
        })
        .collect()
}
/// The address before its first template, if that fixes the host: nothing that a message holds can lead elsewhere.
pub fn fixed_part(template: &str) -> Option<Url> {
    let head = template.split(['{', '}']).next().unwrap_or_default();
    let (scheme, rest) = head.split_once("://")?;
    let whole = matches!(scheme, "http" | "https") && rest.find(['/', '?']).is_some_and(|end| end > 0);
    Url::parse(head).ok().filter(|url| whole && url.host_str().is_some_and(|host| !host.is_empty()))
}
/// What stands between the templates of a text.
fn literal(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').filter_map(|piece| piece.rsplit('}').next())
}
/// A letter to try templates with.
pub fn sample(values: BTreeMap<String, String>) -> Letter {
    Letter {
        id: kernel::Id::from_i64(1),
        to: "+8613800138000".into(),
        purpose: "register".into(),
        lang: "zh-CN".into(),
        text: "123456".into(),
        subject: String::new(),
        code: Some("123456".into()),
        values,
        template: None,
        now: kernel::Timestamp::from_millis(1_795_255_200_000),
        nonce: "nonce".into(),
    }
}
