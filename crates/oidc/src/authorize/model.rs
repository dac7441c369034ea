//! Requests to the authorization endpoint: parsing, and the errors that go back to the client.
use crate::parameters::Parameters;
use kernel::id::OrganizationId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Errors of RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6 and §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    InvalidRequest,
    AccessDenied,
    UnsupportedResponseType,
    InvalidScope,
    LoginRequired,
    ConsentRequired,
    InteractionRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
}
impl ErrorCode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

/// An error that the client is told by redirect. `reason` is English for its developer, or a stable reason code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub error: ErrorCode,
    pub reason: &'static str,
}
impl Refused {
    pub const fn new(error: ErrorCode, reason: &'static str) -> Self {
        Self { error, reason }
    }
}

/// What was granted to be known: the scopes that this provider has a meaning for; others are ignored (Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub profile: bool,
    pub phone: bool,
    pub email: bool,
}
impl Scope {
    /// As stored and as told to the client; `openid` is always part.
    pub fn text(self) -> String {
        let mut out = String::from("openid");
        for (held, name) in [(self.profile, " profile"), (self.phone, " phone"), (self.email, " email")] {
            if held {
                out.push_str(name);
            }
        }
        out
    }
    pub fn of_text(text: &str) -> Self {
        let has = |name| text.split(' ').any(|word| word == name);
        Self { profile: has("profile"), phone: has("phone"), email: has("email") }
    }
    /// Whether a consent given to `self` covers `wanted`.
    pub const fn covers(self, wanted: Self) -> bool {
        (self.profile || !wanted.profile) && (self.phone || !wanted.phone) && (self.email || !wanted.email)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

/// An authorization request whose client and redirect address were proven before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub redirect_uri: String,
    pub scope: Scope,
    /// `organization:{id}` in the scope: the space that the product would like.
    pub organization: Option<OrganizationId>,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub code_challenge: String,
    pub prompt: Prompt,
    pub max_age: Option<i64>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub id_token_hint: Option<String>,
}

const MOST_STATE: usize = 2048;
const MOST_NONCE: usize = 512;
const MOST_SCOPE: usize = 1024;
const MOST_HINT: usize = 256;
const MOST_TOKEN_HINT: usize = 8192;

/// `state`, as far as it may be repeated in an error: absent when it came twice or beyond its bound.
pub fn state_of(parameters: &Parameters) -> Option<String> {
    parameters.get("state").filter(|state| state.len() <= MOST_STATE).map(str::to_owned)
}

/// Client and redirect address are checked by the caller, before anything is sent anywhere.
pub fn parse(parameters: &Parameters, redirect_uri: &str) -> Result<Request, Refused> {
    use ErrorCode::{
        InvalidRequest, InvalidScope, RegistrationNotSupported, RequestNotSupported, RequestUriNotSupported,
        UnsupportedResponseType,
    };
    let invalid = |reason| Refused::new(InvalidRequest, reason);
    parameters.refuse_duplicates().map_err(|_| invalid("a parameter occurs more than once"))?;
    for (name, error) in [
        ("request", RequestNotSupported),
        ("request_uri", RequestUriNotSupported),
        ("registration", RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err(Refused::new(error, "this parameter is not supported"));
        }
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(Refused::new(UnsupportedResponseType, "response_type must be code")),
        None => return Err(invalid("response_type is missing")),
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid("response_mode must be query"));
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
    let scope = bounded("scope", MOST_SCOPE, "scope is longer than 1024 bytes")?.unwrap_or_default();
    let (scope, organization) = parse_scope(&scope)
        .ok_or(Refused::new(InvalidScope, "scope must contain openid and well-formed names"))?;
    let code_challenge = parse_challenge(parameters)?;
    let prompt = parse_prompt(parameters.get("prompt").unwrap_or_default())?;
    let max_age = match parameters.get("max_age") {
        None => None,
        Some(text) if text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        Some(_) => return Err(invalid("max_age must be a number of seconds")),
    };
    Ok(Request {
        redirect_uri: redirect_uri.to_owned(),
        scope,
        organization,
        state,
        nonce,
        code_challenge,
        prompt,
        max_age,
        login_hint,
        ui_locales,
        id_token_hint,
    })
}

fn parse_scope(text: &str) -> Option<(Scope, Option<OrganizationId>)> {
    let well_formed = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    let words: Vec<&str> = text.split(' ').collect();
    if !words.iter().all(|word| well_formed(word)) || !words.contains(&"openid") {
        return None;
    }
    let organization = match words.iter().find_map(|word| word.strip_prefix("organization:")) {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    Some((Scope::of_text(text), organization))
}

/// A missing method means `plain` (RFC 7636 §4.3), which is refused as much as no challenge at all.
fn parse_challenge(parameters: &Parameters) -> Result<String, Refused> {
    let refused = |reason| Refused::new(ErrorCode::InvalidRequest, reason);
    let challenge =
        parameters.get("code_challenge").ok_or(refused("code_challenge is missing: PKCE is required"))?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(refused("code_challenge_method must be S256"));
    }
    let digest = data_encoding::BASE64URL_NOPAD.decode(challenge.as_bytes()).unwrap_or_default();
    if digest.len() == 32 {
        Ok(challenge.to_owned())
    } else {
        Err(refused("code_challenge is not a SHA-256 digest in base64url"))
    }
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

/// Whether a verifier fits a stored challenge (RFC 7636 §4.6), in constant time. Verifiers of the wrong form never fit.
pub fn verifier_fits(verifier: &str, challenge: &str) -> bool {
    let form = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
    let digest = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
    kernel::secret::equal(digest.as_bytes(), challenge.as_bytes()) && form
}

/// An answer to the client: `redirect_uri` with the parameters added to whatever query it was registered with. Every
/// answer carries `iss` (RFC 9207) and the request's `state`.
pub fn answer(redirect_uri: &str, issuer: &str, state: Option<&str>, members: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        query.append_pair(name, value);
    }
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", query.finish())
}

/// An error as such an answer.
pub fn error_answer(redirect_uri: &str, issuer: &str, state: Option<&str>, refused: &Refused) -> String {
    answer(
        redirect_uri,
        issuer,
        state,
        &[("error", refused.error.as_str()), ("error_description", refused.reason)],
    )
}
