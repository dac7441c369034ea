use super::model::{Approval, Template, TemplateId};
use db::{Tx, sql};
use kernel::{Result, Timestamp};
use platform::connector::ConnectorId;

struct Row {
    id: TemplateId,
    connector_id: ConnectorId,
    purpose: String,
    lang: String,
    sign: Option<String>,
    code: String,
    parameters: String,
    approval: Approval,
    rev: i64,
    updated_at: Timestamp,
}
db::row!(Row { id, connector_id, purpose, lang, sign, code, parameters, approval, rev, updated_at });
impl From<Row> for Template {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            connector: row.connector_id,
            purpose: row.purpose,
            lang: row.lang,
            sign: row.sign,
            code: row.code,
            parameters: row.parameters.split_whitespace().map(str::to_owned).collect(),
            approval: row.approval,
            rev: row.rev,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<Template>> {
    let rows: Vec<Row> = tx.all(
        sql!(
            "SELECT id, connector_id, purpose, lang, sign, code, parameters, approval, rev, updated_at
             FROM message_template ORDER BY connector_id, purpose, lang"
        ),
        &[],
    )?;
    Ok(rows.into_iter().map(Template::from).collect())
}
pub(super) fn find(tx: &mut Tx<'_>, id: TemplateId) -> Result<Option<Template>> {
    let row: Option<Row> = tx.opt(
        sql!(
            "SELECT id, connector_id, purpose, lang, sign, code, parameters, approval, rev, updated_at
             FROM message_template WHERE id = $1"
        ),
        &[&id],
    )?;
    Ok(row.map(Template::from))
}
/// False if the id, or the purpose and language of this gateway, is taken.
pub(super) fn insert(tx: &mut Tx<'_>, template: &Template, now: Timestamp) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO message_template
                (id, connector_id, purpose, lang, sign, code, parameters, approval, rev, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9) ON CONFLICT DO NOTHING"
        ),
        &[
            &template.id,
            &template.connector,
            &template.purpose,
            &template.lang,
            &template.sign,
            &template.code,
            &template.parameters.join(" "),
            &template.approval,
            &now,
        ],
    )?;
    Ok(inserted == 1)
}
/// Purpose and language stay. False if it was changed since.
pub(super) fn update(tx: &mut Tx<'_>, template: &Template, now: Timestamp) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE message_template SET sign = $3, code = $4, parameters = $5, approval = $6, rev = rev + 1,
                updated_at = $7 WHERE id = $1 AND rev = $2"
        ),
        &[
            &template.id,
            &template.rev,
            &template.sign,
            &template.code,
            &template.parameters.join(" "),
            &template.approval,
            &now,
        ],
    )?;
    Ok(updated == 1)
}
pub(super) fn delete(tx: &mut Tx<'_>, id: TemplateId) -> Result<u64> {
    tx.run(sql!("DELETE FROM message_template WHERE id = $1"), &[&id])
}
pub(super) fn delete_of_gone(tx: &mut Tx<'_>) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM message_template
             WHERE NOT EXISTS (SELECT 1 FROM connector c WHERE c.id = message_template.connector_id)"
        ),
        &[],
    )
}
