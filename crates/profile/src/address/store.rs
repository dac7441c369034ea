use super::model::AddressId;
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) struct Row {
    pub id: AddressId,
    pub content: Vec<u8>,
    pub is_default: bool,
    pub created_at: Timestamp,
}
db::row!(Row { id, content, is_default, created_at });

/// The default first, then the newest.
pub(super) fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Row>> {
    tx.all(
        sql!(
            "SELECT id, content, is_default, created_at FROM address
             WHERE account_id = $1 AND deleted_at IS NULL ORDER BY CASE WHEN is_default THEN 0 ELSE 1 END, id DESC"
        ),
        &[&account],
    )
}
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId, id: AddressId) -> Result<Option<Row>> {
    tx.opt(
        sql!(
            "SELECT id, content, is_default, created_at FROM address
             WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL"
        ),
        &[&id, &account],
    )
}
pub(super) fn count(tx: &mut Tx<'_>, account: AccountId) -> Result<i64> {
    tx.one(sql!("SELECT COUNT(*) FROM address WHERE account_id = $1 AND deleted_at IS NULL"), &[&account])
}
/// False if the id is there already.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: AddressId,
    content: &[u8],
    is_default: bool,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO address (id, account_id, content, is_default, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO NOTHING"
        ),
        &[&id, &account, &content, &is_default, &now],
    )?;
    Ok(inserted == 1)
}
pub(super) fn update(tx: &mut Tx<'_>, account: AccountId, id: AddressId, content: &[u8]) -> Result<bool> {
    let updated = tx.run(
        sql!("UPDATE address SET content = $3 WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL"),
        &[&id, &account, &content],
    )?;
    Ok(updated == 1)
}
pub(super) fn clear_default(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(
        sql!("UPDATE address SET is_default = $2 WHERE account_id = $1 AND is_default"),
        &[&account, &false],
    )
}
pub(super) fn set_default(tx: &mut Tx<'_>, account: AccountId, id: AddressId) -> Result<bool> {
    let updated = tx.run(
        sql!("UPDATE address SET is_default = $3 WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL"),
        &[&id, &account, &true],
    )?;
    Ok(updated == 1)
}
/// Whether it was the default; None if it is not there.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: AddressId,
    now: Timestamp,
) -> Result<Option<bool>> {
    tx.opt(
        sql!(
            "UPDATE address SET deleted_at = $3 WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL
             RETURNING is_default"
        ),
        &[&id, &account, &now],
    )
}
pub(super) fn restore(tx: &mut Tx<'_>, account: AccountId, id: AddressId, after: Timestamp) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE address SET deleted_at = NULL, is_default = $4
             WHERE id = $1 AND account_id = $2 AND deleted_at > $3"
        ),
        &[&id, &account, &after, &false],
    )?;
    Ok(updated == 1)
}
pub(super) fn newest(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<AddressId>> {
    tx.opt(
        sql!("SELECT id FROM address WHERE account_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT 1"),
        &[&account],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM address WHERE deleted_at < $1"), &[&before])
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM address WHERE account_id = $1"), &[&account])
}
