//! Queue inside a transaction; one worker per process delivers.
use super::{
    delivery::{Delivery, LocalOutbox},
    model::{
        Body, Channel, Claimed, DeliveryError, Done, Message, OutboxId, Outgoing, State, backoff_seconds,
    },
    store::{self, Queued},
};
use db::{Db, Keyring, Tx};
use kernel::{Error, Result, Timestamp};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
    time::Instant,
};

/// A worker that dies with a claim gives it up after this long.
const LEASE_SECONDS: i64 = 30;
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// Deliveries at a time: a gateway that hangs holds up its own messages alone.
const MOST_AT_ONCE: usize = 64;
/// Another node may have queued something.
const POLL: Duration = Duration::from_secs(1);
/// What comes together is claimed, and what became of it written, in one transaction. No gateway is faster than this.
const GATHERED: Duration = Duration::from_millis(8);
/// Woken inside a transaction, the worker looks again until that one must have committed.
const AFTER_WAKE: [Duration; 3] =
    [Duration::from_millis(15), Duration::from_millis(60), Duration::from_millis(250)];
const KEPT_DAYS: i64 = 30;

#[derive(Clone)]
pub struct Outbox {
    db: Db,
    delivery: Arc<dyn Delivery>,
    local: Option<Arc<LocalOutbox>>,
    wake: Arc<Notify>,
}

impl Outbox {
    pub fn new(db: Db, delivery: Arc<dyn Delivery>) -> Self {
        Self { db, delivery, local: None, wake: Arc::new(Notify::new()) }
    }
    /// Messages stay in memory, for the demo and tests.
    pub fn local(db: Db) -> Self {
        let local = Arc::new(LocalOutbox::default());
        Self { local: Some(Arc::clone(&local)), ..Self::new(db, local) }
    }
    pub fn local_outbox(&self) -> Option<&LocalOutbox> {
        self.local.as_deref()
    }
    /// Queues a message in the transaction of the change that causes it.
    pub fn queue_in(&self, tx: &mut Tx<'_>, message: &Message, now: Timestamp) -> Result<()> {
        debug_assert!(
            message.purpose.goes_by(message.channel),
            "{} is not listed for it",
            message.purpose.name()
        );
        let body = Body {
            to: message.to.clone(),
            lang: message.lang.to_owned(),
            text: message.text.clone(),
            code: message.code.clone(),
            subject: message.subject.clone(),
            args: message.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        };
        let body = serde_json::to_string(&body).map_err(|e| Error::internal("outbox.json").because(e))?;
        let keyring = self.db.keyring();
        let subject: String = keyring
            .mac("outbox.subject", &[message.to.as_bytes()])
            .iter()
            .take(16)
            .map(|b| format!("{b:02x}"))
            .collect();
        store::insert(
            tx,
            &Queued {
                id: message.id,
                channel: message.channel,
                purpose: message.purpose.name(),
                subject,
                body: keyring.seal("outbox.body", message.id.as_i64(), &body),
                created_at: now,
                expires_at: message.expires_at,
            },
        )?;
        self.wake.notify_one();
        Ok(())
    }
    /// Delivers until the process ends. Errors of the store are logged and waited out.
    pub async fn work(self) {
        let mut round = Round::default();
        // When to look without being woken, the next first.
        let mut looks: VecDeque<Instant> = VecDeque::new();
        loop {
            let next = looks.front().copied().unwrap_or_else(|| Instant::now() + POLL);
            let woken = tokio::select! {
                () = self.wake.notified() => {
                    tokio::time::sleep(GATHERED).await;
                    looks = AFTER_WAKE.iter().map(|pause| Instant::now() + *pause).collect();
                    true
                }
                // Its recipient's next message may be due, or there is room for one more.
                Some(done) = round.running.join_next() => {
                    round.ended(done);
                    tokio::time::sleep(GATHERED).await;
                    false
                }
                () = tokio::time::sleep_until(next) => {
                    looks.pop_front();
                    false
                }
            };
            if let Err(error) = self.pass(&mut round, woken).await {
                tracing::warn!(%error, "the outbox could not be worked");
                // What was delivered is still to be written.
                tokio::time::sleep(POLL).await;
            }
        }
    }
    /// Delivers what is due now; the number of attempts made.
    pub async fn drain(&self) -> Result<usize> {
        let mut round = Round::default();
        let mut attempts = self.pass(&mut round, true).await?;
        while let Some(done) = round.running.join_next().await {
            round.ended(done);
            attempts += self.pass(&mut round, true).await?;
        }
        Ok(attempts)
    }
    /// Writes what became of deliveries and begins as many as are due and there is room for, in one transaction.
    async fn pass(&self, round: &mut Round, woken: bool) -> Result<usize> {
        while let Some(done) = round.running.try_join_next() {
            round.ended(done);
        }
        let now = self.db.clock().now();
        // Asked by reading first, so that an idle queue costs no write.
        if !woken
            && round.done.is_empty()
            && !self.db.read_one(move |statement| store::is_due(statement, now)).await?
        {
            return Ok(0);
        }
        let (done, room) = (round.done.clone(), MOST_AT_ONCE.saturating_sub(round.running.len()));
        let claimed = self
            .db
            .write_unaudited("outbox", move |tx| {
                for done in &done {
                    settle_in(tx, done)?;
                }
                match room {
                    0 => Ok(Vec::new()),
                    room => store::claim(tx, now.plus_seconds(LEASE_SECONDS), now, room as i64),
                }
            })
            .await?;
        round.done.clear();
        let attempts = claimed.len();
        metrics::counter!("fujie_outbox_attempts_total").increment(attempts as u64);
        for claimed in claimed {
            let outbox = self.clone();
            round.running.spawn(async move { outbox.deliver(claimed).await });
        }
        Ok(attempts)
    }
    async fn deliver(&self, claimed: Claimed) -> Done {
        let (id, lease_until, attempts) = (claimed.id, claimed.lease_until, claimed.attempts);
        let outcome = match open(self.db.keyring(), claimed) {
            Ok(message) => tokio::time::timeout(DELIVERY_TIMEOUT, self.delivery.deliver(&message))
                .await
                .unwrap_or_else(|_| Err(DeliveryError::Later("no answer in time".into()))),
            Err(error) => Err(DeliveryError::Never(error.to_string())),
        };
        if let Err(DeliveryError::Never(reason)) = &outcome {
            tracing::warn!(reason, "a message was refused for good");
        }
        Done { id, lease_until, attempts, outcome, at: self.db.clock().now() }
    }
}

fn open(keyring: &Keyring, claimed: Claimed) -> Result<Outgoing> {
    let sealed = claimed.body.ok_or_else(|| Error::internal("outbox.no_body"))?;
    let body = keyring.open("outbox.body", claimed.id.as_i64(), &sealed)?;
    let body: Body = serde_json::from_str(&body).map_err(|e| Error::internal("outbox.json").because(e))?;
    Ok(Outgoing {
        id: claimed.id,
        channel: claimed.channel,
        to: body.to,
        purpose: claimed.purpose,
        lang: body.lang,
        text: body.text,
        code: body.code,
        subject: body.subject,
        args: body.args,
        at: claimed.created_at,
    })
}

/// Deliveries under way, and those whose outcome is not written yet.
#[derive(Default)]
struct Round {
    running: JoinSet<Done>,
    done: Vec<Done>,
}
impl Round {
    fn ended(&mut self, done: std::result::Result<Done, JoinError>) {
        match done {
            Ok(done) => self.done.push(done),
            // Its lease ends by itself.
            Err(error) => tracing::warn!(%error, "a delivery broke off"),
        }
    }
}
fn settle_in(tx: &mut Tx<'_>, done: &Done) -> Result<()> {
    let lease = (done.id, done.lease_until);
    let changed = match &done.outcome {
        Ok(()) => store::finish(tx, lease, State::Delivered, done.at, None),
        Err(DeliveryError::Later(reason)) => {
            let again_at = done.at.plus_seconds(backoff_seconds(done.attempts));
            store::put_back(tx, lease, again_at, false, reason)
        }
        Err(DeliveryError::Held(reason, until)) => store::put_back(tx, lease, *until, true, reason),
        Err(DeliveryError::Never(reason)) => store::finish(tx, lease, State::Refused, done.at, Some(reason)),
    };
    changed.map(drop)
}

/// How many messages of a channel wait, and since when the oldest.
pub async fn waiting(db: &Db, channel: Channel) -> Result<(i64, Option<Timestamp>)> {
    let now = db.clock().now();
    db.read_one(move |statement| store::count_waiting(statement, channel, now)).await
}
/// What messages of this channel are sent with has changed: those that were held for want of it are tried at once.
pub fn release_in(tx: &mut Tx<'_>, channel: Channel) -> Result<()> {
    store::release(tx, channel).map(drop)
}
/// The oldest whose time is over, each with what it was unless that cannot be opened any more. Whoever records what became
/// of them ends them by [`expire_in`].
pub async fn overdue(db: &Db, most: i64) -> Result<Vec<(OutboxId, Option<Outgoing>)>> {
    let now = db.clock().now();
    let rows = db.read_one(move |statement| store::overdue(statement, now, most)).await?;
    let opened = rows.into_iter().map(|row| (row.id, open(db.keyring(), row)));
    Ok(opened
        .map(|(id, message)| {
            (
                id,
                message
                    .inspect_err(|error| tracing::warn!(%error, "an expired message cannot be opened"))
                    .ok(),
            )
        })
        .collect())
}
/// Final: the body goes. False if another node did it, or is just now delivering it.
pub fn expire_in(tx: &mut Tx<'_>, id: OutboxId, now: Timestamp) -> Result<bool> {
    Ok(store::expire(tx, id, now)? == 1)
}
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-KEPT_DAYS);
    db.exec("old outbox rows", move |statement| store::delete_old(statement, before)).await.map(drop)
}
