use super::model::{ConnectorId, Kind, NewConnector};
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};

pub(super) struct Row {
    pub id: ConnectorId,
    pub kind: Kind,
    pub provider: String,
    pub name: String,
    pub position: i64,
    pub enabled: bool,
    pub config: Vec<u8>,
    pub rev: i64,
    pub updated_at: Timestamp,
}
db::row!(Row { id, kind, provider, name, position, enabled, config, rev, updated_at });

pub(super) fn list(statement: Statement<'_, '_>, kind: Kind) -> Result<Vec<Row>> {
    statement.all(
        sql!(
            "SELECT id, kind, provider, name, position, enabled, config, rev, updated_at FROM connector
             WHERE kind = $1 ORDER BY position, id"
        ),
        &[&kind],
    )
}
pub(super) fn find(tx: &mut Tx<'_>, id: ConnectorId) -> Result<Option<Row>> {
    tx.opt(
        sql!(
            "SELECT id, kind, provider, name, position, enabled, config, rev, updated_at FROM connector WHERE id = $1"
        ),
        &[&id],
    )
}
/// False if the id is there already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewConnector, sealed: &[u8], now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO connector (id, kind, provider, name, position, enabled, config, rev, created_at, updated_at)
             VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(c.position), 0) + 1 FROM connector c WHERE c.kind = $2), $5, $6,
                1, $7, $7)
             ON CONFLICT (id) DO NOTHING"
        ),
        &[&new.id, &new.kind, &new.provider, &new.name, &new.enabled, &sealed, &now],
    )?;
    Ok(inserted == 1)
}
/// False if it was changed since `rev`.
pub(super) fn update(
    tx: &mut Tx<'_>,
    id: ConnectorId,
    rev: i64,
    name: &str,
    enabled: bool,
    sealed: &[u8],
    now: Timestamp,
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE connector SET name = $3, enabled = $4, config = $5, rev = rev + 1, updated_at = $6
             WHERE id = $1 AND rev = $2"
        ),
        &[&id, &rev, &name, &enabled, &sealed, &now],
    )?;
    Ok(updated == 1)
}
pub(super) fn update_position(
    tx: &mut Tx<'_>,
    id: ConnectorId,
    position: i64,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!("UPDATE connector SET position = $2, updated_at = $3 WHERE id = $1 AND position <> $2"),
        &[&id, &position, &now],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, id: ConnectorId) -> Result<u64> {
    tx.run(sql!("DELETE FROM connector WHERE id = $1"), &[&id])
}
