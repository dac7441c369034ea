use super::{FileCard, FileId};
use db::{Tx, sql};
use kernel::{Result, Timestamp, id::AccountId};
use platform::connector::ConnectorId;

db::row!(FileCard { id, rows, uploaded_by, uploaded_at });

/// The newest upload that is whole.
pub(super) fn find_current(tx: &mut Tx<'_>, connector: ConnectorId) -> Result<Option<FileCard>> {
    tx.opt(
        sql!(
            "SELECT id, row_count, uploaded_by, uploaded_at FROM registry_file
             WHERE connector_id = $1 AND state = 'current' ORDER BY id DESC LIMIT 1"
        ),
        &[&connector],
    )
}
/// False if the form was sent twice.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: FileId,
    connector: ConnectorId,
    rows: i64,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO registry_file (id, connector_id, row_count, state, uploaded_by, uploaded_at)
             VALUES ($1, $2, $3, 'loading', $4, $5) ON CONFLICT (id) DO NOTHING"
        ),
        &[&id, &connector, &rows, &by, &now],
    )?;
    Ok(inserted == 1)
}
pub(super) fn insert_row(tx: &mut Tx<'_>, file: FileId, uscc: &str, record: &[u8]) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO registry_row (file_id, uscc, record) VALUES ($1, $2, $3) ON CONFLICT (file_id, uscc) DO NOTHING"
        ),
        &[&file, &uscc, &record],
    )
}
/// False if it was taken over already.
pub(super) fn set_current(tx: &mut Tx<'_>, file: FileId) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE registry_file SET state = 'current' WHERE id = $1 AND state = 'loading'"),
        &[&file],
    )?;
    Ok(changed == 1)
}
/// Whatever is not the newest of its register any more, some rows at a time; true while there is more.
pub(super) fn delete_old(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    current: FileId,
    limit: i64,
) -> Result<bool> {
    let deleted = tx.run(
        sql!(
            "DELETE FROM registry_row WHERE (file_id, uscc) IN (
                SELECT r.file_id, r.uscc FROM registry_row r JOIN registry_file f ON f.id = r.file_id
                WHERE f.connector_id = $1 AND f.id <> $2 LIMIT $3)"
        ),
        &[&connector, &current, &limit],
    )?;
    if deleted > 0 {
        return Ok(true);
    }
    tx.run(sql!("DELETE FROM registry_file WHERE connector_id = $1 AND id <> $2"), &[&connector, &current])?;
    Ok(false)
}
/// The id of the file and the sealed record.
pub(super) fn find_row(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    uscc: &str,
) -> Result<Option<(FileId, Vec<u8>)>> {
    tx.opt(
        sql!(
            "SELECT r.file_id, r.record FROM registry_file f JOIN registry_row r ON r.file_id = f.id
             WHERE f.connector_id = $1 AND f.state = 'current' AND r.uscc = $2 ORDER BY f.id DESC LIMIT 1"
        ),
        &[&connector, &uscc],
    )
}
