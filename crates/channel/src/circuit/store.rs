use super::model::{FAILURES, State};
use crate::gateway::Reason;
use db::{Statement, Tx, sql};
use kernel::{Result, Timestamp};
use platform::connector::ConnectorId;

pub(super) fn list(tx: &mut Tx<'_>) -> Result<Vec<State>> {
    tx.all(
        sql!(
            "SELECT connector_id, day, taken, failed, failures, open_until, succeeded_at, failed_at, reason, said
             FROM gateway_state ORDER BY connector_id"
        ),
        &[],
    )
}
pub(super) fn find(tx: &mut Tx<'_>, connector: ConnectorId) -> Result<Option<State>> {
    tx.opt(
        sql!(
            "SELECT connector_id, day, taken, failed, failures, open_until, succeeded_at, failed_at, reason, said
             FROM gateway_state WHERE connector_id = $1"
        ),
        &[&connector],
    )
}
pub(super) fn insert(tx: &mut Tx<'_>, connector: ConnectorId, day: &str) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO gateway_state (connector_id, day, taken, failed, failures, open_until)
             VALUES ($1, $2, 0, 0, 0, 0) ON CONFLICT (connector_id) DO NOTHING"
        ),
        &[&connector, &day],
    )
}
/// Counts one more of today if cap and circuit let it; of an open circuit whose rest is over, one at a time.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    day: &str,
    cap: i64,
    now: Timestamp,
    probe_until: Timestamp,
) -> Result<Option<i64>> {
    tx.opt(
        sql!(
            "UPDATE gateway_state SET taken = CASE WHEN day = $2 THEN taken + 1 ELSE 1 END,
                failed = CASE WHEN day = $2 THEN failed ELSE 0 END, day = $2,
                open_until = CASE WHEN failures >= $6 THEN $5 ELSE open_until END
             WHERE connector_id = $1 AND (failures < $6 OR open_until <= $4)
                AND ($3 = 0 OR day <> $2 OR taken < $3)
             RETURNING taken"
        ),
        &[&connector, &day, &cap, &now, &probe_until, &FAILURES],
    )
}
pub(super) fn close(tx: &mut Tx<'_>, connector: ConnectorId, now: Timestamp) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE gateway_state SET failures = 0, open_until = 0, succeeded_at = $2 WHERE connector_id = $1"
        ),
        &[&connector, &now],
    )
}
/// `blame` and `back` are 1 or 0: whether the gateway is at fault, and whether the message certainly did not leave.
#[expect(clippy::too_many_arguments, reason = "one statement, its columns")]
pub(super) fn fail(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    blame: i64,
    back: i64,
    reason: Reason,
    said: &str,
    now: Timestamp,
    open_until: Timestamp,
) -> Result<Option<i64>> {
    tx.opt(
        sql!(
            "UPDATE gateway_state SET failures = failures + $2, failed = failed + 1,
                taken = CASE WHEN taken > 0 THEN taken - $3 ELSE 0 END, failed_at = $6, reason = $4, said = $5,
                open_until = CASE WHEN failures + $2 >= $8 THEN $7 ELSE open_until END
             WHERE connector_id = $1 RETURNING failures"
        ),
        &[&connector, &blame, &back, &reason, &said, &now, &open_until, &FAILURES],
    )
}
pub(super) fn delete_of_gone(statement: Statement<'_, '_>) -> Result<u64> {
    statement.run(
        sql!(
            "DELETE FROM gateway_state
             WHERE NOT EXISTS (SELECT 1 FROM connector c WHERE c.id = gateway_state.connector_id)"
        ),
        &[],
    )
}
