use super::model::{Material, MaterialId};
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId},
};
use organization::application::ApplicationState;
use organization::organization_type::Words;

struct Row {
    id: MaterialId,
    organization: OrganizationId,
    rule_key: String,
    rule_zh: String,
    rule_en: String,
    application: ApplicationId,
    valid_until: Option<Timestamp>,
    state: ApplicationState,
    note: Option<String>,
    submitted_by: AccountId,
    submitted_at: Timestamp,
    decided_at: Option<Timestamp>,
    expires_at: Timestamp,
}
db::row!(Row {
    id,
    organization,
    rule_key,
    rule_zh,
    rule_en,
    application,
    valid_until,
    state,
    note,
    submitted_by,
    submitted_at,
    decided_at,
    expires_at,
});
impl From<Row> for Material {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            organization: row.organization,
            rule_key: row.rule_key,
            rule_name: Words { zh: row.rule_zh, en: row.rule_en },
            application: row.application,
            valid_until: row.valid_until,
            state: row.state,
            note: row.note,
            submitted_by: row.submitted_by,
            submitted_at: row.submitted_at,
            decided_at: row.decided_at,
            expires_at: row.expires_at,
        }
    }
}
const COLUMNS: &str =
    "SELECT m.id, m.organization_id, m.rule_key, m.rule_name_zh, m.rule_name_en, m.application_id,
    m.valid_until, a.state, a.decision_note, a.applicant_id, a.created_at, a.decided_at, a.expires_at
    FROM material m JOIN application a ON a.id = m.application_id";

/// Everything of one organization, newest first.
pub(super) fn list(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<Vec<Material>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE m.organization_id = ?", &organization)
        .add(" ORDER BY m.id DESC LIMIT 500");
    Ok(tx.all::<Row>(query.sql(), query.params())?.into_iter().map(Material::from).collect())
}
pub(super) fn find(tx: &mut Tx<'_>, id: MaterialId) -> Result<Option<Material>> {
    let query = Query::new(COLUMNS).bind(" WHERE m.id = ?", &id);
    Ok(tx.opt::<Row>(query.sql(), query.params())?.map(Material::from))
}
pub(super) struct NewRow<'a> {
    pub id: MaterialId,
    pub organization: OrganizationId,
    pub rule_key: &'a str,
    pub rule_name: &'a Words,
    pub application: ApplicationId,
    pub valid_until: Option<Timestamp>,
}
/// False if the id exists: the form was sent twice.
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewRow<'_>) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO material (id, organization_id, rule_key, rule_name_zh, rule_name_en, application_id, valid_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &new.id,
            &new.organization,
            &new.rule_key,
            &new.rule_name.zh,
            &new.rule_name.en,
            &new.application,
            &new.valid_until,
        ],
    )?;
    Ok(inserted == 1)
}
pub(super) fn set_valid_until(tx: &mut Tx<'_>, id: MaterialId, until: Option<Timestamp>) -> Result<u64> {
    tx.run(sql!("UPDATE material SET valid_until = $2 WHERE id = $1"), &[&id, &until])
}

/// What the desk reviews, oldest first: of one manager's portfolio, or of all.
pub(super) fn list_waiting(
    tx: &mut Tx<'_>,
    manager: Option<AccountId>,
    after: Option<MaterialId>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Material, String)>> {
    const WAITING: &str = "SELECT m.id, m.organization_id, m.rule_key, m.rule_name_zh, m.rule_name_en, m.application_id,
        m.valid_until, a.state, a.decision_note, a.applicant_id, a.created_at, a.decided_at, a.expires_at, o.name
        FROM application a JOIN material m ON m.application_id = a.id JOIN organization o ON o.id = a.organization_id
        WHERE a.kind = 'material' AND a.state IN ('submitted', 'first_approved') AND o.state <> 'closed'";
    let query = Query::new(WAITING)
        .bind(" AND a.expires_at > ?", &now)
        .opt(" AND o.account_manager_id = ?", &manager)
        .opt(" AND m.id > ?", &after)
        .bind(" ORDER BY m.id LIMIT ?", &limit);
    let rows: Vec<Waiting> = tx.all(query.sql(), query.params())?;
    Ok(rows.into_iter().map(Waiting::into_pair).collect())
}
struct Waiting {
    id: MaterialId,
    organization: OrganizationId,
    rule_key: String,
    rule_zh: String,
    rule_en: String,
    application: ApplicationId,
    valid_until: Option<Timestamp>,
    state: ApplicationState,
    note: Option<String>,
    submitted_by: AccountId,
    submitted_at: Timestamp,
    decided_at: Option<Timestamp>,
    expires_at: Timestamp,
    organization_name: String,
}
db::row!(Waiting {
    id,
    organization,
    rule_key,
    rule_zh,
    rule_en,
    application,
    valid_until,
    state,
    note,
    submitted_by,
    submitted_at,
    decided_at,
    expires_at,
    organization_name,
});
impl Waiting {
    fn into_pair(self) -> (Material, String) {
        let material = Material {
            id: self.id,
            organization: self.organization,
            rule_key: self.rule_key,
            rule_name: Words { zh: self.rule_zh, en: self.rule_en },
            application: self.application,
            valid_until: self.valid_until,
            state: self.state,
            note: self.note,
            submitted_by: self.submitted_by,
            submitted_at: self.submitted_at,
            decided_at: self.decided_at,
            expires_at: self.expires_at,
        };
        (material, self.organization_name)
    }
}

/// Approved ones that end before `until` and of which nobody was told yet.
pub(super) fn list_ending(tx: &mut Tx<'_>, until: Timestamp, limit: i64) -> Result<Vec<Material>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE m.valid_until <= ?", &until)
        .add(" AND m.warned_at IS NULL AND a.state = 'approved'")
        .bind(" ORDER BY m.valid_until LIMIT ?", &limit);
    Ok(tx.all::<Row>(query.sql(), query.params())?.into_iter().map(Material::from).collect())
}
/// False if another worker was faster.
pub(super) fn set_warned(tx: &mut Tx<'_>, id: MaterialId, now: Timestamp) -> Result<bool> {
    let changed =
        tx.run(sql!("UPDATE material SET warned_at = $2 WHERE id = $1 AND warned_at IS NULL"), &[&id, &now])?;
    Ok(changed == 1)
}
