//! `POST /oauth2/token`.
pub use super::authentication::authenticate;
use super::{
    grant::{Own, Redeem, Renew},
    model::{TokenError, no_store},
    resource,
};
use crate::{
    OpenId,
    client::{Client, GrantType},
    dpop,
    parameters::{MOST_BYTES, Parameters},
};
use axum::{
    Extension,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use web::Ctx;

pub const PATH: &str = "/oauth2/token";

pub async fn token(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let answer = match form(&parts.headers, body).await {
        Ok(parameters) => grant(&ctx, &openid, &parts, &parameters).await?,
        Err(error) => Err(error),
    };
    let needs_nonce = matches!(answer, Err(TokenError::UseNonce)) || parts.headers.contains_key(dpop::PROOF);
    let mut response = match answer {
        Ok(granted) => granted,
        Err(error) => {
            tracing::info!(request.id = %ctx.request_id, error = error.code(), reason = error.description(), "token refused");
            error.into_response()
        }
    };
    if needs_nonce {
        openid.add_nonce(response.headers_mut(), ctx.now);
    }
    Ok(response)
}

async fn grant(
    ctx: &Ctx,
    openid: &OpenId,
    parts: &Parts,
    parameters: &Parameters,
) -> kernel::Result<Result<Response, TokenError>> {
    // Before an assertion is used up: whoever is asked for a nonce sends the same request again with it.
    if openid.lacks_nonce(&parts.headers, ctx.now) {
        return Ok(Err(TokenError::UseNonce));
    }
    let client = match authenticate(openid, &parts.headers, parameters).await? {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    let asked = match asked(&client, parameters) {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    // The proof counts once, so it is looked at when everything else of the request is in order.
    let algorithms = client.settings.demands().algorithms;
    let jkt = match openid.prove(&parts.headers, &Method::POST, PATH, None, algorithms, ctx.now).await? {
        Ok(jkt) => jkt,
        Err(error) => return Ok(Err(error.into())),
    };
    if jkt.is_none() && client.settings.demands().sender_constrained {
        return Ok(Err(TokenError::InvalidRequest("a DPoP proof is required")));
    }
    let (actor, now) = (ctx.actor(), ctx.now);
    let response = match asked {
        Asked::Code { code, redirect_uri, verifier, resources } => {
            openid.redeem(Redeem { client, code, redirect_uri, verifier, resources, jkt, actor, now }).await?
        }
        Asked::Refresh { token, scope, resources } => {
            openid.renew(Renew { client, token, scope, resources, jkt, actor, now }).await?
        }
        Asked::Own { scope, resources } => {
            openid.own_token(Own { client, scope, resources, jkt, actor, now }).await?
        }
    };
    Ok(response.map(|response| no_store(web::json(&response))))
}

/// A request whose parameters are in order.
enum Asked {
    Code { code: String, redirect_uri: Option<String>, verifier: Option<String>, resources: Vec<String> },
    Refresh { token: String, scope: Option<String>, resources: Vec<String> },
    Own { scope: Option<String>, resources: Vec<String> },
}

const MOST_SECRET: usize = 512;
const MOST_SCOPE: usize = 1024;

fn asked(client: &Client, parameters: &Parameters) -> Result<Asked, TokenError> {
    let grant = match parameters.get("grant_type") {
        Some(text) => text.parse().map_err(|_| TokenError::UnsupportedGrantType)?,
        None => return Err(TokenError::InvalidRequest("grant_type is missing")),
    };
    if !client.settings.allows(grant) {
        return Err(TokenError::UnauthorizedClient("the client is not registered for this grant_type"));
    }
    let resources = resource::requested(parameters)?;
    let text = |name| parameters.get(name).map(str::to_owned);
    let scope = text("scope");
    if scope.as_ref().is_some_and(|scope| scope.len() > MOST_SCOPE) {
        return Err(TokenError::InvalidScope("scope is longer than 1024 bytes"));
    }
    Ok(match grant {
        GrantType::AuthorizationCode => {
            let code = text("code").ok_or(TokenError::InvalidRequest("code is missing"))?;
            let (redirect_uri, verifier) = (text("redirect_uri"), text("code_verifier"));
            if verifier.is_none() && client.settings.demands().pkce {
                // As a wrong one (RFC 7636 §4.6).
                return Err(TokenError::InvalidGrant("code.mismatch"));
            }
            if code.len() > MOST_SECRET {
                return Err(TokenError::InvalidGrant("code.unknown"));
            }
            Asked::Code { code, redirect_uri, verifier, resources }
        }
        GrantType::RefreshToken => {
            let token =
                text("refresh_token").ok_or(TokenError::InvalidRequest("refresh_token is missing"))?;
            if token.len() > MOST_SECRET {
                return Err(TokenError::InvalidGrant("refresh.unknown"));
            }
            Asked::Refresh { token, scope, resources }
        }
        GrantType::ClientCredentials => Asked::Own { scope, resources },
    })
}

/// The body as strict parameters.
pub async fn form(headers: &HeaderMap, body: Body) -> Result<Parameters, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let urlencoded = kind.split(';').next().unwrap_or_default().trim();
    if !urlencoded.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::InvalidRequest("the body must be application/x-www-form-urlencoded"));
    }
    let bytes = Limited::new(body, MOST_BYTES)
        .collect()
        .await
        .map_err(|error| match error.is::<LengthLimitError>() {
            true => TokenError::TooLarge,
            false => TokenError::InvalidRequest("the body broke off"),
        })?
        .to_bytes();
    let parameters =
        Parameters::parse(&bytes).map_err(|_| TokenError::InvalidRequest("the body is malformed"))?;
    match parameters.refuse_duplicates() {
        Ok(()) => Ok(parameters),
        Err(_) => Err(TokenError::InvalidRequest("a parameter occurs more than once")),
    }
}
