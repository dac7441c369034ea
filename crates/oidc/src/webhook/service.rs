//! The product's own page at the desk: address, secret, pause, test, and what became of each delivery.
use super::{
    model::{
        self, DeliveryState, EventKind, KEPT_TRYING_DAYS, OVERLAP_HOURS, Webhook, WebhookDeliveryId,
        WebhookId, WebhookState,
    },
    store,
};
use crate::{OpenId, claims::Sector, client};
use db::Tx;
use kernel::{
    Error, Event, Result, Secret, Timestamp,
    id::{OrganizationId, ProductId},
};
use organization::{Operator, product::recheck_manager_in};
use serde_json::json;

/// What a form that makes or changes an address led to.
#[derive(Clone, Debug)]
pub enum Opened {
    /// Shown this once.
    New(Secret),
    /// The address changed, or the form was sent twice.
    Kept,
}
/// One delivery as staff sees it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    pub n: i64,
    pub kind: EventKind,
    pub reason: String,
    pub organization: Option<OrganizationId>,
    pub subject: Option<String>,
    pub state: DeliveryState,
    pub attempts: i64,
    /// When it is tried again, while it waits.
    pub again_at: Timestamp,
    pub at: Timestamp,
    pub settled_at: Option<Timestamp>,
    /// The receiver's status, if it answered.
    pub status: Option<i64>,
    pub error: Option<String>,
}

pub(crate) fn exists_in(tx: &mut Tx<'_>, product: ProductId) -> Result<bool> {
    Ok(store::find_of_product(tx, product)?.is_some())
}

impl OpenId {
    pub async fn webhook(&self, product: ProductId) -> Result<Option<Webhook>> {
        self.db().read(move |tx| store::find_of_product(tx, product)).await
    }
    /// Makes the product's address, or moves it. Errors: `webhook.url`, `client.names_mixed`, and those of [`recheck_manager_in`].
    pub async fn set_webhook(
        &self,
        by: &Operator,
        id: WebhookId,
        product: ProductId,
        url: &str,
        now: Timestamp,
    ) -> Result<Opened> {
        let (by, url) = (by.clone(), String::from(model::parse_url(url)?));
        let secret = model::secret_text(&self.db().rng().bytes());
        let sealed = self.db().keyring().seal("webhook.secret", id.as_i64(), secret.expose());
        let made = self
            .db()
            .write(move |tx| {
                recheck_manager_in(tx, &by, product)?;
                if let Some(known) = store::find_of_product(tx, product)? {
                    if known.url == url && known.state != WebhookState::Gone {
                        return Ok((false, Vec::new()));
                    }
                    let state = match known.state {
                        WebhookState::Gone => WebhookState::Active,
                        state => state,
                    };
                    store::update(tx, known.id, &url, state)?;
                    tx.changed("webhook", known.id);
                    if known.state == WebhookState::Gone {
                        tx.changed("webhook_resumed", known.id);
                    }
                    return Ok((
                        false,
                        vec![event(&by, "webhook.moved", &known, json!({ "host": host(&url) }))],
                    ));
                }
                let new = Webhook {
                    id,
                    product,
                    url: url.clone(),
                    secret: sealed.clone(),
                    former_secret: None,
                    former_until: Timestamp::default(),
                    state: WebhookState::Active,
                    failures: 0,
                    open_until: Timestamp::default(),
                    created_at: now,
                };
                if !store::insert(tx, &new)? {
                    return Err(Error::conflict("webhook.exists"));
                }
                let clients = client::store::list_of_product(tx.statement(), product)?;
                Sector::of_all(&clients).map_err(|_| Error::invalid("client.names_mixed").at("url"))?;
                tx.changed("webhook", id);
                Ok((true, vec![event(&by, "webhook.created", &new, json!({ "host": host(&url) }))]))
            })
            .await?;
        Ok(if made { Opened::New(secret) } else { Opened::Kept })
    }
    /// The former one signs beside it for a day. Whoever asks twice in a minute never used what was shown between: the one
    /// that the receiver has goes on signing. Error: `webhook.unknown`.
    pub async fn rotate_webhook_secret(
        &self,
        by: &Operator,
        product: ProductId,
        now: Timestamp,
    ) -> Result<Secret> {
        let (by, keyring) = (by.clone(), self.db().keyring().clone());
        let secret = model::secret_text(&self.db().rng().bytes());
        let text = secret.expose().to_owned();
        self.db()
            .write(move |tx| {
                let known = managed(tx, &by, product)?;
                let sealed = keyring.seal("webhook.secret", known.id.as_i64(), &text);
                let until = now.plus_seconds(OVERLAP_HOURS * 3600);
                let just_now = known.former_until > until.plus_seconds(-60);
                let former = known.former_secret.as_ref().filter(|_| just_now).unwrap_or(&known.secret);
                store::set_secret(tx, known.id, &sealed, former, until)?;
                tx.changed("webhook", known.id);
                Ok(((), vec![event(&by, "webhook.secret_rotated", &known, json!({ "former_until": until }))]))
            })
            .await?;
        Ok(secret)
    }
    /// While it is paused nothing is noted for the product; afterwards what waited goes on, and the product is told to ask
    /// again about whomever it keeps.
    pub async fn set_webhook_paused(&self, by: &Operator, product: ProductId, paused: bool) -> Result<()> {
        let by = by.clone();
        let (to, action) = match paused {
            true => (WebhookState::Paused, "webhook.paused"),
            false => (WebhookState::Active, "webhook.resumed"),
        };
        self.db()
            .write(move |tx| {
                let known = managed(tx, &by, product)?;
                if known.state == to {
                    return Ok(((), Vec::new()));
                }
                store::update(tx, known.id, &known.url, to)?;
                tx.changed("webhook", known.id);
                if !paused {
                    tx.changed("webhook_resumed", known.id);
                }
                Ok(((), vec![event(&by, action, &known, json!({ "before": known.state }))]))
            })
            .await
    }
    /// Goes the way of every event. Error: `webhook.paused`.
    pub async fn test_webhook(&self, by: &Operator, product: ProductId) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let known = managed(tx, &by, product)?;
                if known.state != WebhookState::Active {
                    return Err(Error::conflict("webhook.paused"));
                }
                tx.changed("webhook_test", known.id);
                Ok(((), vec![event(&by, "webhook.tested", &known, json!({}))]))
            })
            .await
    }
    /// Errors: `webhook.unknown`, `webhook.delivery_unknown`.
    pub async fn send_webhook_again(
        &self,
        by: &Operator,
        product: ProductId,
        delivery: WebhookDeliveryId,
        now: Timestamp,
    ) -> Result<()> {
        let by = by.clone();
        self.db()
            .write(move |tx| {
                let known = managed(tx, &by, product)?;
                let expires_at = now.plus_days(KEPT_TRYING_DAYS);
                let n = store::send_again(tx, known.id, delivery, expires_at)?
                    .ok_or_else(|| Error::not_found("webhook.delivery_unknown"))?;
                tx.changed("webhook", known.id);
                Ok(((), vec![event(&by, "webhook.sent_again", &known, json!({ "event": n }))]))
            })
            .await
    }
    /// The newest deliveries below `before`, at most `limit`.
    pub async fn webhook_deliveries(
        &self,
        webhook: WebhookId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        let before = before.unwrap_or(i64::MAX);
        let rows = self
            .db()
            .read_one(move |statement| store::list_deliveries(statement, webhook, before, limit))
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Delivery {
                id: row.id,
                n: row.n,
                kind: row.kind,
                reason: row.reason,
                organization: row.organization,
                subject: row.subject,
                state: row.state,
                attempts: row.attempts,
                again_at: row.lease_until,
                at: row.at,
                settled_at: row.settled_at,
                status: row.status,
                error: row.error,
            })
            .collect())
    }
    /// How many deliveries wait, and since when the oldest.
    pub async fn webhook_waiting(&self, webhook: WebhookId) -> Result<(i64, Option<Timestamp>)> {
        self.db().read_one(move |statement| store::count_waiting(statement, webhook)).await
    }
}

fn managed(tx: &mut Tx<'_>, by: &Operator, product: ProductId) -> Result<Webhook> {
    recheck_manager_in(tx, by, product)?;
    store::find_of_product(tx, product)?.ok_or_else(|| Error::not_found("webhook.unknown"))
}
fn event(by: &Operator, action: &'static str, of: &Webhook, mut detail: serde_json::Value) -> Event {
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("product".into(), json!(of.product));
    }
    Event::done(by.actor(), action).on("webhook", of.id).with(detail)
}
/// A path may hold what only the receiver should know.
fn host(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
