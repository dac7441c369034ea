use super::model::{Sync, SyncId, SyncState};
use crate::register::Fault;
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId},
};
use platform::connector::ConnectorId;

db::row!(Sync { id, organization, source_name, asked_by, state, fault, created_at, decided_by, decided_at });
const COLUMNS: &str =
    "SELECT id, organization_id, source_name, asked_by, state, fault, created_at, decided_by, decided_at
    FROM registry_sync";

pub(super) struct NewRow<'a> {
    pub id: SyncId,
    pub organization: OrganizationId,
    pub connector: Option<ConnectorId>,
    pub source_name: &'a str,
    pub asked_by: Option<AccountId>,
    pub state: SyncState,
    pub fault: Option<Fault>,
    pub record: Option<&'a [u8]>,
    pub now: Timestamp,
}
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewRow<'_>) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO registry_sync (id, organization_id, connector_id, source_name, asked_by, state, fault, record,
                created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            &new.id,
            &new.organization,
            &new.connector,
            &new.source_name,
            &new.asked_by,
            &new.state,
            &new.fault,
            &new.record,
            &new.now,
        ],
    )
}
/// What nobody decided on is decided by the newer answer.
pub(super) fn supersede(tx: &mut Tx<'_>, organization: OrganizationId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE registry_sync SET state = 'superseded', record = NULL, decided_at = $2
             WHERE organization_id = $1 AND state = 'different'"
        ),
        &[&organization, &now],
    )
}
/// Newest first.
pub(super) fn list(tx: &mut Tx<'_>, organization: OrganizationId, limit: i64) -> Result<Vec<Sync>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ?", &organization)
        .bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// The open one with its sealed record.
pub(super) fn find_open(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
) -> Result<Option<(SyncId, Vec<u8>, String)>> {
    tx.opt(
        sql!(
            "SELECT id, record, source_name FROM registry_sync WHERE organization_id = $1 AND state = 'different'"
        ),
        &[&organization],
    )
}
/// False if somebody was faster.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: SyncId,
    to: SyncState,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE registry_sync SET state = $2, record = NULL, decided_by = $3, decided_at = $4
             WHERE id = $1 AND state = 'different'"
        ),
        &[&id, &to, &by, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn last_asked(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Option<Timestamp>> {
    tx.opt(
        sql!("SELECT created_at FROM registry_sync WHERE organization_id = $1 ORDER BY id DESC LIMIT 1"),
        &[&organization],
    )
}

/// Organizations of a type that were never put on the schedule; each with a code to ask for.
pub(super) fn list_unscheduled(
    tx: &mut Tx<'_>,
    kind: kernel::id::OrganizationTypeId,
    limit: i64,
) -> Result<Vec<OrganizationId>> {
    tx.all(
        sql!(
            "SELECT o.id FROM organization o WHERE o.type_id = $1 AND o.state <> 'closed' AND o.uscc IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM registry_schedule s WHERE s.organization_id = o.id)
             ORDER BY o.id LIMIT $2"
        ),
        &[&kind, &limit],
    )
}
pub(super) fn schedule(tx: &mut Tx<'_>, organization: OrganizationId, next_at: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO registry_schedule (organization_id, next_at) VALUES ($1, $2)
             ON CONFLICT (organization_id) DO UPDATE SET next_at = excluded.next_at"
        ),
        &[&organization, &next_at],
    )
}
pub(super) fn list_due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<OrganizationId>> {
    tx.all(
        sql!("SELECT organization_id FROM registry_schedule WHERE next_at <= $1 ORDER BY next_at LIMIT $2"),
        &[&now, &limit],
    )
}
/// False if another worker took it.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    next_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE registry_schedule SET next_at = $2 WHERE organization_id = $1 AND next_at <= $3"),
        &[&organization, &next_at, &now],
    )?;
    Ok(changed == 1)
}
