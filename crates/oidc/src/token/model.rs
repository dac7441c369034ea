use crate::{client::settings::split_lines, dpop::ProofError};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// Errors of the token endpoint (RFC 6749 §5.2) and of those that answer like it. `description` is English for the client's
/// developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    InvalidRequest(&'static str),
    /// RFC 9126 §2.3.
    TooLarge,
    /// `basic` tells whether the client used the header, which RFC 6749 wants answered with a challenge.
    InvalidClient {
        basic: bool,
    },
    /// `access` carries a stable reason code when the halves of the tally no longer fit.
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    /// The client is not registered for what it asks.
    UnauthorizedClient(&'static str),
    InvalidScope(&'static str),
    /// RFC 8707 §2.
    InvalidTarget(&'static str),
    /// RFC 9449 §5.
    InvalidProof(&'static str),
    UseNonce,
}
impl TokenError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::TooLarge => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient(_) => "unauthorized_client",
            Self::InvalidScope(_) => "invalid_scope",
            Self::InvalidTarget(_) => "invalid_target",
            Self::InvalidProof(_) => "invalid_dpop_proof",
            Self::UseNonce => "use_dpop_nonce",
        }
    }
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(text)
            | Self::InvalidGrant(text)
            | Self::UnauthorizedClient(text)
            | Self::InvalidScope(text)
            | Self::InvalidTarget(text)
            | Self::InvalidProof(text) => text,
            Self::TooLarge => "the body is larger than 64 KiB",
            Self::InvalidClient { .. } => "client authentication failed",
            Self::UnsupportedGrantType => {
                "grant_type must be authorization_code, refresh_token or client_credentials"
            }
            Self::UseNonce => "the DPoP proof needs the nonce of the header DPoP-Nonce",
        }
    }
}
impl From<ProofError> for TokenError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid(reason) => Self::InvalidProof(reason),
            ProofError::UseNonce => Self::UseNonce,
        }
    }
}

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: &'static str,
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = ErrorBody { error: self.code(), error_description: self.description() };
        let mut response = no_store(web::json(&body));
        *response.status_mut() = status;
        if matches!(self, Self::InvalidClient { basic: true }) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"fujie\""));
        }
        response
    }
}

/// Tokens must not linger in caches (RFC 6749 §5.1).
pub fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[derive(Debug, Serialize)]
pub struct TokenResponse {
    pub access_token: String,
    /// `Bearer`, or `DPoP` for one that is bound to a key.
    pub token_type: &'static str,
    pub expires_in: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// Names of network zones as one column: zones are named by administrators without line feeds.
pub fn join_zones(zones: &[String]) -> String {
    zones.join("\n")
}
pub fn split_zones(text: &str) -> Vec<String> {
    text.split('\n').filter(|zone| !zone.is_empty()).map(str::to_owned).collect()
}
/// The lines of a column, or the one that stands for none.
pub fn split_lines_or(text: &str, default: &str) -> Vec<String> {
    let lines = split_lines(text);
    if lines.is_empty() { vec![default.to_owned()] } else { lines }
}
