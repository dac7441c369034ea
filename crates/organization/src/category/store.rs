use super::model::{Category, CategoryId};
use crate::organization_type::Words;
use db::{Tx, row, sql};
use kernel::{Result, Timestamp};

struct CategoryRow {
    id: CategoryId,
    code: String,
    name_zh: String,
    name_en: String,
    rev: i64,
    products: i64,
}
row!(CategoryRow { id, code, name_zh, name_en, rev, products });

/// In the catalog's order.
pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<Category>> {
    let rows = tx.all::<CategoryRow>(
        sql!(
            "SELECT c.id, c.code, c.name_zh, c.name_en, c.rev,
                (SELECT COUNT(*) FROM product p WHERE p.category = c.code)
            FROM product_category c ORDER BY c.place, c.code LIMIT 100"
        ),
        &[],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Category {
            id: row.id,
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            rev: row.rev,
            products: row.products,
        })
        .collect())
}
/// At the end; false if id or code exist.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: CategoryId,
    code: &str,
    name: &Words,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO product_category (id, code, name_zh, name_en, place, rev, created_at)
            VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(place), 0) + 1 FROM product_category), 1, $5)
            ON CONFLICT DO NOTHING"
        ),
        &[&id, &code, &name.zh, &name.en, &now],
    )?;
    Ok(inserted == 1)
}
/// False if it was changed since `rev`.
pub(super) fn rename(tx: &mut Tx<'_>, id: CategoryId, rev: i64, name: &Words) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE product_category SET name_zh = $3, name_en = $4, rev = rev + 1 WHERE id = $1 AND rev = $2"
        ),
        &[&id, &rev, &name.zh, &name.en],
    )?;
    Ok(updated == 1)
}
pub(super) fn set_place(tx: &mut Tx<'_>, id: CategoryId, place: i64) -> Result<()> {
    tx.run(sql!("UPDATE product_category SET place = $2 WHERE id = $1"), &[&id, &place]).map(drop)
}
/// False while a product stands under it.
pub(super) fn delete(tx: &mut Tx<'_>, id: CategoryId) -> Result<bool> {
    let deleted = tx.run(
        sql!(
            "DELETE FROM product_category WHERE id = $1
                AND NOT EXISTS (SELECT 1 FROM product p WHERE p.category = product_category.code)"
        ),
        &[&id],
    )?;
    Ok(deleted == 1)
}
