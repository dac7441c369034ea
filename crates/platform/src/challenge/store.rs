use super::model::ChallengeId;
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};

pub(super) struct NewRow<'a> {
    pub id: ChallengeId,
    pub kind: &'static str,
    pub purpose: &'static str,
    pub browser: &'a [u8],
    pub target: Option<&'a [u8]>,
    pub answer: &'a [u8],
    pub data: &'a [u8],
    pub attempts_allowed: i64,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}
pub(super) fn insert(tx: &mut Tx<'_>, row: &NewRow<'_>) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO challenge (id, kind, purpose, browser, target, answer, data, attempts, attempts_allowed, created_at,
                expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10)"
        ),
        &[
            &row.id,
            &row.kind,
            &row.purpose,
            &row.browser,
            &row.target,
            &row.answer,
            &row.data,
            &row.attempts_allowed,
            &row.now,
            &row.expires_at,
        ],
    )
}
pub(super) struct Counted {
    pub answer: Vec<u8>,
    pub data: Option<Vec<u8>>,
    pub attempts: i64,
    pub attempts_allowed: i64,
}
db::row!(Counted { answer, data, attempts, attempts_allowed });
/// Counts an attempt before its answer is looked at; the row lock puts parallel attempts one after the other.
pub(super) fn count_attempt(
    tx: &mut Tx<'_>,
    id: ChallengeId,
    purpose: &str,
    browser: &[u8],
    now: Timestamp,
) -> Result<Option<Counted>> {
    tx.opt(
        sql!(
            "UPDATE challenge SET attempts = attempts + 1
             WHERE id = $1 AND purpose = $2 AND browser = $3 AND consumed_at IS NULL AND expires_at > $4
                AND attempts < attempts_allowed
             RETURNING answer, data, attempts, attempts_allowed"
        ),
        &[&id, &purpose, &browser, &now],
    )
}
pub(super) fn consume(tx: &mut Tx<'_>, id: ChallengeId, now: Timestamp) -> Result<bool> {
    let consumed = tx.run(
        sql!("UPDATE challenge SET consumed_at = $2, data = NULL WHERE id = $1 AND consumed_at IS NULL"),
        &[&id, &now],
    )?;
    Ok(consumed == 1)
}
pub(super) struct Waiting {
    pub data: Option<Vec<u8>>,
    pub sent_at: Timestamp,
    pub attempts: i64,
    pub attempts_allowed: i64,
}
db::row!(Waiting { data, sent_at, attempts, attempts_allowed });
pub(super) fn find_open(
    statement: Statement<'_, '_>,
    id: ChallengeId,
    purpose: &str,
    browser: &[u8],
    now: Timestamp,
) -> Result<Option<Waiting>> {
    statement.opt(
        sql!(
            "SELECT data, created_at, attempts, attempts_allowed FROM challenge
             WHERE id = $1 AND purpose = $2 AND browser = $3 AND consumed_at IS NULL AND expires_at > $4"
        ),
        &[&id, &purpose, &browser, &now],
    )
}
pub(super) fn renew(
    tx: &mut Tx<'_>,
    id: ChallengeId,
    answer: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE challenge SET answer = $2, attempts = 0, created_at = $3, expires_at = $4
             WHERE id = $1 AND consumed_at IS NULL"
        ),
        &[&id, &answer, &now, &expires_at],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM challenge WHERE expires_at < $1"), &[&before])
}
