//! Whose server asks one of the provider's own APIs: a confidential client of a product, by its secret in the header or, where
//! it signs instead, by an access token of its own. A service client is no product's server: it acts for an organization,
//! which has no business in what the product may ask about others.
use super::{
    authentication::basic_of,
    userinfo::{BearerError, header_token, held},
};
use crate::{
    OpenId,
    client::{AuthMethod, Client, GrantType, service::secret_fits},
    dpop,
};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Error, Result, Timestamp};
use std::sync::Arc;

/// Who did not prove to be a client, and what to do about it.
pub struct Challenge {
    scheme: String,
    /// The headers of a DPoP nonce, if one is needed.
    more: HeaderMap,
    /// Something was brought, and it was wrong: somebody may be guessing.
    pub guessed: bool,
}
impl Challenge {
    fn basic(guessed: bool) -> Self {
        Self { scheme: "Basic realm=\"fujie\"".to_owned(), more: HeaderMap::new(), guessed }
    }
    /// Onto an answer of another form.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.scheme) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        headers.extend(self.more.clone());
    }
}
impl IntoResponse for Challenge {
    /// 401 with the way to authenticate.
    fn into_response(self) -> Response {
        let failure = web::Failure::from(Error::unauthenticated("client.unauthenticated"));
        let mut response = failure.into_response();
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        self.add_to(response.headers_mut());
        response
    }
}

/// `path` is the API's, for the proof that a bound token comes with.
pub async fn confidential(
    openid: &OpenId,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<std::result::Result<Arc<Client>, Challenge>> {
    let line = headers.get(header::AUTHORIZATION);
    let scheme = line.and_then(|line| line.to_str().ok()?.split_once(' ')).map(|(scheme, _)| scheme);
    let dpop = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("dpop"));
    if !dpop && !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
        let client = by_secret(openid, headers).await?;
        return Ok(client.ok_or_else(|| Challenge::basic(line.is_some())));
    }
    Ok(match by_token(openid, method, path, headers, now).await? {
        Ok(client) => Ok(client),
        Err(error) => {
            let mut more = HeaderMap::new();
            if dpop || headers.contains_key(dpop::PROOF) {
                openid.add_nonce(&mut more, now);
            }
            let guessed = error != BearerError::UseNonce;
            Err(Challenge { scheme: error.challenge(dpop), more, guessed })
        }
    })
}

async fn by_secret(openid: &OpenId, headers: &HeaderMap) -> Result<Option<Arc<Client>>> {
    let Some((client_id, secret)) = basic_of(headers) else { return Ok(None) };
    let Some(client) = openid.clients().find(&client_id).await? else { return Ok(None) };
    let by_secret = matches!(client.settings.auth_method, AuthMethod::SecretBasic | AuthMethod::SecretPost);
    let proven = by_secret && !client.service && secret_fits(openid.db().keyring(), &client, &secret);
    Ok(proven.then_some(client))
}

/// The client's own token, given to it for this provider. One that somebody signed in for lets nobody in here.
async fn by_token(
    openid: &OpenId,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<std::result::Result<Arc<Client>, BearerError>> {
    let brought = match header_token(headers) {
        Ok(Some(brought)) => brought,
        Ok(None) => return Ok(Err(BearerError::Missing)),
        Err(error) => return Ok(Err(error)),
    };
    let said = openid.said(&brought.token, now).await?;
    let Some(said) = said.filter(|said| said.is_access() && said.is_of_client()) else {
        return Ok(Err(BearerError::InvalidToken));
    };
    if let Err(error) = held(openid, headers, method, path, &brought, &said, now).await? {
        return Ok(Err(error));
    }
    let client = openid.clients().find(&said.client_id).await?;
    let own = client.filter(|client| !client.service && client.settings.allows(GrantType::ClientCredentials));
    Ok(own.ok_or(BearerError::InvalidToken))
}
