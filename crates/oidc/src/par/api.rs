//! `POST /oauth2/par`.
use super::{PUSHED_SECONDS, URN};
use crate::{
    OpenId, dpop,
    parameters::Parameters,
    token::{
        api::{authenticate, form},
        model::{TokenError, no_store},
    },
};
use axum::{
    Extension,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use web::Ctx;

const PATH: &str = "/oauth2/par";

pub async fn push(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let parameters = match form(&parts.headers, body).await {
        Ok(parameters) => parameters,
        Err(error) => return Ok(error.into_response()),
    };
    let answer = keep(&ctx, &openid, &parts.headers, &parameters).await?;
    let mut response = answer.unwrap_or_else(|error| {
        tracing::info!(request.id = %ctx.request_id, error = error.code(), reason = error.description(), "pushed request refused");
        error.into_response()
    });
    if parts.headers.contains_key(dpop::PROOF) {
        openid.add_nonce(response.headers_mut(), ctx.now);
    }
    Ok(response)
}

async fn keep(
    ctx: &Ctx,
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> kernel::Result<Result<Response, TokenError>> {
    // Before an assertion is used up.
    if openid.lacks_nonce(headers, ctx.now) {
        return Ok(Err(TokenError::UseNonce));
    }
    let client = match authenticate(openid, headers, parameters).await? {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    // Else one pushed request could name another (RFC 9126 §2.1).
    if parameters.get("request_uri").is_some() {
        return Ok(Err(TokenError::InvalidRequest("request_uri is not pushed")));
    }
    let mut request = match openid.examine(&client, parameters, ctx.now).await? {
        Ok(request) => request,
        Err(fault) => {
            return Ok(Ok(refusal(fault.refused.error.as_str(), fault.refused.reason)));
        }
    };
    // A key that is proven here is the one that the code will be good for (RFC 9449 §10.1).
    let algorithms = client.settings.demands().algorithms;
    match openid.prove(headers, &Method::POST, PATH, None, algorithms, ctx.now).await? {
        Ok(None) => {}
        Ok(Some(jkt)) => {
            if request.dpop_jkt.as_ref().is_some_and(|named| *named != jkt) {
                return Ok(Err(TokenError::InvalidProof("dpop_jkt names another key")));
            }
            request.dpop_jkt = Some(jkt);
        }
        Err(error) => return Ok(Err(error.into())),
    }
    let handle = openid.keep_pushed(&client, &request, &ctx.source(), ctx.now).await?;
    let body = json!({ "request_uri": format!("{URN}{handle}"), "expires_in": PUSHED_SECONDS });
    let mut response = no_store(web::json(&body));
    *response.status_mut() = StatusCode::CREATED;
    Ok(Ok(response))
}

/// An error of the authorization endpoint, told as the token endpoint tells its own (RFC 9126 §2.3).
fn refusal(error: &'static str, reason: &'static str) -> Response {
    let mut response = no_store(web::json(&json!({ "error": error, "error_description": reason })));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
