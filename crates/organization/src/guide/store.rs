use super::model::{About, Guide, Language};
use crate::organization_type::Words;
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::ProductId};

struct GuideRow {
    draft_zh: String,
    draft_en: String,
    text_zh: String,
    text_en: String,
    knowledge_url: Option<String>,
    contact_zh: Option<String>,
    contact_en: Option<String>,
    rev: i64,
    changed_at: Timestamp,
    published_at: Option<Timestamp>,
}
row!(GuideRow {
    draft_zh,
    draft_en,
    text_zh,
    text_en,
    knowledge_url,
    contact_zh,
    contact_en,
    rev,
    changed_at,
    published_at,
});

pub(super) fn find(tx: &mut Tx<'_>, product: ProductId) -> Result<Option<Guide>> {
    let found = tx.opt::<GuideRow>(
        sql!(
            "SELECT draft_zh, draft_en, text_zh, text_en, knowledge_url, contact_zh, contact_en, rev, changed_at,
                published_at FROM product_guide WHERE product_id = $1"
        ),
        &[&product],
    )?;
    Ok(found.map(|row| Guide {
        draft: Words { zh: row.draft_zh, en: row.draft_en },
        text: Words { zh: row.text_zh, en: row.text_en },
        about: About {
            knowledge_url: row.knowledge_url,
            contact_zh: row.contact_zh,
            contact_en: row.contact_en,
        },
        rev: row.rev,
        changed_at: Some(row.changed_at),
        published_at: row.published_at,
    }))
}
/// The row that the changes below lock, made empty where there is none.
pub(super) fn ensure(tx: &mut Tx<'_>, product: ProductId, now: Timestamp) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO product_guide (product_id, draft_zh, draft_en, text_zh, text_en, rev, changed_at)
            VALUES ($1, '', '', '', '', 0, $2) ON CONFLICT DO NOTHING"
        ),
        &[&product, &now],
    )
    .map(drop)
}
/// False if it was changed since `rev`.
pub(super) fn set_draft(
    tx: &mut Tx<'_>,
    product: ProductId,
    rev: i64,
    (language, text): (Language, &str),
    now: Timestamp,
) -> Result<bool> {
    let statement = match language {
        Language::Zh => sql!(
            "UPDATE product_guide SET draft_zh = $3, rev = rev + 1, changed_at = $4 WHERE product_id = $1 AND rev = $2"
        ),
        Language::En => sql!(
            "UPDATE product_guide SET draft_en = $3, rev = rev + 1, changed_at = $4 WHERE product_id = $1 AND rev = $2"
        ),
    };
    Ok(tx.run(statement, &[&product, &rev, &text, &now])? == 1)
}
pub(super) fn publish(tx: &mut Tx<'_>, product: ProductId, rev: i64, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE product_guide SET text_zh = draft_zh, text_en = draft_en, rev = rev + 1, changed_at = $3,
                published_at = $3 WHERE product_id = $1 AND rev = $2"
        ),
        &[&product, &rev, &now],
    )?;
    Ok(changed == 1)
}
/// False if it was changed since `rev`.
pub(super) fn set_about(
    tx: &mut Tx<'_>,
    product: ProductId,
    rev: i64,
    about: &About,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE product_guide SET knowledge_url = $3, contact_zh = $4, contact_en = $5, rev = rev + 1,
                changed_at = $6 WHERE product_id = $1 AND rev = $2"
        ),
        &[&product, &rev, &about.knowledge_url, &about.contact_zh, &about.contact_en, &now],
    )?;
    Ok(changed == 1)
}
