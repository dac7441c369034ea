//! `GET` and `POST /oauth2/userinfo`: one snapshot decides whether the token still speaks for anybody.
use super::{
    api::form,
    model::{TokenError, no_store},
};
use crate::OpenId;
use axum::{
    Extension,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use web::Ctx;

/// Errors of RFC 6750 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BearerError {
    /// No token at all: the challenge names no error.
    Missing,
    InvalidRequest,
    InvalidToken,
}
impl IntoResponse for BearerError {
    fn into_response(self) -> Response {
        let (status, error, challenge) = match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "invalid_token", "Bearer realm=\"fujie\""),
            Self::InvalidRequest => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "Bearer realm=\"fujie\", error=\"invalid_request\"",
            ),
            Self::InvalidToken => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "Bearer realm=\"fujie\", error=\"invalid_token\"")
            }
        };
        let mut response = no_store(web::json(&serde_json::json!({ "error": error })));
        *response.status_mut() = status;
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

pub async fn userinfo(ctx: Ctx, Extension(openid): Extension<OpenId>, request: Request) -> web::Result {
    let token = match bearer(request).await {
        Ok(token) => token,
        Err(error) => return Ok(error.into_response()),
    };
    Ok(match openid.userinfo(&token, ctx.now).await? {
        Some(subject) => no_store(web::json(&subject)),
        None => BearerError::InvalidToken.into_response(),
    })
}

/// From the header, or from the body of a POST; never from the query, which ends up in logs.
async fn bearer(request: Request) -> Result<String, BearerError> {
    let (parts, body) = request.into_parts();
    let in_header = header_token(&parts.headers)?;
    let is_form = parts.method == Method::POST && parts.headers.contains_key(header::CONTENT_TYPE);
    let in_body = if is_form {
        let parameters =
            form(&parts.headers, body).await.map_err(|_: TokenError| BearerError::InvalidRequest)?;
        parameters.get("access_token").map(str::to_owned)
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(BearerError::InvalidRequest),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(BearerError::Missing),
    }
}

fn header_token(headers: &HeaderMap) -> Result<Option<String>, BearerError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(BearerError::InvalidRequest);
    }
    let (scheme, token) =
        line.to_str().ok().and_then(|line| line.split_once(' ')).ok_or(BearerError::InvalidRequest)?;
    let well_formed = !token.is_empty() && token.len() <= 512 && token.bytes().all(|b| b.is_ascii_graphic());
    if scheme.eq_ignore_ascii_case("bearer") && well_formed {
        Ok(Some(token.to_owned()))
    } else {
        Err(BearerError::InvalidToken)
    }
}
