//! The change log: what changed, gapless and in commit order. The own node hears of a change before it is acknowledged,
//! other nodes by polling four times a second.
use crate::{Db, tx::Tx};
use kernel::{Result, Timestamp};
use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub topic: String,
    pub key: i64,
}

type Listener = Arc<dyn Fn(&Change) + Send + Sync>;
/// What is written once the changes are numbered, with the number of the first; the log's row is locked by then.
pub type Numbered = Box<dyn FnOnce(&mut Tx<'_>, i64) -> Result<()>>;
type Companion =
    Arc<dyn Fn(&mut Tx<'_>, &[(&'static str, i64)], Timestamp) -> Result<Option<Numbered>> + Send + Sync>;

/// Everyone who keeps something in memory that the log can make stale, and everyone who adds to a transaction because of
/// what it changes.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    listening: Arc<RwLock<Vec<Listener>>>,
    companions: Arc<RwLock<Vec<Companion>>>,
}
impl Listeners {
    pub(crate) fn add(&self, listener: Listener) {
        self.listening.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(listener);
    }
    pub(crate) fn accompany(&self, companion: Companion) {
        self.companions.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(companion);
    }
    pub(crate) fn tell(&self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        let listeners = self.listening.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        for change in changes {
            for listener in &listeners {
                listener(change);
            }
        }
    }
}

/// Writes the changes of a transaction as its last statements.
pub(crate) fn append(tx: &mut Tx<'_>, listeners: &Listeners, now: Timestamp) -> Result<Vec<Change>> {
    let mut changes = std::mem::take(&mut tx.changes);
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let companions = listeners.companions.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    let mut numbered = Vec::new();
    for companion in &companions {
        numbered.extend(companion(tx, &changes, now)?);
    }
    // What a companion changed itself comes after what it was told of.
    changes.append(&mut tx.changes);
    let count = changes.len() as i64;
    let last: i64 =
        tx.one(crate::sql!("UPDATE change_head SET n = n + $1 WHERE id = 1 RETURNING n"), &[&count])?;
    let mut insert =
        tx.repeat(crate::sql!("INSERT INTO change (n, topic, key, at) VALUES ($1, $2, $3, $4)"))?;
    for (n, (topic, key)) in (last - count + 1..).zip(&changes) {
        insert.run(&[&n, topic, key, &now])?;
    }
    drop(insert);
    for write in numbered {
        write(tx, last - count + 1)?;
    }
    Ok(changes.into_iter().map(|(topic, key)| Change { topic: topic.to_owned(), key }).collect())
}

/// How fresh this node's knowledge of other nodes' changes is.
pub(crate) struct Poll {
    last: AtomicI64,
    started: RwLock<Option<Instant>>,
}
impl Poll {
    pub(crate) fn new() -> Self {
        Self { last: AtomicI64::new(-1), started: RwLock::new(None) }
    }
    /// The last complete poll began at most this long ago; None before the first.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.started.read().unwrap_or_else(std::sync::PoisonError::into_inner).map(|at| at.elapsed())
    }
    pub(crate) async fn run(&self, db: &Db) -> Result<()> {
        let started = Instant::now();
        loop {
            let last = self.last.load(Ordering::Acquire);
            if last < 0 {
                let n: i64 = db
                    .read_one(|s| s.one(crate::sql!("SELECT n FROM change_head WHERE id = 1"), &[]))
                    .await?;
                self.last.store(n, Ordering::Release);
                break;
            }
            let page: Vec<(i64, String, i64)> = db
                .read_one(move |s| {
                    s.all(
                        crate::sql!("SELECT n, topic, key FROM change WHERE n > $1 ORDER BY n LIMIT 1000"),
                        &[&last],
                    )
                })
                .await?;
            let Some(newest) = page.last().map(|row| row.0) else { break };
            let changes: Vec<Change> =
                page.into_iter().map(|(_, topic, key)| Change { topic, key }).collect();
            db.listeners().tell(&changes);
            self.last.store(newest, Ordering::Release);
        }
        *self.started.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(started);
        Ok(())
    }
}
