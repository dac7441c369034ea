//! What a client is registered to do, beyond its name and addresses. A profile demands, a setting may demand more; what
//! follows from both is [`Settings::demands`], the one place that every endpoint asks.
use super::model::{Algorithm, RedirectUri};
use crate::jose::{JwkSet, SetFault};
use kernel::{Error, Result};
use url::Url;

db::text_enum! {
    /// What is demanded of a client as a whole.
    pub enum Profile {
        /// OpenID Connect Basic: confidential clients may do without PKCE.
        Basic = "basic",
        /// OAuth 2.1: PKCE for all. The default.
        Oauth21 = "oauth21",
        /// FAPI 2.0 Security Profile.
        Fapi2 = "fapi2",
    }
}
impl Profile {
    pub fn is_laxer_than(self, other: Self) -> bool {
        let rank = |profile| Self::ALL.iter().position(|one| *one == profile);
        rank(self) < rank(other)
    }
}
db::text_enum! {
    /// How a client proves to be itself at the token endpoint (OpenID Connect Core §9).
    pub enum AuthMethod {
        None = "none",
        SecretBasic = "client_secret_basic",
        SecretPost = "client_secret_post",
        SecretJwt = "client_secret_jwt",
        PrivateKeyJwt = "private_key_jwt",
    }
}
impl AuthMethod {
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::SecretBasic | Self::SecretPost | Self::SecretJwt)
    }
}
db::text_enum! {
    pub enum GrantType {
        AuthorizationCode = "authorization_code",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
    }
}
db::text_enum! {
    pub enum TokenFormat { Opaque = "opaque", Jwt = "jwt" }
}
db::text_enum! {
    pub enum SubjectType { Public = "public", Pairwise = "pairwise" }
}

/// An access token that nobody has to ask about lives no longer: its end is the only revocation that is sure.
pub const MOST_JWT_SECONDS: i64 = 300;
pub const MOST_ACCESS_SECONDS: i64 = 3600;
const LEAST_ACCESS_SECONDS: i64 = 30;
pub const MOST_REFRESH_SECONDS: i64 = 365 * 86_400;
const LEAST_REFRESH_SECONDS: i64 = 60;
const MOST_RESOURCES: usize = 20;
const MOST_URI: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub profile: Profile,
    pub auth_method: AuthMethod,
    /// `token_endpoint_auth_signing_alg`; None: any that the keys fit. Of `private_key_jwt` alone.
    pub auth_algorithm: Option<Algorithm>,
    /// The client's public keys as a JSON Web Key Set, or where it publishes them; not both.
    pub jwks: Option<String>,
    pub jwks_uri: Option<String>,
    pub grant_types: Vec<GrantType>,
    pub access_token_format: TokenFormat,
    pub access_token_seconds: i64,
    /// Tokens are bound to a key that the client proves at each use (RFC 9449).
    pub dpop_bound: bool,
    /// Requests come pushed (RFC 9126) and in no other way.
    pub require_par: bool,
    pub subject_type: SubjectType,
    pub sector_identifier_uri: Option<String>,
    /// `request_object_signing_alg`: with it, unsigned requests are refused.
    pub request_object_algorithm: Option<Algorithm>,
    pub backchannel_logout_uri: Option<String>,
    pub backchannel_logout_session_required: bool,
    /// What tokens may be meant for (RFC 8707), besides the provider itself.
    pub resources: Vec<String>,
    pub refresh_idle_seconds: i64,
    pub refresh_absolute_seconds: i64,
    /// What a scope tells of the person stands in the ID token too, not at userinfo alone (Core §5.4).
    pub id_token_claims: bool,
}

impl Default for Settings {
    /// A confidential client that signs people in.
    fn default() -> Self {
        Self {
            profile: Profile::Oauth21,
            auth_method: AuthMethod::SecretBasic,
            auth_algorithm: None,
            jwks: None,
            jwks_uri: None,
            grant_types: vec![GrantType::AuthorizationCode],
            access_token_format: TokenFormat::Opaque,
            access_token_seconds: 600,
            dpop_bound: false,
            require_par: false,
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            request_object_algorithm: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            resources: Vec::new(),
            refresh_idle_seconds: 7 * 86_400,
            refresh_absolute_seconds: 30 * 86_400,
            id_token_claims: false,
        }
    }
}

/// What is demanded of every request and token of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    /// A request without a code challenge is refused.
    pub pkce: bool,
    pub par: bool,
    /// Tokens are bound to a key.
    pub sender_constrained: bool,
    /// A secret that both sides know is not enough.
    pub asymmetric_client: bool,
    /// An assertion names the issuer as its one audience; the address of an endpoint is not taken.
    pub issuer_audience: bool,
    /// A refresh token is exchanged for a new one at each use. Where tokens and client are bound to keys a stolen one is
    /// worthless, and a lost answer must not sign anybody out (FAPI 2.0 §5.3.2.1).
    pub rotates: bool,
    pub algorithms: &'static [Algorithm],
}

const STRONG: &[Algorithm] = &[Algorithm::Es256, Algorithm::Ps256, Algorithm::EdDsa];

/// What a profile demands; `confidential` tells whether the client can keep a secret.
pub const fn demands(profile: Profile, confidential: bool) -> Demands {
    let usual = Demands {
        pkce: true,
        par: false,
        sender_constrained: false,
        asymmetric_client: false,
        issuer_audience: false,
        rotates: true,
        algorithms: Algorithm::ALL,
    };
    match profile {
        Profile::Basic => Demands { pkce: !confidential, ..usual },
        Profile::Oauth21 => usual,
        Profile::Fapi2 => Demands {
            par: true,
            sender_constrained: true,
            asymmetric_client: true,
            issuer_audience: true,
            rotates: false,
            algorithms: STRONG,
            ..usual
        },
    }
}

impl Settings {
    /// A client that cannot keep a secret.
    pub fn public() -> Self {
        Self { auth_method: AuthMethod::None, ..Self::default() }
    }
    /// A program that acts without a person.
    pub fn machine() -> Self {
        Self { grant_types: vec![GrantType::ClientCredentials], ..Self::default() }
    }
    /// What the profile demands, and what the settings demand besides.
    pub fn demands(&self) -> Demands {
        let own = demands(self.profile, self.auth_method != AuthMethod::None);
        Demands {
            par: own.par || self.require_par,
            sender_constrained: own.sender_constrained || self.dpop_bound,
            ..own
        }
    }
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }
    /// How long an access token lives.
    pub fn access_seconds(&self) -> i64 {
        match self.access_token_format {
            TokenFormat::Opaque => self.access_token_seconds.min(MOST_ACCESS_SECONDS),
            TokenFormat::Jwt => self.access_token_seconds.min(MOST_JWT_SECONDS),
        }
    }

    /// As they may be registered, together with what signs ID tokens and where answers go. Errors: `client.jwks_*`,
    /// `client.uri_invalid`, `client.grant_types_invalid`, `client.lifetime_invalid`, `client.resource_invalid`,
    /// `client.sector_required`, `client.profile_*`.
    pub fn checked(
        self,
        id_token_algorithm: Algorithm,
        redirect_uris: &[RedirectUri],
        service: bool,
    ) -> Result<Self> {
        self.check_keys()?;
        self.check_addresses()?;
        self.check_grants(service)?;
        self.check_lifetimes()?;
        self.check_sector(redirect_uris)?;
        self.check_profile(id_token_algorithm, redirect_uris)?;
        Ok(self)
    }
    fn check_keys(&self) -> Result<()> {
        let set = match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => return Err(Error::invalid("client.jwks_twice").at("jwks")),
            (Some(text), None) => Some(JwkSet::parse(text).map_err(|fault| {
                let code = match fault {
                    SetFault::Unusable => "client.jwks_invalid",
                    SetFault::Private => "client.jwks_private",
                };
                Error::invalid(code).at("jwks")
            })?),
            (None, _) => None,
        };
        let wanted = self.auth_method == AuthMethod::PrivateKeyJwt || self.request_object_algorithm.is_some();
        if wanted && set.is_none() && self.jwks_uri.is_none() {
            return Err(Error::invalid("client.jwks_required").at("jwks"));
        }
        let algorithms = [self.auth_algorithm, self.request_object_algorithm];
        let without_key = |set: &JwkSet| algorithms.iter().flatten().any(|algorithm| !set.has(*algorithm));
        if set.as_ref().is_some_and(without_key) {
            return Err(Error::invalid("client.jwks_without_algorithm").at("jwks"));
        }
        Ok(())
    }
    fn check_addresses(&self) -> Result<()> {
        let list: [(&'static str, &Option<String>); 3] = [
            ("jwks_uri", &self.jwks_uri),
            ("sector_identifier_uri", &self.sector_identifier_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
        ];
        for (field, uri) in list {
            if uri.as_ref().is_some_and(|uri| fetched(uri).is_none()) {
                return Err(Error::invalid("client.uri_invalid").at(field));
            }
        }
        if self.resources.len() > MOST_RESOURCES || !self.resources.iter().all(|uri| is_resource(uri)) {
            return Err(Error::invalid("client.resource_invalid").at("resources"));
        }
        Ok(())
    }
    fn check_grants(&self, service: bool) -> Result<()> {
        use GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
        let fits = if service {
            self.grant_types == [ClientCredentials] && self.auth_method != AuthMethod::None
        } else {
            // Of its own it gets what it asks the provider with; who proves nothing gets nothing.
            self.allows(AuthorizationCode)
                && (!self.allows(ClientCredentials) || self.auth_method != AuthMethod::None)
        };
        let once = |grant| self.grant_types.iter().filter(|other| **other == grant).count() < 2;
        if fits && [AuthorizationCode, ClientCredentials, RefreshToken].into_iter().all(once) {
            Ok(())
        } else {
            Err(Error::invalid("client.grant_types_invalid").at("grant_types"))
        }
    }
    fn check_lifetimes(&self) -> Result<()> {
        let most = match self.access_token_format {
            TokenFormat::Opaque => MOST_ACCESS_SECONDS,
            TokenFormat::Jwt => MOST_JWT_SECONDS,
        };
        let refresh = LEAST_REFRESH_SECONDS..=MOST_REFRESH_SECONDS;
        let at = |field| Err(Error::invalid("client.lifetime_invalid").at(field));
        if !(LEAST_ACCESS_SECONDS..=most).contains(&self.access_token_seconds) {
            return at("access_token_seconds");
        }
        if !refresh.contains(&self.refresh_idle_seconds) {
            return at("refresh_idle_seconds");
        }
        if !refresh.contains(&self.refresh_absolute_seconds)
            || self.refresh_absolute_seconds < self.refresh_idle_seconds
        {
            return at("refresh_absolute_seconds");
        }
        Ok(())
    }
    /// Pairwise names need to know to whom they are given: one host, or an address that speaks for all (Core §8.1).
    fn check_sector(&self, redirect_uris: &[RedirectUri]) -> Result<()> {
        if self.subject_type == SubjectType::Public || self.sector_identifier_uri.is_some() {
            return Ok(());
        }
        let mut hosts: Vec<_> = redirect_uris.iter().map(|uri| secure_host(uri.as_str())).collect();
        hosts.sort();
        hosts.dedup();
        if hosts.len() > 1 || hosts.contains(&None) {
            return Err(Error::invalid("client.sector_required").at("sector_identifier_uri"));
        }
        Ok(())
    }
    fn check_profile(&self, id_token_algorithm: Algorithm, redirect_uris: &[RedirectUri]) -> Result<()> {
        let demands = self.demands();
        if demands.asymmetric_client && self.auth_method != AuthMethod::PrivateKeyJwt {
            return Err(Error::invalid("client.profile_method").at("auth_method"));
        }
        let used = [Some(id_token_algorithm), self.auth_algorithm, self.request_object_algorithm];
        if used.iter().flatten().any(|algorithm| !demands.algorithms.contains(algorithm)) {
            return Err(Error::invalid("client.profile_algorithm").at("algorithm"));
        }
        let secure = |uri: &RedirectUri| uri.as_str().starts_with("https://");
        if self.profile == Profile::Fapi2 && !redirect_uris.iter().all(secure) {
            return Err(Error::invalid("client.profile_redirect").at("redirect_uris"));
        }
        Ok(())
    }
    /// The name of the sector that pairwise subjects are made for.
    pub fn sector(&self, redirect_uris: &str) -> Option<String> {
        match &self.sector_identifier_uri {
            Some(uri) => host_of(uri),
            None => secure_host(redirect_uris.split('\n').next().unwrap_or_default()),
        }
    }
}

fn host_of(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}
/// Of an https address alone: nobody owns a loopback address, and the host of a private scheme is whatever an app wrote.
fn secure_host(uri: &str) -> Option<String> {
    if uri.starts_with("https://") { host_of(uri) } else { None }
}

/// An address that this server calls: https, or plain on loopback; without user info and fragment. Whether it may be reached
/// is asked when it is called.
pub fn fetched(text: &str) -> Option<Url> {
    let plain = text.len() <= MOST_URI && text.bytes().all(|b| b.is_ascii_graphic());
    let url = Url::parse(text).ok().filter(|_| plain)?;
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && super::model::loopback(&url));
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (scheme && bare && url.has_host()).then_some(url)
}

/// RFC 8707 §2: an absolute URI without a fragment.
pub fn is_resource(text: &str) -> bool {
    let plain = text.len() <= MOST_URI && text.bytes().all(|b| b.is_ascii_graphic());
    plain && !text.contains('#') && Url::parse(text).is_ok_and(|url| url.has_host() || url.scheme() == "urn")
}

/// Lists as they are stored: none of their members holds a line feed.
pub fn join_lines<T: AsRef<str>>(list: &[T]) -> String {
    list.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("\n")
}
pub fn split_lines(text: &str) -> Vec<String> {
    text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
