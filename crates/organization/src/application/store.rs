use super::model::{Application, ApplicationKind, ApplicationState};
use db::{Query, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ApplicationId, OrganizationId, ProductId},
};

row!(Application {
    id,
    kind,
    applicant,
    organization,
    product,
    state,
    reason,
    decided_by,
    decided_at,
    decision_note,
    created_at,
    expires_at,
});
const COLUMNS: &str = "SELECT id, kind, applicant_id, organization_id, product_id, state, reason, decided_by,
    decided_at, decision_note, created_at, expires_at FROM application";

pub(super) fn find(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ApplicationId,
) -> Result<Option<Application>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE organization_id = ?", &organization).bind(" AND id = ?", &id);
    tx.opt(query.sql(), query.params())
}
/// The newest application of the account for the product, open or decided.
pub(super) fn find_latest(
    tx: &mut Tx<'_>,
    applicant: AccountId,
    organization: OrganizationId,
    product: ProductId,
) -> Result<Option<Application>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE kind = 'product_access' AND applicant_id = ?", &applicant)
        .bind(" AND organization_id = ?", &organization)
        .bind(" AND product_id = ? ORDER BY id DESC LIMIT 1", &product);
    tx.opt(query.sql(), query.params())
}
/// Newest first. Open ones alone, or all; of one applicant, or of everybody.
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    applicant: Option<AccountId>,
    open_at: Option<Timestamp>,
    before: Option<ApplicationId>,
    limit: i64,
) -> Result<Vec<Application>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE organization_id = ? AND kind = 'product_access'", &organization)
        .opt(" AND applicant_id = ?", &applicant)
        .opt(" AND state = 'submitted' AND expires_at > ?", &open_at)
        .opt(" AND id < ?", &before)
        .bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn count_open(tx: &mut Tx<'_>, organization: OrganizationId, now: Timestamp) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM application WHERE organization_id = $1 AND state = 'submitted' AND expires_at > $2"
        ),
        &[&organization, &now],
    )
}
/// Expiry is evaluated when read; it is written down when its place in the unique key is needed.
pub(super) fn expire(
    tx: &mut Tx<'_>,
    applicant: AccountId,
    organization: OrganizationId,
    product: ProductId,
    now: Timestamp,
) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE application SET state = 'expired' WHERE kind = 'product_access' AND applicant_id = $1
            AND organization_id = $2 AND product_id = $3 AND state = 'submitted' AND expires_at <= $4"
        ),
        &[&applicant, &organization, &product, &now],
    )
    .map(drop)
}
/// False if one is open already, or the id exists.
pub(super) fn insert(tx: &mut Tx<'_>, new: &Application) -> Result<bool> {
    let kind: ApplicationKind = new.kind;
    let inserted = tx.run(
        sql!(
            "INSERT INTO application (id, kind, applicant_id, organization_id, product_id, state, reason, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, 'submitted', $6, $7, $8) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &kind,
            &new.applicant,
            &new.organization,
            &new.product,
            &new.reason,
            &new.created_at,
            &new.expires_at,
        ],
    )?;
    Ok(inserted == 1)
}
/// False if it was decided, withdrawn or expired before: each step is decided once.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    to: ApplicationState,
    by: Option<AccountId>,
    note: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE application SET state = $2, decided_by = $3, decision_note = $4, decided_at = $5
            WHERE id = $1 AND state = 'submitted' AND expires_at > $5"
        ),
        &[&id, &to, &by, &note, &now],
    )?;
    Ok(changed == 1)
}
/// The applicant leaves: nobody needs to decide any more.
pub(super) fn withdraw_all(
    tx: &mut Tx<'_>,
    applicant: AccountId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<ApplicationId>> {
    tx.all(
        sql!(
            "UPDATE application SET state = 'withdrawn', decided_at = $3
            WHERE applicant_id = $1 AND organization_id = $2 AND state = 'submitted' RETURNING id"
        ),
        &[&applicant, &organization, &now],
    )
}
