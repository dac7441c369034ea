use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// Access tokens live this long at most; whether one still answers is decided at each use.
pub const ACCESS_TOKEN_SECONDS: i64 = 600;
/// From the redirect to its redemption by the product's server.
pub const CODE_SECONDS: i64 = 60;

/// Errors of the token endpoint (RFC 6749 §5.2). `description` is English for the client's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    InvalidRequest(&'static str),
    /// `basic` tells whether the client used the header, which RFC 6749 wants answered with a challenge.
    InvalidClient {
        basic: bool,
    },
    /// `access` carries a stable reason code when the halves of the tally no longer fit.
    InvalidGrant(&'static str),
    UnsupportedGrantType,
}
impl TokenError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }
    pub const fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(text) | Self::InvalidGrant(text) => text,
            Self::InvalidClient { .. } => "client authentication failed",
            Self::UnsupportedGrantType => "grant_type must be authorization_code",
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
    pub token_type: &'static str,
    pub expires_in: i64,
    pub scope: String,
    pub id_token: String,
}

/// Names of network zones as one column: zones are named by administrators without line feeds.
pub fn join_zones(zones: &[String]) -> String {
    zones.join("\n")
}
pub fn split_zones(text: &str) -> Vec<String> {
    text.split('\n').filter(|zone| !zone.is_empty()).map(str::to_owned).collect()
}
