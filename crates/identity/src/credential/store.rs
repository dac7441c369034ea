use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(crate) struct StoredPassword {
    pub hash: String,
    pub temporary: bool,
    pub set_at: Timestamp,
}
db::row!(StoredPassword { hash, temporary, set_at });

pub(crate) fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<StoredPassword>> {
    tx.opt(sql!("SELECT hash, temporary, set_at FROM password WHERE account_id = $1"), &[&account])
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
