use db::{Statement, Tx, sql};
use identity::credential::in_use::points;
use kernel::{Result, Timestamp, id::AccountId};

pub(super) struct Row {
    /// Sealed.
    pub questions: Vec<u8>,
    /// The slow hash.
    pub answers: String,
    pub set_at: Timestamp,
}
db::row!(Row { questions, answers, set_at });

pub(super) fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Row>> {
    tx.opt(
        sql!("SELECT questions, answers, set_at FROM security_question WHERE account_id = $1"),
        &[&account],
    )
}
pub(super) fn find_set_at(statement: Statement<'_, '_>, account: AccountId) -> Result<Option<Timestamp>> {
    statement.opt(sql!("SELECT set_at FROM security_question WHERE account_id = $1"), &[&account])
}
pub(super) fn upsert(tx: &mut Tx<'_>, account: AccountId, row: &Row) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO security_question (account_id, questions, answers, set_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id) DO UPDATE SET questions = $2, answers = $3, set_at = $4"
        ),
        &[&account, &row.questions, &row.answers, &row.set_at],
    )
}
pub(super) fn delete(tx: &mut Tx<'_>, account: AccountId) -> Result<u64> {
    tx.run(sql!("DELETE FROM security_question WHERE account_id = $1"), &[&account])
}
/// The same answers under newer parameters, unless they were changed meanwhile.
pub(super) fn update_answers(tx: &mut Tx<'_>, account: AccountId, old: &str, new: &str) -> Result<u64> {
    tx.run(
        sql!("UPDATE security_question SET answers = $3 WHERE account_id = $1 AND answers = $2"),
        &[&account, &old, &new],
    )
}
/// Hashes of accounts from the first to the last.
pub(super) fn sample(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let (lowest, highest) = (AccountId::from_i64(0), AccountId::from_i64(i64::MAX));
    let first: Option<AccountId> = tx.opt(
        sql!("SELECT account_id FROM security_question WHERE account_id >= $1 ORDER BY account_id LIMIT 1"),
        &[&lowest],
    )?;
    let last: Option<AccountId> = tx.opt(
        sql!(
            "SELECT account_id FROM security_question WHERE account_id <= $1 ORDER BY account_id DESC LIMIT 1"
        ),
        &[&highest],
    )?;
    let Some((first, last)) = first.zip(last) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for point in points(first, last) {
        found.extend(tx.opt::<String>(
            sql!("SELECT answers FROM security_question WHERE account_id >= $1 ORDER BY account_id LIMIT 1"),
            &[&point],
        )?);
    }
    Ok(found)
}
