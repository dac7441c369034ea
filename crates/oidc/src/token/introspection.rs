//! `POST /oauth2/introspect` (RFC 7662): a product's server asks what a token says now. It is told of its own tokens and of
//! those of its product's other clients; of everybody else's it learns no more than of an invented one.
use super::{
    api::{authenticate, form},
    live::Said,
    model::{TokenError, no_store},
};
use crate::{OpenId, client::Client, parameters::Parameters};
use axum::{
    Extension,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use web::Ctx;

const INACTIVE: Bytes = Bytes::from_static(br#"{"active":false}"#);

pub async fn introspect(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let answer = match form(&parts.headers, body).await {
        Ok(parameters) => answer(&ctx, &openid, &parts.headers, &parameters).await?,
        Err(error) => Err(error),
    };
    Ok(match answer {
        Ok(body) => json_bytes(body),
        Err(error) => {
            tracing::info!(request.id = %ctx.request_id, error = error.code(), reason = error.description(), "introspection refused");
            error.into_response()
        }
    })
}

async fn answer(
    ctx: &Ctx,
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> kernel::Result<Result<Bytes, TokenError>> {
    let client = match authenticate(openid, headers, parameters).await? {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    // Whoever cannot prove to be itself could ask about tokens that it found (RFC 7662 §2.1).
    if !client.is_confidential() {
        return Ok(Err(TokenError::InvalidClient { basic: false }));
    }
    let Some(token) = parameters.get("token") else {
        return Ok(Err(TokenError::InvalidRequest("token is missing")));
    };
    let said = openid.said(token, ctx.now).await?.filter(|said| concerns(said, &client));
    Ok(Ok(said.map_or(INACTIVE, |said| said.introspection.clone())))
}

/// A program that acts for an organization has no business in what its product's people hold.
fn concerns(said: &Said, client: &Client) -> bool {
    said.client_id == client.client_id || (said.product == client.product && !client.service)
}

/// A body that is JSON already.
pub(super) fn json_bytes(body: Bytes) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    no_store((kind, body).into_response())
}
