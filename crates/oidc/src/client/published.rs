//! What clients publish elsewhere: their keys, and the list of addresses that share a sector. Both are fetched through the one
//! guarded way out. Keys are kept for ten minutes; one that is not known makes the set be fetched again, at most once a
//! minute, so that a made-up `kid` cannot be turned into a flood.
use super::{
    model::{Algorithm, Client},
    settings::{Settings, SubjectType, fetched},
};
use crate::{
    OpenId,
    jose::{Jwk, JwkSet, Jws},
};
use http::{HeaderValue, header};
use kernel::{Error, Result, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;
use web::{Call, Outbound};

const KEPT_SECONDS: i64 = 600;
/// While the address does not answer, the keys that were fetched last are good for so long.
const STALE_SECONDS: i64 = 3600;
const FORCED_SECONDS: i64 = 60;
/// An address that did not answer is left alone for so long.
const RETRY_SECONDS: i64 = 10;
/// More than anybody registers.
const MOST: usize = 10_000;

/// Keys of clients, cheap to clone.
#[derive(Clone)]
pub struct ClientKeys(Arc<Inner>);
struct Inner {
    outbound: Outbound,
    /// One lock an address: parallel requests of one client wait for one fetch, and for nobody else's.
    published: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Published>>>>,
}
#[derive(Default)]
struct Published {
    set: Option<(Timestamp, JwkSet)>,
    tried_at: Option<Timestamp>,
    forced_at: Option<Timestamp>,
}

impl ClientKeys {
    pub fn new(outbound: Outbound) -> Self {
        Self(Arc::new(Inner { outbound, published: Mutex::default() }))
    }
    /// The key that a message of the client names, registered or published; without a name only if there is exactly one.
    pub async fn find(
        &self,
        client: &Client,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Option<Jwk> {
        if let Some(text) = &client.settings.jwks {
            return JwkSet::parse(text).ok()?.find(kid, algorithm).cloned();
        }
        let uri = fetched(client.settings.jwks_uri.as_deref()?)?;
        let entry = self.entry(&uri);
        let mut published = entry.lock().await;
        let age = published.set.as_ref().map(|(at, _)| seconds_since(*at, now));
        let tried = published.tried_at.map(|at| seconds_since(at, now));
        if age.is_none_or(|age| age >= KEPT_SECONDS) && tried.is_none_or(|age| age >= RETRY_SECONDS) {
            self.fetch(&uri, &mut published, now).await;
        }
        if let Some(key) = published.find(kid, algorithm, now) {
            return Some(key);
        }
        let just = published.tried_at == Some(now);
        let lately = published.forced_at.is_some_and(|at| seconds_since(at, now) < FORCED_SECONDS);
        if just || lately {
            return None;
        }
        published.forced_at = Some(now);
        self.fetch(&uri, &mut published, now).await;
        published.find(kid, algorithm, now)
    }
    fn entry(&self, uri: &Url) -> Arc<tokio::sync::Mutex<Published>> {
        let mut all = self.0.published.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(uri.as_str()) {
            all.clear();
        }
        all.entry(uri.as_str().to_owned()).or_default().clone()
    }
    async fn fetch(&self, uri: &Url, published: &mut Published, now: Timestamp) {
        published.tried_at = Some(now);
        match text(&self.0.outbound, uri.clone()).await {
            Some(text) => match JwkSet::parse(&text) {
                Ok(set) => published.set = Some((now, set)),
                Err(fault) => {
                    tracing::warn!(host = uri.host_str(), ?fault, "the keys of a client cannot be used");
                }
            },
            None => tracing::warn!(host = uri.host_str(), "the keys of a client could not be fetched"),
        }
    }
}
impl Published {
    fn find(&self, kid: Option<&str>, algorithm: Algorithm, now: Timestamp) -> Option<Jwk> {
        let (at, set) = self.set.as_ref()?;
        (seconds_since(*at, now) < STALE_SECONDS).then(|| set.find(kid, algorithm).cloned())?
    }
}
fn seconds_since(at: Timestamp, now: Timestamp) -> i64 {
    now.as_seconds().saturating_sub(at.as_seconds())
}

/// A JSON document as text. None: out of reach, refused, or no success.
async fn text(outbound: &Outbound, url: Url) -> Option<String> {
    let accept = HeaderValue::from_static("application/json");
    match outbound.send(Call::get(url).header(header::ACCEPT, accept)).await {
        Ok(answer) if answer.status.is_success() => String::from_utf8(answer.body.to_vec()).ok(),
        Ok(answer) => {
            tracing::info!(status = answer.status.as_u16(), "a client's address answered without success");
            None
        }
        Err(error) => {
            tracing::info!(%error, "a client's address gave no answer");
            None
        }
    }
}

/// Whoever registers pairwise subjects under the address of a list must be on it (Core §8.1), or one client could learn
/// another's names. Before the registration. Errors: `client.sector_unreadable`, `client.sector_mismatch`.
pub async fn check_sector(outbound: &Outbound, settings: &Settings, redirect_uris: &[String]) -> Result<()> {
    if settings.subject_type != SubjectType::Pairwise {
        return Ok(());
    }
    let Some(uri) = &settings.sector_identifier_uri else { return Ok(()) };
    let url = fetched(uri).ok_or(Error::invalid("client.uri_invalid").at("sector_identifier_uri"))?;
    let unreadable = || Error::invalid("client.sector_unreadable").at("sector_identifier_uri");
    let text = text(outbound, url).await.ok_or_else(unreadable)?;
    let listed: Vec<String> = serde_json::from_str(&text).map_err(|_| unreadable())?;
    if redirect_uris.iter().all(|uri| listed.contains(uri)) {
        Ok(())
    } else {
        Err(Error::invalid("client.sector_mismatch").at("sector_identifier_uri"))
    }
}

impl OpenId {
    /// Whether a message carries the signature of a key of this client.
    pub async fn is_signed_by_client(
        &self,
        client: &Client,
        message: &Jws<'_>,
        now: Timestamp,
    ) -> Result<bool> {
        let Some(algorithm) = message.algorithm() else { return Ok(false) };
        let key = self.client_keys().find(client, message.header.kid.as_deref(), algorithm, now).await;
        Ok(key.is_some_and(|key| message.is_signed_by(&key)))
    }
}
