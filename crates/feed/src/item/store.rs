use super::model::{ItemFilter, ItemId, Put};
use db::{Query, Statement, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ProductId},
};
use organization::product::Audience;

pub(super) const CANDIDATES: i64 = 500;

pub(super) struct Kept {
    pub id: ItemId,
    pub updated_at: Timestamp,
    pub deleted: bool,
}
row!(Kept { id, updated_at, deleted });

pub(super) fn find_kept(tx: &mut Tx<'_>, product: ProductId, external_id: &str) -> Result<Option<Kept>> {
    tx.opt(
        sql!("SELECT id, updated_at, deleted FROM item WHERE product_id = $1 AND external_id = $2"),
        &[&product, &external_id],
    )
}
/// False if the product has an item of that number: another request was faster.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: ItemId,
    product: ProductId,
    put: &Put,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO item (id, product_id, external_id, name_zh, name_en, summary_zh, summary_en, department,
                 audience, link, updated_at, deleted, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (product_id, external_id) DO NOTHING"
        ),
        &[
            &id,
            &product,
            &put.external_id,
            &put.name.zh,
            &put.name.en,
            &put.summary.zh,
            &put.summary.en,
            &put.department,
            &put.audience,
            &put.link,
            &put.updated_at,
            &false,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// False if newer news is kept meanwhile.
pub(super) fn update(tx: &mut Tx<'_>, id: ItemId, put: &Put) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE item SET name_zh = $2, name_en = $3, summary_zh = $4, summary_en = $5, department = $6,
                 audience = $7, link = $8, updated_at = $9, deleted = $10 WHERE id = $1 AND updated_at < $9"
        ),
        &[
            &id,
            &put.name.zh,
            &put.name.en,
            &put.summary.zh,
            &put.summary.en,
            &put.department,
            &put.audience,
            &put.link,
            &put.updated_at,
            &false,
        ],
    )?;
    Ok(changed == 1)
}
pub(super) fn bury(tx: &mut Tx<'_>, id: ItemId, updated_at: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE item SET deleted = $3, link = NULL, updated_at = $2 WHERE id = $1 AND updated_at < $2"),
        &[&id, &updated_at, &true],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_grams(tx: &mut Tx<'_>, id: ItemId, grams: &[i64]) -> Result<()> {
    tx.run(sql!("DELETE FROM item_gram WHERE item_id = $1"), &[&id])?;
    for gram in grams {
        tx.run(
            sql!("INSERT INTO item_gram (gram, item_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"),
            &[gram, &id],
        )?;
    }
    Ok(())
}

pub(super) struct ItemRow {
    pub id: ItemId,
    pub product: ProductId,
    pub product_zh: String,
    pub product_en: String,
    pub name_zh: String,
    pub name_en: String,
    pub summary_zh: String,
    pub summary_en: String,
    pub department: Option<String>,
    pub audience: Audience,
    pub link: Option<String>,
    pub starred_at: Option<Timestamp>,
}
row!(ItemRow {
    id,
    product,
    product_zh,
    product_en,
    name_zh,
    name_en,
    summary_zh,
    summary_en,
    department,
    audience,
    link,
    starred_at,
});
/// Of products that the catalog shows, with the reader's star.
const COLUMNS: &str = "SELECT i.id, i.product_id, p.name_zh, p.name_en, i.name_zh, i.name_en, i.summary_zh,
    i.summary_en, i.department, i.audience, i.link, f.at
    FROM item i JOIN product p ON p.id = i.product_id AND p.state IN ('active', 'suspended')";

fn seen_by<'a>(account: &'a AccountId, alive: &'a bool) -> Query<'a> {
    Query::new(COLUMNS)
        .bind(" LEFT JOIN favourite f ON f.item_id = i.id AND f.account_id = ?", account)
        .bind(" WHERE i.deleted = ?", alive)
}
/// Newest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &ItemFilter,
    grams: Option<&[i64]>,
    limit: i64,
) -> Result<Vec<ItemRow>> {
    let alive = false;
    let wanted = grams.map_or(0, |grams| grams.len() as i64);
    let below = filter.before.unwrap_or(ItemId::from_i64(i64::MAX));
    let mut query = seen_by(&account, &alive).opt(" AND i.product_id = ?", &filter.product);
    if let Some(audience) = &filter.audience {
        query = query.bind(" AND (i.audience = ? OR i.audience = 'both')", audience);
    }
    if let Some(grams) = grams {
        query = query
            .list(" AND i.id IN (SELECT g.item_id FROM item_gram g WHERE g.gram IN (?)", grams)
            .bind(" GROUP BY g.item_id HAVING COUNT(*) = ?", &wanted)
            .bind(" ORDER BY g.item_id DESC LIMIT ?)", &CANDIDATES);
    }
    let query = query.bind(" AND i.id < ?", &below).bind(" ORDER BY i.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn count_by_grams(tx: &mut Tx<'_>, grams: &[i64]) -> Result<i64> {
    let (wanted, most) = (grams.len() as i64, CANDIDATES + 1);
    let query = Query::new("SELECT COUNT(*) FROM (SELECT g.item_id FROM item_gram g WHERE")
        .list(" g.gram IN (?)", grams)
        .bind(" GROUP BY g.item_id HAVING COUNT(*) = ?", &wanted)
        .bind(" LIMIT ?) found", &most);
    tx.one(query.sql(), query.params())
}
pub(super) fn find(tx: &mut Tx<'_>, account: AccountId, id: ItemId) -> Result<Option<ItemRow>> {
    let alive = false;
    let query = seen_by(&account, &alive).bind(" AND i.id = ?", &id);
    tx.opt(query.sql(), query.params())
}
/// Products that have items: what the filter offers.
pub(super) fn list_products(tx: &mut Tx<'_>) -> Result<Vec<(ProductId, String, String)>> {
    tx.all(
        sql!(
            "SELECT p.id, p.name_zh, p.name_en FROM product p WHERE p.state IN ('active', 'suspended')
                 AND EXISTS (SELECT 1 FROM item i WHERE i.product_id = p.id) ORDER BY p.code LIMIT 500"
        ),
        &[],
    )
}

/// The starred ones, the last star first.
pub(super) fn list_starred(
    tx: &mut Tx<'_>,
    account: AccountId,
    product: Option<ProductId>,
    before: Option<(Timestamp, ItemId)>,
    limit: i64,
) -> Result<Vec<ItemRow>> {
    let alive = false;
    let (at, id) = before.unwrap_or((Timestamp::FOREVER, ItemId::from_i64(i64::MAX)));
    let query = Query::new(COLUMNS)
        .bind(" JOIN favourite f ON f.item_id = i.id AND f.account_id = ?", &account)
        .bind(" WHERE i.deleted = ?", &alive)
        .opt(" AND i.product_id = ?", &product)
        .bind(" AND (f.at, f.item_id) < (?", &at)
        .bind(", ?) ORDER BY f.at DESC, f.item_id DESC", &id)
        .bind(" LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn insert_star(tx: &mut Tx<'_>, account: AccountId, id: ItemId, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!("INSERT INTO favourite (account_id, item_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
        &[&account, &id, &now],
    )?;
    Ok(inserted == 1)
}
pub(super) fn delete_star(tx: &mut Tx<'_>, account: AccountId, id: ItemId) -> Result<bool> {
    let deleted =
        tx.run(sql!("DELETE FROM favourite WHERE account_id = $1 AND item_id = $2"), &[&account, &id])?;
    Ok(deleted == 1)
}
/// Counted to one more than an account may have.
pub(super) fn count_stars(tx: &mut Tx<'_>, account: AccountId, most: i64) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM (SELECT f.item_id FROM favourite f JOIN item i ON i.id = f.item_id
                 AND i.deleted = $3 WHERE f.account_id = $1 LIMIT $2) s"
        ),
        &[&account, &most, &false],
    )
}
pub(super) fn delete_stars(statement: Statement<'_, '_>, account: AccountId) -> Result<u64> {
    statement.run(sql!("DELETE FROM favourite WHERE account_id = $1"), &[&account])
}
/// What one account starred becomes another's; what both starred stays one star.
pub(super) fn move_stars(tx: &mut Tx<'_>, from: AccountId, to: AccountId) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO favourite (account_id, item_id, at)
             SELECT $2, f.item_id, f.at FROM favourite f WHERE f.account_id = $1 ON CONFLICT DO NOTHING"
        ),
        &[&from, &to],
    )
}
