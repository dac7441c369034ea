//! Cookies: `__Host-` names over TLS; on loopback without TLS names with the port, because ports of one host share cookies.
use crate::App;
use http::{HeaderMap, HeaderValue, header::COOKIE};

/// Tokens are 43 characters; anything much longer is not ours.
const LONGEST_TOKEN: usize = 128;
const YEAR: i64 = 365 * 86_400;

fn name(app: &App, suffix: &str) -> String {
    if app.secure() { format!("__Host-fujie{suffix}") } else { format!("fujie-{}{suffix}", app.port()) }
}
fn make(app: &App, name: &str, value: &str, max_age: Option<i64>) -> HeaderValue {
    let mut text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax");
    if app.secure() {
        text.push_str("; Secure");
    }
    if let Some(seconds) = max_age {
        text.push_str("; Max-Age=");
        text.push_str(&seconds.to_string());
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The first cookie of that name.
pub fn get<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}
fn token(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = get(headers, name)?;
    let good = (16..=LONGEST_TOKEN).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    good.then(|| value.to_owned())
}

/// The token of the browser session, if the browser sent one.
pub fn session_token(headers: &HeaderMap, app: &App) -> Option<String> {
    token(headers, &name(app, ""))
}
/// A `Set-Cookie` value; without `max_age` the cookie ends with the browser.
pub fn set_session(app: &App, token: &str, max_age: Option<i64>) -> HeaderValue {
    make(app, &name(app, ""), token, max_age)
}
/// For answers that lead elsewhere (303). A page with forms must keep the cookie it was rendered with: its form token hangs on it.
pub fn clear_session(app: &App) -> HeaderValue {
    make(app, &name(app, ""), "", Some(0))
}

/// The token by which a browser that signed in before is known again, whoever signs in.
pub fn device_token(headers: &HeaderMap, app: &App) -> Option<String> {
    token(headers, &name(app, "-device"))
}
/// Browsers keep a cookie for 400 days at most.
pub fn set_device(app: &App, token: &str) -> HeaderValue {
    make(app, &name(app, "-device"), token, Some(400 * 86_400))
}

/// The token that a first visit by another provider is bound to. It outlives the change of session between the proofs of the
/// two sides, so that it cannot be carried to another browser.
pub fn external_token(headers: &HeaderMap, app: &App) -> Option<String> {
    token(headers, &name(app, "-external"))
}
pub fn set_external(app: &App, token: &str, seconds: i64) -> HeaderValue {
    make(app, &name(app, "-external"), token, Some(seconds))
}
pub fn clear_external(app: &App) -> HeaderValue {
    make(app, &name(app, "-external"), "", Some(0))
}

/// The token that stands for a browser before anyone signed in: forms and challenges hang on it.
pub(crate) fn pre_session_token(headers: &HeaderMap, app: &App) -> Option<String> {
    token(headers, &name(app, "-pre"))
}
pub(crate) fn set_pre_session(app: &App, token: &str) -> HeaderValue {
    make(app, &name(app, "-pre"), token, None)
}
pub(crate) fn clear_pre_session(app: &App) -> HeaderValue {
    make(app, &name(app, "-pre"), "", Some(0))
}
/// Whether a `Set-Cookie` value begins or ends a session.
pub(crate) fn is_session(app: &App, value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|text| text.split_once('=').is_some_and(|(found, _)| found == name(app, "")))
}

pub(crate) fn flash_name(app: &App) -> String {
    name(app, "-flash")
}
pub(crate) fn set_flash(app: &App, value: &str) -> HeaderValue {
    make(app, &flash_name(app), value, Some(300))
}
pub(crate) fn clear_flash(app: &App) -> HeaderValue {
    make(app, &flash_name(app), "", Some(0))
}

/// Language, theme and text size: no secret, kept for a year.
pub(crate) fn set_preference(app: &App, name: &str, value: &str) -> HeaderValue {
    make(app, name, value, Some(YEAR))
}
