use db::{Tx, sql};
use kernel::{Result, Timestamp};

/// Key, value, how often it was changed.
pub(super) type Row = (String, String, i64);

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<Row>> {
    tx.all(sql!("SELECT key, value, rev FROM setting"), &[])
}
pub(super) fn find(tx: &mut Tx<'_>, key: &str) -> Result<Option<String>> {
    tx.opt(sql!("SELECT value FROM setting WHERE key = $1"), &[&key])
}
pub(super) fn upsert(tx: &mut Tx<'_>, key: &str, value: &str, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO setting (key, value, rev, updated_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (key) DO UPDATE SET value = $2, rev = setting.rev + 1, updated_at = $3"
        ),
        &[&key, &value, &now],
    )
}
/// The first row of a section; false if another was faster.
pub(super) fn insert(tx: &mut Tx<'_>, key: &str, value: &str, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO setting (key, value, rev, updated_at) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING"
        ),
        &[&key, &value, &now],
    )?;
    Ok(inserted == 1)
}
/// False if it was changed since `rev`.
pub(super) fn update(tx: &mut Tx<'_>, key: &str, value: &str, rev: i64, now: Timestamp) -> Result<bool> {
    let updated = tx.run(
        sql!("UPDATE setting SET value = $2, rev = rev + 1, updated_at = $4 WHERE key = $1 AND rev = $3"),
        &[&key, &value, &rev, &now],
    )?;
    Ok(updated == 1)
}
