//! Record, list, receipt.
use super::{
    model::{Delivered, DeliveryId, DeliveryState, Filter, spellings},
    store,
};
use crate::gateway::smpp::Receipt;
use db::{Db, Tx};
use kernel::{Id, Result, id::mark};
use platform::connector::ConnectorId;

const KEPT_DAYS: i64 = 30;

/// A gateway was asked: what was said of the message's waiting is over.
pub fn record_in(tx: &mut Tx<'_>, delivered: &Delivered) -> Result<()> {
    store::delete_waiting(tx, Id::from_i64(delivered.outbox_id.as_i64()))?;
    store::insert(tx, delivered).map(drop)
}
/// Once for each message and gateway, however often it is tried.
pub fn pass_over_in(tx: &mut Tx<'_>, skipped: &Delivered) -> Result<()> {
    if store::was_skipped(tx, skipped.outbox_id, skipped.connector_id)? {
        return Ok(());
    }
    store::insert(tx, skipped).map(drop)
}
/// No gateway could be asked. One row for each message, which says why at present; `waiting` carries the message's own id.
pub fn wait_in(tx: &mut Tx<'_>, waiting: &Delivered) -> Result<()> {
    if store::update_waiting(tx, waiting)? == 0 {
        store::insert(tx, waiting)?;
    }
    Ok(())
}
/// It expired. Why it waited stays; what never waited has the reason of `not_sent`, which carries the message's own id.
pub fn end_in(tx: &mut Tx<'_>, not_sent: &Delivered) -> Result<()> {
    if store::taken(tx, not_sent.outbox_id)? {
        return store::delete_waiting(tx, not_sent.id).map(drop);
    }
    if store::end_waiting(tx, not_sent.id)? == 0 {
        store::insert(tx, not_sent)?;
    }
    Ok(())
}
pub fn taken_in(tx: &mut Tx<'_>, outbox: Id<mark::Outbox>) -> Result<bool> {
    store::taken(tx, outbox)
}
/// Newest first, `before` exclusive; at most 200.
pub async fn list(db: &Db, filter: Filter, before: Option<DeliveryId>, limit: i64) -> Result<Vec<Delivered>> {
    db.read(move |tx| store::list(tx, &filter, before, limit.clamp(1, 200))).await
}
/// What an operator said later. States on the way there change nothing.
pub async fn receipt(db: &Db, connector: ConnectorId, receipt: Receipt) -> Result<()> {
    let state = match receipt.state.as_str() {
        "DELIVRD" => DeliveryState::Arrived,
        "EXPIRED" | "DELETED" | "UNDELIV" | "REJECTD" => DeliveryState::Lost,
        _ => return Ok(()),
    };
    let now = db.clock().now();
    let found = db
        .write_unaudited("receipt", move |tx| {
            store::receipt(tx, connector, &spellings(&receipt.message_id), state, &receipt.state, now)
        })
        .await?;
    if found == 0 {
        tracing::debug!("a receipt names no known message");
    }
    Ok(())
}
pub async fn forget_old(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-KEPT_DAYS);
    db.exec("old deliveries", move |statement| store::delete_old(statement, before)).await.map(drop)
}
