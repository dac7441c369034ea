use super::model::{Delivery, DeliveryState};
use db::{Query, Statement, Tx, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, ClientId, SessionId},
};

/// A client was told of a session: it will hear of its end.
pub(crate) fn remember_in(tx: &mut Tx<'_>, session: SessionId, client: ClientId) -> Result<()> {
    tx.run(
        sql!(
            "INSERT INTO client_session (session_id, client_id, ends_at)
             SELECT s.id, $2, s.expires_at FROM session s WHERE s.id = $1 ON CONFLICT DO NOTHING"
        ),
        &[&session, &client],
    )
    .map(drop)
}

const QUEUE: &str = "INSERT INTO logout_delivery
        (session_id, client_id, account_id, state, attempts, lease_until, created_at, expires_at)
    SELECT k.session_id, k.client_id, s.account_id, 'queued', 0, 0, ";

/// Those of the sessions that have ended, as the transaction leaves them.
pub(super) fn queue_of_sessions(
    tx: &mut Tx<'_>,
    sessions: &[i64],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<u64> {
    let query = Query::new(QUEUE)
        .bind("?", &now)
        .bind(", ?", &expires_at)
        .add(
            " FROM client_session k JOIN session s ON s.id = k.session_id
             WHERE s.ended_at IS NOT NULL",
        )
        .list(" AND k.session_id IN (?)", sessions)
        .add(" ON CONFLICT DO NOTHING");
    let queued = tx.run(query.sql(), query.params())?;
    if queued > 0 {
        let query = Query::new(
            "DELETE FROM client_session WHERE EXISTS
                (SELECT 1 FROM session s WHERE s.id = client_session.session_id AND s.ended_at IS NOT NULL)",
        )
        .list(" AND session_id IN (?)", sessions);
        tx.run(query.sql(), query.params())?;
    }
    Ok(queued)
}
/// Sessions of the accounts that have ended, or that an account that is disabled or closed leaves behind.
pub(super) fn queue_of_accounts(
    tx: &mut Tx<'_>,
    accounts: &[i64],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<u64> {
    let query = Query::new(QUEUE)
        .bind("?", &now)
        .bind(", ?", &expires_at)
        .add(
            " FROM session s JOIN client_session k ON k.session_id = s.id JOIN account a ON a.id = s.account_id
             WHERE (s.ended_at IS NOT NULL OR a.state IN ('disabled', 'closed'))",
        )
        .list(" AND s.account_id IN (?)", accounts)
        .add(" ON CONFLICT DO NOTHING");
    let queued = tx.run(query.sql(), query.params())?;
    if queued > 0 {
        let query = Query::new(
            "DELETE FROM client_session WHERE session_id IN (SELECT s.id FROM session s
                JOIN account a ON a.id = s.account_id
                WHERE (s.ended_at IS NOT NULL OR a.state IN ('disabled', 'closed'))",
        )
        .list(" AND s.account_id IN (?))", accounts);
        tx.run(query.sql(), query.params())?;
    }
    Ok(queued)
}

pub(super) struct Claimed {
    pub session: SessionId,
    pub client: ClientId,
    pub account: AccountId,
    pub attempts: i64,
    pub lease_until: Timestamp,
    pub expires_at: Timestamp,
}
db::row!(Claimed { session, client, account, attempts, lease_until, expires_at });

/// Whether a claim could find something: an idle queue costs no write.
pub(super) fn is_due(statement: Statement<'_, '_>, now: Timestamp) -> Result<bool> {
    let found: Option<SessionId> = statement.opt(
        sql!(
            "SELECT session_id FROM logout_delivery WHERE state = 'queued' AND lease_until < $1
             ORDER BY lease_until LIMIT 1"
        ),
        &[&now],
    )?;
    Ok(found.is_some())
}
/// The oldest that are due, of clients that are not busy. A lost race claims nothing.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    busy: &[ClientId],
    lease_until: Timestamp,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>> {
    let query = Query::new("UPDATE logout_delivery SET attempts = attempts + 1")
        .bind(", lease_until = ?", &lease_until)
        .bind(" WHERE state = 'queued' AND lease_until < ?", &now)
        .bind(
            " AND (session_id, client_id) IN (SELECT d.session_id, d.client_id FROM logout_delivery d
                WHERE d.state = 'queued' AND d.lease_until < ?",
            &now,
        );
    let query = if busy.is_empty() { query } else { query.list(" AND d.client_id NOT IN (?)", busy) };
    let query = query
        .bind(" ORDER BY d.lease_until LIMIT ?)", &most)
        .add(" RETURNING session_id, client_id, account_id, attempts, lease_until, expires_at");
    tx.all(query.sql(), query.params())
}
pub(super) fn find_sub(statement: Statement<'_, '_>, account: AccountId) -> Result<Option<String>> {
    statement.opt(sql!("SELECT sub FROM account WHERE id = $1"), &[&account])
}
pub(super) fn find_client_id(statement: Statement<'_, '_>, client: ClientId) -> Result<Option<String>> {
    statement.opt(sql!("SELECT client_id FROM client WHERE id = $1"), &[&client])
}
/// Final. Only the holder of the lease may say so.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    state: DeliveryState,
    status: Option<i64>,
    error: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE logout_delivery SET state = $4, status = $5, error = $6, settled_at = $7
             WHERE session_id = $1 AND client_id = $2 AND lease_until = $3 AND state = 'queued'"
        ),
        &[&claimed.session, &claimed.client, &claimed.lease_until, &state, &status, &error, &now],
    )
}
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    claimed: &Claimed,
    again_at: Timestamp,
    status: Option<i64>,
    error: &str,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE logout_delivery SET lease_until = $4, status = $5, error = $6
             WHERE session_id = $1 AND client_id = $2 AND lease_until = $3 AND state = 'queued'"
        ),
        &[&claimed.session, &claimed.client, &claimed.lease_until, &again_at, &status, &error],
    )
}
pub(super) fn list(statement: Statement<'_, '_>, client: ClientId, most: i64) -> Result<Vec<Delivery>> {
    statement.all(
        sql!(
            "SELECT state, attempts, lease_until, created_at, settled_at, status, error FROM logout_delivery
             WHERE client_id = $1 ORDER BY created_at DESC, session_id DESC LIMIT $2"
        ),
        &[&client, &most],
    )
}
/// Sessions that clients were told of and that have run out since; those that were signed in to again are put off.
pub(super) fn find_run_out(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<Vec<i64>> {
    tx.run(
        sql!(
            "UPDATE client_session SET ends_at =
                 (SELECT s.expires_at FROM session s WHERE s.id = client_session.session_id)
             WHERE ends_at <= $1 AND EXISTS (SELECT 1 FROM session s
                 WHERE s.id = client_session.session_id AND s.ended_at IS NULL AND s.expires_at > $1)"
        ),
        &[&now],
    )?;
    tx.all(
        sql!(
            "SELECT k.session_id FROM client_session k JOIN session s ON s.id = k.session_id AND s.ended_at IS NULL
             WHERE k.ends_at <= $1 ORDER BY k.ends_at LIMIT $2"
        ),
        &[&now, &most],
    )
}
/// Slices of what is long over.
pub(crate) fn delete_old(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    let gone = tx.run(
        sql!(
            "DELETE FROM logout_delivery WHERE (session_id, client_id) IN
                 (SELECT session_id, client_id FROM logout_delivery WHERE created_at < $1 ORDER BY created_at LIMIT 500)"
        ),
        &[&before],
    )?;
    let forgotten = tx.run(
        sql!(
            "DELETE FROM client_session WHERE (session_id, client_id) IN
                 (SELECT session_id, client_id FROM client_session WHERE ends_at < $1 ORDER BY ends_at LIMIT 500)"
        ),
        &[&before],
    )?;
    Ok(gone + forgotten)
}
