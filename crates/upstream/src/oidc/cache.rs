//! What providers publish, kept for a while: discovery for an hour, keys for ten minutes. A key that is not known makes the
//! set be fetched again, at most once a minute, so that a forged `kid` cannot be turned into a flood.
use crate::{call, model::Fault};
use http::{HeaderValue, header};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use kernel::Timestamp;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::Url;
use web::{Call, Outbound};

const DISCOVERY_SECONDS: i64 = 3600;
const KEYS_SECONDS: i64 = 600;
const FORCED_SECONDS: i64 = 60;
/// More providers than anybody configures: what is no longer asked for goes.
const MOST: usize = 256;

/// The way out and what was learned there; cheap to clone.
#[derive(Clone)]
pub struct Upstreams(Arc<Inner>);
struct Inner {
    outbound: Outbound,
    discovered: Mutex<HashMap<String, (Timestamp, Arc<Discovery>)>>,
    keys: Mutex<HashMap<String, Keys>>,
}
#[derive(Clone)]
struct Keys {
    fetched_at: Timestamp,
    /// The last fetch for the sake of an unknown key.
    forced_at: Option<Timestamp>,
    set: Arc<JwkSet>,
}

/// OpenID Connect Discovery §3, as far as it is used.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub userinfo_endpoint: Option<Url>,
    jwks_uri: Url,
    /// `authorization_response_iss_parameter_supported` (RFC 9207 §3).
    pub names_itself: bool,
    pub s256: bool,
}
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    #[serde(default)]
    userinfo_endpoint: Option<Url>,
    jwks_uri: Url,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

/// What a token says of its key, not yet believed.
pub(super) struct Named {
    pub kid: Option<String>,
    pub algorithm: jsonwebtoken::Algorithm,
}

impl Upstreams {
    pub fn new(outbound: Outbound) -> Self {
        Self(Arc::new(Inner { outbound, discovered: Mutex::default(), keys: Mutex::default() }))
    }
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }
    fn discovered(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Arc<Discovery>)>> {
        self.0.discovered.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn keys(&self) -> MutexGuard<'_, HashMap<String, Keys>> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) async fn discovery(&self, issuer: &str, now: Timestamp) -> Result<Arc<Discovery>, Fault> {
        let known = self.discovered().get(issuer).cloned();
        match known {
            Some((at, found)) if now < at.plus_seconds(DISCOVERY_SECONDS) => Ok(found),
            Some((_, old)) => match self.fresh_discovery(issuer, now).await {
                // A provider whose document is out of reach for a moment still signs people in.
                Err(Fault::Unreachable(_)) => Ok(old),
                other => other,
            },
            None => self.fresh_discovery(issuer, now).await,
        }
    }
    pub(super) async fn fresh_discovery(
        &self,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Arc<Discovery>, Fault> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| Fault::Config("issuer"))?;
        let document: Document = self.fetch(url).await?;
        if document.issuer != issuer {
            return Err(Fault::Untrusted("issuer of the discovery document"));
        }
        let found = Arc::new(usable(document, issuer)?);
        let mut discovered = self.discovered();
        if discovered.len() >= MOST {
            discovered.clear();
        }
        discovered.insert(issuer.to_owned(), (now, Arc::clone(&found)));
        Ok(found)
    }
    async fn fetch<T: serde::de::DeserializeOwned>(&self, url: Url) -> Result<T, Fault> {
        let accept = HeaderValue::from_static("application/json");
        let answer = call::send(&self.0.outbound, Call::get(url).header(header::ACCEPT, accept)).await?;
        if !answer.status.is_success() {
            return Err(Fault::Refused(format!("http {}", answer.status.as_u16())));
        }
        serde_json::from_slice(&answer.body).map_err(|_| Fault::Untrusted("document"))
    }
    async fn fetch_keys(
        &self,
        uri: &Url,
        forced_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Keys, Fault> {
        let set: RawSet = self.fetch(uri.clone()).await?;
        // Keys of a kind that this program does not know do not spoil the others.
        let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        let keys = Keys { fetched_at: now, forced_at, set: Arc::new(JwkSet { keys }) };
        let mut known = self.keys();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(uri.to_string(), keys.clone());
        Ok(keys)
    }
    /// How many keys there are.
    pub(super) async fn fresh_keys(&self, discovery: &Discovery, now: Timestamp) -> Result<usize, Fault> {
        self.fetch_keys(&discovery.jwks_uri, None, now).await.map(|keys| keys.set.keys.len())
    }
    /// The key that the token names.
    pub(super) async fn key(
        &self,
        discovery: &Discovery,
        named: &Named,
        now: Timestamp,
    ) -> Result<Jwk, Fault> {
        let uri = &discovery.jwks_uri;
        let known = self.keys().get(uri.as_str()).cloned();
        let keys = match known {
            Some(keys) if now < keys.fetched_at.plus_seconds(KEYS_SECONDS) => keys,
            other => self.fetch_keys(uri, other.and_then(|keys| keys.forced_at), now).await?,
        };
        if let Some(key) = find(&keys.set, named) {
            return Ok(key);
        }
        // Just fetched, or asked for again within the minute: it is not there.
        let just = keys.fetched_at == now && keys.forced_at.is_none_or(|at| at < now);
        let lately = keys.forced_at.is_some_and(|at| now < at.plus_seconds(FORCED_SECONDS));
        if just || lately {
            return Err(Fault::Untrusted("unknown key"));
        }
        // Claimed before it is fetched: parallel visitors do not fetch for the same key.
        if let Some(entry) = self.keys().get_mut(uri.as_str()) {
            entry.forced_at = Some(now);
        }
        let keys = self.fetch_keys(uri, Some(now), now).await?;
        find(&keys.set, named).ok_or(Fault::Untrusted("unknown key"))
    }
}
#[derive(Deserialize)]
struct RawSet {
    keys: Vec<serde_json::Value>,
}

/// A key for signatures that fits the algorithm; without `kid` only if there is exactly one.
fn find(set: &JwkSet, named: &Named) -> Option<Jwk> {
    let mut fitting = set.keys.iter().filter(|key| {
        let common = &key.common;
        let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let algorithm =
            common.key_algorithm.is_none_or(|a| a.to_string() == format!("{:?}", named.algorithm));
        let kid = named.kid.is_none() || common.key_id == named.kid;
        signs && algorithm && kid && super::id_token::fits(key, named.algorithm)
    });
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Some(key.clone()),
        _ => None,
    }
}

fn usable(document: Document, issuer: &str) -> Result<Discovery, Fault> {
    // An issuer on https does not send anybody to plain text; scripts and files are never meant.
    let secure = issuer.starts_with("https://");
    let good = |url: &Url| url.has_host() && (url.scheme() == "https" || (!secure && url.scheme() == "http"));
    let Document { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, .. } = document;
    let all =
        [Some(&authorization_endpoint), Some(&token_endpoint), userinfo_endpoint.as_ref(), Some(&jwks_uri)];
    if !all.into_iter().flatten().all(good) {
        return Err(Fault::Untrusted("address in the discovery document"));
    }
    Ok(Discovery {
        authorization_endpoint,
        token_endpoint,
        userinfo_endpoint,
        jwks_uri,
        names_itself: document.authorization_response_iss_parameter_supported,
        s256: document.code_challenge_methods_supported.iter().any(|method| method == "S256"),
    })
}
