use super::model::{Admission, AdmissionBasis, AdmissionState, COUNTED};
use crate::product::AdmissionEditor;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, AdmissionId, ContractId, OrganizationId, ProductId},
};

pub(super) struct AdmissionRow {
    pub product: ProductId,
    pub admission: Admission,
}
struct Raw {
    product: ProductId,
    id: AdmissionId,
    basis: AdmissionBasis,
    contract: Option<ContractId>,
    state: AdmissionState,
    suspended_by: Option<AdmissionEditor>,
    valid_from: Timestamp,
    valid_until: Timestamp,
    granted_by: Option<AccountId>,
    note: Option<String>,
    state_reason: Option<String>,
    rev: i64,
}
row!(Raw {
    product,
    id,
    basis,
    contract,
    state,
    suspended_by,
    valid_from,
    valid_until,
    granted_by,
    note,
    state_reason,
    rev
});
impl From<Raw> for AdmissionRow {
    fn from(row: Raw) -> Self {
        Self {
            product: row.product,
            admission: Admission {
                id: row.id,
                basis: row.basis,
                contract: row.contract,
                state: row.state,
                suspended_by: row.suspended_by,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
                granted_by: row.granted_by,
                note: row.note,
                state_reason: row.state_reason,
                rev: row.rev,
            },
        }
    }
}
const COLUMNS: &str =
    "SELECT product_id, id, basis, contract_id, state, suspended_by, valid_from, valid_until,
    granted_by, note, state_reason, rev FROM admission";

pub(super) fn list(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<AdmissionRow>> {
    let query = Query::new(COLUMNS).bind(" WHERE organization_id = ? AND state <> 'ended'", &organization);
    Ok(tx.all::<Raw>(query.sql(), query.params())?.into_iter().map(AdmissionRow::from).collect())
}
pub(super) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: AdmissionId,
) -> Result<Option<AdmissionRow>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE organization_id = ?", &organization).bind(" AND id = ?", &id);
    Ok(tx.opt::<Raw>(query.sql(), query.params())?.map(AdmissionRow::from))
}
/// Ended ones excepted.
pub(super) fn find_live(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
) -> Result<Option<Admission>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ?", &organization)
        .bind(" AND product_id = ? AND state <> 'ended'", &product);
    Ok(tx.opt::<Raw>(query.sql(), query.params())?.map(|row| AdmissionRow::from(row).admission))
}
pub(super) fn insert(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    new: &Admission,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO admission (id, organization_id, product_id, basis, contract_id, state, valid_from,
                valid_until, granted_by, note, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &organization,
            &product,
            &new.basis,
            &new.contract,
            &new.state,
            &new.valid_from,
            &new.valid_until,
            &new.granted_by,
            &new.note,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// False if it is not in the state that it leaves. `office` of whoever suspends it.
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: AdmissionId,
    (from, to): (AdmissionState, AdmissionState),
    (by, office, reason): (Option<AccountId>, Option<AdmissionEditor>, Option<&str>),
    now: Timestamp,
) -> Result<bool> {
    let ended = (to == AdmissionState::Ended).then_some(now);
    let changed = tx.run(
        sql!(
            "UPDATE admission SET state = $3, state_by = $4, suspended_by = $5, state_reason = $6, ended_at = $7,
                rev = rev + 1
            WHERE id = $1 AND state = $2"
        ),
        &[&id, &from, &to, &by, &office, &reason, &ended],
    )?;
    Ok(changed == 1)
}

/// Products whose admissions somebody looks after at the desk: those of a manager, and those that have none.
pub(super) fn list_of_manager(tx: &mut Tx<'_>, manager: AccountId) -> Result<Vec<ProductId>> {
    tx.all(
        sql!("SELECT id FROM product WHERE manager_id = $1 OR manager_id IS NULL ORDER BY id LIMIT 1000"),
        &[&manager],
    )
}
/// Live grants of the newest members by product.
pub(super) fn count_grants(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<(ProductId, i64)>> {
    tx.all(
        sql!(
            "SELECT g.product_id, COUNT(*) FROM (SELECT id FROM membership WHERE organization_id = $1 AND state <> 'ended'
                ORDER BY id DESC LIMIT $3) m JOIN product_grant g ON g.membership_id = m.id
            WHERE g.state = 'active' AND g.valid_until > $2 GROUP BY g.product_id"
        ),
        &[&organization, &now, &COUNTED],
    )
}
/// Agents among the newest members, and how many of them were looked at.
pub(super) fn count_agents(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<(i64, i64)> {
    tx.one(
        sql!(
            "SELECT COUNT(CASE WHEN m.state = 'active' AND m.role = 'agent' AND m.valid_until > $2 THEN 1 END), COUNT(*)
            FROM (SELECT state, role, valid_until FROM membership WHERE organization_id = $1 AND state <> 'ended'
                ORDER BY id DESC LIMIT $3) m"
        ),
        &[&organization, &now, &COUNTED],
    )
}

/// An admission whose own period ends soon and that was not warned of at this distance.
pub(super) struct Ending {
    pub id: AdmissionId,
    pub organization: OrganizationId,
    pub product: ProductId,
    pub valid_until: Timestamp,
}
row!(Ending { id, organization, product, valid_until });
/// Those that end within so many days from `now`, the soonest first. One that ends with its contract is the contract's warning.
pub(super) fn list_ending(tx: &mut Tx<'_>, days: i64, now: Timestamp, limit: i64) -> Result<Vec<Ending>> {
    tx.all(
        sql!(
            "SELECT d.id, d.organization_id, d.product_id, d.valid_until FROM admission d
            JOIN organization o ON o.id = d.organization_id AND o.state <> 'closed'
            LEFT JOIN contract c ON c.id = d.contract_id
            WHERE d.state = 'active' AND d.valid_until < 9223372036854775807 AND d.valid_until > $1
                AND d.valid_until <= $2 AND (d.warned_days IS NULL OR d.warned_days > $3)
                AND (c.id IS NULL OR c.state = 'active' AND c.valid_until > d.valid_until)
            ORDER BY d.valid_until, d.id LIMIT $4"
        ),
        &[&now, &now.plus_days(days), &days, &limit],
    )
}
/// False if another node warned meanwhile, or it is no longer in force.
pub(super) fn mark_warned(tx: &mut Tx<'_>, id: AdmissionId, days: i64) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE admission SET warned_days = $2 WHERE id = $1 AND state = 'active'
                AND (warned_days IS NULL OR warned_days > $2)"
        ),
        &[&id, &days],
    )?;
    Ok(changed == 1)
}
