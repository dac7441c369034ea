//! Forms: urlencoded, bounded, strict. A member given twice, bad UTF-8, NUL or a stale token never reaches a handler.
use crate::{
    App, Ctx, Failure, Lang,
    context::{TokenCheck, check_form_token},
    urlencoded,
};
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kernel::{Error, Kind};
use serde::de::DeserializeOwned;

/// Bytes of a form or JSON body.
pub const MAX_BODY: usize = 64 * 1024;

/// A POSTed form whose token was verified. Members whose name ends in `[]` may repeat and arrive as a list; an empty
/// member is `None` for an `Option`; text is as typed, so a service parses and bounds it.
#[derive(Debug)]
pub struct Form<T>(pub T);
/// As [`Form`] without token, for cookie-blind routes ([`crate::Routes::post_blind`]) alone.
#[derive(Debug)]
pub struct BareForm<T>(pub T);
/// The query string under the same rules.
#[derive(Debug)]
pub struct Query<T>(pub T);
/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);
/// The path's parameters; what does not parse does not exist.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// A form with a stale token, offered again with a fresh one.
pub(crate) struct Retry {
    pub(crate) action: String,
    /// Secrets are left out: the page asks for them again.
    pub(crate) members: Vec<(String, String)>,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let ctx = Ctx::from_request_parts(&mut parts, state).await?;
        let mut members = members(&parts, body).await?;
        let token = members.iter().position(|(name, _)| name == "csrf").map(|at| members.remove(at).1);
        let checked = token.map_or(TokenCheck::Stale, |token| check_form_token(&ctx, &token));
        if checked == TokenCheck::OtherSpace {
            return Err(Error::forbidden("form.other_space").into());
        }
        if checked == TokenCheck::Stale {
            // Offered again only if the browser says that our own page sent it: never a stranger's form.
            let retry = same_origin(&parts.headers, &ctx.app).then(|| Retry {
                action: ctx.path.clone(),
                members: members.into_iter().filter(|(name, _)| !is_secret(name)).collect(),
            });
            return Err(Failure::stale_form(retry));
        }
        Ok(Self(urlencoded::deserialize(members)?))
    }
}
impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for BareForm<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        Ok(Self(urlencoded::deserialize(members(&parts, body).await?)?))
    }
}
impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(urlencoded::deserialize(urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes())?)?))
    }
}
impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        json_of(&parts.headers, body, MAX_BODY).await.map(Self)
    }
}
/// A JSON body of at most so many bytes, for batches that are larger than a form.
pub async fn json_within<T: DeserializeOwned>(request: Request, most: usize) -> Result<T, Failure> {
    let (parts, body) = request.into_parts();
    json_of(&parts.headers, body, most).await
}
async fn json_of<T: DeserializeOwned>(headers: &HeaderMap, body: Body, most: usize) -> Result<T, Failure> {
    if !content_type(headers).is_some_and(|kind| kind == "application/json" || kind.ends_with("+json")) {
        return Err(unsupported());
    }
    let bytes = read_within(body, most).await?;
    // A NUL would end up in a store that cannot hold it.
    if bytes.windows(6).any(|w| w == br"\u0000") {
        return Err(malformed(Error::invalid("request.nul")));
    }
    serde_json::from_slice(&bytes).map_err(|error| malformed(Error::invalid("request.json").because(error)))
}
impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::not_found("page.unknown").into()),
        }
    }
}

async fn members(parts: &Parts, body: Body) -> Result<Vec<(String, String)>, Failure> {
    if content_type(&parts.headers).is_none_or(|kind| kind != "application/x-www-form-urlencoded") {
        return Err(unsupported());
    }
    urlencoded::parse(&read(body).await?)
}
async fn read(body: Body) -> Result<bytes::Bytes, Failure> {
    read_within(body, MAX_BODY).await
}
async fn read_within(body: Body, most: usize) -> Result<bytes::Bytes, Failure> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(malformed(Error::invalid("request.body").because(error))),
    }
}
pub(crate) fn too_large() -> Failure {
    Failure::with_status(Error::invalid("request.too_large"), StatusCode::PAYLOAD_TOO_LARGE)
}
pub(crate) fn malformed(error: Error) -> Failure {
    Failure::with_status(error, StatusCode::BAD_REQUEST)
}
fn unsupported() -> Failure {
    Failure::with_status(Error::invalid("request.media_type"), StatusCode::UNSUPPORTED_MEDIA_TYPE)
}
fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|kind| kind.trim().to_ascii_lowercase())
}
fn same_origin(headers: &HeaderMap, app: &App) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == app.origin().as_bytes())
        || headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "password", "secret", "code", "captcha", "answer", "otp", "pin", "token", "altcha", "document",
        "resident",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// What is wrong with a form, field by field, in the user's language.
#[derive(Clone, Debug, Default)]
pub struct FormErrors {
    items: Vec<(&'static str, String)>,
    /// What the fields are called on the page, for the summary.
    labels: Vec<(&'static str, String)>,
    status: Option<StatusCode>,
}
impl FormErrors {
    pub const fn none() -> Self {
        Self { items: Vec::new(), labels: Vec::new(), status: None }
    }
    /// The error at its field; without a field it stands above the form.
    pub fn from(error: &Error, lang: Lang) -> Self {
        let mut errors = Self::none();
        errors.push(error, lang);
        errors
    }
    /// Errors that a person can mend by typing differently come back with the form; the others end the request.
    pub fn or_fail(error: Error, lang: Lang) -> Result<Self, Failure> {
        match error.kind {
            Kind::Invalid | Kind::Conflict | Kind::TooMany => Ok(Self::from(&error, lang)),
            _ => Err(error.into()),
        }
    }
    pub fn push(&mut self, error: &Error, lang: Lang) {
        self.status.get_or_insert(crate::problem::status(error.kind));
        self.items.push((error.field.unwrap_or(""), lang.error(error)));
    }
    /// Keeps a parsed value or notes the error: several fields are reported at once.
    pub fn take<T>(&mut self, result: kernel::Result<T>, lang: Lang) -> Option<T> {
        result.map_err(|error| self.push(&error, lang)).ok()
    }
    pub fn add(&mut self, field: &'static str, message: String) {
        self.items.push((field, message));
    }
    pub fn of(&self, field: &str) -> Option<&str> {
        self.items.iter().find(|(name, _)| *name == field).map(|(_, message)| message.as_str())
    }
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.items.iter().map(|(field, message)| (*field, message.as_str()))
    }
    /// Names the fields as the page does: in the summary a message stands away from its field.
    #[must_use]
    pub fn labelled(mut self, lang: Lang, labels: &[(&'static str, String)]) -> Self {
        let named = |(field, label): &(&'static str, String)| {
            (*field, lang.ta("web-errors-named", &[("field", label.trim_end_matches(['：', ':']))]))
        };
        self.labels = labels.iter().map(named).collect();
        self
    }
    /// Whether the form gave names of its own; else the label beside the field is taken, see [`crate::summary`].
    pub fn names(&self, field: &str) -> bool {
        self.labels.iter().any(|(name, _)| *name == field)
    }
    /// For the list above the form: `姓名：…`, each with its field to lead to.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let named = |(field, message): &(&'static str, String)| {
            let label = self.labels.iter().find(|(name, _)| name == field).map_or("", |(_, label)| label);
            (*field, format!("{label}{message}"))
        };
        self.items.iter().map(named).collect()
    }
    /// Of the page that shows the form again.
    pub fn status(&self) -> StatusCode {
        match self.status {
            _ if self.items.is_empty() => StatusCode::OK,
            Some(status) => status,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}
