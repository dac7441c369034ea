use super::model::PasskeyId;
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) struct NewRow<'a> {
    pub id: PasskeyId,
    pub account: AccountId,
    pub credential_id: &'a [u8],
    pub user_handle: &'a [u8],
    pub name: &'a [u8],
    pub credential: &'a [u8],
    pub count: i64,
    pub synced: bool,
    pub transports: &'a str,
    pub now: Timestamp,
}
/// False if the key is registered already.
pub(super) fn insert(tx: &mut Tx<'_>, row: &NewRow<'_>) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO passkey (id, account_id, credential_id, user_handle, name, credential, sign_count, synced,
                transports, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT DO NOTHING"
        ),
        &[
            &row.id,
            &row.account,
            &row.credential_id,
            &row.user_handle,
            &row.name,
            &row.credential,
            &row.count,
            &row.synced,
            &row.transports,
            &row.now,
        ],
    )?;
    Ok(inserted == 1)
}
pub(super) struct Found {
    pub id: PasskeyId,
    pub account: AccountId,
    pub user_handle: Vec<u8>,
    pub credential: Vec<u8>,
}
row!(Found { id, account, user_handle, credential });
pub(super) fn find(tx: &mut Tx<'_>, credential_id: &[u8]) -> Result<Option<Found>> {
    tx.opt(
        sql!("SELECT id, account_id, user_handle, credential FROM passkey WHERE credential_id = $1"),
        &[&credential_id],
    )
}
pub(super) struct Listed {
    pub id: PasskeyId,
    pub credential_id: Vec<u8>,
    pub name: Vec<u8>,
    pub synced: bool,
    pub transports: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
row!(Listed { id, credential_id, name, synced, transports, created_at, last_used_at });
pub(super) fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Listed>> {
    tx.all(
        sql!(
            "SELECT id, credential_id, name, synced, transports, created_at, last_used_at
             FROM passkey WHERE account_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
/// True if the counter rose, or the authenticator keeps none: a second answer with the same count changes nothing.
pub(super) fn update_used(
    tx: &mut Tx<'_>,
    id: PasskeyId,
    credential: &[u8],
    count: i64,
    synced: bool,
    now: Timestamp,
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE passkey SET credential = $2, sign_count = $3, synced = $4, last_used_at = $5
             WHERE id = $1 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))"
        ),
        &[&id, &credential, &count, &synced, &now],
    )?;
    Ok(updated == 1)
}
pub(super) fn update_name(tx: &mut Tx<'_>, account: AccountId, id: PasskeyId, name: &[u8]) -> Result<u64> {
    tx.run(sql!("UPDATE passkey SET name = $3 WHERE id = $1 AND account_id = $2"), &[&id, &account, &name])
}
pub(super) fn delete(tx: &mut Tx<'_>, account: AccountId, id: PasskeyId) -> Result<u64> {
    tx.run(sql!("DELETE FROM passkey WHERE id = $1 AND account_id = $2"), &[&id, &account])
}
