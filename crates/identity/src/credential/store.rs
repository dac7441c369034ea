use super::in_use::points;
use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(crate) struct StoredPassword {
    pub hash: String,
    pub temporary: bool,
}
db::row!(StoredPassword { hash, temporary });

pub(crate) fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<StoredPassword>> {
    tx.opt(sql!("SELECT hash, temporary FROM password WHERE account_id = $1"), &[&account])
}
/// Of accounts from the first to the last: for [`super::in_use`].
pub(crate) fn sample(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let (lowest, highest) = (AccountId::from_i64(0), AccountId::from_i64(i64::MAX));
    let first: Option<AccountId> = tx.opt(
        sql!("SELECT account_id FROM password WHERE account_id >= $1 ORDER BY account_id LIMIT 1"),
        &[&lowest],
    )?;
    let last: Option<AccountId> = tx.opt(
        sql!("SELECT account_id FROM password WHERE account_id <= $1 ORDER BY account_id DESC LIMIT 1"),
        &[&highest],
    )?;
    let Some((first, last)) = first.zip(last) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for point in points(first, last) {
        found.extend(tx.opt::<String>(
            sql!("SELECT hash FROM password WHERE account_id >= $1 ORDER BY account_id LIMIT 1"),
            &[&point],
        )?);
    }
    Ok(found)
}
pub(super) fn upsert(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: &str,
    temporary: bool,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO password (account_id, hash, temporary, set_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id) DO UPDATE SET hash = $2, temporary = $3, set_at = $4"
        ),
        &[&account, &hash, &temporary, &now],
    )
}
/// The same password under newer parameters, unless it was changed meanwhile.
pub(crate) fn update_hash(tx: &mut Tx<'_>, account: AccountId, old: &str, new: &str) -> Result<u64> {
    tx.run(sql!("UPDATE password SET hash = $3 WHERE account_id = $1 AND hash = $2"), &[&account, &old, &new])
}
/// False if the password changed since it was verified.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    account: AccountId,
    old: &str,
    new: &str,
    now: Timestamp,
) -> Result<bool> {
    let replaced = tx.run(
        sql!(
            "UPDATE password SET hash = $3, temporary = $4, set_at = $5 WHERE account_id = $1 AND hash = $2"
        ),
        &[&account, &old, &new, &false, &now],
    )?;
    Ok(replaced == 1)
}

/// Puts the password that is about to be replaced among those that may not come back; handed-out ones do not count.
pub(super) fn remember(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO password_history (account_id, set_at, hash)
             SELECT account_id, set_at, hash FROM password WHERE account_id = $1 AND NOT temporary
             ON CONFLICT DO NOTHING"
        ),
        &[&account],
    )
}
/// Keeps the last ones alone.
pub(super) fn forget_history(tx: &mut Tx<'_>, account: AccountId, keep: i64) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM password_history WHERE account_id = $1 AND set_at NOT IN
                (SELECT h.set_at FROM password_history h WHERE h.account_id = $1 ORDER BY h.set_at DESC LIMIT $2)"
        ),
        &[&account, &keep],
    )
}
/// Stored forms of the last passwords, the present one first.
pub(super) fn list_last(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<String>> {
    tx.all(
        sql!(
            "SELECT hash FROM (SELECT hash, set_at FROM password WHERE account_id = $1
                UNION ALL SELECT hash, set_at FROM password_history WHERE account_id = $1) w
             ORDER BY set_at DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
/// What somebody who knows the holder would try first, as it is stored.
pub(super) struct HolderRow {
    pub login_name: String,
    pub name: Vec<u8>,
    pub phone: Option<Vec<u8>>,
    pub document: Option<Vec<u8>>,
}
db::row!(HolderRow { login_name, name, phone, document });
pub(super) fn find_holder(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<HolderRow>> {
    tx.opt(sql!("SELECT login_name, name, phone, document FROM account WHERE id = $1"), &[&account])
}
