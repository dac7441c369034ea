use super::model::{
    AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState, parse_roles, roles_text,
};
use crate::organization_type::Words;
use db::{Query, Tx, row, sql};
use identity::realname::RealNameLevel;
use kernel::{
    Result, Timestamp,
    id::{AccountId, ProductId},
};

struct ProductRow {
    id: ProductId,
    code: String,
    name_zh: String,
    name_en: String,
    summary_zh: String,
    summary_en: String,
    category: String,
    icon: String,
    launch_url: Option<String>,
    audience: Audience,
    admission_class: AdmissionClass,
    grant_mode: GrantMode,
    admission_editor: AdmissionEditor,
    minimum_level: RealNameLevel,
    minimum_strength: i64,
    roles_allowed: String,
    network_zone: Option<String>,
    manager: Option<AccountId>,
    state: ProductState,
}
row!(ProductRow {
    id,
    code,
    name_zh,
    name_en,
    summary_zh,
    summary_en,
    category,
    icon,
    launch_url,
    audience,
    admission_class,
    grant_mode,
    admission_editor,
    minimum_level,
    minimum_strength,
    roles_allowed,
    network_zone,
    manager,
    state,
});
impl TryFrom<ProductRow> for Product {
    type Error = kernel::Error;
    fn try_from(row: ProductRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            code: row.code,
            name: Words { zh: row.name_zh, en: row.name_en },
            summary: Words { zh: row.summary_zh, en: row.summary_en },
            category: row.category,
            icon: row.icon,
            launch_url: row.launch_url,
            audience: row.audience,
            admission_class: row.admission_class,
            grant_mode: row.grant_mode,
            admission_editor: row.admission_editor,
            minimum_level: row.minimum_level,
            minimum_strength: row.minimum_strength,
            roles_allowed: parse_roles(&row.roles_allowed)?,
            network_zone: row.network_zone,
            manager: row.manager,
            state: row.state,
        })
    }
}
const COLUMNS: &str =
    "SELECT p.id, p.code, p.name_zh, p.name_en, p.summary_zh, p.summary_en, p.category, p.icon,
    p.launch_url, p.audience, p.admission_class, p.grant_mode, p.admission_editor, p.minimum_level,
    p.minimum_strength, p.roles_allowed, p.network_zone, p.manager_id, p.state FROM product p";

fn products(tx: &mut Tx<'_>, query: &Query<'_>) -> Result<Vec<Product>> {
    tx.all::<ProductRow>(query.sql(), query.params())?.into_iter().map(Product::try_from).collect()
}
pub(crate) fn find(tx: &mut Tx<'_>, id: ProductId) -> Result<Option<Product>> {
    Ok(products(tx, &Query::new(COLUMNS).bind(" WHERE p.id = ?", &id))?.pop())
}
/// In the catalog's order.
pub(crate) fn list(tx: &mut Tx<'_>, with_hidden: bool) -> Result<Vec<Product>> {
    let query = Query::new(COLUMNS)
        .add(if with_hidden { "" } else { " WHERE p.state IN ('active', 'suspended')" })
        .add(" ORDER BY p.category, p.code LIMIT 500");
    products(tx, &query)
}
/// False if the id or the code exists already.
pub(super) fn insert(tx: &mut Tx<'_>, new: &Product, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, launch_url,
                audience, admission_class, grant_mode, admission_editor, minimum_level, minimum_strength,
                roles_allowed, network_zone, manager_id, state, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.code,
            &new.name.zh,
            &new.name.en,
            &new.summary.zh,
            &new.summary.en,
            &new.category,
            &new.icon,
            &new.launch_url,
            &new.audience,
            &new.admission_class,
            &new.grant_mode,
            &new.admission_editor,
            &new.minimum_level,
            &new.minimum_strength,
            &roles_text(&new.roles_allowed),
            &new.network_zone,
            &new.manager,
            &new.state,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// For the desk, drafts and withdrawn ones included: those of one manager and those that have none, or all.
pub(super) fn list_managed(tx: &mut Tx<'_>, manager: Option<AccountId>) -> Result<Vec<Product>> {
    let mut query = Query::new(COLUMNS)
        .add(" LEFT JOIN product_category c ON c.code = p.category WHERE p.id IS NOT NULL");
    if let Some(manager) = &manager {
        query = query.bind(" AND (p.manager_id IS NULL OR p.manager_id = ?)", manager);
    }
    products(tx, &query.add(" ORDER BY COALESCE(c.place, 9223372036854775807), p.category, p.code LIMIT 500"))
}
pub(super) fn find_rev(tx: &mut Tx<'_>, id: ProductId) -> Result<Option<i64>> {
    tx.opt(sql!("SELECT rev FROM product WHERE id = $1"), &[&id])
}
pub(super) fn is_code_taken(tx: &mut Tx<'_>, except: ProductId, code: &str) -> Result<bool> {
    let found: Option<i64> =
        tx.opt(sql!("SELECT id FROM product WHERE code = $1 AND id <> $2"), &[&code, &except])?;
    Ok(found.is_some())
}
/// Everything but state and manager. False if it was changed since `rev`.
pub(super) fn update(tx: &mut Tx<'_>, rev: i64, new: &Product) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE product SET code = $3, name_zh = $4, name_en = $5, summary_zh = $6, summary_en = $7,
                category = $8, icon = $9, launch_url = $10, audience = $11, admission_class = $12, grant_mode = $13,
                admission_editor = $14, minimum_level = $15, minimum_strength = $16, roles_allowed = $17,
                network_zone = $18, rev = rev + 1
            WHERE id = $1 AND rev = $2"
        ),
        &[
            &new.id,
            &rev,
            &new.code,
            &new.name.zh,
            &new.name.en,
            &new.summary.zh,
            &new.summary.en,
            &new.category,
            &new.icon,
            &new.launch_url,
            &new.audience,
            &new.admission_class,
            &new.grant_mode,
            &new.admission_editor,
            &new.minimum_level,
            &new.minimum_strength,
            &roles_text(&new.roles_allowed),
            &new.network_zone,
        ],
    )?;
    Ok(updated == 1)
}
/// False if the state is another by now.
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: ProductId,
    from: ProductState,
    to: ProductState,
) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE product SET state = $3, rev = rev + 1 WHERE id = $1 AND state = $2"),
        &[&id, &from, &to],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_manager(tx: &mut Tx<'_>, id: ProductId, manager: Option<AccountId>) -> Result<()> {
    tx.run(sql!("UPDATE product SET manager_id = $2, rev = rev + 1 WHERE id = $1"), &[&id, &manager])
        .map(drop)
}
pub(super) fn set_launch_url(tx: &mut Tx<'_>, id: ProductId, url: &str) -> Result<bool> {
    Ok(tx.run(sql!("UPDATE product SET launch_url = $2, rev = rev + 1 WHERE id = $1"), &[&id, &url])? == 1)
}

/// Whom a change of the product concerns; each number stops at its bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach {
    /// Organizations that are admitted by a row, to 1,000.
    pub admitted: i64,
    /// Members whom it is granted, to 1,000.
    pub granted: i64,
    /// Requests that wait, to 100.
    pub waiting: i64,
    /// Consoles on which it is a shortcut, to 1,000.
    pub shortcuts: i64,
}
row!(Reach { admitted, granted, waiting, shortcuts });
pub(super) fn reach(tx: &mut Tx<'_>, id: ProductId, now: Timestamp) -> Result<Reach> {
    tx.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM (SELECT id FROM admission WHERE product_id = $1 AND state = 'active'
                    AND valid_until > $2 LIMIT 1000) a),
                (SELECT COUNT(*) FROM (SELECT id FROM product_grant WHERE product_id = $1 AND state = 'active'
                    AND valid_until > $2 LIMIT 1000) g),
                (SELECT COUNT(*) FROM (SELECT id FROM application WHERE kind = 'product_access' AND state = 'submitted'
                    AND product_id = $1 AND expires_at > $2 LIMIT 100) w),
                (SELECT COUNT(*) FROM (SELECT account_id FROM product_tile WHERE product_id = $1
                    AND place IS NOT NULL LIMIT 1000) s)"
        ),
        &[&id, &now],
    )
}
