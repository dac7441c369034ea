use super::model::{
    Application, ApplicationKind, ApplicationState, NewApplication, OPEN_DAYS, Step, StepRecord,
};
use db::{Query, Statement, Tx, row, sql};
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
    subject,
    state,
    reason,
    two_steps,
    first_by,
    decided_by,
    decided_at,
    decision_note,
    rev,
    created_at,
    expires_at,
});
const COLUMNS: &str =
    "SELECT a.id, a.kind, a.applicant_id, a.organization_id, a.product_id, a.subject_id, a.state, a.reason,
    a.two_steps, a.first_by, a.decided_by, a.decided_at, a.decision_note, a.rev, a.created_at, a.expires_at
    FROM application a";

/// Wherever it belongs; the caller says who may see it.
pub(super) fn find(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<Application>> {
    let query = Query::new(COLUMNS).bind(" WHERE a.id = ?", &id);
    tx.opt(query.sql(), query.params())
}
pub(super) fn find_of(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    id: ApplicationId,
) -> Result<Option<Application>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE a.organization_id = ?", &organization).bind(" AND a.id = ?", &id);
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
        .bind(" WHERE a.kind = 'product_access' AND a.applicant_id = ?", &applicant)
        .bind(" AND a.organization_id = ?", &organization)
        .bind(" AND a.product_id = ? ORDER BY a.id DESC LIMIT 1", &product);
    tx.opt(query.sql(), query.params())
}
/// The open one that holds the place of a new one.
pub(super) fn find_open(tx: &mut Tx<'_>, new: &NewApplication) -> Result<Option<Application>> {
    let (product, subject) = (new.product.map_or(0, |id| id.as_i64()), new.subject.unwrap_or(0));
    let organization =
        if new.kind.waits() { None } else { Some(new.organization.map_or(0, |id| id.as_i64())) };
    let query = Query::new(COLUMNS)
        .bind(" WHERE a.kind = ?", &new.kind)
        .bind(" AND a.applicant_id = ?", &new.applicant)
        .bind(" AND COALESCE(a.product_id, 0) = ?", &product)
        .bind(" AND COALESCE(a.subject_id, 0) = ?", &subject)
        .opt(" AND COALESCE(a.organization_id, 0) = ?", &organization)
        .list(" AND a.state IN (?)", &ApplicationState::OPEN);
    tx.opt(query.sql(), query.params())
}

/// The open one of the organization for the product, whoever handed it in.
pub(super) fn find_open_for(
    tx: &mut Tx<'_>,
    kind: ApplicationKind,
    organization: OrganizationId,
    product: ProductId,
) -> Result<Option<Application>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE a.kind = ?", &kind)
        .bind(" AND a.organization_id = ?", &organization)
        .bind(" AND a.product_id = ?", &product)
        .list(" AND a.state IN (?) ORDER BY a.id LIMIT 1", &ApplicationState::OPEN);
    tx.opt(query.sql(), query.params())
}

/// Which applications a list shows; newest first.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    pub kinds: Vec<ApplicationKind>,
    pub applicant: Option<AccountId>,
    /// Those alone that wait for a decision at this instant.
    pub waiting_at: Option<Timestamp>,
    pub before: Option<ApplicationId>,
}
pub(super) fn list(
    tx: &mut Tx<'_>,
    organization: Option<OrganizationId>,
    filter: &ListFilter,
    limit: i64,
) -> Result<Vec<Application>> {
    let kinds: &[ApplicationKind] =
        if filter.kinds.is_empty() { ApplicationKind::ALL } else { &filter.kinds };
    let query = Query::new(COLUMNS)
        .list(" WHERE a.kind IN (?)", kinds)
        .opt(" AND a.organization_id = ?", &organization)
        .opt(" AND a.applicant_id = ?", &filter.applicant)
        .opt(" AND a.state IN ('submitted', 'first_approved') AND a.expires_at > ?", &filter.waiting_at)
        .opt(" AND a.id < ?", &filter.before)
        .bind(" ORDER BY a.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// What staff decide, oldest first: their kinds, and agents of organizations where nobody can. Of one portfolio, with what
/// waits for an organization that is not here yet; or everything. A product manager decides admissions to the own products.
pub(super) fn list_desk(
    tx: &mut Tx<'_>,
    (manager, of_products): (Option<AccountId>, Option<AccountId>),
    kinds: &[ApplicationKind],
    waiting_at: Option<Timestamp>,
    (after, now): (Option<ApplicationId>, Timestamp),
    limit: i64,
) -> Result<Vec<Application>> {
    let query = Query::new(COLUMNS)
        .list(" LEFT JOIN organization o ON o.id = a.organization_id WHERE a.kind IN (?)", kinds)
        .opt(
            " AND (o.account_manager_id = ? OR a.organization_id IS NULL AND a.kind = 'head')
            AND (a.kind <> 'admission' OR NOT EXISTS (SELECT 1 FROM product p
                WHERE p.id = a.product_id AND p.admission_editor = 'product_manager'))",
            &manager,
        )
        .opt(
            " AND a.kind = 'admission' AND EXISTS (SELECT 1 FROM product p WHERE p.id = a.product_id
                AND p.admission_editor = 'product_manager' AND (p.manager_id = ? OR p.manager_id IS NULL))",
            &of_products,
        )
        .bind(
            " AND (a.kind <> 'agent_authorization' OR a.organization_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM membership m JOIN account p ON p.id = m.account_id
                WHERE m.organization_id = a.organization_id AND m.state <> 'ended' AND m.state = 'active'
                AND m.role <> 'agent' AND m.role IN ('administrator', 'legal_representative') AND p.state IN ('active', 'unactivated')
                AND m.valid_until > ?))",
            &now,
        )
        .opt(" AND a.state IN ('submitted', 'first_approved') AND a.expires_at > ?", &waiting_at)
        .opt(" AND a.id > ?", &after)
        .bind(" ORDER BY a.id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn count_waiting(tx: &mut Tx<'_>, organization: OrganizationId, now: Timestamp) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM application WHERE organization_id = $1 AND state IN ('submitted', 'first_approved')
                AND kind IN ('product_access', 'agent_authorization') AND expires_at > $2"
        ),
        &[&organization, &now],
    )
}
/// False if one is open already, or the id exists.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    new: &NewApplication,
    data: Option<&[u8]>,
    two_steps: bool,
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO application (id, kind, applicant_id, organization_id, product_id, subject_id, state, reason,
                data, two_steps, seen_rev, told, rev, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, 'submitted', $7, $8, $9, 0, FALSE, 1, $10, $11) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.kind,
            &new.applicant,
            &new.organization,
            &new.product,
            &new.subject,
            &new.reason,
            &data,
            &two_steps,
            &now,
            &now.plus_days(OPEN_DAYS),
        ],
    )?;
    Ok(inserted == 1)
}
/// The next revision; false if somebody was faster.
pub(super) fn update_state(
    tx: &mut Tx<'_>,
    application: &Application,
    to: ApplicationState,
    (by, note): (Option<AccountId>, Option<&str>),
    now: Timestamp,
) -> Result<bool> {
    let first = if to == ApplicationState::FirstApproved { by } else { None };
    let kept = if to.is_open() { None } else { application.first_by };
    let first = first.or(kept);
    let decided_by = if to.is_open() { None } else { by };
    let decided_at = if to.is_open() { None } else { Some(now) };
    let expires_at = if to.is_open() && to != ApplicationState::FirstApproved {
        now.plus_days(OPEN_DAYS)
    } else {
        application.expires_at
    };
    let changed = tx.run(
        sql!(
            "UPDATE application SET state = $3, rev = rev + 1, first_by = $4, decided_by = $5, decided_at = $6,
                decision_note = $7, expires_at = $8, told = FALSE WHERE id = $1 AND rev = $2"
        ),
        &[
            &application.id,
            &application.rev,
            &to,
            &first,
            &decided_by,
            &decided_at,
            &note,
            &expires_at,
        ],
    )?;
    Ok(changed == 1)
}
pub(super) fn insert_step(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    number: i64,
    step: Step,
    (by, note): (Option<AccountId>, Option<&str>),
    now: Timestamp,
) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO application_step (application_id, number, step, by_id, note, at) VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &[&id, &number, &step, &by, &note, &now],
    )
    .map(drop)
}
row!(StepRecord { number, step, by, note, at });
pub(super) fn list_steps(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Vec<StepRecord>> {
    tx.all(
        sql!(
            "SELECT number, step, by_id, note, at FROM application_step WHERE application_id = $1 ORDER BY number LIMIT 200"
        ),
        &[&id],
    )
}
pub(super) fn find_data(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<Vec<u8>>> {
    let row: Option<Option<Vec<u8>>> = tx.opt(sql!("SELECT data FROM application WHERE id = $1"), &[&id])?;
    Ok(row.flatten())
}
pub(super) fn set_data(tx: &mut Tx<'_>, id: ApplicationId, data: &[u8]) -> Result<()> {
    tx.run(sql!("UPDATE application SET data = $2 WHERE id = $1"), &[&id, &data]).map(drop)
}
pub(super) fn set_reason(tx: &mut Tx<'_>, id: ApplicationId, reason: Option<&str>) -> Result<()> {
    tx.run(sql!("UPDATE application SET reason = $2 WHERE id = $1"), &[&id, &reason]).map(drop)
}
/// What the organization that is waited for is known by.
pub(super) fn set_code(tx: &mut Tx<'_>, id: ApplicationId, code: &str) -> Result<()> {
    tx.run(sql!("UPDATE application SET code = $2 WHERE id = $1"), &[&id, &code]).map(drop)
}
pub(super) fn set_organization(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    organization: OrganizationId,
) -> Result<()> {
    tx.run(
        sql!("UPDATE application SET organization_id = $2 WHERE id = $1 AND organization_id IS NULL"),
        &[&id, &organization],
    )
    .map(drop)
}
/// Open ones whose time is over.
pub(super) fn list_due(tx: &mut Tx<'_>, now: Timestamp, limit: i64) -> Result<Vec<Application>> {
    // The states as the index names them.
    let query = Query::new(COLUMNS)
        .bind(
            " WHERE a.state IN ('submitted', 'first_approved', 'returned') AND a.expires_at <= ? ORDER BY a.expires_at",
            &now,
        )
        .bind(" LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// What the applicant asked for as a member.
pub(super) fn list_open_access(
    tx: &mut Tx<'_>,
    applicant: AccountId,
    organization: OrganizationId,
) -> Result<Vec<Application>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE a.kind = 'product_access' AND a.applicant_id = ?", &applicant)
        .bind(" AND a.organization_id = ?", &organization)
        .list(" AND a.state IN (?) ORDER BY a.id", &ApplicationState::OPEN);
    tx.all(query.sql(), query.params())
}
/// Of these kinds, open and decided.
pub(super) fn list_of_applicant(
    tx: &mut Tx<'_>,
    applicant: AccountId,
    kinds: &[ApplicationKind],
) -> Result<Vec<Application>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE a.applicant_id = ?", &applicant)
        .list(" AND a.kind IN (?) ORDER BY a.id", kinds);
    tx.all(query.sql(), query.params())
}
/// What the applicant wrote, and what was answered; the code that was typed too.
pub(super) fn erase(tx: &mut Tx<'_>, id: ApplicationId) -> Result<()> {
    tx.run(
        sql!(
            "UPDATE application SET reason = NULL, data = NULL, code = NULL, decision_note = NULL WHERE id = $1"
        ),
        &[&id],
    )?;
    tx.run(sql!("UPDATE application_step SET note = NULL WHERE application_id = $1"), &[&id]).map(drop)
}
pub(super) fn count_open_of(tx: &mut Tx<'_>, applicant: AccountId, kind: ApplicationKind) -> Result<i64> {
    tx.one(
        sql!(
            "SELECT COUNT(*) FROM application WHERE applicant_id = $1 AND kind = $2
                AND state IN ('submitted', 'first_approved', 'returned')"
        ),
        &[&applicant, &kind],
    )
}

/// Pairs of a waiting application and an organization of its code that it was not held against yet.
pub(super) fn list_candidates(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    limit: i64,
) -> Result<Vec<(ApplicationId, OrganizationId)>> {
    let after = after.unwrap_or(ApplicationId::from_i64(0));
    tx.all(
        sql!(
            "SELECT a.id, o.id FROM application a JOIN organization o ON o.state <> 'closed' AND o.rev + 1 <> a.seen_rev
                AND o.id IN (SELECT u.id FROM organization u WHERE u.state <> 'closed' AND u.uscc = a.code
                    UNION ALL SELECT n.id FROM organization n WHERE n.state <> 'closed' AND n.member_number = a.code
                    UNION ALL SELECT r.id FROM organization r WHERE r.state <> 'closed' AND r.registration_number = a.code)
            WHERE a.organization_id IS NULL AND a.code IS NOT NULL AND a.id > $1
                AND a.state IN ('submitted', 'first_approved', 'returned') ORDER BY a.id LIMIT $2"
        ),
        &[&after, &limit],
    )
}
/// The revision at which the organization did not fit, plus one: zero is no revision.
pub(super) fn set_seen(
    statement: Statement<'_, '_>,
    id: ApplicationId,
    organization: OrganizationId,
) -> Result<()> {
    statement
        .run(
            sql!(
                "UPDATE application SET seen_rev = (SELECT o.rev + 1 FROM organization o WHERE o.id = $2) WHERE id = $1"
            ),
            &[&id, &organization],
        )
        .map(drop)
}
/// False if another node attached it, or it was decided.
pub(super) fn attach(
    tx: &mut Tx<'_>,
    id: ApplicationId,
    organization: OrganizationId,
    two_steps: bool,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE application SET organization_id = $2, two_steps = $3, told = FALSE
            WHERE id = $1 AND organization_id IS NULL AND state IN ('submitted', 'first_approved', 'returned')"
        ),
        &[&id, &organization, &two_steps],
    )?;
    Ok(changed == 1)
}
/// Attached ones of which nobody was told, and claims that found no organization when they were held against all.
pub(super) fn list_untold(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Application>> {
    let query = Query::new(COLUMNS)
        .add(
            " WHERE a.state = 'submitted' AND a.told = FALSE AND a.kind IN ('agent_authorization', 'head')
                AND (a.organization_id IS NOT NULL OR a.kind = 'head')",
        )
        .bind(" ORDER BY a.id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// False if another node told it meanwhile.
pub(super) fn set_told(tx: &mut Tx<'_>, id: ApplicationId) -> Result<bool> {
    Ok(tx.run(sql!("UPDATE application SET told = TRUE WHERE id = $1 AND told = FALSE"), &[&id])? == 1)
}
