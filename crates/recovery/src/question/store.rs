use db::{Statement, Tx, sql};
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
