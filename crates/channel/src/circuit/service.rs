//! Enter, succeed, fail.
use super::{
    model::{Entry, FAILURES, PROBE_SECONDS, REST_SECONDS, State},
    store,
};
use crate::gateway::{Failure, Reason};
use db::{Db, Tx};
use kernel::{Result, Timestamp};
use platform::connector::ConnectorId;

pub async fn list(db: &Db) -> Result<Vec<State>> {
    db.read(store::list).await
}
pub fn list_in(tx: &mut Tx<'_>) -> Result<Vec<State>> {
    store::list(tx)
}
/// Counts the message against the cap, which holds across nodes.
pub async fn enter(db: &Db, connector: ConnectorId, day: String, cap: i64, now: Timestamp) -> Result<Entry> {
    db.write_unaudited("gateway entered", move |tx| {
        let probe_until = now.plus_seconds(PROBE_SECONDS);
        if let Some(taken) = store::enter(tx, connector, &day, cap, now, probe_until)? {
            return Ok(Entry::Go(taken));
        }
        store::insert(tx, connector, &day)?;
        if let Some(taken) = store::enter(tx, connector, &day, cap, now, probe_until)? {
            return Ok(Entry::Go(taken));
        }
        let open = store::find(tx, connector)?.is_some_and(|state| state.is_open() && state.open_until > now);
        Ok(if open { Entry::Open } else { Entry::Capped })
    })
    .await
}
pub fn succeeded_in(tx: &mut Tx<'_>, connector: ConnectorId, now: Timestamp) -> Result<()> {
    store::close(tx, connector, now).map(drop)
}
/// True if this failure opened the circuit.
pub fn failed_in(tx: &mut Tx<'_>, connector: ConnectorId, failure: &Failure, now: Timestamp) -> Result<bool> {
    let blame = i64::from(failure.reason.speaks_of_gateway());
    // After a time-out nobody knows whether it left; it counts.
    let back = i64::from(!matches!(failure.reason, Reason::Timeout | Reason::Answer));
    let rest = now.plus_seconds(REST_SECONDS);
    let failures = store::fail(tx, connector, blame, back, failure.reason, &failure.said, now, rest)?;
    Ok(blame == 1 && failures == Some(FAILURES))
}
pub async fn forget_gone(db: &Db) -> Result<()> {
    db.exec("state of deleted gateways", store::delete_of_gone).await.map(drop)
}
