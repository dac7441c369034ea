//! A small API of a product behind Fujie. It shows what an API has to do with an access token: ask the provider what the token
//! says, look for whom it is meant, and, where it is bound to a key, demand a fresh proof of that key for this very request.
pub mod proof;
pub mod provider;

use axum::{
    Json, Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use proof::{Expected, Seen};
use provider::{Provider, Told};
use serde_json::json;
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

#[derive(Clone, Debug)]
pub struct Config {
    pub issuer: String,
    /// A client of the product whose tokens are asked about, with a secret.
    pub client_id: String,
    pub client_secret: String,
    pub listen: String,
    /// How clients reach this API: what their proofs name.
    pub base_url: String,
    /// What tokens for this API name in `aud`.
    pub audience: String,
    /// PEM of a private certificate authority, where the provider's certificate comes from one.
    pub ca_file: Option<String>,
}

const PROOF: HeaderName = HeaderName::from_static("dpop");
const DPOP: &str = "DPoP realm=\"product\", algs=\"ES256 PS256 EdDSA\"";
const BEARER: &str = "Bearer realm=\"product\"";

#[derive(Clone)]
pub struct App(Arc<Inner>);
struct Inner {
    config: Config,
    provider: Provider,
    seen: Seen,
}
impl App {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let provider = Provider::new(&config)?;
        Ok(Self(Arc::new(Inner { config, provider, seen: Seen::default() })))
    }
    pub fn router(self) -> Router {
        Router::new().route("/resource", get(resource).post(resource)).with_state(self)
    }
}

/// Why nothing is answered (RFC 6750 §3.1, RFC 9449 §7.1), with what is wrong for the client's developer.
#[derive(Debug)]
enum Refused {
    /// No token in the header, the only place where one is looked for.
    NoToken,
    Request(&'static str),
    Token {
        dpop: bool,
        why: &'static str,
    },
    Proof(&'static str),
    /// The provider cannot be asked, or more proofs came than can be remembered.
    Busy,
}
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, error, why, schemes) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "", "", &[DPOP, BEARER][..]),
            Self::Request(why) => (StatusCode::BAD_REQUEST, "invalid_request", why, &[DPOP][..]),
            Self::Token { dpop: true, why } => (StatusCode::UNAUTHORIZED, "invalid_token", why, &[DPOP][..]),
            Self::Token { dpop: false, why } => {
                (StatusCode::UNAUTHORIZED, "invalid_token", why, &[BEARER][..])
            }
            Self::Proof(why) => (StatusCode::UNAUTHORIZED, "invalid_dpop_proof", why, &[DPOP][..]),
            Self::Busy => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        };
        let mut response = if error.is_empty() {
            status.into_response()
        } else {
            (status, Json(json!({ "error": error, "error_description": why }))).into_response()
        };
        for scheme in schemes {
            let challenge = match error {
                "" => (*scheme).to_owned(),
                error => format!("{scheme}, error=\"{error}\", error_description=\"{why}\""),
            };
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                response.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
        }
        response
    }
}

async fn resource(
    State(app): State<App>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let now = unix_now();
    let told = app.admit(&method, uri.path(), &headers, now).await?;
    let body = json!({ "sub": told.sub, "client_id": told.client_id, "scope": told.scope,
        "acting_for": told.acting_for, "org_id": told.org_id });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

impl App {
    /// What the token says for which this request is answered.
    async fn admit(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        now: i64,
    ) -> Result<Told, Refused> {
        let Inner { config, provider, seen } = &*self.0;
        let (dpop, token) = brought(headers)?;
        let told = provider.introspect(token).await.map_err(|error| {
            eprintln!("{error:#}");
            Refused::Busy
        })?;
        let refused = |why| Refused::Token { dpop, why };
        match (told.judge(config, now).map_err(refused)?, dpop) {
            (None, false) => {}
            // Else whoever found a bound token could do without the key (RFC 9449 §7.2).
            (Some(_), false) => {
                return Err(Refused::Token { dpop: true, why: "the access token is bound to a key" });
            }
            (None, true) => return Err(refused("the access token is bound to no key")),
            (Some(jkt), true) => {
                let mut proofs = headers.get_all(PROOF).iter();
                let proof = proofs.next().filter(|_| proofs.next().is_none());
                let proof = proof.and_then(|value| value.to_str().ok());
                let proof = proof.ok_or(Refused::Proof("there must be one proof, in the header DPoP"))?;
                let uri = format!("{}{path}", config.base_url);
                let expected = Expected { method: method.as_str(), uri: &uri, access_token: token, jkt, now };
                let jti = proof::check(proof, &expected).map_err(Refused::Proof)?;
                // Asked last, so that only holders of the key can fill the memory.
                if !seen.is_new(jkt, &jti, now).ok_or(Refused::Busy)? {
                    return Err(Refused::Proof("the proof was used before"));
                }
            }
        }
        Ok(told)
    }
}

/// The token, and whether it came under the scheme that binds it to a key.
fn brought(headers: &HeaderMap) -> Result<(bool, &str), Refused> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let line = lines.next().ok_or(Refused::NoToken)?;
    if lines.next().is_some() {
        return Err(Refused::Request("there must be one token"));
    }
    let line = line.to_str().map_err(|_| Refused::Request("the token is no text"))?;
    let (scheme, token) = line.split_once(' ').ok_or(Refused::NoToken)?;
    let dpop = scheme.eq_ignore_ascii_case("dpop");
    if !dpop && !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused::NoToken);
    }
    let token = token.trim_start_matches(' ');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if token.is_empty() || !token.bytes().all(plain) {
        return Err(Refused::Request("the token has characters that no token has"));
    }
    Ok((dpop, token))
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, with the system's clock")]
fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests;
