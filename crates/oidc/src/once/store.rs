use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};

/// False if it was there.
pub(super) fn insert(statement: Statement<'_, '_>, hash: &[u8; 32], expires_at: Timestamp) -> Result<bool> {
    let inserted = statement.run(
        sql!("INSERT INTO used_identifier (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
        &[hash, &expires_at],
    )?;
    Ok(inserted > 0)
}
pub(super) fn exists(statement: Statement<'_, '_>, hash: &[u8; 32]) -> Result<bool> {
    Ok(statement
        .opt::<i64>(sql!("SELECT expires_at FROM used_identifier WHERE hash = $1"), &[hash])?
        .is_some())
}
/// A slice of what can no longer be shown.
pub(crate) fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM used_identifier WHERE hash IN
                 (SELECT hash FROM used_identifier WHERE expires_at < $1 LIMIT 500)"
        ),
        &[&now],
    )
}
