use super::{
    model::{self, HINT_DAYS, KeySet, LEAD_SECONDS, OVERLAP_SECONDS, SigningKey},
    store::{self, NewKey, Until},
};
use crate::client::{Algorithm, settings::MOST_JWT_SECONDS};
use arc_swap::ArcSwapOption;
use db::Db;
use kernel::{Actor, Error, Event, Result, Timestamp};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Younger than this, the keys in memory are used as they are.
const FRESH_MS: i64 = 5_000;
/// Older than this, nothing is signed before they are read again.
const STALE_MS: i64 = 60_000;

/// The keys, held in memory. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);
struct Inner {
    db: Db,
    set: ArcSwapOption<KeySet>,
    /// Rises with every rotation, so that keys that were read before one are not kept after it.
    generation: AtomicU64,
    reloading: AtomicBool,
}

impl Keys {
    pub fn new(db: Db) -> Self {
        let inner = Arc::new(Inner {
            db,
            set: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            reloading: AtomicBool::new(false),
        });
        let listening = Arc::downgrade(&inner);
        // Another process has rotated, or this one: whoever asks next reads them again.
        inner.db.on_change(move |change| {
            if change.topic == "signing_key"
                && let Some(inner) = listening.upgrade()
            {
                inner.generation.fetch_add(1, Ordering::AcqRel);
                inner.set.store(None);
            }
        });
        Self(inner)
    }
    /// At start: makes the keys that are missing and reads them all.
    pub async fn ensure(&self) -> Result<()> {
        let now = self.0.db.clock().now();
        let set = self.reload(now).await?;
        let missing: Vec<Algorithm> =
            Algorithm::ALL.iter().copied().filter(|algorithm| set.signer(*algorithm, now).is_err()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let keys = generate(&self.0.db, missing).await?;
        let keys = Arc::new(keys);
        self.0
            .db
            .write(move |tx| {
                let mut events = Vec::new();
                for key in keys.iter() {
                    // Another node may have been quicker.
                    if !store::exists(tx, key.algorithm, now)? {
                        store::insert(tx, key, now, now)?;
                        events.push(event(&Actor::system(), "key.created", key, json!({})));
                    }
                }
                Ok(((), events))
            })
            .await?;
        self.reload(now).await.map(drop)
    }
    /// The keys of now; read again in the background when they have aged.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<KeySet>> {
        let Some(set) = self.0.set.load_full() else { return self.reload(now).await };
        let age = now.as_millis().saturating_sub(set.loaded_at.as_millis());
        if age >= STALE_MS {
            return self.reload(now).await;
        }
        if age >= FRESH_MS && !self.0.reloading.swap(true, Ordering::AcqRel) {
            let keys = self.clone();
            tokio::spawn(async move {
                if let Err(error) = keys.reload(now).await {
                    tracing::warn!(%error, "signing keys could not be read again");
                }
                keys.0.reloading.store(false, Ordering::Release);
            });
        }
        Ok(set)
    }
    /// The keys of now, if they were read a moment ago.
    pub fn at_hand(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        let set = self.0.set.load_full()?;
        (now.as_millis().saturating_sub(set.loaded_at.as_millis()) < FRESH_MS).then_some(set)
    }
    async fn reload(&self, now: Timestamp) -> Result<Arc<KeySet>> {
        let (keyring, generation) = (self.0.db.keyring().clone(), self.0.generation.load(Ordering::Acquire));
        let since = now.plus_days(-HINT_DAYS);
        let stored = self.0.db.read_one(move |statement| store::list(statement, &keyring, since)).await?;
        let keys = stored.iter().map(SigningKey::decode).collect::<Result<Vec<_>>>()?;
        let set = Arc::new(KeySet::new(keys, now));
        self.0.set.store(Some(set.clone()));
        if self.0.generation.load(Ordering::Acquire) != generation {
            self.0.set.store(None);
        }
        Ok(set)
    }
}

/// One new key of each algorithm.
#[derive(Clone, Debug)]
pub struct Rotated {
    pub kid: String,
    pub algorithm: Algorithm,
    pub signs_from: Timestamp,
}

/// Makes new keys. They sign after a lead time in which clients learn of them, and the old ones stay published until the tokens
/// that they signed have expired. `at_once` is for keys that may have leaked: the new ones sign from this moment on, the old
/// ones are published no longer, and nobody is let in by an access token of theirs.
pub async fn rotate(db: &Db, actor: &Actor, at_once: bool) -> Result<Vec<Rotated>> {
    renew(db, actor, Algorithm::ALL.to_vec(), at_once, None).await
}

impl Keys {
    /// Makes new keys in place of those that have signed for so many days.
    pub async fn rotate_due(&self, days: i64) -> Result<Vec<Rotated>> {
        let now = self.0.db.clock().now();
        let before = now.plus_days(-days);
        let set = self.current(now).await?;
        let old = |algorithm: &Algorithm| set.newest(*algorithm).is_none_or(|from| from <= before);
        let due: Vec<Algorithm> = Algorithm::ALL.iter().copied().filter(old).collect();
        if due.is_empty() {
            return Ok(Vec::new());
        }
        renew(&self.0.db, &Actor::system(), due, false, Some(before)).await
    }
}

/// With `unless_since`, an algorithm that has a key from after that moment keeps it: another node was quicker.
async fn renew(
    db: &Db,
    actor: &Actor,
    algorithms: Vec<Algorithm>,
    at_once: bool,
    unless_since: Option<Timestamp>,
) -> Result<Vec<Rotated>> {
    let now = db.clock().now();
    let signs_from = if at_once { now } else { now.plus_seconds(LEAD_SECONDS) };
    let keys = Arc::new(generate(db, algorithms).await?);
    let actor = actor.clone();
    db.write(move |tx| {
        let mut rotated = Vec::new();
        let mut events = Vec::new();
        for key in keys.iter() {
            if let Some(since) = unless_since
                && store::lock_newest(tx, key.algorithm)?.is_some_and(|from| from > since)
            {
                continue;
            }
            store::insert(tx, key, signs_from, now)?;
            let until = if at_once {
                // What the old ones say from now on may be somebody else's word, here and at everybody who reads the set.
                Until { stops: now, believed: now, published: now }
            } else {
                Until {
                    stops: signs_from,
                    believed: signs_from.plus_seconds(MOST_JWT_SECONDS),
                    published: signs_from.plus_seconds(OVERLAP_SECONDS),
                }
            };
            store::retire_others(tx, key, until)?;
            events.push(event(&actor, "key.rotated", key, json!({ "at_once": at_once })));
            rotated.push(Rotated { kid: key.generated.kid.clone(), algorithm: key.algorithm, signs_from });
        }
        Ok((rotated, events))
    })
    .await
}

/// Side by side: an RSA key takes tenths of a second.
async fn generate(db: &Db, algorithms: Vec<Algorithm>) -> Result<Vec<NewKey>> {
    let making: Vec<_> = algorithms
        .into_iter()
        .map(|algorithm| {
            let db = db.clone();
            tokio::task::spawn_blocking(move || NewKey::seal(&db, algorithm, model::generate(algorithm)?))
        })
        .collect();
    let mut made = Vec::with_capacity(making.len());
    for key in making {
        made.push(key.await.map_err(|error| Error::internal("key.unusable").because(error))??);
    }
    Ok(made)
}

fn event(actor: &Actor, action: &'static str, key: &NewKey, more: Value) -> Event {
    let mut detail = json!({ "kid": key.generated.kid, "algorithm": key.algorithm.as_str() });
    if let (Some(detail), Value::Object(more)) = (detail.as_object_mut(), more) {
        detail.extend(more);
    }
    Event::done(actor, action).on("signing_key", key.id).with(detail)
}
