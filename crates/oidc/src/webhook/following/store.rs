use crate::webhook::model::{Cause, WebhookId};
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, ProductId},
};

/// Whether any product is told anything: most installations begin without.
pub(super) fn any(tx: &mut Tx<'_>) -> Result<bool> {
    let found: Option<WebhookId> =
        tx.opt(sql!("SELECT id FROM webhook WHERE state = 'active' LIMIT 1"), &[])?;
    Ok(found.is_some())
}

/// A row that changed, as the transaction leaves it.
pub(super) struct Row {
    pub key: i64,
    pub state: String,
    pub product: Option<ProductId>,
    pub organization: Option<OrganizationId>,
    pub account: Option<AccountId>,
    pub until: Option<Timestamp>,
    pub more: Option<String>,
}
db::row!(Row { key, state, product, organization, account, until, more });

/// Those that end with their membership are told of with it.
pub(super) fn grants(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT g.id, g.state, g.product_id, m.organization_id, m.account_id, g.valid_until, NULL
         FROM product_grant g JOIN membership m ON m.id = g.membership_id
         JOIN webhook w ON w.product_id = g.product_id AND w.state = 'active'
         WHERE NOT (g.state = 'ended' AND m.state = 'ended')",
    )
    .list(" AND g.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(super) fn memberships(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT m.id, m.state, NULL, m.organization_id, m.account_id, m.valid_until, NULL FROM membership m
         WHERE EXISTS (SELECT 1 FROM webhook w WHERE w.state = 'active' AND (
            EXISTS (SELECT 1 FROM product_use u WHERE u.account_id = m.account_id AND u.product_id = w.product_id
                AND u.organization_id = m.organization_id)
            OR EXISTS (SELECT 1 FROM product_grant g WHERE g.membership_id = m.id AND g.product_id = w.product_id
                AND (g.state <> 'ended' OR g.ended_at >= m.ended_at))))",
    )
    .list(" AND m.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
/// People who signed in to a product that is told, or hold a grant of it.
pub(super) fn accounts(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT a.id, a.state, NULL, NULL, a.id, NULL, NULL FROM account a WHERE a.state IN ('disabled', 'closed')
         AND (EXISTS (SELECT 1 FROM product_use u JOIN webhook w ON w.product_id = u.product_id AND w.state = 'active'
            WHERE u.account_id = a.id)
         OR EXISTS (SELECT 1 FROM membership m JOIN product_grant g ON g.membership_id = m.id AND g.state = 'active'
            JOIN webhook w ON w.product_id = g.product_id AND w.state = 'active'
            WHERE m.account_id = a.id AND m.state <> 'ended'))",
    )
    .list(" AND a.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
/// One whose place another took says nothing. What rests on a contract ends with it at the latest.
pub(super) fn admissions(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT d.id, d.state, d.product_id, d.organization_id, NULL,
            CASE WHEN c.valid_until < d.valid_until THEN c.valid_until ELSE d.valid_until END, NULL
         FROM admission d JOIN webhook w ON w.product_id = d.product_id AND w.state = 'active'
         LEFT JOIN contract c ON c.id = d.contract_id
         WHERE NOT (d.state = 'ended' AND EXISTS (SELECT 1 FROM admission e WHERE e.state <> 'ended'
            AND e.organization_id = d.organization_id AND e.product_id = d.product_id))",
    )
    .list(" AND d.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(super) fn contracts(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT c.id, c.state, NULL, c.organization_id, NULL, c.valid_until, NULL FROM contract c
         WHERE EXISTS (SELECT 1 FROM admission d JOIN webhook w ON w.product_id = d.product_id AND w.state = 'active'
            WHERE d.contract_id = c.id AND d.state <> 'ended')",
    )
    .list(" AND c.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(super) fn products(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT p.id, p.state, p.id, NULL, NULL, NULL, NULL FROM product p
         JOIN webhook w ON w.product_id = p.id AND w.state = 'active'",
    )
    .list(" WHERE p.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
pub(super) fn organizations(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<Row>> {
    let query = Query::new(
        "SELECT o.id, o.state, NULL, o.id, NULL, NULL, o.registry_state FROM organization o
         WHERE EXISTS (SELECT 1 FROM webhook w WHERE w.state = 'active' AND (
            EXISTS (SELECT 1 FROM admission d WHERE d.organization_id = o.id AND d.product_id = w.product_id
                AND d.state <> 'ended')
            OR EXISTS (SELECT 1 FROM product_use u WHERE u.organization_id = o.id AND u.product_id = w.product_id)))",
    )
    .list(" AND o.id IN (?)", ids);
    tx.all(query.sql(), query.params())
}
/// Products of addresses that are told.
pub(super) fn addressed(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<(i64, ProductId)>> {
    let query =
        Query::new("SELECT id, product_id FROM webhook WHERE state = 'active'").list(" AND id IN (?)", ids);
    tx.all(query.sql(), query.params())
}

/// The number is the key: one row per cause, however often it is written.
pub(super) fn insert_event(tx: &mut Tx<'_>, n: i64, cause: &Cause, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO webhook_event (n, kind, reason, product_id, organization_id, contract_id, contract_type_id,
                 membership_id, account_id, valid_until, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
        ),
        &[
            &n,
            &cause.kind,
            &cause.reason,
            &cause.product,
            &cause.organization,
            &cause.contract,
            &cause.contract_type,
            &cause.membership,
            &cause.account,
            &cause.until,
            &now,
        ],
    )
}
