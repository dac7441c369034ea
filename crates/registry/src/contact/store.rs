use super::model::ContactId;
use db::{Query, Tx, sql};
use kernel::{Result, Timestamp, id::OrganizationId};

pub(super) struct Row {
    pub id: ContactId,
    pub organization: OrganizationId,
    pub data: Vec<u8>,
    pub rev: i64,
    pub updated_at: Timestamp,
}
db::row!(Row { id, organization, data, rev, updated_at });

/// Oldest first; `after` is the last one of the page before.
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    after: Option<ContactId>,
    limit: i64,
) -> Result<Vec<Row>> {
    let query = Query::new("SELECT id, organization_id, data, rev, updated_at FROM contact")
        .bind(" WHERE organization_id = ?", &organization)
        .opt(" AND id > ?", &after)
        .bind(" ORDER BY id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn find(tx: &mut Tx<'_>, organization: OrganizationId, id: ContactId) -> Result<Option<Row>> {
    tx.opt(
        sql!(
            "SELECT id, organization_id, data, rev, updated_at FROM contact WHERE id = $1 AND organization_id = $2"
        ),
        &[&id, &organization],
    )
}
/// False if the id exists: the form was sent twice.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: ContactId,
    organization: OrganizationId,
    data: &[u8],
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO contact (id, organization_id, data, rev, created_at, updated_at)
             VALUES ($1, $2, $3, 1, $4, $4) ON CONFLICT (id) DO NOTHING"
        ),
        &[&id, &organization, &data, &now],
    )?;
    Ok(inserted == 1)
}
/// False if it was changed since `rev`.
pub(super) fn update(tx: &mut Tx<'_>, id: ContactId, rev: i64, data: &[u8], now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE contact SET data = $3, rev = rev + 1, updated_at = $4 WHERE id = $1 AND rev = $2"),
        &[&id, &rev, &data, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn delete(tx: &mut Tx<'_>, id: ContactId) -> Result<u64> {
    tx.run(sql!("DELETE FROM contact WHERE id = $1"), &[&id])
}
