//! Rows in bulk, as the rooms would have written them one by one. Their form is proven by the test of `fill`.
use db::{Db, Engine, Param, Tx};
use kernel::Result;

/// Rows of one statement: more make it no faster.
const TOGETHER: usize = 32;

/// `table (columns)` and how many columns.
#[derive(Clone, Copy)]
pub struct Target {
    text: &'static str,
    columns: usize,
}
const fn target(text: &'static str) -> Target {
    let (mut columns, mut bytes) = (1, text.as_bytes());
    while let Some((byte, rest)) = bytes.split_first() {
        if *byte == b',' {
            columns += 1;
        }
        bytes = rest;
    }
    Target { text, columns }
}
pub const ORGANIZATION: Target = target(
    "organization (id, type_id, name, name_folded, short_name, uscc, member_number, head_name, account_manager_id, state, rev, created_at)",
);
pub const PERSON: Target = target("person (id, document_type, document, document_index, name, created_at)");
pub const ACCOUNT: Target = target(
    "account (id, sub, owner_kind, owner_organization_id, person_id, state, login_name, name, phone, phone_index, phone_proven, phone_proven_at, email_proven, document_type, document, document_index, rev, created_at)",
);
pub const PASSWORD: Target = target("password (account_id, hash, temporary, set_at)");
pub const PROOF: Target =
    target("identity_proof (id, account_id, method, provider, level, proven_at, expires_at)");
pub const MEMBERSHIP: Target = target(
    "membership (id, organization_id, account_id, managed, role, basis, state, valid_from, valid_until, created_at)",
);
pub const GRAM: Target = target("search_gram (scope, gram, account_id)");
pub const PRODUCT: Target = target(
    "product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, audience, admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed, state, created_at)",
);
pub const CONTRACT_TYPE: Target = target("contract_type (id, code, name_zh, name_en)");
pub const CONTRACT_TYPE_PRODUCT: Target = target("contract_type_product (contract_type_id, product_id)");
pub const CONTRACT: Target = target(
    "contract (id, organization_id, contract_type_id, number, valid_from, valid_until, state, created_at)",
);
pub const ADMISSION: Target = target(
    "admission (id, organization_id, product_id, basis, contract_id, state, valid_from, valid_until, created_at)",
);
pub const GRANT: Target =
    target("product_grant (id, membership_id, product_id, state, valid_from, valid_until, created_at)");

/// `bind` gives a row's values in the order of the columns.
pub fn insert<'a, R>(
    tx: &mut Tx<'_>,
    target: Target,
    rows: &'a [R],
    bind: impl Fn(&'a R, &mut Vec<&'a dyn Param>),
) -> Result<()> {
    let whole = statement(target, TOGETHER);
    let mut params = Vec::with_capacity(TOGETHER * target.columns);
    for some in rows.chunks(TOGETHER) {
        params.clear();
        some.iter().for_each(|row| bind(row, &mut params));
        if some.len() == TOGETHER {
            tx.run(&whole, &params)?;
        } else {
            tx.run(&statement(target, some.len()), &params)?;
        }
    }
    Ok(())
}
fn statement(target: Target, rows: usize) -> String {
    let mut text = format!("INSERT INTO {} VALUES ", target.text);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=target.columns {
            let separator = if column == 1 { "" } else { ", " };
            text.push_str(&format!("{separator}${}", row * target.columns + column));
        }
        text.push(')');
    }
    text
}

/// What a fill found of the demonstration: the organization type that all get, and the products that are there.
pub async fn organization_type(db: &Db) -> Result<i64> {
    db.read(|tx| tx.one("SELECT type_id FROM organization ORDER BY id LIMIT 1", &[])).await
}
pub async fn product(db: &Db, code: String) -> Result<Option<i64>> {
    db.read(move |tx| tx.opt("SELECT id FROM product WHERE code = $1", &[&code])).await
}
pub async fn account_manager(db: &Db) -> Result<Option<i64>> {
    db.read(|tx| {
        tx.opt("SELECT account_id FROM staff WHERE role = 'account_manager' ORDER BY account_id", &[])
    })
    .await
}
/// A load of millions in the order of many indexes wants them in memory; the planner wants to know what came.
pub async fn prepare(db: &Db) -> Result<()> {
    if db.engine() == Engine::Sqlite {
        db.write_unaudited("bench", |tx| tx.run("PRAGMA cache_size = -3000000", &[]).map(drop)).await?;
    }
    Ok(())
}
pub async fn finish(db: &Db) -> Result<()> {
    if db.engine() == Engine::Postgres {
        db.write_unaudited("bench", |tx| tx.run("ANALYZE", &[]).map(drop)).await?;
    }
    Ok(())
}
