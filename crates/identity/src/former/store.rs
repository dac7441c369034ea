use super::{FormerLogin, FormerLoginId};
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(crate) struct FormerRow {
    pub id: FormerLoginId,
    pub hash: String,
    pub account: Option<AccountId>,
}
row!(FormerRow { id, hash, account });

/// By its folded name.
pub(crate) fn find(tx: &mut Tx<'_>, login_name: &str) -> Result<Option<FormerRow>> {
    tx.opt(
        sql!("SELECT id, hash, account_id FROM former_login WHERE login_name = $1 AND ended_at IS NULL"),
        &[&login_name],
    )
}
pub(crate) fn find_hash(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<Option<String>> {
    tx.opt(sql!("SELECT hash FROM former_login WHERE id = $1 AND ended_at IS NULL"), &[&id])
}
/// Whether there is any at all: then wrong passwords take their time.
pub(crate) fn exists(tx: &mut Tx<'_>) -> Result<bool> {
    tx.opt::<FormerLoginId>(sql!("SELECT id FROM former_login WHERE ended_at IS NULL LIMIT 1"), &[])
        .map(|found| found.is_some())
}
/// The same password under this system's parameters, and the time.
pub(crate) fn update_used(
    tx: &mut Tx<'_>,
    id: FormerLoginId,
    hash: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!("UPDATE former_login SET hash = COALESCE($2, hash), used_at = $3 WHERE id = $1"),
        &[&id, &hash, &now],
    )
}
/// False if an open login has the name.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: FormerLoginId,
    login_name: &str,
    hash: &str,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO former_login (id, login_name, hash, account_id, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING"
        ),
        &[&id, &login_name, &hash, &account, &now],
    )?;
    Ok(inserted == 1)
}
/// Guarded: false if it belongs to somebody already, or is over.
pub(super) fn give(tx: &mut Tx<'_>, id: FormerLoginId, account: AccountId) -> Result<bool> {
    let given = tx.run(
        sql!(
            "UPDATE former_login SET account_id = $2 WHERE id = $1 AND account_id IS NULL AND ended_at IS NULL"
        ),
        &[&id, &account],
    )?;
    Ok(given == 1)
}
pub(super) fn release(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<u64> {
    tx.run(sql!("UPDATE former_login SET account_id = NULL WHERE id = $1 AND ended_at IS NULL"), &[&id])
}
/// From now on the name is compared with the account's own password.
pub(crate) fn forget_hashes(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("UPDATE former_login SET hash = '' WHERE account_id = $1 AND ended_at IS NULL"), &[&account])
}
pub(super) fn forget_hash(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<u64> {
    tx.run(sql!("UPDATE former_login SET hash = '' WHERE id = $1"), &[&id])
}
/// By its holder. False if it was none of theirs.
pub(super) fn end(tx: &mut Tx<'_>, id: FormerLoginId, account: AccountId, now: Timestamp) -> Result<bool> {
    let ended = tx.run(
        sql!("UPDATE former_login SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at IS NULL"),
        &[&id, &account, &now],
    )?;
    Ok(ended == 1)
}
pub(super) fn erase(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE former_login SET login_name = '', hash = '', ended_at = COALESCE(ended_at, $2)
             WHERE account_id = $1"
        ),
        &[&account, &now],
    )
}

row!(FormerLogin { id, login_name, account, used_at });
pub(super) fn find_login(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<Option<FormerLogin>> {
    tx.opt(
        sql!(
            "SELECT id, login_name, account_id, used_at FROM former_login WHERE id = $1 AND ended_at IS NULL"
        ),
        &[&id],
    )
}
pub(super) fn list_of_account(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<FormerLogin>> {
    tx.all(
        sql!(
            "SELECT id, login_name, account_id, used_at FROM former_login
             WHERE account_id = $1 AND ended_at IS NULL ORDER BY id LIMIT $2"
        ),
        &[&account, &limit],
    )
}
