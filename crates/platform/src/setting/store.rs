use db::{Tx, sql};
use kernel::{Result, Timestamp};

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    tx.all(sql!("SELECT key, value FROM setting"), &[])
}
pub(super) fn find(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>> {
    tx.opt(sql!("SELECT value FROM setting WHERE key = $1"), &[&key])
}
pub(super) fn upsert(tx: &mut Tx<'_>, key: &str, value: &str, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO setting (key, value, updated_at) VALUES ($1, $2, $3)
             ON CONFLICT (key) DO UPDATE SET value = $2, updated_at = $3"
        ),
        &[&key, &value, &now],
    )
}
