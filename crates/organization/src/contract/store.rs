use super::model::{Contract, ContractState, ContractType};
use crate::organization_type::Words;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{ContractId, ContractTypeId, OrganizationId, ProductId},
};

struct TypeRow {
    id: ContractTypeId,
    code: String,
    name_zh: String,
    name_en: String,
}
row!(TypeRow { id, code, name_zh, name_en });

pub(super) fn list_types(tx: &mut Tx<'_>) -> Result<Vec<ContractType>> {
    let rows: Vec<TypeRow> =
        tx.all(sql!("SELECT id, code, name_zh, name_en FROM contract_type ORDER BY code"), &[])?;
    Ok(rows
        .into_iter()
        .map(|row| ContractType {
            id: row.id,
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
        })
        .collect())
}
/// False if the id or the code exists already.
pub(super) fn insert_type(tx: &mut Tx<'_>, new: &ContractType) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO contract_type (id, code, name_zh, name_en) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.code, &new.name.zh, &new.name.en],
    )?;
    Ok(inserted == 1)
}
pub(super) fn insert_type_product(tx: &mut Tx<'_>, id: ContractTypeId, product: ProductId) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO contract_type_product (contract_type_id, product_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        ),
        &[&id, &product],
    )
    .map(drop)
}
pub(crate) fn type_exists(tx: &mut Tx<'_>, id: ContractTypeId) -> Result<bool> {
    Ok(tx.opt::<i64>(sql!("SELECT id FROM contract_type WHERE id = $1"), &[&id])?.is_some())
}
/// Every contract type with the products that it lists.
pub(crate) fn list_listings(tx: &mut Tx<'_>) -> Result<Vec<(ContractTypeId, ProductId)>> {
    tx.all(
        sql!("SELECT contract_type_id, product_id FROM contract_type_product ORDER BY contract_type_id, product_id"),
        &[],
    )
}

struct ContractRow {
    id: ContractId,
    type_id: ContractTypeId,
    type_zh: String,
    type_en: String,
    number: String,
    valid_from: Timestamp,
    valid_until: Timestamp,
    state: ContractState,
}
row!(ContractRow { id, type_id, type_zh, type_en, number, valid_from, valid_until, state });
impl From<ContractRow> for Contract {
    fn from(row: ContractRow) -> Self {
        Self {
            id: row.id,
            type_id: row.type_id,
            type_name: Words { zh: row.type_zh, en: row.type_en },
            number: row.number,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            state: row.state,
        }
    }
}
const COLUMNS: &str =
    "SELECT c.id, c.contract_type_id, t.name_zh, t.name_en, c.number, c.valid_from, c.valid_until, c.state
    FROM contract c JOIN contract_type t ON t.id = c.contract_type_id";

/// Newest first.
pub(crate) fn list(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<Contract>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE c.organization_id = ? ORDER BY c.valid_from DESC, c.id DESC LIMIT 200", &organization);
    Ok(tx.all::<ContractRow>(query.sql(), query.params())?.into_iter().map(Contract::from).collect())
}
pub(crate) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ContractId,
) -> Result<Option<Contract>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE c.organization_id = ?", &organization).bind(" AND c.id = ?", &id);
    Ok(tx.opt::<ContractRow>(query.sql(), query.params())?.map(Contract::from))
}
/// The newest contract in force that lists the product.
pub(crate) fn find_listing(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Contract>> {
    let query = Query::new(COLUMNS)
        .bind(
            " JOIN contract_type_product l ON l.contract_type_id = c.contract_type_id AND l.product_id = ?",
            &product,
        )
        .bind(" WHERE c.organization_id = ? AND c.state = 'active'", &organization)
        .bind(" AND c.valid_from <= ?", &now)
        .bind(" AND c.valid_until > ? ORDER BY c.valid_until DESC, c.id DESC LIMIT 1", &now);
    Ok(tx.opt::<ContractRow>(query.sql(), query.params())?.map(Contract::from))
}
/// False if the id or the number exists already.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    new: &super::service::NewContract,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO contract (id, organization_id, contract_type_id, number, valid_from, valid_until, state, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'active', $7) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &organization, &new.type_id, &new.number, &new.valid_from, &new.valid_until, &now],
    )?;
    Ok(inserted == 1)
}
pub(super) fn terminate(tx: &mut Tx<'_>, id: ContractId) -> Result<bool> {
    let changed =
        tx.run(sql!("UPDATE contract SET state = 'terminated' WHERE id = $1 AND state = 'active'"), &[&id])?;
    Ok(changed == 1)
}
