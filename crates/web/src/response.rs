//! Answers of handlers.
use crate::Failure;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use kernel::Error;

/// What every handler returns.
pub type Result = std::result::Result<Response, Failure>;

/// A page with status 200.
#[must_use]
pub fn html(page: impl askama::Template) -> Response {
    html_status(StatusCode::OK, page)
}
/// A page with another status: 422 for a form that comes back with errors.
#[must_use]
pub fn html_status(status: StatusCode, page: impl askama::Template) -> Response {
    match page.render() {
        Ok(text) => {
            let text = if status.is_success() { text } else { crate::summary::name_fields(text) };
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            response
        }
        Err(error) => Failure::from(Error::internal("internal").because(error)).into_response(),
    }
}
/// 303: the browser follows with GET.
#[must_use]
pub fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(error) => Failure::from(Error::internal("internal").because(error)).into_response(),
    }
}
/// 200 with JSON.
#[must_use]
pub fn json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
        }
        Err(error) => Failure::from(Error::internal("internal").because(error)).into_response(),
    }
}
/// Adds a `Set-Cookie`.
#[must_use]
pub fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// Where to go after a step: a path of this site alone, never another origin.
pub fn local_path(text: &str) -> Option<&str> {
    let clean = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 2048
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    clean.then_some(text)
}

/// Marks the answer as part of a client's or provider's sign-in flow, which ends on another site: no `form-action`, no COOP.
#[must_use]
pub fn in_flow(mut response: Response) -> Response {
    response.extensions_mut().insert(InFlow);
    response
}
#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlow;

/// For an answer that is no page and that something hangs on which is bound to the browser: a browser without a token keeps
/// the one that it was given for this request.
#[must_use]
pub fn keep_browser(mut response: Response) -> Response {
    response.extensions_mut().insert(KeepBrowser);
    response
}
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepBrowser;
