use super::service::{Loss, TypeCard};
use crate::contract::ContractType;
use crate::organization_type::Words;
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{ContractTypeId, ProductId},
};

struct TypeRow {
    id: ContractTypeId,
    code: String,
    name_zh: String,
    name_en: String,
    rev: i64,
}
row!(TypeRow { id, code, name_zh, name_en, rev });
impl From<TypeRow> for TypeCard {
    fn from(row: TypeRow) -> Self {
        let name = Words { zh: row.name_zh, en: row.name_en };
        Self { kind: ContractType { id: row.id, code: row.code, name }, rev: row.rev, products: Vec::new() }
    }
}
pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<TypeCard>> {
    let rows: Vec<TypeRow> = tx.all(
        sql!("SELECT id, code, name_zh, name_en, rev FROM contract_type ORDER BY code LIMIT 1000"),
        &[],
    )?;
    Ok(rows.into_iter().map(TypeCard::from).collect())
}
pub(super) fn find(tx: &mut Tx<'_>, id: ContractTypeId) -> Result<Option<TypeCard>> {
    let row: Option<TypeRow> =
        tx.opt(sql!("SELECT id, code, name_zh, name_en, rev FROM contract_type WHERE id = $1"), &[&id])?;
    let Some(row) = row else { return Ok(None) };
    let products = tx.all(
        sql!("SELECT product_id FROM contract_type_product WHERE contract_type_id = $1 ORDER BY product_id"),
        &[&id],
    )?;
    Ok(Some(TypeCard { products, ..TypeCard::from(row) }))
}
/// False if the id or the code exists already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &ContractType) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO contract_type (id, code, name_zh, name_en) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
        ),
        &[&new.id, &new.code, &new.name.zh, &new.name.en],
    )?;
    Ok(inserted == 1)
}
/// The next revision. False if somebody was faster.
pub(super) fn update(tx: &mut Tx<'_>, id: ContractTypeId, rev: i64, name: &Words) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE contract_type SET name_zh = $3, name_en = $4, rev = rev + 1 WHERE id = $1 AND rev = $2"),
        &[&id, &rev, &name.zh, &name.en],
    )?;
    Ok(changed == 1)
}
/// What rests on the type waits for whoever changes what it lists. False if it is unknown.
pub(crate) fn lock_type(tx: &mut Tx<'_>, id: ContractTypeId) -> Result<bool> {
    Ok(tx.run(sql!("UPDATE contract_type SET rev = rev WHERE id = $1"), &[&id])? == 1)
}
pub(super) fn insert_product(tx: &mut Tx<'_>, id: ContractTypeId, product: ProductId) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO contract_type_product (contract_type_id, product_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        ),
        &[&id, &product],
    )
    .map(drop)
}
pub(super) fn delete_product(tx: &mut Tx<'_>, id: ContractTypeId, product: ProductId) -> Result<()> {
    tx.run(
        sql!("DELETE FROM contract_type_product WHERE contract_type_id = $1 AND product_id = $2"),
        &[&id, &product],
    )
    .map(drop)
}
/// Every contract type with the products that it lists.
pub(crate) fn list_listings(tx: &mut Tx<'_>) -> Result<Vec<(ContractTypeId, ProductId)>> {
    tx.all(
        sql!("SELECT contract_type_id, product_id FROM contract_type_product ORDER BY contract_type_id, product_id"),
        &[],
    )
}

struct LossRow {
    product: ProductId,
    name_zh: String,
    name_en: String,
    organizations: i64,
    granted: i64,
    agents: i64,
    by_grant: bool,
}
row!(LossRow { product, name_zh, name_en, organizations, granted, agents, by_grant });
/// What rests now on contracts of the type, for each of these products: organizations, and members who hold a grant, or
/// every agent where the product needs none.
pub(super) fn list_losses(
    tx: &mut Tx<'_>,
    id: ContractTypeId,
    products: &[ProductId],
    now: Timestamp,
) -> Result<Vec<Loss>> {
    let query = Query::new(
        "SELECT p.id, p.name_zh, p.name_en, COUNT(DISTINCT d.organization_id),
            COUNT(DISTINCT CASE WHEN g.id IS NOT NULL THEN m.id END),
            COUNT(DISTINCT CASE WHEN m.role = 'agent' THEN m.id END), p.grant_mode = 'explicit'
        FROM product p",
    )
    .bind(" LEFT JOIN contract c ON c.contract_type_id = ? AND c.state = 'active'", &id)
    .bind(" AND c.valid_until > ?", &now)
    .bind(
        " LEFT JOIN admission d ON d.contract_id = c.id AND d.product_id = p.id AND d.state <> 'ended' AND d.state = 'active' AND d.valid_until > ?",
        &now,
    )
    .add(" LEFT JOIN membership m ON m.organization_id = d.organization_id AND m.state <> 'ended' AND m.state = 'active'")
    .bind(
        " LEFT JOIN product_grant g ON g.membership_id = m.id AND g.product_id = p.id AND g.state = 'active' AND g.valid_until > ?",
        &now,
    )
    .list(" WHERE p.id IN (?)", products)
    .add(" GROUP BY p.id, p.name_zh, p.name_en, p.grant_mode, p.code ORDER BY p.code");
    let rows: Vec<LossRow> = tx.all(query.sql(), query.params())?;
    Ok(rows
        .into_iter()
        .map(|row| Loss {
            product: row.product,
            name: Words { zh: row.name_zh, en: row.name_en },
            organizations: row.organizations,
            members: if row.by_grant { row.granted } else { row.agents },
        })
        .collect())
}
