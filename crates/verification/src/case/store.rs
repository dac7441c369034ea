use super::model::{Case, CaseId, CaseState, DocumentCard, DocumentId};
use crate::{Method, method::model::Lane};
use db::{Query, Statement, Tx, sql};
use identity::realname::DocumentType;
use kernel::{Result, Timestamp, id::AccountId};

db::row!(Case {
    id,
    account,
    lane,
    method,
    state,
    provider,
    document_type,
    document_masked,
    result,
    response_hash,
    attempts,
    reason,
    first_by,
    first_at,
    decided_by,
    created_at,
    submitted_at,
    decided_at,
    expires_at,
});
const COLUMNS: &str = "SELECT id, account_id, lane, method, state, provider, document_type, document_masked, result,
    response_hash, attempts, reason, first_by, first_at, decided_by, created_at, submitted_at, decided_at, expires_at
    FROM verification";

pub(crate) struct NewRow<'a> {
    pub id: CaseId,
    pub account: AccountId,
    pub method: Method,
    pub state: CaseState,
    pub provider: &'a str,
    pub document_type: DocumentType,
    pub document_masked: &'a str,
    pub subject: &'a [u8],
    pub now: Timestamp,
    pub expires_at: Timestamp,
}
/// False if the id exists or a case of the lane is open.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewRow<'_>) -> Result<bool> {
    let lane: Lane = new.method.lane();
    let inserted = tx.run(
        sql!(
            "INSERT INTO verification (id, account_id, lane, method, state, provider, document_type, document_masked,
                subject, attempts, lease_until, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.account,
            &lane,
            &new.method,
            &new.state,
            &new.provider,
            &new.document_type,
            &new.document_masked,
            &new.subject,
            &new.now,
            &new.expires_at,
        ],
    )?;
    Ok(inserted == 1)
}
pub(crate) fn find(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Case>> {
    let query = Query::new(COLUMNS).bind(" WHERE id = ?", &id);
    tx.opt(query.sql(), query.params())
}
/// As [`find`], with the row locked until the transaction ends.
pub(crate) fn lock(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Case>> {
    tx.run(sql!("UPDATE verification SET attempts = attempts WHERE id = $1"), &[&id])?;
    find(tx, id)
}
pub(crate) fn find_open(tx: &mut Tx<'_>, account: AccountId, lane: Lane) -> Result<Option<Case>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE account_id = ?", &account)
        .bind(" AND lane = ? AND decided_at IS NULL", &lane);
    tx.opt(query.sql(), query.params())
}
/// Newest first.
pub(crate) fn list_of(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Case>> {
    let query =
        Query::new(COLUMNS).bind(" WHERE account_id = ?", &account).bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// Of the counter, oldest first.
pub(crate) fn list_counter(
    tx: &mut Tx<'_>,
    states: &[CaseState],
    after: Option<CaseId>,
    limit: i64,
) -> Result<Vec<Case>> {
    let query = Query::new(COLUMNS)
        .list(" WHERE lane = 'counter' AND state IN (?)", states)
        .opt(" AND id > ?", &after)
        .bind(" ORDER BY id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(crate) fn find_subject(tx: &mut Tx<'_>, id: CaseId) -> Result<Option<Vec<u8>>> {
    let row: Option<Option<Vec<u8>>> =
        tx.opt(sql!("SELECT subject FROM verification WHERE id = $1"), &[&id])?;
    Ok(row.flatten())
}
pub(crate) fn update_subject(
    tx: &mut Tx<'_>,
    id: CaseId,
    document_type: DocumentType,
    document_masked: &str,
    subject: &[u8],
) -> Result<u64> {
    tx.run(
        sql!("UPDATE verification SET document_type = $2, document_masked = $3, subject = $4 WHERE id = $1"),
        &[&id, &document_type, &document_masked, &subject],
    )
}

/// Whether a claim could find something.
pub(crate) fn is_due(statement: Statement<'_, '_>, now: Timestamp) -> Result<bool> {
    let due: Option<CaseId> = statement.opt(
        sql!("SELECT id FROM verification WHERE state = 'queued' AND lease_until < $1 ORDER BY id LIMIT 1"),
        &[&now],
    )?;
    Ok(due.is_some())
}
/// The oldest queued case that nobody works on. A lost race claims nothing.
pub(crate) fn claim(
    statement: Statement<'_, '_>,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<CaseId>> {
    statement.opt(
        sql!(
            "UPDATE verification SET lease_until = $1, attempts = attempts + 1
             WHERE state = 'queued' AND lease_until < $2 AND id = (
                SELECT v.id FROM verification v WHERE v.state = 'queued' AND v.lease_until < $2 ORDER BY v.id LIMIT 1)
             RETURNING id"
        ),
        &[&lease_until, &now],
    )
}

/// From one state to another, decided or not; false if somebody was faster.
pub(crate) fn update_state(
    tx: &mut Tx<'_>,
    id: CaseId,
    from: CaseState,
    to: CaseState,
    change: &Change<'_>,
    now: Timestamp,
) -> Result<bool> {
    let decided: Option<Timestamp> = (!to.is_open()).then_some(now);
    let changed = tx.run(
        sql!(
            "UPDATE verification SET state = $3, provider = COALESCE($4, provider), result = COALESCE($5, result),
                response_hash = COALESCE($6, response_hash), reason = $7, decided_by = $8, decided_at = $9,
                subject = CASE WHEN $10 THEN NULL ELSE subject END
             WHERE id = $1 AND state = $2"
        ),
        &[
            &id,
            &from,
            &to,
            &change.provider,
            &change.result,
            &change.response_hash,
            &change.reason,
            &change.by,
            &decided,
            &decided.is_some(),
        ],
    )?;
    Ok(changed == 1)
}
#[derive(Default)]
pub(crate) struct Change<'a> {
    pub provider: Option<&'a str>,
    pub result: Option<&'a str>,
    pub response_hash: Option<&'a [u8]>,
    pub reason: Option<&'a str>,
    pub by: Option<AccountId>,
}
/// Handed in: the reviewers begin anew.
pub(crate) fn update_submitted(tx: &mut Tx<'_>, id: CaseId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE verification SET state = 'submitted', submitted_at = $2, first_by = NULL, first_at = NULL
             WHERE id = $1 AND state IN ('draft', 'returned') AND expires_at > $2"
        ),
        &[&id, &now],
    )?;
    Ok(changed == 1)
}
pub(crate) fn update_first(tx: &mut Tx<'_>, id: CaseId, by: AccountId, now: Timestamp) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE verification SET state = 'first_approved', first_by = $2, first_at = $3
             WHERE id = $1 AND state = 'submitted'"
        ),
        &[&id, &by, &now],
    )?;
    Ok(changed == 1)
}
/// Back to the holder, who has this long to complete it.
pub(crate) fn update_returned(
    tx: &mut Tx<'_>,
    id: CaseId,
    reason: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE verification SET state = 'returned', reason = $2, first_by = NULL, first_at = NULL, expires_at = $3
             WHERE id = $1 AND state IN ('submitted', 'first_approved')"
        ),
        &[&id, &reason, &expires_at],
    )?;
    Ok(changed == 1)
}
/// Drafts and returned cases that were not completed in time.
pub(crate) fn expire(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE verification SET state = 'expired', decided_at = $1, subject = NULL
             WHERE state IN ('draft', 'returned') AND expires_at <= $1"
        ),
        &[&now],
    )
}

pub(crate) struct NewDocument<'a> {
    pub id: DocumentId,
    pub case: CaseId,
    pub kind: &'a str,
    pub size: i64,
    pub sha256: &'a [u8],
    pub content: &'a [u8],
    pub now: Timestamp,
}
/// False if the form came twice.
pub(crate) fn insert_document(tx: &mut Tx<'_>, new: &NewDocument<'_>) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO verification_document (id, verification_id, kind, size, sha256, content, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING"
        ),
        &[&new.id, &new.case, &new.kind, &new.size, &new.sha256, &new.content, &new.now],
    )?;
    Ok(inserted == 1)
}
db::row!(DocumentCard { id, kind, size, created_at, erased_at });
pub(crate) fn list_documents(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<DocumentCard>> {
    tx.all(
        sql!(
            "SELECT id, kind, size, created_at, erased_at FROM verification_document
             WHERE verification_id = $1 ORDER BY id"
        ),
        &[&case],
    )
}
pub(crate) fn delete_document(tx: &mut Tx<'_>, case: CaseId, id: DocumentId) -> Result<u64> {
    tx.run(sql!("DELETE FROM verification_document WHERE id = $1 AND verification_id = $2"), &[&id, &case])
}
/// Media type and sealed content, unless it was erased.
pub(crate) fn find_content(
    tx: &mut Tx<'_>,
    case: CaseId,
    id: DocumentId,
) -> Result<Option<(String, Vec<u8>)>> {
    let row: Option<(String, Option<Vec<u8>>)> = tx.opt(
        sql!("SELECT kind, content FROM verification_document WHERE id = $1 AND verification_id = $2"),
        &[&id, &case],
    )?;
    Ok(row.and_then(|(kind, content)| content.map(|content| (kind, content))))
}
pub(crate) fn erase_documents(tx: &mut Tx<'_>, case: CaseId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE verification_document SET content = NULL, erased_at = $2
             WHERE verification_id = $1 AND erased_at IS NULL"
        ),
        &[&case, &now],
    )
}
/// Of cases that were decided before `before`; of those that came to nothing, at once.
pub(crate) fn erase_old(tx: &mut Tx<'_>, before: Timestamp, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE verification_document SET content = NULL, erased_at = $2
             WHERE erased_at IS NULL AND EXISTS (
                SELECT 1 FROM verification v WHERE v.id = verification_document.verification_id
                    AND v.decided_at IS NOT NULL AND (v.decided_at < $1 OR v.state IN ('withdrawn', 'expired')))"
        ),
        &[&before, &now],
    )
}
