//! One message for the next page, in a signed cookie.
use crate::{App, cookie};
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;

/// What the last action did; shown once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    /// `ok`, `bad`, `warn` or `info`.
    pub tone: String,
    pub key: String,
    pub args: Vec<(String, String)>,
}

impl Flash {
    pub(crate) fn read(app: &App, headers: &HeaderMap) -> Option<Self> {
        let (body, mac) = cookie::get(headers, &cookie::flash_name(app))?.split_once('.')?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        if !kernel::secret::equal(&mac, &app.keyring.mac("web.flash", &[&body])) {
            return None;
        }
        serde_json::from_slice(&body).ok()
    }
    pub(crate) fn write(&self, app: &App) -> String {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mac = app.keyring.mac("web.flash", &[&body]);
        format!("{}.{}", BASE64URL_NOPAD.encode(&body), BASE64URL_NOPAD.encode(&mac))
    }
}

/// Shows `key` on the next page. `tone` is `ok`, `bad`, `warn` or `info`. Arguments are names of things, never secrets.
#[must_use]
pub fn with_flash(mut response: Response, tone: &str, key: &str, args: &[(&str, &str)]) -> Response {
    response.extensions_mut().insert(Flash {
        tone: tone.to_owned(),
        key: key.to_owned(),
        args: args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    });
    response
}
