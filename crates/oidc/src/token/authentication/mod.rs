//! How a client proves to be itself (RFC 6749 §2.3, OpenID Connect Core §9, RFC 7523): by the one method that it is registered
//! with, and never by two at once. An unknown client and a wrong proof are answered alike. An assertion counts once.
pub(crate) mod assertion;
pub(crate) mod presented;
#[cfg(test)]
mod tests;

use super::model::TokenError;
use crate::{
    OpenId,
    client::{
        AuthMethod, Client,
        service::{secret_fits, signing_secret},
    },
    jose::{Jws, hs256_signs},
    once,
    parameters::Parameters,
};
use assertion::Audience;
use http::HeaderMap;
use kernel::{Result, Timestamp};
use presented::{Proof, presented};
use std::sync::Arc;

/// Endpoints that take client authentication; each may stand in an assertion as its audience (RFC 9126 §2).
const ENDPOINTS: [&str; 4] = ["/oauth2/token", "/oauth2/par", "/oauth2/introspect", "/oauth2/revoke"];

/// The client, if it proves to be itself.
pub async fn authenticate(
    openid: &OpenId,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<std::result::Result<Arc<Client>, TokenError>> {
    let presented = match presented(headers, parameters) {
        Ok(presented) => presented,
        Err(error) => return Ok(Err(error)),
    };
    let basic = matches!(presented.proof, Proof::Basic(_));
    let failed = || Ok(Err(TokenError::InvalidClient { basic }));
    let Some(client) = openid.clients().find(&presented.client_id).await? else { return failed() };
    let keyring = openid.db().keyring();
    let proven = match (client.settings.auth_method, &presented.proof) {
        (AuthMethod::None, Proof::None) => true,
        (AuthMethod::SecretBasic, Proof::Basic(secret)) | (AuthMethod::SecretPost, Proof::Post(secret)) => {
            secret_fits(keyring, &client, secret)
        }
        (AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt, Proof::Assertion(text)) => {
            asserted(openid, &client, text, openid.db().clock().now()).await?
        }
        _ => false,
    };
    if proven { Ok(Ok(client)) } else { failed() }
}

/// Whether an assertion is the client's, meant for this server, in time, and new.
async fn asserted(openid: &OpenId, client: &Client, text: &str, now: Timestamp) -> Result<bool> {
    let demands = client.settings.demands();
    let Some(message) = Jws::parse(text) else { return Ok(false) };
    let audience = if demands.issuer_audience {
        Audience::Issuer(openid.issuer())
    } else {
        Audience::Endpoints(openid.issuer(), &ENDPOINTS)
    };
    let claims = match assertion::check(&message, &client.client_id, &audience, now) {
        Ok(claims) => claims,
        Err(reason) => {
            tracing::info!(client.id = %client.id, reason, "client assertion refused");
            return Ok(false);
        }
    };
    let signed = match client.settings.auth_method {
        AuthMethod::SecretJwt => signing_secret(openid.db().keyring(), client)?
            .is_some_and(|secret| hs256_signs(&message, secret.expose())),
        _ => {
            let wanted = client.settings.auth_algorithm;
            let fits = message.algorithm().is_some_and(|algorithm| {
                wanted.is_none_or(|wanted| wanted == algorithm) && demands.algorithms.contains(&algorithm)
            });
            fits && openid.is_signed_by_client(client, &message, now).await?
        }
    };
    if !signed {
        tracing::info!(client.id = %client.id, "client assertion with another signature refused");
        return Ok(false);
    }
    let first =
        openid.use_once(once::Kind::Assertion, &client.client_id, &claims.jti, claims.expires_at).await?;
    if !first {
        tracing::warn!(client.id = %client.id, "client assertion came twice");
    }
    Ok(first)
}

/// The client and secret of a Basic header, for APIs that take nothing else.
pub(super) fn basic_of(headers: &HeaderMap) -> Option<(String, String)> {
    match presented(headers, &Parameters::default()).ok()? {
        presented::Presented { client_id, proof: Proof::Basic(secret) } => Some((client_id, secret)),
        _ => None,
    }
}
