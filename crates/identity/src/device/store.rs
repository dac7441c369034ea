use super::model::{DeviceId, Shown};
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp, TokenHash, id::AccountId};

/// Marks a browser as used now. False if the account does not know it.
pub(super) fn update_used(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    account: AccountId,
    address: &str,
    user_agent: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE device SET last_used_at = $3, address = $4, user_agent = $5
             WHERE token_hash = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&token, &account, &now, &address, &user_agent],
    )?;
    Ok(updated == 1)
}
/// False if another sign-in of the same browser was faster.
pub(super) fn insert(tx: &mut Tx<'_>, shown: &Shown, account: AccountId, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO device (id, token_hash, account_id, user_agent, address, created_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING"
        ),
        &[&shown.id, &shown.hash(), &account, &shown.user_agent, &shown.address, &now],
    )?;
    Ok(inserted == 1)
}
pub(super) fn is_trusted(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    account: AccountId,
    given_after: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let found: Option<DeviceId> = tx.opt(
        sql!(
            "SELECT id FROM device
             WHERE token_hash = $1 AND account_id = $2 AND ended_at IS NULL AND trusted_at > $3 AND trusted_until > $4"
        ),
        &[&token, &account, &given_after, &now],
    )?;
    Ok(found.is_some())
}
/// Every account of the browser follows its new token.
pub(super) fn update_token(tx: &mut Tx<'_>, old: &TokenHash, new: &TokenHash) -> Result<u64> {
    tx.run(
        sql!("UPDATE device SET token_hash = $2 WHERE token_hash = $1 AND ended_at IS NULL"),
        &[&old, &new],
    )
}
pub(super) fn update_trusted(
    tx: &mut Tx<'_>,
    token: &TokenHash,
    account: AccountId,
    until: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE device SET trusted_at = $4, trusted_until = $3
             WHERE token_hash = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&token, &account, &until, &now],
    )
}
pub(super) fn clear_trusted(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE device SET trusted_until = NULL
             WHERE account_id = $1 AND ended_at IS NULL AND trusted_until IS NOT NULL"
        ),
        &[&account],
    )
}
pub(super) struct Listed {
    pub id: DeviceId,
    pub token_hash: Vec<u8>,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub trusted_at: Option<Timestamp>,
    pub trusted_until: Option<Timestamp>,
}
db::row!(Listed { id, token_hash, user_agent, address, created_at, last_used_at, trusted_at, trusted_until });
pub(super) fn list(tx: &mut Tx<'_>, account: AccountId, since: Timestamp) -> Result<Vec<Listed>> {
    tx.all(
        sql!(
            "SELECT id, token_hash, user_agent, address, created_at, last_used_at, trusted_at, trusted_until
             FROM device WHERE account_id = $1 AND ended_at IS NULL AND last_used_at > $2
             ORDER BY last_used_at DESC, id DESC LIMIT 100"
        ),
        &[&account, &since],
    )
}
pub(super) fn end(tx: &mut Tx<'_>, id: DeviceId, account: AccountId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE device SET ended_at = $3, trusted_until = NULL
             WHERE id = $1 AND account_id = $2 AND ended_at IS NULL"
        ),
        &[&id, &account, &now],
    )
}
pub(super) fn end_all(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE device SET ended_at = $2, trusted_until = NULL WHERE account_id = $1 AND ended_at IS NULL"
        ),
        &[&account, &now],
    )
}
/// What ended, and what no browser can bring any more: its cookie is kept for 400 days at most.
pub(super) fn delete_old(statement: Statement<'_, '_>, ended: Timestamp, unused: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM device WHERE ended_at < $1 OR last_used_at < $2"), &[&ended, &unused])
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM device WHERE account_id = $1"), &[&account])
}
