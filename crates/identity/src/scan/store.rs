use super::model::{ScanId, State};
use db::{Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, SessionId},
};

pub(super) struct NewScan {
    pub id: ScanId,
    pub code_hash: Vec<u8>,
    pub browser: [u8; 32],
    pub fresh: bool,
    pub user_agent: Option<String>,
    pub address: String,
    pub now: Timestamp,
    pub expires_at: Timestamp,
}
pub(super) fn insert(tx: &mut Tx<'_>, new: &NewScan) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO scan (id, code_hash, browser, user_agent, address, state, created_at, expires_at, fresh)
             VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8)"
        ),
        &[&new.id, &new.code_hash, &new.browser, &new.user_agent, &new.address, &new.now, &new.expires_at, &new.fresh],
    )
}
pub(super) struct Row {
    pub id: ScanId,
    pub state: State,
    pub user_agent: Option<String>,
    pub address: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub fresh: bool,
}
db::row!(Row { id, state, user_agent, address, created_at, expires_at, fresh });
/// The newest of a browser that is still good.
pub(super) fn find_open_of_browser(
    tx: &mut Tx<'_>,
    browser: &[u8; 32],
    fresh: bool,
    now: Timestamp,
) -> Result<Option<Row>> {
    tx.opt(
        sql!(
            "SELECT id, state, user_agent, address, created_at, expires_at, fresh FROM scan
             WHERE browser = $1 AND expires_at > $2 AND state IN ('waiting', 'approved') AND fresh = $3
             ORDER BY id DESC LIMIT 1"
        ),
        &[&browser, &now, &fresh],
    )
}
pub(super) fn find_of_browser(
    statement: Statement<'_, '_>,
    id: ScanId,
    browser: &[u8; 32],
) -> Result<Option<Row>> {
    statement.opt(
        sql!(
            "SELECT id, state, user_agent, address, created_at, expires_at, fresh FROM scan
             WHERE id = $1 AND browser = $2"
        ),
        &[&id, &browser],
    )
}
pub(super) fn find_waiting(statement: Statement<'_, '_>, id: ScanId, now: Timestamp) -> Result<Option<Row>> {
    statement.opt(
        sql!(
            "SELECT id, state, user_agent, address, created_at, expires_at, fresh FROM scan
             WHERE id = $1 AND state = 'waiting' AND expires_at > $2"
        ),
        &[&id, &now],
    )
}
pub(super) fn find_waiting_by_code(
    tx: &mut Tx<'_>,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Option<ScanId>> {
    tx.opt(
        sql!("SELECT id FROM scan WHERE code_hash = $1 AND state = 'waiting' AND expires_at > $2"),
        &[&code_hash, &now],
    )
}
/// One answer counts, whatever comes at once; where a fresh proof is asked for, an approval by an older one does not.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    id: ScanId,
    state: State,
    by: (AccountId, SessionId),
    proven_at: Timestamp,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<bool> {
    let updated = tx.run(
        sql!(
            "UPDATE scan SET state = $2, account_id = $3, session_id = $4, decided_at = $5, expires_at = $6
             WHERE id = $1 AND state = 'waiting' AND expires_at > $5
                AND ($2 = 'refused' OR fresh = FALSE OR created_at <= $7)"
        ),
        &[&id, &state, &by.0, &by.1, &now, &expires_at, &proven_at],
    )?;
    Ok(updated == 1)
}
/// Uses an approval up; None for another browser, or one that was used or came too late.
pub(super) fn take(
    tx: &mut Tx<'_>,
    id: ScanId,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(AccountId, SessionId)>> {
    tx.opt(
        sql!(
            "UPDATE scan SET state = 'used' WHERE id = $1 AND browser = $2 AND state = 'approved' AND expires_at > $3
             RETURNING account_id, session_id"
        ),
        &[&id, &browser, &now],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM scan WHERE expires_at < $1"), &[&before])
}
