//! `GET` and `POST /oauth2/userinfo`: who a token speaks for, if everything that it rests on still holds.
use super::{api::form, introspection::json_bytes, live::Said, model::no_store};
use crate::{
    OpenId,
    dpop::{self, ProofError},
};
use axum::{Extension, extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use kernel::Timestamp;
use serde_json::json;
use web::Ctx;

const PATH: &str = "/oauth2/userinfo";
const ALGORITHMS: &str = "ES256 PS256 RS256 EdDSA Ed25519";

/// Errors of RFC 6750 §3.1 and RFC 9449 §7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BearerError {
    /// No token at all: the challenge names no error.
    Missing,
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
    InvalidProof(&'static str),
    UseNonce,
}
impl BearerError {
    pub(super) fn code(self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::InvalidRequest => Some("invalid_request"),
            Self::InvalidToken => Some("invalid_token"),
            Self::InsufficientScope => Some("insufficient_scope"),
            Self::InvalidProof(_) => Some("invalid_dpop_proof"),
            Self::UseNonce => Some("use_dpop_nonce"),
        }
    }
    pub(super) fn challenge(self, dpop: bool) -> String {
        let mut challenge = if dpop {
            format!("DPoP realm=\"fujie\", algs=\"{ALGORITHMS}\"")
        } else {
            "Bearer realm=\"fujie\"".to_owned()
        };
        if let Some(code) = self.code() {
            challenge.push_str(&format!(", error=\"{code}\""));
        }
        challenge
    }
    /// `dpop`: whether the client speaks that scheme, which then is the one that is asked of it.
    fn answer(self, dpop: bool) -> Response {
        let status = match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        let challenge = self.challenge(dpop);
        let error = self.code().unwrap_or("invalid_token");
        let body = match self {
            Self::InvalidProof(reason) => json!({ "error": error, "error_description": reason }),
            _ => json!({ "error": error }),
        };
        let mut response = no_store(web::json(&body));
        *response.status_mut() = status;
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
impl From<ProofError> for BearerError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Invalid(reason) => Self::InvalidProof(reason),
            ProofError::UseNonce => Self::UseNonce,
        }
    }
}

/// A token, and whether it came under the scheme that binds it to a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Brought {
    pub token: String,
    pub dpop: bool,
}

pub async fn userinfo(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let speaks_dpop = parts.headers.contains_key(dpop::PROOF)
        || parts.headers.get(header::AUTHORIZATION).is_some_and(|line| {
            line.as_bytes().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop "))
        });
    let answer = match bearer(&parts, body).await {
        Ok(brought) => answer(&ctx, &openid, &parts, &brought).await?,
        Err(error) => Err(error),
    };
    let mut response = match answer {
        Ok(response) => response,
        Err(error) => error.answer(speaks_dpop),
    };
    if speaks_dpop {
        openid.add_nonce(response.headers_mut(), ctx.now);
    }
    Ok(response)
}

async fn answer(
    ctx: &Ctx,
    openid: &OpenId,
    parts: &Parts,
    brought: &Brought,
) -> kernel::Result<Result<Response, BearerError>> {
    let said = openid.said(&brought.token, ctx.now).await?;
    let Some(said) = said.filter(|said| said.is_access()) else {
        return Ok(Err(BearerError::InvalidToken));
    };
    if let Err(error) = held(openid, &parts.headers, &parts.method, PATH, brought, &said, ctx.now).await? {
        return Ok(Err(error));
    }
    Ok(match &said.userinfo {
        Some(body) => Ok(json_bytes(body.clone())),
        // More scope would not help.
        None if !said.for_provider => Err(BearerError::InvalidToken),
        None => Err(BearerError::InsufficientScope),
    })
}

/// Whether whoever brings the token holds the key that it is bound to, if it is bound to one.
pub(super) async fn held(
    openid: &OpenId,
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    brought: &Brought,
    said: &Said,
    now: Timestamp,
) -> kernel::Result<Result<(), BearerError>> {
    Ok(match (&said.jkt, brought.dpop) {
        (None, false) => Ok(()),
        (Some(jkt), true) => {
            let token = Some(brought.token.as_str());
            let Some(client) = openid.clients().find(&said.client_id).await? else {
                return Ok(Err(BearerError::InvalidToken));
            };
            let algorithms = client.settings.demands().algorithms;
            match openid.prove(headers, method, path, token, algorithms, now).await? {
                Ok(Some(proven)) if proven == *jkt => Ok(()),
                Ok(Some(_)) => Err(BearerError::InvalidToken),
                Ok(None) => Err(BearerError::InvalidProof("a DPoP proof is required")),
                Err(error) => Err(error.into()),
            }
        }
        // A token that is bound to a key works with that key alone, and one that is not never pretends to be.
        _ => Err(BearerError::InvalidToken),
    })
}

/// From the header, or from the body of a POST; never from the query, which ends up in logs.
async fn bearer(parts: &Parts, body: axum::body::Body) -> Result<Brought, BearerError> {
    let in_header = header_token(&parts.headers)?;
    let is_form = parts.method == Method::POST && parts.headers.contains_key(header::CONTENT_TYPE);
    let in_body = if is_form {
        let parameters = form(&parts.headers, body).await.map_err(|_| BearerError::InvalidRequest)?;
        parameters.get("access_token").map(str::to_owned)
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(BearerError::InvalidRequest),
        (Some(brought), None) => Ok(brought),
        (None, Some(token)) => Ok(Brought { token, dpop: false }),
        (None, None) => Err(BearerError::Missing),
    }
}

pub(super) fn header_token(headers: &HeaderMap) -> Result<Option<Brought>, BearerError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(BearerError::InvalidRequest);
    }
    let (scheme, token) =
        line.to_str().ok().and_then(|line| line.split_once(' ')).ok_or(BearerError::InvalidRequest)?;
    let well_formed = !token.is_empty()
        && token.len() <= super::access::MOST_TOKEN
        && token.bytes().all(|b| b.is_ascii_graphic());
    let dpop = scheme.eq_ignore_ascii_case("dpop");
    if well_formed && (dpop || scheme.eq_ignore_ascii_case("bearer")) {
        Ok(Some(Brought { token: token.to_owned(), dpop }))
    } else {
        Err(BearerError::InvalidToken)
    }
}
