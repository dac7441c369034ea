use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) fn insert(tx: &mut Tx<'_>, account: AccountId, mac: &[u8], now: Timestamp) -> Result<u64> {
    tx.run(
        sql!("INSERT INTO recovery_code (account_id, mac, created_at) VALUES ($1, $2, $3)"),
        &[&account, &mac, &now],
    )
}
pub(super) fn delete_all(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM recovery_code WHERE account_id = $1"), &[&account])
}
/// True for one use of the code alone.
pub(super) fn consume(tx: &mut Tx<'_>, account: AccountId, mac: &[u8], now: Timestamp) -> Result<bool> {
    let used = tx.run(
        sql!("UPDATE recovery_code SET used_at = $3 WHERE account_id = $1 AND mac = $2 AND used_at IS NULL"),
        &[&account, &mac, &now],
    )?;
    Ok(used == 1)
}
/// When the set was made, and how many of it are unused.
pub(super) fn find_set(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<(Timestamp, i64)>> {
    tx.opt(
        sql!(
            "SELECT created_at, CAST(SUM(CASE WHEN used_at IS NULL THEN 1 ELSE 0 END) AS BIGINT)
             FROM recovery_code WHERE account_id = $1 GROUP BY created_at"
        ),
        &[&account],
    )
}
