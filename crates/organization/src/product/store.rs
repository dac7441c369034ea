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
pub(super) fn set_state(tx: &mut Tx<'_>, id: ProductId, state: ProductState) -> Result<bool> {
    Ok(tx.run(sql!("UPDATE product SET state = $2 WHERE id = $1"), &[&id, &state])? == 1)
}
pub(super) fn set_launch_url(tx: &mut Tx<'_>, id: ProductId, url: &str) -> Result<bool> {
    Ok(tx.run(sql!("UPDATE product SET launch_url = $2 WHERE id = $1"), &[&id, &url])? == 1)
}
