use super::model::{ImportJobId, Job, JobState};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, OrganizationId, SessionId},
};

const JOBS: &str =
    "SELECT id, organization_id, account_id, staff, state, next, notify, lang, origin, session_id, address, rows_valid,
    rows_faulty, with_phone, created, failed, notified, reason, created_at, ended_at, erased_at FROM import_job";

pub(super) fn find(tx: &mut Tx<'_>, id: ImportJobId) -> Result<Option<Job>> {
    let query = Query::new(JOBS).bind(" WHERE id = ?", &id);
    tx.opt(query.sql(), query.params())
}
/// Newest first; those that were never confirmed are left out once they are gone.
pub(super) fn list(tx: &mut Tx<'_>, organization: OrganizationId, limit: i64) -> Result<Vec<Job>> {
    let query = Query::new(JOBS)
        .bind(" WHERE organization_id = ? AND state NOT IN ('receiving', 'discarded')", &organization)
        .bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// False if the form came twice.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    organization: OrganizationId,
    (account, staff): (AccountId, bool),
    (lang, origin): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO import_job (id, organization_id, account_id, staff, state, step, next, notify, lang, origin, rows_valid,
                rows_faulty, with_phone, created, failed, notified, created_at, lease_until)
             VALUES ($1, $2, $3, $4, 'receiving', 'creating', 0, $5, $6, $7, 0, 0, 0, 0, 0, 0, $8, 0) ON CONFLICT DO NOTHING"
        ),
        &[&id, &organization, &account, &staff, &true, &lang, &origin, &now],
    )?;
    Ok(inserted == 1)
}
/// What the same person sent before and never confirmed makes room.
pub(super) fn discard_others(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    account: AccountId,
    except: ImportJobId,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE import_job SET state = 'discarded' WHERE organization_id = $1 AND account_id = $2 AND id <> $3
                AND state IN ('receiving', 'checked')"
        ),
        &[&organization, &account, &except],
    )
}
pub(super) fn set_checked(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    (valid, faulty, with_phone): (i64, i64, i64),
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE import_job SET state = 'checked', rows_valid = $2, rows_faulty = $3, with_phone = $4
             WHERE id = $1 AND state = 'receiving'"
        ),
        &[&id, &valid, &faulty, &with_phone],
    )?;
    Ok(changed == 1)
}
/// False if the job was not in that state. Whoever starts it answers for it; it goes on with the step that it is at.
pub(super) fn start(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    from: JobState,
    (account, staff): (AccountId, bool),
    (session, address): (Option<SessionId>, Option<String>),
    notify: bool,
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE import_job SET state = step, account_id = $3, staff = $4, session_id = $5, address = $6, notify = $7,
                started_at = $8, reason = NULL, ended_at = NULL, lease_until = 0 WHERE id = $1 AND state = $2"
        ),
        &[&id, &from, &account, &staff, &session, &address, &notify, &now],
    )?;
    Ok(changed == 1)
}
/// False if the job was not in that state.
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    from: JobState,
    to: JobState,
    reason: Option<&str>,
    ended: Option<Timestamp>,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE import_job SET state = $3, reason = $4, ended_at = $5, lease_until = 0
             WHERE id = $1 AND state = $2"
        ),
        &[&id, &from, &to, &reason, &ended],
    )?;
    Ok(changed == 1)
}
/// The step after, from the first slice; false if this one is not done.
pub(super) fn set_step(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    (from, next): (JobState, i64),
    to: JobState,
    ended: Option<Timestamp>,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE import_job SET state = $4, step = $4, next = 0, ended_at = $5, lease_until = 0
             WHERE id = $1 AND state = $2 AND next = $3"
        ),
        &[&id, &from, &next, &to, &ended],
    )?;
    Ok(changed == 1)
}
/// Takes the job's row and keeps its lease; false if it left the state, by a stop for instance, or another worker did the
/// slice.
pub(super) fn hold(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    (state, next): (JobState, i64),
    until: Timestamp,
) -> Result<bool> {
    let held = tx.run(
        sql!("UPDATE import_job SET lease_until = $4 WHERE id = $1 AND state = $2 AND next = $3"),
        &[&id, &state, &next, &until],
    )?;
    Ok(held == 1)
}
/// Of a job that is held: the slice after, and what was made of the ones before.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    id: ImportJobId,
    next: i64,
    (created, failed, notified): (i64, i64, i64),
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE import_job SET next = $2, created = created + $3, failed = failed + $4, notified = notified + $5
             WHERE id = $1"
        ),
        &[&id, &next, &created, &failed, &notified],
    )
}
pub(super) fn is_due(statement: Statement<'_, '_>, notifying: bool, now: Timestamp) -> Result<bool> {
    let found: Option<ImportJobId> = if notifying {
        statement.opt(
            sql!(
                "SELECT id FROM import_job WHERE state = 'notifying'
                    AND state IN ('creating', 'indexing', 'notifying') AND lease_until < $1 LIMIT 1"
            ),
            &[&now],
        )?
    } else {
        statement.opt(
            sql!(
                "SELECT id FROM import_job WHERE state IN ('creating', 'indexing')
                    AND state IN ('creating', 'indexing', 'notifying') AND lease_until < $1 LIMIT 1"
            ),
            &[&now],
        )?
    };
    Ok(found.is_some())
}
/// Another node may be quicker: then None.
pub(super) fn claim(
    statement: Statement<'_, '_>,
    notifying: bool,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<ImportJobId>> {
    if notifying {
        statement.opt(
            sql!(
                "UPDATE import_job SET lease_until = $1 WHERE lease_until < $2 AND id = (SELECT id FROM import_job
                    WHERE state = 'notifying' AND lease_until < $2 ORDER BY lease_until, id LIMIT 1) RETURNING id"
            ),
            &[&until, &now],
        )
    } else {
        statement.opt(
            sql!(
                "UPDATE import_job SET lease_until = $1 WHERE lease_until < $2 AND id = (SELECT id FROM import_job
                    WHERE state IN ('creating', 'indexing') AND lease_until < $2 ORDER BY lease_until, id LIMIT 1)
                 RETURNING id"
            ),
            &[&until, &now],
        )
    }
}

pub(super) fn insert_slice(tx: &mut Tx<'_>, job: ImportJobId, number: i64, data: &[u8]) -> Result<u64> {
    tx.run(
        sql!("INSERT INTO import_slice (job_id, number, data) VALUES ($1, $2, $3)"),
        &[&job, &number, &data],
    )
}
/// In their order, from this one on.
pub(super) fn list_slices(
    tx: &mut Tx<'_>,
    job: ImportJobId,
    from: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>> {
    tx.all(
        sql!("SELECT number, data FROM import_slice WHERE job_id = $1 AND number >= $2 ORDER BY number LIMIT $3"),
        &[&job, &from, &limit],
    )
}
pub(super) fn update_slice(tx: &mut Tx<'_>, job: ImportJobId, number: i64, data: &[u8]) -> Result<u64> {
    tx.run(
        sql!("UPDATE import_slice SET data = $3 WHERE job_id = $1 AND number = $2"),
        &[&job, &number, &data],
    )
}

pub(super) fn insert_fault(tx: &mut Tx<'_>, job: ImportJobId, number: i64, data: &[u8]) -> Result<u64> {
    tx.run(
        sql!("INSERT INTO import_fault (job_id, number, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"),
        &[&job, &number, &data],
    )
}
/// Pages of faults after a number.
pub(super) fn list_faults(
    tx: &mut Tx<'_>,
    job: ImportJobId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>> {
    tx.all(
        sql!(
            "SELECT number, data FROM import_fault WHERE job_id = $1 AND number > $2 ORDER BY number LIMIT $3"
        ),
        &[&job, &after, &limit],
    )
}

/// Login names of these that open accounts have.
pub(super) fn list_taken(tx: &mut Tx<'_>, login_names: &[String]) -> Result<Vec<String>> {
    let query = Query::new("SELECT login_name FROM account WHERE state <> 'closed'")
        .list(" AND login_name IN (?)", login_names);
    tx.all(query.sql(), query.params())
}
pub(super) struct Owned {
    pub login_name: String,
    pub phone: Option<Vec<u8>>,
    pub document: Option<Vec<u8>>,
}
db::row!(Owned { login_name, phone, document });
/// Open accounts that the organization owns, a page after a login name.
pub(super) fn list_owned(
    tx: &mut Tx<'_>,
    organization: OrganizationId,
    after: &str,
    limit: i64,
) -> Result<Vec<Owned>> {
    tx.all(
        sql!(
            "SELECT login_name, phone_index, document_index FROM account
             WHERE owner_organization_id = $1 AND login_name > $2 AND state <> 'closed'
             ORDER BY login_name LIMIT $3"
        ),
        &[&organization, &after, &limit],
    )
}

/// Jobs whose rows are of no use any more: discarded, done, left without a yes, or kept long enough.
pub(super) fn list_erasable(
    tx: &mut Tx<'_>,
    unconfirmed_before: Timestamp,
    kept_before: Timestamp,
) -> Result<Vec<ImportJobId>> {
    tx.all(
        sql!(
            "SELECT id FROM import_job WHERE erased_at IS NULL AND (state = 'discarded'
                OR (state IN ('receiving', 'checked') AND created_at < $1)
                OR (state IN ('done', 'stopped') AND created_at < $2)) ORDER BY created_at LIMIT 20"
        ),
        &[&unconfirmed_before, &kept_before],
    )
}
/// A few at a time; how many went.
pub(super) fn delete_slices(tx: &mut Tx<'_>, job: ImportJobId, limit: i64) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM import_slice WHERE job_id = $1 AND number IN
                (SELECT number FROM import_slice WHERE job_id = $1 ORDER BY number LIMIT $2)"
        ),
        &[&job, &limit],
    )
}
pub(super) fn delete_faults(tx: &mut Tx<'_>, job: ImportJobId, limit: i64) -> Result<u64> {
    tx.run(
        sql!(
            "DELETE FROM import_fault WHERE job_id = $1 AND number IN
                (SELECT number FROM import_fault WHERE job_id = $1 ORDER BY number LIMIT $2)"
        ),
        &[&job, &limit],
    )
}
pub(super) fn set_erased(tx: &mut Tx<'_>, job: ImportJobId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE import_job SET erased_at = $2,
                state = CASE WHEN state IN ('receiving', 'checked') THEN 'discarded' ELSE state END WHERE id = $1"
        ),
        &[&job, &now],
    )
}
/// The account was made, and nobody has opened it or taken it away yet.
pub(super) fn is_waiting(
    tx: &mut Tx<'_>,
    account: AccountId,
    membership: kernel::id::MembershipId,
) -> Result<bool> {
    let found: Option<AccountId> = tx.opt(
        sql!(
            "SELECT a.id FROM account a JOIN membership m ON m.account_id = a.id
             WHERE a.id = $1 AND a.state = 'unactivated' AND m.id = $2 AND m.state = 'active'"
        ),
        &[&account, &membership],
    )?;
    Ok(found.is_some())
}
