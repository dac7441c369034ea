use super::model::{Channel, Claimed, OutboxId, State};
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};

pub(super) struct Queued {
    pub id: OutboxId,
    pub channel: Channel,
    pub purpose: &'static str,
    pub subject: String,
    pub body: Vec<u8>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub(super) fn insert(tx: &mut Tx<'_>, row: &Queued) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO outbox (id, channel, purpose, subject, body, state, attempts, lease_until, held, created_at,
                expires_at)
             VALUES ($1, $2, $3, $4, $5, 'queued', 0, 0, FALSE, $6, $7)"
        ),
        &[
            &row.id,
            &row.channel,
            &row.purpose,
            &row.subject,
            &row.body,
            &row.created_at,
            &row.expires_at,
        ],
    )
}
/// The oldest messages whose recipients have no older one waiting, in their order. What was tried before holds up its own
/// purpose alone: a notice that no gateway takes is no reason to keep a code. A lost race claims nothing.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    lease_until: Timestamp,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>> {
    let mut claimed: Vec<Claimed> = tx.all(
        sql!(
            "UPDATE outbox SET lease_until = $1, attempts = attempts + 1, held = FALSE
             WHERE state = 'queued' AND lease_until < $2 AND expires_at > $2 AND id IN (
                SELECT o.id FROM outbox o WHERE o.state = 'queued' AND o.lease_until < $2 AND o.expires_at > $2
                    AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.state = 'queued' AND p.channel = o.channel
                        AND p.subject = o.subject AND p.id < o.id AND p.expires_at > $2
                        AND (p.purpose = o.purpose OR p.attempts = 0))
                ORDER BY o.id LIMIT $3)
             RETURNING id, channel, purpose, body, attempts, lease_until, created_at"
        ),
        &[&lease_until, &now, &most],
    )?;
    claimed.sort_by_key(|claimed| claimed.id);
    Ok(claimed)
}
/// Final: the body goes. Only the holder of the lease may say so.
pub(super) fn finish(
    tx: &mut Tx<'_>,
    claimed: (OutboxId, Timestamp),
    state: State,
    now: Timestamp,
    error: Option<&str>,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE outbox SET state = $3, body = NULL, delivered_at = $4, error = $5
             WHERE id = $1 AND lease_until = $2 AND state = 'queued'"
        ),
        &[&claimed.0, &claimed.1, &state, &now, &error],
    )
}
/// Back into the queue; the lease is when it may be tried again, never later than it expires.
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    claimed: (OutboxId, Timestamp),
    again_at: Timestamp,
    held: bool,
    error: &str,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE outbox SET lease_until = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END, error = $4, held = $5
             WHERE id = $1 AND lease_until = $2 AND state = 'queued'"
        ),
        &[&claimed.0, &claimed.1, &again_at, &error, &held],
    )
}
/// What is held may be tried at once.
pub(super) fn release(tx: &mut Tx<'_>, channel: Channel) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE outbox SET lease_until = 0, held = FALSE WHERE state = 'queued' AND held = TRUE AND channel = $1"
        ),
        &[&channel],
    )
}
/// The oldest whose time is over; not those that are being delivered at this moment.
pub(super) fn overdue(statement: Statement<'_, '_>, now: Timestamp, most: i64) -> Result<Vec<Claimed>> {
    statement.all(
        sql!(
            "SELECT id, channel, purpose, body, attempts, lease_until, created_at FROM outbox
             WHERE state = 'queued' AND expires_at <= $1 AND lease_until <= $1 ORDER BY id LIMIT $2"
        ),
        &[&now, &most],
    )
}
pub(super) fn expire(tx: &mut Tx<'_>, id: OutboxId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE outbox SET state = 'expired', body = NULL
             WHERE id = $1 AND state = 'queued' AND expires_at <= $2 AND lease_until <= $2"
        ),
        &[&id, &now],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    let earliest = OutboxId::earliest(before);
    statement.run(
        sql!("DELETE FROM outbox WHERE id < $2 AND state <> 'queued' AND created_at < $1"),
        &[&before, &earliest],
    )
}
/// Whether a claim could find something.
pub(super) fn is_due(statement: Statement<'_, '_>, now: Timestamp) -> Result<bool> {
    let due: Option<OutboxId> = statement.opt(
        sql!(
            "SELECT o.id FROM outbox o WHERE o.state = 'queued' AND o.lease_until < $1 AND o.expires_at > $1
                AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.state = 'queued' AND p.channel = o.channel
                    AND p.subject = o.subject AND p.id < o.id AND p.expires_at > $1
                        AND (p.purpose = o.purpose OR p.attempts = 0))
             ORDER BY o.id LIMIT 1"
        ),
        &[&now],
    )?;
    Ok(due.is_some())
}
pub(super) fn count_waiting(
    statement: Statement<'_, '_>,
    channel: Channel,
    now: Timestamp,
) -> Result<(i64, Option<Timestamp>)> {
    statement.one(
        sql!(
            "SELECT COUNT(*), MIN(created_at) FROM outbox WHERE state = 'queued' AND channel = $1 AND expires_at > $2"
        ),
        &[&channel, &now],
    )
}
