use kernel::{
    Error, Result,
    id::{ClientId, OrganizationId, ProductId},
};
use url::Url;

db::text_enum! {
    pub enum ClientState { Active = "active", Disabled = "disabled" }
}
db::text_enum! {
    /// What signs ID tokens.
    pub enum Algorithm { Es256 = "ES256", Rs256 = "RS256" }
}

/// Longest redirect address.
const MOST_URI: usize = 2048;
const MOST_URIS: usize = 20;

/// An address to which an answer may be sent: exists only when it is safe to register. It is then compared as an exact
/// string, so whatever a lenient URL parser would make of the request's text plays no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// https anywhere, http on loopback, or a private-use scheme with a dot (RFC 8252 §7.1); in normal form, so that no
    /// dot segment, default port or upper-case host hides in it; no user info, no fragment, no wildcard.
    /// Error: `client.redirect_uri_invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || Error::invalid("client.redirect_uri_invalid").at("redirect_uris");
        let plain = text.len() <= MOST_URI
            && text.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}*".contains(&b));
        if !plain {
            return Err(invalid());
        }
        let url = Url::parse(text).map_err(|_| invalid())?;
        let scheme_fits = match url.scheme() {
            "https" => url.has_host(),
            "http" => loopback(&url),
            private => private.contains('.') && !url.cannot_be_a_base(),
        };
        let normal = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        // `;` starts path parameters that some servers strip before they route.
        let path_fits = !url.path().contains(';') && !url.path().contains("//") && !url.path().contains("%2");
        if scheme_fits && normal && bare && path_fits { Ok(Self(text.to_owned())) } else { Err(invalid()) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// A list as it is stored: addresses hold no blanks, so lines keep them apart.
pub fn join(uris: &[RedirectUri]) -> String {
    uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>().join("\n")
}
/// Errors: `client.redirect_uri_invalid`, `client.redirect_uri_required`, `client.redirect_uri_too_many`.
pub fn parse_list<S: AsRef<str>>(texts: &[S], required: bool) -> Result<Vec<RedirectUri>> {
    if texts.len() > MOST_URIS {
        return Err(Error::invalid("client.redirect_uri_too_many")
            .at("redirect_uris")
            .arg("max", MOST_URIS.to_string()));
    }
    if required && texts.is_empty() {
        return Err(Error::invalid("client.redirect_uri_required").at("redirect_uris"));
    }
    texts.iter().map(|text| RedirectUri::parse(text.as_ref())).collect()
}

/// A registered client, as `authorize` and `token` need it.
#[derive(Clone)]
pub struct Client {
    pub id: ClientId,
    pub client_id: String,
    pub product: ProductId,
    pub name: String,
    /// None: a public client, which proves itself by PKCE alone.
    pub secret_mac: Option<Vec<u8>>,
    pub redirect_uris: String,
    pub post_logout_redirect_uris: String,
    pub initiate_login_uri: Option<String>,
    pub skip_consent: bool,
    pub id_token_algorithm: Algorithm,
    pub state: ClientState,
    /// A program that acts without a person: it signs nobody in.
    pub service: bool,
    /// Of a service client: the organization for which it acts; None for the platform's own.
    pub owner: Option<OrganizationId>,
}
db::row!(Client {
    id,
    client_id,
    product,
    name,
    secret_mac,
    redirect_uris,
    post_logout_redirect_uris,
    initiate_login_uri,
    skip_consent,
    id_token_algorithm,
    state,
    service,
    owner,
});

impl Client {
    /// Exact equality with a registered address, nothing cleverer.
    pub fn allows_redirect(&self, uri: &str) -> bool {
        listed(&self.redirect_uris, uri)
    }
    pub fn allows_post_logout_redirect(&self, uri: &str) -> bool {
        listed(&self.post_logout_redirect_uris, uri)
    }
    /// The host, and port where it is not the scheme's own, that a person sees on the consent page.
    pub fn host(&self) -> String {
        let first = self.redirect_uris.split('\n').next().unwrap_or_default();
        let url = Url::parse(first).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        match url.as_ref().and_then(Url::port) {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}
fn listed(list: &str, uri: &str) -> bool {
    !uri.is_empty() && list.split('\n').any(|registered| registered == uri)
}
