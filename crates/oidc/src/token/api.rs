//! `POST /oauth2/token`.
use super::{
    credentials::presented,
    model::{TokenError, no_store},
    service::Redeem,
};
use crate::{
    OpenId,
    client::{Client, service::secret_fits},
    parameters::{MOST_BYTES, Parameters},
};
use axum::{
    Extension,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use kernel::Error;
use std::sync::Arc;
use web::Ctx;

pub async fn token(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let (parts, body) = request.into_parts();
    let parameters = match form(&parts.headers, body).await {
        Ok(parameters) => parameters,
        Err(error) => return Ok(error.into_response()),
    };
    match exchange(&ctx, &openid, &parts.headers, &parameters).await? {
        Ok(response) => Ok(response),
        Err(error) => {
            tracing::info!(request.id = %ctx.request_id, error = error.code(), reason = error.description(), "token refused");
            Ok(error.into_response())
        }
    }
}

async fn exchange(
    ctx: &Ctx,
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> kernel::Result<Result<Response, TokenError>> {
    let client = match authenticate(openid, headers, parameters).await? {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return Ok(Err(TokenError::UnsupportedGrantType)),
        None => return Ok(Err(TokenError::InvalidRequest("grant_type is missing"))),
    }
    let (Some(code), Some(redirect_uri), Some(verifier)) =
        (parameters.get("code"), parameters.get("redirect_uri"), parameters.get("code_verifier"))
    else {
        return Ok(Err(TokenError::InvalidRequest("code, redirect_uri and code_verifier are required")));
    };
    let redeem = Redeem {
        client,
        code: code.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        verifier: verifier.to_owned(),
        actor: ctx.actor(),
        now: ctx.now,
    };
    Ok(openid.redeem(redeem).await?.map(|response| no_store(web::json(&response))))
}

/// The client, if it proves to be itself. An unknown one and a wrong secret are answered alike.
pub async fn authenticate(
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> kernel::Result<Result<Arc<Client>, TokenError>> {
    let presented = match presented(headers, parameters) {
        Ok(presented) => presented,
        Err(error) => return Ok(Err(error)),
    };
    let client = openid.clients().find(&presented.client_id).await?;
    let keyring = openid.db().keyring();
    let proven = client.filter(|client| match presented.secret.as_deref() {
        Some(secret) => secret_fits(keyring, client, secret),
        None => !client.is_confidential(),
    });
    Ok(proven.ok_or(TokenError::InvalidClient { basic: presented.basic }))
}

/// The confidential client behind a request of a product's server, for the APIs of rooms above; None if it did not prove to
/// be itself, which [`challenge`] answers. A service client is no product's server: it acts for an organization, which has
/// no business in what the product may ask about others.
pub async fn confidential(openid: &OpenId, headers: &HeaderMap) -> kernel::Result<Option<Arc<Client>>> {
    let proven = authenticate(openid, headers, &Parameters::default()).await?;
    Ok(proven.ok().filter(|client| client.secret_mac.is_some() && !client.service))
}
/// 401 with the way to authenticate.
pub fn challenge() -> Response {
    let failure = web::Failure::from(Error::unauthenticated("client.unauthenticated"));
    let mut response = failure.into_response();
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"fujie\""));
    response
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
        .map_err(|_| TokenError::InvalidRequest("the body is larger than 64 KiB or broke off"))?
        .to_bytes();
    let parameters =
        Parameters::parse(&bytes).map_err(|_| TokenError::InvalidRequest("the body is malformed"))?;
    match parameters.refuse_duplicates() {
        Ok(()) => Ok(parameters),
        Err(_) => Err(TokenError::InvalidRequest("a parameter occurs more than once")),
    }
}
