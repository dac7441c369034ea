use super::model::{Dispute, DisputeId, DisputeState, Side, Verdict};
use crate::case::CaseId;
use db::{Query, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, PersonId},
};

db::row!(Dispute {
    id,
    case,
    person,
    claimant,
    holder,
    state,
    verdict,
    reason,
    first_by,
    first_at,
    decided_by,
    decided_at,
    created_at,
});
const COLUMNS: &str =
    "SELECT id, verification_id, person_id, claimant_id, holder_id, state, verdict, reason, first_by,
    first_at, decided_by, decided_at, created_at FROM dispute";

pub(super) struct NewRow {
    pub id: DisputeId,
    pub case: CaseId,
    pub person: PersonId,
    pub claimant: AccountId,
    pub holder: AccountId,
    pub now: Timestamp,
}
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewRow) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO dispute (id, verification_id, person_id, claimant_id, holder_id, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'open', $6)"
        ),
        &[&new.id, &new.case, &new.person, &new.claimant, &new.holder, &new.now],
    )
}
pub(super) fn find(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Dispute>> {
    let query = Query::new(COLUMNS).bind(" WHERE id = ?", &id);
    tx.opt(query.sql(), query.params())
}
pub(super) fn find_of_case(tx: &mut Tx<'_>, case: CaseId) -> Result<Option<Dispute>> {
    let query = Query::new(COLUMNS).bind(" WHERE verification_id = ?", &case);
    tx.opt(query.sql(), query.params())
}
/// As [`find`], with the row locked until the transaction ends.
pub(super) fn lock(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Dispute>> {
    tx.run(sql!("UPDATE dispute SET created_at = created_at WHERE id = $1"), &[&id])?;
    find(tx, id)
}
/// Oldest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    states: &[DisputeState],
    after: Option<DisputeId>,
    limit: i64,
) -> Result<Vec<Dispute>> {
    let query = Query::new(COLUMNS)
        .list(" WHERE state IN (?)", states)
        .opt(" AND id > ?", &after)
        .bind(" ORDER BY id LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// Those that an account is a side of, newest first.
pub(super) fn list_of(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<Dispute>> {
    let query = Query::new(COLUMNS)
        .bind(" WHERE (claimant_id = ?", &account)
        .bind(" OR holder_id = ?) ", &account)
        .bind("ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
pub(super) fn update_statement(
    tx: &mut Tx<'_>,
    id: DisputeId,
    side: Side,
    sealed: Option<&[u8]>,
) -> Result<u64> {
    let sql = match side {
        Side::Claimant => sql!("UPDATE dispute SET claimant_statement = $2 WHERE id = $1"),
        Side::Holder => sql!("UPDATE dispute SET holder_statement = $2 WHERE id = $1"),
    };
    tx.run(sql, &[&id, &sealed])
}
/// What the two sides said, sealed.
#[derive(Default)]
pub(super) struct Sealed {
    pub claimant: Option<Vec<u8>>,
    pub holder: Option<Vec<u8>>,
}
db::row!(Sealed { claimant, holder });
pub(super) fn find_statements(tx: &mut Tx<'_>, id: DisputeId) -> Result<Option<Sealed>> {
    tx.opt(sql!("SELECT claimant_statement, holder_statement FROM dispute WHERE id = $1"), &[&id])
}
pub(super) fn update_proposed(
    tx: &mut Tx<'_>,
    id: DisputeId,
    verdict: Verdict,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE dispute SET state = 'proposed', verdict = $2, reason = $3, first_by = $4, first_at = $5
             WHERE id = $1"
        ),
        &[&id, &verdict, &reason, &by, &now],
    )
}
/// Back to the beginning: sent back by the second reviewer, or the identity went to another account meanwhile.
pub(super) fn update_reopened(tx: &mut Tx<'_>, id: DisputeId, holder: AccountId) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE dispute SET state = 'open', verdict = NULL, reason = NULL, first_by = NULL, first_at = NULL,
                holder_id = $2, holder_statement = CASE WHEN holder_id = $2 THEN holder_statement ELSE NULL END
             WHERE id = $1"
        ),
        &[&id, &holder],
    )
}
pub(super) fn update_ended(
    tx: &mut Tx<'_>,
    id: DisputeId,
    state: DisputeState,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!("UPDATE dispute SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1"),
        &[&id, &state, &by, &now],
    )
}
