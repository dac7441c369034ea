use super::model::Tile;
use crate::organization_type::Words;
use crate::product::ProductState;
use db::{Statement, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ProductId},
};

struct TileRow {
    product: ProductId,
    code: String,
    name_zh: String,
    name_en: String,
    icon: String,
    state: ProductState,
    place: Option<i64>,
    opened_at: Option<Timestamp>,
}
row!(TileRow { product, code, name_zh, name_en, icon, state, place, opened_at });

/// Shortcuts in their order, then what was opened lately; drafts and withdrawn products are left out.
pub(crate) fn list(tx: &mut Tx<'_>, account: AccountId, space: i64, limit: i64) -> Result<Vec<Tile>> {
    let rows = tx.all::<TileRow>(
        sql!(
            "SELECT t.product_id, p.code, p.name_zh, p.name_en, p.icon, p.state, t.place, t.opened_at
            FROM product_tile t JOIN product p ON p.id = t.product_id AND p.state IN ('active', 'suspended')
            WHERE t.account_id = $1 AND t.organization_id = $2 AND (t.place IS NOT NULL OR t.opened_at IS NOT NULL)
            ORDER BY COALESCE(t.place, 9223372036854775807), COALESCE(t.opened_at, 0) DESC, t.product_id LIMIT $3"
        ),
        &[&account, &space, &limit],
    )?;
    Ok(rows
        .into_iter()
        .map(|row| Tile {
            product: row.product,
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            icon: if row.icon.is_empty() { "grid".to_owned() } else { row.icon },
            state: row.state,
            place: row.place,
            opened_at: row.opened_at,
        })
        .collect())
}
/// Every shortcut in its order, withdrawn products included: they keep their places.
pub(super) fn list_places(tx: &mut Tx<'_>, account: AccountId, space: i64) -> Result<Vec<(ProductId, bool)>> {
    tx.all(
        sql!(
            "SELECT t.product_id, p.state IN ('active', 'suspended') FROM product_tile t
            JOIN product p ON p.id = t.product_id
            WHERE t.account_id = $1 AND t.organization_id = $2 AND t.place IS NOT NULL
            ORDER BY t.place, t.product_id"
        ),
        &[&account, &space],
    )
}
pub(crate) fn is_shortcut(
    tx: &mut Tx<'_>,
    account: AccountId,
    space: i64,
    product: ProductId,
) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        sql!(
            "SELECT place FROM product_tile
            WHERE account_id = $1 AND organization_id = $2 AND product_id = $3 AND place IS NOT NULL"
        ),
        &[&account, &space, &product],
    )?;
    Ok(found.is_some())
}
pub(super) fn insert_star(
    tx: &mut Tx<'_>,
    account: AccountId,
    space: i64,
    product: ProductId,
    place: i64,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO product_tile (account_id, organization_id, product_id, place) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, organization_id, product_id) DO UPDATE SET place = $4"
        ),
        &[&account, &space, &product, &place],
    )
    .map(drop)
}
pub(super) fn clear_place(
    tx: &mut Tx<'_>,
    account: AccountId,
    space: i64,
    product: ProductId,
) -> Result<bool> {
    let cleared = tx.run(
        sql!(
            "UPDATE product_tile SET place = NULL
            WHERE account_id = $1 AND organization_id = $2 AND product_id = $3 AND place IS NOT NULL"
        ),
        &[&account, &space, &product],
    )?;
    Ok(cleared == 1)
}
pub(super) fn set_opened(
    statement: Statement<'_, '_>,
    account: AccountId,
    space: i64,
    product: ProductId,
    now: Timestamp,
) -> Result<u64> {
    statement.run(
        sql!(
            "INSERT INTO product_tile (account_id, organization_id, product_id, opened_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, organization_id, product_id) DO UPDATE SET opened_at = $4"
        ),
        &[&account, &space, &product, &now],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM product_tile WHERE account_id = $1"), &[&account])
}
