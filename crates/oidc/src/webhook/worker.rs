//! Finds the products of new events and sends what is due. Any number of nodes may do it at once.
use super::{
    following::TOPICS,
    model::{DeliveryState, FAILURES, KEPT_TRYING_DAYS, WebhookId, backoff_seconds, rest_seconds, signature},
    store::{self, Claimed},
};
use crate::{OpenId, claims::Sector, client};
use http::{HeaderName, HeaderValue, header};
use kernel::{Actor, Event, Result, Timestamp};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Notify, task::JoinSet, time::timeout};
use url::Url;
use web::outbound::{Call, OutboundError};

/// For the whole of a request; a receiver that wants to do more answers first.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than a request may take: whoever died with a claim gives it up.
const LEASE_SECONDS: i64 = 30;
const PROBE_SECONDS: i64 = 15;
/// Another node may have written something.
const POLL: Duration = Duration::from_secs(1);
const MOST_AT_ONCE: usize = 32;
/// Of one address: one that hangs holds up no other.
const MOST_EACH: usize = 4;
const SPREAD: i64 = 100;
const KEPT_DAYS: i64 = 30;

/// Deliveries under way, by address.
#[derive(Default)]
struct Round {
    running: JoinSet<Done>,
    busy: BTreeMap<WebhookId, usize>,
}
struct Done {
    claimed: Claimed,
    outcome: Outcome,
    at: Timestamp,
}
enum Outcome {
    Delivered(i64),
    Gone(i64),
    /// Nobody was asked: it is too late, or what it was about is no more.
    Expired,
    Later(Option<i64>, String),
}

impl OpenId {
    /// Sends until the process ends. Errors of the store are logged and waited out.
    pub async fn send_webhooks(self) {
        let wake = Arc::new(Notify::new());
        let listening = Arc::downgrade(&wake);
        self.db().on_change(move |change| {
            if (change.topic == "webhook" || TOPICS.contains(&change.topic.as_str()))
                && let Some(wake) = listening.upgrade()
            {
                wake.notify_one();
            }
        });
        let mut round = Round::default();
        loop {
            if let Err(error) = self.webhook_pass(&mut round).await {
                tracing::warn!(%error, "webhooks could not be worked");
                tokio::time::sleep(POLL).await;
            }
            tokio::select! {
                () = wake.notified() => {}
                Some(done) = round.running.join_next() => {
                    if let Err(error) = self.webhook_ended(&mut round, done).await {
                        // Its lease ends by itself, and it is sent again.
                        tracing::warn!(%error, "what became of a webhook was not written");
                    }
                }
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
    /// For tests: everything that is due now.
    pub async fn drain_webhooks(&self) -> Result<usize> {
        let mut round = Round::default();
        let mut attempts = self.webhook_pass(&mut round).await?;
        while let Some(done) = round.running.join_next().await {
            self.webhook_ended(&mut round, done).await?;
            attempts += self.webhook_pass(&mut round).await?;
        }
        Ok(attempts)
    }
    /// Forgets what is long over.
    pub(crate) async fn sweep_webhooks(&self) -> Result<()> {
        let now = self.db().clock().now();
        let before = now.plus_days(-KEPT_DAYS);
        self.db()
            .write_unaudited("old webhook deliveries", move |tx| {
                // Whoever missed something is to ask again: that waits in its place, as long as the address is away.
                let missed: BTreeSet<WebhookId> = store::expire(tx, now)?.into_iter().collect();
                for webhook in missed {
                    tx.changed("webhook_resumed", webhook);
                }
                store::delete_old_deliveries(tx, before)?;
                store::delete_old_events(tx, before).map(drop)
            })
            .await
    }

    /// Asked by reading first, so that an idle queue costs no write.
    async fn webhook_pass(&self, round: &mut Round) -> Result<usize> {
        while self.db().read_one(store::is_open).await? {
            self.spread().await?;
        }
        let now = self.db().clock().now();
        let room = MOST_AT_ONCE.saturating_sub(round.running.len());
        if room == 0 || !self.db().read_one(move |statement| store::is_due(statement, now)).await? {
            return Ok(0);
        }
        let busy: Vec<WebhookId> =
            round.busy.iter().filter(|(_, count)| **count >= MOST_EACH).map(|(id, _)| *id).collect();
        let claimed = self
            .db()
            .write_unaudited("webhooks claimed", move |tx| {
                let lease = now.plus_seconds(LEASE_SECONDS);
                let mut claimed = Vec::new();
                for webhook in store::probe(tx, now, now.plus_seconds(PROBE_SECONDS))? {
                    claimed.extend(store::claim(tx, Some(webhook), &[], lease, now, 1)?);
                }
                let most = room.min(MOST_EACH) as i64;
                claimed.extend(store::claim(tx, None, &busy, lease, now, most)?);
                Ok(claimed)
            })
            .await?;
        let attempts = claimed.len();
        for claimed in claimed {
            *round.busy.entry(claimed.webhook).or_default() += 1;
            let openid = self.clone();
            round.running.spawn(async move {
                let outcome = openid.attempt(&claimed).await;
                let at = openid.db().clock().now();
                Done { claimed, outcome, at }
            });
        }
        // There may be more than one claim takes.
        if attempts > 0 && round.running.len() < MOST_AT_ONCE {
            return Ok(attempts + Box::pin(self.webhook_pass(round)).await?);
        }
        Ok(attempts)
    }
    /// One event concerns as many products as there are, never as many people.
    async fn spread(&self) -> Result<()> {
        let (now, db) = (self.db().clock().now(), self.db().clone());
        self.db()
            .write_unaudited("webhook events spread", move |tx| {
                for open in store::list_open(tx, SPREAD)? {
                    if !store::mark_spread(tx, open.n, now)? {
                        continue;
                    }
                    let (subject, expires_at) = (open.subject(), now.plus_days(KEPT_TRYING_DAYS));
                    for webhook in store::concerned(tx, &open)? {
                        store::insert_delivery(tx, db.draw(), webhook, open.n, &subject, now, expires_at)?;
                    }
                }
                Ok(())
            })
            .await
    }
    async fn attempt(&self, claimed: &Claimed) -> Outcome {
        let now = self.db().clock().now();
        if claimed.expires_at <= now {
            return Outcome::Expired;
        }
        match timeout(TIMEOUT + Duration::from_secs(2), self.request(claimed, now)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::Later(None, error.to_string()),
            Err(_) => Outcome::Later(None, OutboundError::Timeout.to_string()),
        }
    }
    async fn request(&self, claimed: &Claimed, now: Timestamp) -> Result<Outcome> {
        let (id, n) = (claimed.webhook, claimed.n);
        let webhook = self.db().read_one(move |statement| store::find(statement, id)).await?;
        let told = self.db().read_one(move |statement| store::find_told(statement, n, id)).await?;
        let (Some(webhook), Some(mut told)) = (webhook, told) else { return Ok(Outcome::Expired) };
        // A product whose clients know people by names of their own hears of them by those; while the clients do not agree
        // on one kind of names, nobody is told of a person under a name that is not theirs to know.
        if let Some(sub) = told.subject.take() {
            let clients = client::service::list_of_product(self.db(), webhook.product).await?;
            told.subject = self.names_of(&Sector::of_all(&clients)?, vec![sub]).await?.pop();
        }
        let open = |sealed: &[u8]| self.db().keyring().open("webhook.secret", id.as_i64(), sealed);
        let mut secrets = vec![open(&webhook.secret)?];
        if let Some(former) = webhook.former_secret.as_deref().filter(|_| now < webhook.former_until) {
            secrets.push(open(former)?);
        }
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let (event, body, timestamp) = (told.id(), told.body(), now.as_seconds());
        let signed = signature(&secrets, &event, timestamp, &body);
        let Ok(url) = Url::parse(&webhook.url) else { return Ok(Outcome::Expired) };
        let mut call = Call::post(url, body)
            .within(TIMEOUT)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("webhook-id", event),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signed),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                call = call.header(HeaderName::from_static(name), value);
            }
        }
        Ok(match self.organizations().identity().outbound().send(call).await {
            Ok(answer) if answer.status.is_success() => Outcome::Delivered(answer.status.as_u16().into()),
            Ok(answer) if answer.status == http::StatusCode::GONE => Outcome::Gone(410),
            Ok(answer) => {
                let status = answer.status.as_u16();
                Outcome::Later(Some(status.into()), format!("status {status}"))
            }
            Err(error) => Outcome::Later(None, error.to_string()),
        })
    }
    async fn webhook_ended(
        &self,
        round: &mut Round,
        done: std::result::Result<Done, tokio::task::JoinError>,
    ) -> Result<()> {
        let Done { claimed, outcome, at } = match done {
            Ok(done) => done,
            Err(error) => {
                // Nobody knows whose it was: the places are counted anew, the lease ends by itself.
                tracing::warn!(%error, "a webhook broke off");
                round.busy.clear();
                return Ok(());
            }
        };
        if let Some(count) = round.busy.get_mut(&claimed.webhook) {
            *count = count.saturating_sub(1);
        }
        self.db()
            .write(move |tx| {
                let id = claimed.webhook;
                match &outcome {
                    Outcome::Delivered(status) => {
                        store::settle(tx, &claimed, DeliveryState::Delivered, Some(*status), None, at)?;
                        store::succeeded(tx, id)?;
                    }
                    Outcome::Expired => {
                        store::settle(tx, &claimed, DeliveryState::Expired, None, None, at)?;
                    }
                    Outcome::Gone(status) => {
                        store::settle(tx, &claimed, DeliveryState::Refused, Some(*status), None, at)?;
                        if let Some(product) = store::set_gone(tx, id)? {
                            tx.changed("webhook", id);
                            let event = Event::done(&Actor::system(), "webhook.gone").on("webhook", id);
                            return Ok(((), vec![event.with(json!({ "product": product }))]));
                        }
                    }
                    Outcome::Later(status, error) => {
                        let again_at = at.plus_seconds(backoff_seconds(claimed.attempts));
                        store::put_back(tx, &claimed, again_at, *status, error)?;
                        if let Some(failures) =
                            store::failed(tx, id)?.filter(|failures| *failures >= FAILURES)
                        {
                            store::rest(tx, id, at.plus_seconds(rest_seconds(failures)))?;
                        }
                    }
                }
                Ok(((), Vec::new()))
            })
            .await
    }
}
