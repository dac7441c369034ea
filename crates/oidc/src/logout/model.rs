use crate::{client::Client, keys::model::HintClaims};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

/// A sign-out that a product began, as it is kept between its request and the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Registered and matched exactly, so the page may lead there.
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
    pub client_id: Option<String>,
    /// The session that the product's ID token names.
    pub sid: Option<String>,
}

const MOST_STATE: usize = 2048;

/// Checks what a product sent. `client` is the one that hint or `client_id` named, if any.
/// Errors: `logout.client_mismatch`, `logout.redirect_uri_unknown`.
pub fn check(
    client: Option<&Client>,
    named: Option<&str>,
    hint: Option<&HintClaims>,
    redirect_uri: Option<&str>,
    state: Option<&str>,
) -> Result<Request> {
    if let (Some(named), Some(hint)) = (named, hint)
        && hint.aud != named
    {
        return Err(Error::invalid("logout.client_mismatch"));
    }
    if let Some(uri) = redirect_uri
        && !client.is_some_and(|client| client.allows_post_logout_redirect(uri))
    {
        return Err(Error::invalid("logout.redirect_uri_unknown"));
    }
    Ok(Request {
        redirect_uri: redirect_uri.map(str::to_owned),
        state: state.filter(|state| state.len() <= MOST_STATE).map(str::to_owned),
        client_id: client.map(|client| client.client_id.clone()),
        sid: hint.and_then(|hint| hint.sid.clone()),
    })
}

impl Request {
    /// Where the person goes afterwards, if the product gave an address.
    pub fn target(&self) -> Option<String> {
        let uri = self.redirect_uri.as_deref()?;
        let Some(state) = &self.state else { return Some(uri.to_owned()) };
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
        let joint = if uri.contains('?') { '&' } else { '?' };
        Some(format!("{uri}{joint}{query}"))
    }
}
