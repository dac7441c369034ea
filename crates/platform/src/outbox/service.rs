//! Queue inside a transaction; one worker per process delivers.
use super::{
    delivery::{Delivery, LocalOutbox},
    model::{Body, Channel, Claimed, DeliveryError, Message, Outgoing, State, backoff_seconds},
    store::{self, Queued},
};
use db::{Db, Tx};
use kernel::{Error, Result, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};

/// A worker that dies with a claim gives it up after this long.
const LEASE_SECONDS: i64 = 30;
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// Deliveries at a time: a gateway that hangs holds up its own messages alone.
const MOST_AT_ONCE: usize = 64;
/// Another node may have queued something.
const POLL: Duration = Duration::from_secs(1);
/// Woken inside a transaction, the worker looks again until that one must have committed.
const AFTER_WAKE: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(15), Duration::from_millis(60), Duration::from_millis(250)];
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
                purpose: message.purpose,
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
        let mut running = Running::new();
        loop {
            let woken = tokio::select! {
                woken = tokio::time::timeout(POLL, self.wake.notified()) => woken.is_ok(),
                // Its recipient's next message may be due, or there is room for one more.
                Some(done) = running.join_next() => { logged(ended(done)); false }
            };
            for pause in AFTER_WAKE.iter().take(if woken { AFTER_WAKE.len() } else { 1 }) {
                tokio::time::sleep(*pause).await;
                logged(self.begin(&mut running).await);
            }
        }
    }
    /// Delivers what is due now; the number of attempts made.
    pub async fn drain(&self) -> Result<usize> {
        let mut running = Running::new();
        let mut attempts = self.begin(&mut running).await?;
        while let Some(done) = running.join_next().await {
            ended(done)?;
            attempts += self.begin(&mut running).await?;
        }
        Ok(attempts)
    }
    /// Begins as many deliveries as are due and there is room for.
    async fn begin(&self, running: &mut Running) -> Result<usize> {
        let mut attempts = 0;
        loop {
            while let Some(done) = running.try_join_next() {
                ended(done)?;
            }
            if running.len() >= MOST_AT_ONCE {
                break;
            }
            let Some(claimed) = self.claim().await? else { break };
            attempts += 1;
            metrics::counter!("fujie_outbox_attempts_total").increment(1);
            let outbox = self.clone();
            running.spawn(async move { outbox.deliver(claimed).await });
        }
        Ok(attempts)
    }
    async fn claim(&self) -> Result<Option<Claimed>> {
        let now = self.db.clock().now();
        // Asked by reading first, so that an idle queue costs no write.
        let due = self.db.read_one(move |statement| store::is_due(statement, now)).await?;
        if !due {
            return Ok(None);
        }
        self.db
            .exec("outbox lease", move |statement| {
                store::claim(statement, now.plus_seconds(LEASE_SECONDS), now)
            })
            .await
    }
    async fn deliver(&self, claimed: Claimed) -> Result<()> {
        let lease = (claimed.id, claimed.lease_until);
        let attempts = claimed.attempts;
        let outcome = match self.open(claimed) {
            Ok(message) => tokio::time::timeout(DELIVERY_TIMEOUT, self.delivery.deliver(&message))
                .await
                .unwrap_or_else(|_| Err(DeliveryError::Later("no answer in time".into()))),
            Err(error) => Err(DeliveryError::Never(error.to_string())),
        };
        let now = self.db.clock().now();
        let changed = match outcome {
            Ok(()) => {
                self.db
                    .exec("outbox delivered", move |s| store::finish(s, lease, State::Delivered, now, None))
                    .await
            }
            Err(DeliveryError::Later(reason)) => {
                let again = now.plus_seconds(backoff_seconds(attempts));
                self.db.exec("outbox retry", move |s| store::put_back(s, lease, again, reason.clone())).await
            }
            Err(DeliveryError::Never(reason)) => {
                tracing::warn!(reason, "a message was refused for good");
                self.db
                    .exec("outbox refused", move |s| {
                        store::finish(s, lease, State::Refused, now, Some(reason.clone()))
                    })
                    .await
            }
        };
        changed.map(drop)
    }
    fn open(&self, claimed: Claimed) -> Result<Outgoing> {
        let sealed = claimed.body.ok_or_else(|| Error::internal("outbox.no_body"))?;
        let body = self.db.keyring().open("outbox.body", claimed.id.as_i64(), &sealed)?;
        let body: Body =
            serde_json::from_str(&body).map_err(|e| Error::internal("outbox.json").because(e))?;
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
}

type Running = JoinSet<Result<()>>;

fn ended(done: std::result::Result<Result<()>, JoinError>) -> Result<()> {
    done.unwrap_or_else(|error| Err(Error::internal("outbox.delivery").because(error)))
}
fn logged<T>(outcome: Result<T>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "the outbox could not be worked");
    }
}

/// How many messages of a channel wait, and since when the oldest.
pub async fn waiting(db: &Db, channel: Channel) -> Result<(i64, Option<Timestamp>)> {
    let now = db.clock().now();
    db.read_one(move |statement| store::count_waiting(statement, channel, now)).await
}
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    let now = db.clock().now();
    db.exec("outbox expiry", move |statement| store::expire(statement, now)).await?;
    let before = now.plus_days(-KEPT_DAYS);
    db.exec("old outbox rows", move |statement| store::delete_old(statement, before)).await.map(drop)
}
