use super::{
    native,
    settings::{self, AuthMethod, Profile, Settings},
};
use kernel::{
    Error, Result,
    id::{ClientId, OrganizationId, ProductId},
};
use url::Url;

db::text_enum! {
    pub enum ClientState {
        Active = "active",
        /// By the developers who keep it; they may switch it on again.
        Paused = "paused",
        /// By the platform, which alone switches it on again.
        Disabled = "disabled",
    }
}
db::text_enum! {
    /// What signs: ID tokens and JWT access tokens here, assertions, proofs and request objects at clients.
    pub enum Algorithm { Es256 = "ES256", Rs256 = "RS256", Ps256 = "PS256", EdDsa = "EdDSA" }
}
impl Algorithm {
    /// From the header of a signed message. RFC 9864 gives EdDSA with Ed25519 a name of its own; both mean the same here.
    pub fn of_header(name: &str) -> Option<Self> {
        match name {
            "Ed25519" => Some(Self::EdDsa),
            other => other.parse().ok(),
        }
    }
}

/// Longest redirect address.
const MOST_URI: usize = 2048;
const MOST_URIS: usize = 20;

/// An address to which an answer may be sent: exists only when it is safe to register. It is then compared as an exact
/// string, but for the port of an app on loopback, so whatever a lenient URL parser would make of the request's text plays no part.
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
            // With an empty authority one reader takes for the path what another takes for the host.
            private => {
                private.contains('.') && !url.cannot_be_a_base() && url.has_host() == url.has_authority()
            }
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

pub(super) fn loopback(url: &Url) -> bool {
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

/// Who keeps a client that signs people in, and how often it was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// The organization whose developers do; None: the platform's staff.
    pub developer: Option<OrganizationId>,
    /// That organization is suspended, closed or struck off: what it keeps does not work until it wakes.
    pub asleep: bool,
    pub rev: i64,
}

/// A registered client, as `authorize` and `token` need it.
#[derive(Clone)]
pub struct Client {
    pub id: ClientId,
    pub client_id: String,
    pub product: ProductId,
    pub name: String,
    /// None: a client without a secret, which proves itself by a key or by PKCE alone.
    pub secret_mac: Option<Vec<u8>>,
    /// The secret, where the client signs with it.
    pub secret_sealed: Option<Vec<u8>>,
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
    pub settings: Settings,
    pub keeping: Keeping,
}
impl db::FromRow for Client {
    fn from_row(row: &db::Row<'_>) -> Result<Self> {
        let mut index = 0;
        let mut next = || {
            index += 1;
            index - 1
        };
        Ok(Self {
            id: row.get(next())?,
            client_id: row.get(next())?,
            product: row.get(next())?,
            name: row.get(next())?,
            secret_mac: row.get(next())?,
            secret_sealed: row.get(next())?,
            redirect_uris: row.get(next())?,
            post_logout_redirect_uris: row.get(next())?,
            initiate_login_uri: row.get(next())?,
            skip_consent: row.get(next())?,
            id_token_algorithm: row.get(next())?,
            state: row.get(next())?,
            service: row.get(next())?,
            owner: row.get(next())?,
            settings: Settings {
                profile: row.get(next())?,
                auth_method: row.get(next())?,
                auth_algorithm: row.get(next())?,
                jwks: row.get(next())?,
                jwks_uri: row.get(next())?,
                grant_types: grant_types(&row.get::<String>(next())?)?,
                access_token_format: row.get(next())?,
                access_token_seconds: row.get(next())?,
                dpop_bound: row.get(next())?,
                require_par: row.get(next())?,
                subject_type: row.get(next())?,
                sector_identifier_uri: row.get(next())?,
                request_object_algorithm: row.get(next())?,
                backchannel_logout_uri: row.get(next())?,
                backchannel_logout_session_required: row.get(next())?,
                resources: settings::split_lines(&row.get::<String>(next())?),
                refresh_idle_seconds: row.get(next())?,
                refresh_absolute_seconds: row.get(next())?,
                id_token_claims: row.get(next())?,
            },
            keeping: Keeping { developer: row.get(next())?, asleep: row.get(next())?, rev: row.get(next())? },
        })
    }
}
fn grant_types(text: &str) -> Result<Vec<settings::GrantType>> {
    let unknown = |_| Error::internal("db.column_type").because("an unknown grant type");
    text.split('\n').filter(|word| !word.is_empty()).map(|word| word.parse().map_err(unknown)).collect()
}

impl Client {
    /// Whether it has something to prove itself with.
    pub fn is_confidential(&self) -> bool {
        self.settings.auth_method != AuthMethod::None
    }
    /// Whether an answer that is sent there can reach nobody else: the client proves itself with the code, or its domain does.
    /// Any program of the device may take an app's port or scheme and begin with a challenge of its own (RFC 8252 §8.6).
    pub fn is_certain_at(&self, redirect_uri: &str) -> bool {
        self.is_confidential() || redirect_uri.starts_with("https://")
    }
    /// Whether it may be used at all.
    pub fn works(&self) -> bool {
        self.state == ClientState::Active && !self.keeping.asleep
    }
    /// Exact equality with a registered address; of an app that listens on loopback, but for the port.
    pub fn allows_redirect(&self, uri: &str) -> bool {
        // A server has a port of its own, and FAPI 2.0 §5.3.2.2 compares exactly.
        let is_app = !self.is_confidential() && self.settings.profile != Profile::Fapi2;
        listed(&self.redirect_uris, uri)
            || (is_app
                && self.redirect_uris.split('\n').any(|registered| native::at_another_port(registered, uri)))
    }
    pub fn allows_post_logout_redirect(&self, uri: &str) -> bool {
        listed(&self.post_logout_redirect_uris, uri)
    }
}
fn listed(list: &str, uri: &str) -> bool {
    !uri.is_empty() && list.split('\n').any(|registered| registered == uri)
}
