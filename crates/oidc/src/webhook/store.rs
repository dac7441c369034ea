use super::model::{
    DeliveryState, EventKind, FAILURES, Told, Webhook, WebhookDeliveryId, WebhookId, WebhookState,
};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ContractId, ContractTypeId, MembershipId, OrganizationId, ProductId},
};

const COLUMNS: &str =
    "SELECT id, product_id, url, secret, former_secret, former_until, state, failures, open_until, created_at
    FROM webhook";

pub(super) fn find_of_product(tx: &mut Tx<'_>, product: ProductId) -> Result<Option<Webhook>> {
    let query = Query::new(COLUMNS).bind(" WHERE product_id = ?", &product);
    tx.opt(query.sql(), query.params())
}
pub(super) fn insert(tx: &mut Tx<'_>, new: &Webhook) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO webhook (id, product_id, url, secret, former_until, state, failures, open_until, created_at)
             VALUES ($1, $2, $3, $4, 0, 'active', 0, 0, $5) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.product, &new.url, &new.secret, &new.created_at],
    )?;
    Ok(inserted == 1)
}
/// Another address, or switched on and off: it begins anew.
pub(super) fn update(tx: &mut Tx<'_>, id: WebhookId, url: &str, state: WebhookState) -> Result<u64> {
    tx.run(
        sql!("UPDATE webhook SET url = $2, state = $3, failures = 0, open_until = 0 WHERE id = $1"),
        &[&id, &url, &state],
    )
}
pub(super) fn set_secret(
    tx: &mut Tx<'_>,
    id: WebhookId,
    secret: &[u8],
    former: &[u8],
    former_until: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!("UPDATE webhook SET secret = $2, former_secret = $3, former_until = $4 WHERE id = $1"),
        &[&id, &secret, &former, &former_until],
    )
}

/// An event whose products are still to be found.
pub(super) struct Open {
    pub n: i64,
    pub product: Option<ProductId>,
    pub organization: Option<OrganizationId>,
    pub contract: Option<ContractId>,
    pub contract_type: Option<ContractTypeId>,
    pub membership: Option<MembershipId>,
    pub account: Option<AccountId>,
}
db::row!(Open { n, product, organization, contract, contract_type, membership, account });
impl Open {
    /// What is told in order: news of one person, or of one organization.
    pub fn subject(&self) -> String {
        match (self.account, self.organization) {
            (Some(account), _) => format!("a{account}"),
            (None, Some(organization)) => format!("o{organization}"),
            (None, None) => "p".to_owned(),
        }
    }
}
pub(super) fn is_open(statement: Statement<'_, '_>) -> Result<bool> {
    let found: Option<i64> =
        statement.opt(sql!("SELECT n FROM webhook_event WHERE spread_at IS NULL ORDER BY n LIMIT 1"), &[])?;
    Ok(found.is_some())
}
pub(super) fn list_open(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Open>> {
    tx.all(
        sql!(
            "SELECT n, product_id, organization_id, contract_id, contract_type_id, membership_id, account_id
             FROM webhook_event WHERE spread_at IS NULL ORDER BY n LIMIT $1"
        ),
        &[&limit],
    )
}
/// The products that an event concerns: the one it names, or those that the person or the organization has to do with.
pub(super) fn concerned(tx: &mut Tx<'_>, open: &Open) -> Result<Vec<WebhookId>> {
    let query = Query::new("SELECT w.id FROM webhook w WHERE w.state = 'active'");
    let query = match open {
        Open { product: Some(product), .. } => query.bind(" AND w.product_id = ?", product),
        Open { contract: Some(contract), .. } => query.bind(
            " AND EXISTS (SELECT 1 FROM admission d WHERE d.contract_id = ? AND d.product_id = w.product_id)",
            contract,
        ),
        Open { contract_type: Some(kind), .. } => query.bind(
            " AND EXISTS (SELECT 1 FROM admission d JOIN contract c ON c.id = d.contract_id
                WHERE d.product_id = w.product_id AND d.state <> 'ended' AND c.contract_type_id = ?)",
            kind,
        ),
        Open { membership: Some(membership), .. } => query
            .bind(
                " AND (EXISTS (SELECT 1 FROM membership m JOIN product_use u ON u.account_id = m.account_id
                    AND u.organization_id = m.organization_id WHERE m.id = ? AND u.product_id = w.product_id)",
                membership,
            )
            .bind(
                " OR EXISTS (SELECT 1 FROM product_grant g JOIN membership m ON m.id = g.membership_id
                    WHERE g.membership_id = ? AND g.product_id = w.product_id
                    AND (g.state <> 'ended' OR g.ended_at >= m.ended_at)))",
                membership,
            ),
        Open { account: Some(account), .. } => query
            .bind(
                " AND (EXISTS (SELECT 1 FROM product_use u WHERE u.account_id = ? AND u.product_id = w.product_id)",
                account,
            )
            .bind(
                " OR EXISTS (SELECT 1 FROM membership m JOIN product_grant g ON g.membership_id = m.id
                    WHERE m.account_id = ? AND m.state <> 'ended' AND g.state = 'active'
                    AND g.product_id = w.product_id))",
                account,
            ),
        Open { organization: Some(organization), .. } => query
            .bind(
                " AND (EXISTS (SELECT 1 FROM admission d WHERE d.organization_id = ? AND d.product_id = w.product_id
                    AND d.state <> 'ended')",
                organization,
            )
            .bind(
                " OR EXISTS (SELECT 1 FROM product_use u WHERE u.organization_id = ? AND u.product_id = w.product_id))",
                organization,
            ),
        // A rule for everybody.
        _ => query,
    };
    tx.all(query.sql(), query.params())
}
/// False if another node was quicker.
pub(super) fn mark_spread(tx: &mut Tx<'_>, n: i64, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE webhook_event SET spread_at = $2 WHERE n = $1 AND spread_at IS NULL"),
        &[&n, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn insert_delivery(
    tx: &mut Tx<'_>,
    id: WebhookDeliveryId,
    webhook: WebhookId,
    n: i64,
    subject: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO webhook_delivery (id, webhook_id, n, subject, state, attempts, lease_until, created_at, expires_at)
             VALUES ($1, $2, $3, $4, 'queued', 0, 0, $5, $6) ON CONFLICT DO NOTHING"
        ),
        &[&id, &webhook, &n, &subject, &now, &expires_at],
    )
}

/// Whether a claim could find something.
pub(super) fn is_due(statement: Statement<'_, '_>, now: Timestamp) -> Result<bool> {
    let found: Option<WebhookDeliveryId> = statement.opt(
        sql!(
            "SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id AND w.state = 'active'
                 AND w.open_until <= $1
             WHERE d.state = 'queued' AND d.lease_until < $1 ORDER BY d.lease_until LIMIT 1"
        ),
        &[&now],
    )?;
    Ok(found.is_some())
}
/// Addresses whose rest is over and for which something waits: each gets one request to prove itself.
pub(super) fn probe(tx: &mut Tx<'_>, now: Timestamp, until: Timestamp) -> Result<Vec<WebhookId>> {
    tx.all(
        sql!(
            "UPDATE webhook SET open_until = $2 WHERE state = 'active' AND failures >= $3 AND open_until <= $1
                 AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = webhook.id AND d.state = 'queued'
                     AND d.lease_until < $1)
             RETURNING id"
        ),
        &[&now, &until, &FAILURES],
    )
}
pub(super) struct Claimed {
    pub id: WebhookDeliveryId,
    pub webhook: WebhookId,
    pub n: i64,
    pub attempts: i64,
    pub lease_until: Timestamp,
    pub expires_at: Timestamp,
}
db::row!(Claimed { id, webhook, n, attempts, lease_until, expires_at });
/// The oldest that are due, one a subject. `only`: of the address that proves itself; otherwise of those that are well and
/// not busy. A lost race claims nothing.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    only: Option<WebhookId>,
    busy: &[WebhookId],
    lease_until: Timestamp,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>> {
    let query = Query::new("UPDATE webhook_delivery SET attempts = attempts + 1")
        .bind(", lease_until = ?", &lease_until)
        .bind(" WHERE state = 'queued' AND lease_until < ?", &now)
        .bind(
            " AND id IN (SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id AND w.state = 'active'
                WHERE d.state = 'queued' AND d.lease_until < ?",
            &now,
        )
        .add(
            " AND NOT EXISTS (SELECT 1 FROM webhook_delivery p WHERE p.webhook_id = d.webhook_id
                AND p.subject = d.subject AND p.state = 'queued' AND p.n < d.n)",
        );
    let query = match &only {
        Some(webhook) => query.bind(" AND w.id = ?", webhook),
        None => query.bind(" AND w.failures < ?", &FAILURES).bind(" AND w.open_until <= ?", &now),
    };
    let query = if busy.is_empty() { query } else { query.list(" AND w.id NOT IN (?)", busy) };
    let query = query
        .bind(" ORDER BY d.n LIMIT ?)", &most)
        .add(" RETURNING id, webhook_id, n, attempts, lease_until, expires_at");
    let mut claimed: Vec<Claimed> = tx.all(query.sql(), query.params())?;
    claimed.sort_by_key(|claimed| claimed.n);
    Ok(claimed)
}
pub(super) fn find(statement: Statement<'_, '_>, id: WebhookId) -> Result<Option<Webhook>> {
    statement.opt(
        sql!(
            "SELECT id, product_id, url, secret, former_secret, former_until, state, failures, open_until, created_at
             FROM webhook WHERE id = $1"
        ),
        &[&id],
    )
}
pub(super) fn find_told(statement: Statement<'_, '_>, n: i64, webhook: WebhookId) -> Result<Option<Told>> {
    statement.opt(
        sql!(
            "SELECT e.n, e.kind, e.reason, p.code, e.organization_id, a.sub, e.valid_until, e.at
             FROM webhook_event e CROSS JOIN webhook w JOIN product p ON p.id = w.product_id
             LEFT JOIN account a ON a.id = e.account_id WHERE e.n = $1 AND w.id = $2"
        ),
        &[&n, &webhook],
    )
}
/// Final. Only the holder of the lease may say so.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    state: DeliveryState,
    status: Option<i64>,
    error: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE webhook_delivery SET state = $3, status = $4, error = $5, settled_at = $6
             WHERE id = $1 AND lease_until = $2 AND state = 'queued'"
        ),
        &[&claimed.id, &claimed.lease_until, &state, &status, &error, &now],
    )
}
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    again_at: Timestamp,
    status: Option<i64>,
    error: &str,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE webhook_delivery SET lease_until = $3, status = $4, error = $5
             WHERE id = $1 AND lease_until = $2 AND state = 'queued'"
        ),
        &[&claimed.id, &claimed.lease_until, &again_at, &status, &error],
    )
}
pub(super) fn succeeded(tx: &mut Tx<'_>, id: WebhookId) -> Result<u64> {
    tx.run(
        sql!("UPDATE webhook SET failures = 0, open_until = 0 WHERE id = $1 AND (failures > 0 OR open_until > 0)"),
        &[&id],
    )
}
/// How many in a row it are now.
pub(super) fn failed(tx: &mut Tx<'_>, id: WebhookId) -> Result<Option<i64>> {
    tx.opt(sql!("UPDATE webhook SET failures = failures + 1 WHERE id = $1 RETURNING failures"), &[&id])
}
pub(super) fn rest(tx: &mut Tx<'_>, id: WebhookId, until: Timestamp) -> Result<u64> {
    tx.run(sql!("UPDATE webhook SET open_until = $2 WHERE id = $1"), &[&id, &until])
}
pub(super) fn set_gone(tx: &mut Tx<'_>, id: WebhookId) -> Result<Option<ProductId>> {
    tx.opt(
        sql!("UPDATE webhook SET state = 'gone' WHERE id = $1 AND state = 'active' RETURNING product_id"),
        &[&id],
    )
}

pub(super) struct DeliveryRow {
    pub id: WebhookDeliveryId,
    pub n: i64,
    pub kind: EventKind,
    pub reason: String,
    pub organization: Option<OrganizationId>,
    pub subject: Option<String>,
    pub state: DeliveryState,
    pub attempts: i64,
    pub lease_until: Timestamp,
    pub at: Timestamp,
    pub settled_at: Option<Timestamp>,
    pub status: Option<i64>,
    pub error: Option<String>,
}
db::row!(DeliveryRow {
    id,
    n,
    kind,
    reason,
    organization,
    subject,
    state,
    attempts,
    lease_until,
    at,
    settled_at,
    status,
    error,
});
/// Newest first.
pub(super) fn list_deliveries(
    statement: Statement<'_, '_>,
    webhook: WebhookId,
    before: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    statement.all(
        sql!(
            "SELECT d.id, d.n, e.kind, e.reason, e.organization_id, a.sub, d.state, d.attempts, d.lease_until, e.at,
                 d.settled_at, d.status, d.error
             FROM webhook_delivery d JOIN webhook_event e ON e.n = d.n LEFT JOIN account a ON a.id = e.account_id
             WHERE d.webhook_id = $1 AND d.n < $2 ORDER BY d.n DESC LIMIT $3"
        ),
        &[&webhook, &before, &limit],
    )
}
/// How many wait, and since when the oldest.
pub(super) fn count_waiting(
    statement: Statement<'_, '_>,
    webhook: WebhookId,
) -> Result<(i64, Option<Timestamp>)> {
    statement.one(
        sql!("SELECT COUNT(*), MIN(created_at) FROM webhook_delivery WHERE webhook_id = $1 AND state = 'queued'"),
        &[&webhook],
    )
}
/// At once, whatever became of it. None if the product has no such delivery; else its event.
pub(super) fn send_again(
    tx: &mut Tx<'_>,
    webhook: WebhookId,
    delivery: WebhookDeliveryId,
    expires_at: Timestamp,
) -> Result<Option<i64>> {
    tx.opt(
        sql!(
            "UPDATE webhook_delivery SET state = 'queued', attempts = 0, lease_until = 0, expires_at = $3, settled_at = NULL
             WHERE id = $2 AND webhook_id = $1 RETURNING n"
        ),
        &[&webhook, &delivery, &expires_at],
    )
}
/// What nobody took in time, by address; whoever is sending it says so themselves.
pub(super) fn expire(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<WebhookId>> {
    tx.all(
        sql!(
            "UPDATE webhook_delivery SET state = 'expired', settled_at = $1
             WHERE state = 'queued' AND expires_at <= $1 AND (attempts = 0 OR lease_until <= $1) RETURNING webhook_id"
        ),
        &[&now],
    )
}
pub(super) fn delete_old_deliveries(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM webhook_delivery WHERE state <> 'queued' AND n IN (SELECT n FROM webhook_event WHERE at < $1
                 ORDER BY at LIMIT 500)"
        ),
        &[&before],
    )
}
pub(super) fn delete_old_events(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM webhook_event WHERE spread_at IS NOT NULL AND n IN (SELECT e.n FROM webhook_event e WHERE e.at < $1
                 AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.n = e.n) ORDER BY e.at LIMIT 500)"
        ),
        &[&before],
    )
}
