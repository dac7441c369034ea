use super::model::AuthenticatorId;
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) struct Stored {
    pub id: AuthenticatorId,
    pub name: Vec<u8>,
    pub secret: Vec<u8>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
row!(Stored { id, name, secret, created_at, last_used_at });

pub(super) fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Stored>> {
    tx.all(
        sql!(
            "SELECT id, name, secret, created_at, last_used_at FROM authenticator WHERE account_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: AuthenticatorId,
    account: AccountId,
    name: &[u8],
    secret: &[u8],
    step: i64,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &[&id, &account, &name, &secret, &step, &now],
    )
}
/// True for the first use of this step alone: steps before it are over with it.
pub(super) fn use_step(tx: &mut Tx<'_>, id: AuthenticatorId, step: i64, now: Timestamp) -> Result<bool> {
    let used = tx.run(
        sql!("UPDATE authenticator SET last_step = $2, last_used_at = $3 WHERE id = $1 AND last_step < $2"),
        &[&id, &step, &now],
    )?;
    Ok(used == 1)
}
pub(super) fn update_name(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: AuthenticatorId,
    name: &[u8],
) -> Result<u64> {
    tx.run(
        sql!("UPDATE authenticator SET name = $3 WHERE id = $1 AND account_id = $2"),
        &[&id, &account, &name],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, account: AccountId, id: AuthenticatorId) -> Result<u64> {
    tx.run(sql!("DELETE FROM authenticator WHERE id = $1 AND account_id = $2"), &[&id, &account])
}
