use crate::{authorize::issue::CODE_SECONDS, token::until_none_is_left};
use db::{Statement, Tx, sql};
use kernel::{
    Id, Result, Timestamp,
    id::{AccountId, ClientId, ProductId, mark},
};

pub(super) struct Row {
    pub client: ClientId,
    pub client_name: String,
    pub product_zh: String,
    pub product_en: String,
    pub organization: i64,
    pub organization_name: Option<String>,
    pub scope: String,
    pub at: Timestamp,
    /// Of a token that stays good while the person is away: its end. None: agreed to.
    pub away_until: Option<Timestamp>,
}
db::row!(Row {
    client,
    client_name,
    product_zh,
    product_en,
    organization,
    organization_name,
    scope,
    at,
    away_until,
});

/// What was agreed to, for longer or for a session that lives, the latest first.
pub(super) fn list(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Row>> {
    tx.all(
        sql!(
            "SELECT c.client_id, l.name, p.name_zh, p.name_en, c.organization_id, o.name, c.scope, c.at, CAST(NULL AS BIGINT)
             FROM consent c JOIN client l ON l.id = c.client_id JOIN product p ON p.id = l.product_id
             LEFT JOIN organization o ON o.id = c.organization_id
             LEFT JOIN session s ON s.id = c.session_id
             WHERE c.account_id = $1
                 AND (c.session_id = 0 OR s.ended_at IS NULL AND s.expires_at > $2)
             ORDER BY c.at DESC, c.client_id, c.organization_id, c.session_id"
        ),
        &[&account, &now],
    )
}
/// What clients hold that stays good while the person is away, whether it was agreed to or nobody was asked.
pub(super) fn list_away(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Row>> {
    tx.all(
        sql!(
            "SELECT l.id, l.name, p.name_zh, p.name_en, COALESCE(t.organization_id, 0), o.name, t.scope, t.created_at,
                 CASE WHEN t.ends_at < t.expires_at THEN t.ends_at ELSE t.expires_at END
             FROM session s JOIN token t ON t.session_id = s.id AND t.kind = 'refresh' AND t.used_at IS NULL
                 AND t.revoked_at IS NULL AND t.expires_at > $2
             JOIN client l ON l.id = t.client_id JOIN product p ON p.id = l.product_id
             LEFT JOIN organization o ON o.id = t.organization_id
             WHERE s.account_id = $1 AND s.severed_at IS NULL ORDER BY t.created_at DESC, t.id"
        ),
        &[&account, &now],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, account: AccountId, client: ClientId) -> Result<u64> {
    tx.run(sql!("DELETE FROM consent WHERE account_id = $1 AND client_id = $2"), &[&account, &client])
}
pub(super) fn insert_use(
    statement: Statement<'_, '_>,
    account: AccountId,
    product: ProductId,
    organization: i64,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!(
            "INSERT INTO product_use (account_id, product_id, organization_id, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING"
        ),
        &[&account, &product, &organization, &now],
    )
}
pub fn delete_of_client(tx: &mut Tx<'_>, client: ClientId) -> Result<u64> {
    tx.run(sql!("DELETE FROM consent WHERE client_id = $1"), &[&client])
}
/// With the consent goes what the product may push.
pub(super) fn delete_use(tx: &mut Tx<'_>, account: AccountId, client: ClientId) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM product_use WHERE account_id = $1
                 AND product_id = (SELECT product_id FROM client WHERE id = $2)"
        ),
        &[&account, &client],
    )
}
pub(super) fn delete_all_uses(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM product_use WHERE account_id = $1"), &[&account])
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM consent WHERE account_id = $1"), &[&account])
}
/// Codes that were not brought yet are worth nothing either.
pub(super) fn consume_codes(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: ClientId,
    now: Timestamp,
) -> Result<u64> {
    // Those of before have run out; a minute more, since nodes' clocks differ.
    let youngest = Id::<mark::Request>::earliest(now.plus_seconds(-CODE_SECONDS - 60));
    tx.run(
        sql!(
            "UPDATE authorization_code SET consumed_at = $3
             WHERE id >= $4 AND account_id = $1 AND client_id = $2 AND consumed_at IS NULL AND expires_at > $3"
        ),
        &[&account, &client, &now, &youngest],
    )
}
pub(super) fn revoke_tokens(
    tx: &mut Tx<'_>,
    account: AccountId,
    client: ClientId,
    now: Timestamp,
) -> Result<Vec<Id<mark::Request>>> {
    // `+ 0`: a person has few tokens, a client millions.
    until_none_is_left(|| {
        tx.all(
            sql!(
                "UPDATE token SET revoked_at = $3
                 WHERE session_id IN (SELECT id FROM session WHERE account_id = $1)
                     AND client_id + 0 = $2 AND revoked_at IS NULL AND expires_at > $3 RETURNING id"
            ),
            &[&account, &client, &now],
        )
    })
}
