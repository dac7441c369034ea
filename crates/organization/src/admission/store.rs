use super::model::{Admission, AdmissionBasis, AdmissionState};
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
    valid_from: Timestamp,
    valid_until: Timestamp,
    note: Option<String>,
}
row!(Raw { product, id, basis, contract, state, valid_from, valid_until, note });
impl From<Raw> for AdmissionRow {
    fn from(row: Raw) -> Self {
        Self {
            product: row.product,
            admission: Admission {
                id: row.id,
                basis: row.basis,
                contract: row.contract,
                state: row.state,
                valid_from: row.valid_from,
                valid_until: row.valid_until,
                note: row.note,
            },
        }
    }
}
const COLUMNS: &str =
    "SELECT product_id, id, basis, contract_id, state, valid_from, valid_until, note FROM admission";

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
    granted_by: Option<AccountId>,
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
            &granted_by,
            &new.note,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
pub(super) fn end(tx: &mut Tx<'_>, id: AdmissionId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE admission SET state = 'ended', ended_at = $2 WHERE id = $1 AND state <> 'ended'"),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: AdmissionId,
    from: AdmissionState,
    to: AdmissionState,
) -> Result<bool> {
    let changed =
        tx.run(sql!("UPDATE admission SET state = $3 WHERE id = $1 AND state = $2"), &[&id, &from, &to])?;
    Ok(changed == 1)
}
