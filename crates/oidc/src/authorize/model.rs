//! Requests to the authorization endpoint: parsing, and the answers that go back to the client.
pub use super::scope::Scope;
use super::wishes::{Wish, Wishes};
use crate::{
    client::{Client, GrantType},
    parameters::Parameters,
};
use kernel::id::OrganizationId;
use organization::decision::{InSpace, Space};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Errors of RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6 and §6, RFC 8707 §2, RFC 9101 §6 and Unmet Authentication
/// Requirements 1.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    InvalidRequest,
    AccessDenied,
    UnauthorizedClient,
    UnsupportedResponseType,
    InvalidScope,
    InvalidTarget,
    LoginRequired,
    ConsentRequired,
    InteractionRequired,
    UnmetAuthenticationRequirements,
    InvalidRequestObject,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
}
impl ErrorCode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::AccessDenied => "access_denied",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

/// An error that the client is told. `reason` is English for its developer, or a stable reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub error: ErrorCode,
    pub reason: &'static str,
}
impl Refused {
    pub const fn new(error: ErrorCode, reason: &'static str) -> Self {
        Self { error, reason }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

/// How the answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    #[default]
    Query,
    /// OAuth 2.0 Form Post Response Mode.
    FormPost,
}

/// The least strength that the client wants. Without `essential` it is told what was reached instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// 1 to 3, as in `urn:fujie:aal:2`.
    pub least: i64,
    pub essential: bool,
}

/// An authorization request whose client and redirect address were proven before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub redirect_uri: String,
    #[serde(default)]
    pub response_mode: ResponseMode,
    pub scope: Scope,
    /// `organization:{id}` in the scope: the space that the product would like.
    pub organization: Option<OrganizationId>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub prompt: Prompt,
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub id_token_hint: Option<String>,
    #[serde(default)]
    pub strength: Option<Strength>,
    #[serde(default)]
    pub wishes: Wishes,
    #[serde(default)]
    pub resources: Vec<String>,
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    /// Not of the client: when whoever was there had signed in as they were sent to do it for this request; 0 if nobody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_before: Option<i64>,
}
impl Request {
    /// What the person has to agree to: the scopes, and what the claims parameter asks for besides.
    pub fn asked(&self) -> Scope {
        self.scope.with(self.wishes.scope())
    }
    /// Those in which the product may be told of the person at all.
    pub(super) fn spaces(&self, mut spaces: Vec<InSpace>) -> Vec<InSpace> {
        if self.scope.organization {
            spaces.retain(|found| found.space != Space::Personal);
        }
        spaces
    }
}

const MOST_STATE: usize = 2048;
const MOST_NONCE: usize = 512;
const MOST_SCOPE: usize = 1024;
const MOST_HINT: usize = 256;
const MOST_TOKEN_HINT: usize = 8192;
const MOST_RESOURCES: usize = 10;

/// `state`, as far as it may be repeated in an error: absent when it came twice or beyond its bound.
pub fn state_of(parameters: &Parameters) -> Option<String> {
    parameters.get("state").filter(|state| state.len() <= MOST_STATE).map(str::to_owned)
}
/// The way in which an error goes back: as asked for, if that can be understood.
pub fn mode_of(parameters: &Parameters) -> ResponseMode {
    match parameters.get("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    }
}

/// Client and redirect address are checked by the caller, before anything is sent anywhere; request objects and pushed
/// requests are opened by then.
pub fn parse(
    parameters: &Parameters,
    redirect_uri: &str,
    client: &Client,
    issuer: &str,
) -> Result<Request, Refused> {
    use ErrorCode::{
        InvalidRequest, InvalidScope, RegistrationNotSupported, RequestNotSupported, RequestUriNotSupported,
        UnauthorizedClient, UnsupportedResponseType,
    };
    let invalid = |reason| Refused::new(InvalidRequest, reason);
    parameters.refuse_duplicates().map_err(|_| invalid("a parameter occurs more than once"))?;
    for (name, error) in [
        ("request", RequestNotSupported),
        ("request_uri", RequestUriNotSupported),
        ("registration", RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err(Refused::new(error, "this parameter is not supported here"));
        }
    }
    if client.service {
        return Err(Refused::new(UnauthorizedClient, "this client signs nobody in"));
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(Refused::new(UnsupportedResponseType, "response_type must be code")),
        None => return Err(invalid("response_type is missing")),
    }
    if parameters.get("response_mode").is_some_and(|mode| !matches!(mode, "query" | "form_post")) {
        return Err(invalid("response_mode must be query or form_post"));
    }
    let bounded = |name: &'static str, most: usize, reason: &'static str| match parameters.get(name) {
        Some(value) if value.len() > most => Err(invalid(reason)),
        value => Ok(value.map(str::to_owned)),
    };
    let state = bounded("state", MOST_STATE, "state is longer than 2048 bytes")?;
    let nonce = bounded("nonce", MOST_NONCE, "nonce is longer than 512 bytes")?;
    let login_hint = bounded("login_hint", MOST_HINT, "login_hint is longer than 256 bytes")?;
    let ui_locales = bounded("ui_locales", MOST_HINT, "ui_locales is longer than 256 bytes")?;
    let id_token_hint = bounded("id_token_hint", MOST_TOKEN_HINT, "id_token_hint is longer than 8192 bytes")?;
    let acr_values = bounded("acr_values", MOST_HINT, "acr_values is longer than 256 bytes")?;
    let scope = bounded("scope", MOST_SCOPE, "scope is longer than 1024 bytes")?.unwrap_or_default();
    let (mut scope, organization) = parse_scope(&scope).ok_or(Refused::new(
        InvalidScope,
        "scope must hold well-formed names, openid among them for an ID token",
    ))?;
    // Without refresh tokens there is nothing that it could mean (Core §11).
    scope.offline_access &= client.settings.allows(GrantType::RefreshToken);
    let wishes = match parameters.get("claims") {
        Some(text) => Wishes::parse(text).map_err(invalid)?,
        None => Wishes::default(),
    };
    let max_age = match parameters.get("max_age") {
        None => None,
        Some(text) if text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        Some(_) => return Err(invalid("max_age must be a number of seconds")),
    };
    Ok(Request {
        redirect_uri: redirect_uri.to_owned(),
        response_mode: mode_of(parameters),
        scope,
        organization,
        state,
        nonce,
        code_challenge: parse_challenge(parameters, client.settings.demands().pkce)?,
        prompt: parse_prompt(parameters.get("prompt").unwrap_or_default())?,
        max_age,
        login_hint,
        ui_locales,
        id_token_hint,
        strength: strength(acr_values.as_deref(), &wishes)?,
        wishes,
        resources: parse_resources(parameters, &client.settings.resources, issuer)?,
        dpop_jkt: parse_thumbprint(parameters)?,
        signed_in_before: None,
    })
}

fn parse_scope(text: &str) -> Option<(Scope, Option<OrganizationId>)> {
    let well_formed = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    let words: Vec<&str> = text.split(' ').collect();
    if !words.iter().all(|word| well_formed(word)) {
        return None;
    }
    let mut named = words.iter().filter_map(|word| word.strip_prefix("organization:"));
    // A token is for one principal: two of them are none.
    let organization = match (named.next(), named.next()) {
        (None, _) => None,
        (Some(id), None) => Some(id.parse().ok()?),
        (Some(_), Some(_)) => return None,
    };
    Some((Scope::of_text(text), organization))
}

/// A missing method means `plain` (RFC 7636 §4.3), which is refused as much as no challenge at all, unless the client's
/// profile does without: there too, whoever begins with PKCE does it properly.
fn parse_challenge(parameters: &Parameters, demanded: bool) -> Result<Option<String>, Refused> {
    let refused = |reason| Refused::new(ErrorCode::InvalidRequest, reason);
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        if demanded || method.is_some() {
            return Err(refused("code_challenge is missing: PKCE is required"));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(refused("code_challenge_method must be S256"));
    }
    if is_digest(challenge) {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(refused("code_challenge is not a SHA-256 digest in base64url"))
    }
}
fn is_digest(text: &str) -> bool {
    data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|digest| digest.len() == 32)
}

/// RFC 9449 §10: the code is worth something only to whoever proves that key.
fn parse_thumbprint(parameters: &Parameters) -> Result<Option<String>, Refused> {
    match parameters.get("dpop_jkt") {
        Some(text) if !is_digest(text) => {
            Err(Refused::new(ErrorCode::InvalidRequest, "dpop_jkt is not a SHA-256 thumbprint in base64url"))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// RFC 8707 §2: only what the client is registered for, and the provider itself, whose userinfo every client may ask.
fn parse_resources(
    parameters: &Parameters,
    registered: &[String],
    issuer: &str,
) -> Result<Vec<String>, Refused> {
    let refused = |reason| Refused::new(ErrorCode::InvalidTarget, reason);
    let mut resources: Vec<String> = Vec::new();
    for resource in parameters.all("resource") {
        if resource != issuer && !registered.iter().any(|known| known == resource) {
            return Err(refused("resource is not one that this client is registered for"));
        }
        if resources.len() == MOST_RESOURCES {
            return Err(refused("more than 10 resources"));
        }
        if !resources.iter().any(|known| known == resource) {
            resources.push(resource.to_owned());
        }
    }
    Ok(resources)
}

fn parse_prompt(text: &str) -> Result<Prompt, Refused> {
    let refused = |reason| Refused::new(ErrorCode::InvalidRequest, reason);
    let mut prompt = Prompt::default();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(refused("prompt holds an unknown value")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(refused("prompt none excludes the others"));
    }
    Ok(prompt)
}

/// `urn:fujie:aal:2` as 2.
fn rank(acr: &str) -> Option<i64> {
    acr.strip_prefix("urn:fujie:aal:")
        .and_then(|text| text.parse().ok())
        .filter(|rank| (1..=3).contains(rank))
}
/// What a session of this strength is called: of the values that the client named, the highest that it reaches (Core §5.5.1.1).
pub fn acr(strength: i64, wish: Option<&Wish>) -> String {
    let named = wish.iter().flat_map(|wish| &wish.values).filter_map(|value| rank(value.as_str()?));
    let reached = named.filter(|rank| *rank <= strength).max();
    format!("urn:fujie:aal:{}", reached.unwrap_or(strength).clamp(1, 3))
}
/// The weakest of what will do: a session that reaches any of the values reaches what was asked for. Values without a
/// meaning here are passed over, unless one of them is essential (Core §5.5.1.1).
fn strength(acr_values: Option<&str>, wishes: &Wishes) -> Result<Option<Strength>, Refused> {
    let values = acr_values.unwrap_or_default().split(' ');
    let voluntary = values.filter_map(rank).min().map(|least| Strength { least, essential: false });
    let Some(wish) = wishes.acr() else { return Ok(voluntary) };
    let least = wish.values.iter().filter_map(|value| rank(value.as_str()?)).min();
    match least {
        Some(least) => Ok(Some(Strength { least, essential: wish.essential })),
        None if wish.essential => Err(Refused::new(
            ErrorCode::UnmetAuthenticationRequirements,
            "none of the essential acr values is known here",
        )),
        None => Ok(voluntary),
    }
}

/// Whether a verifier fits a stored challenge (RFC 7636 §4.6), in constant time. Verifiers of the wrong form never fit.
pub fn verifier_fits(verifier: &str, challenge: &str) -> bool {
    let form = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    let digest = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    kernel::secret::equal(digest.as_bytes(), challenge.as_bytes()) && form
}
