use super::model::{Entry, Registration, RegistrationId, Source, State};
use db::{Query, Tx, sql};
use kernel::{Result, Timestamp, id::OrganizationId};

struct Row {
    id: RegistrationId,
    organization: OrganizationId,
    department: String,
    kind: String,
    number: String,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    source: Source,
    source_name: Option<String>,
    state: State,
    rev: i64,
    updated_at: Timestamp,
}
db::row!(Row {
    id,
    organization,
    department,
    kind,
    number,
    valid_from,
    valid_until,
    source,
    source_name,
    state,
    rev,
    updated_at,
});
impl From<Row> for Registration {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            entry: Entry {
                department: row.department,
                kind: row.kind,
                number: row.number,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
            },
            source: row.source,
            source_name: row.source_name,
            state: row.state,
            rev: row.rev,
            updated_at: row.updated_at,
        }
    }
}
const COLUMNS: &str = "SELECT id, organization_id, department, kind, number, valid_from, valid_until, source,
    source_name, state, rev, updated_at FROM registration";

/// Live ones, oldest first; `after` is the last one of the page before.
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    after: Option<RegistrationId>,
    limit: i64,
) -> Result<Vec<Registration>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ?", &organization)
        .add(" AND state = 'live'")
        .opt(" AND id > ?", &after)
        .bind(" ORDER BY id LIMIT ?", &limit);
    Ok(tx.all::<Row>(query.sql(), query.params())?.into_iter().map(Registration::from).collect())
}
pub(super) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: RegistrationId,
) -> Result<Option<Registration>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE id = ?", &id).bind(" AND organization_id = ?", &organization);
    Ok(tx.opt::<Row>(query.sql(), query.params())?.map(Registration::from))
}
/// False if the id or the same live entry exists.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: RegistrationId,
    organization: OrganizationId,
    entry: &Entry,
    (source, source_name): (Source, Option<&str>),
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO registration (id, organization_id, department, kind, number, valid_from, valid_until, source,
                source_name, state, rev, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'live', 1, $10, $10) ON CONFLICT DO NOTHING"
        ),
        &[
            &id,
            &organization,
            &entry.department,
            &entry.kind,
            &entry.number,
            &entry.valid_from,
            &entry.valid_until,
            &source,
            &source_name,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// False if it was changed since `rev`. A new end is warned of anew.
pub(super) fn update(
    tx: &mut Tx<'_>,
    (id, rev): (RegistrationId, i64),
    entry: &Entry,
    (source, source_name): (Source, Option<&str>),
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE registration SET department = $3, kind = $4, number = $5, valid_from = $6, valid_until = $7,
                source = $8, source_name = $9, updated_at = $10, rev = rev + 1, warned_at = NULL
             WHERE id = $1 AND rev = $2 AND state = 'live'"
        ),
        &[
            &id,
            &rev,
            &entry.department,
            &entry.kind,
            &entry.number,
            &entry.valid_from,
            &entry.valid_until,
            &source,
            &source_name,
            &now,
        ],
    )?;
    Ok(changed == 1)
}
/// False if it was ended before.
pub(super) fn end(tx: &mut Tx<'_>, id: RegistrationId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE registration SET state = 'ended', updated_at = $2, rev = rev + 1 WHERE id = $1 AND state = 'live'"
        ),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}
/// Whether another live row of the organization has the same department, kind and number.
pub(super) fn is_taken(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    except: RegistrationId,
    entry: &Entry,
) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        sql!(
            "SELECT id FROM registration WHERE organization_id = $1 AND department = $2 AND kind = $3 AND number = $4
                AND state = 'live' AND id <> $5"
        ),
        &[&organization, &entry.department, &entry.kind, &entry.number, &except],
    )?;
    Ok(found.is_some())
}
/// Live ones that end before `until` and of which nobody was told yet.
pub(super) fn list_ending(tx: &mut Tx<'_>, until: Timestamp, limit: i64) -> Result<Vec<Registration>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE valid_until <= ?", &until)
        .add(" AND state = 'live' AND warned_at IS NULL")
        .bind(" ORDER BY valid_until LIMIT ?", &limit);
    Ok(tx.all::<Row>(query.sql(), query.params())?.into_iter().map(Registration::from).collect())
}
/// False if another worker was faster.
pub(super) fn set_warned(tx: &mut Tx<'_>, id: RegistrationId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE registration SET warned_at = $2 WHERE id = $1 AND warned_at IS NULL"),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}
