//! Record, list, receipt.
use super::{
    model::{Delivered, DeliveryId, DeliveryState, spellings},
    store,
};
use crate::gateway::smpp::Receipt;
use db::{Db, Tx};
use kernel::{Id, Result, id::mark};
use platform::{Channel, connector::ConnectorId};

const KEPT_DAYS: i64 = 30;

pub fn record_in(tx: &mut Tx<'_>, delivered: &Delivered) -> Result<()> {
    store::insert(tx, delivered).map(drop)
}
pub fn taken_in(tx: &mut Tx<'_>, outbox: Id<mark::Outbox>) -> Result<bool> {
    store::taken(tx, outbox)
}
/// Newest first, `before` exclusive; at most 200.
pub async fn list(
    db: &Db,
    channel: Option<Channel>,
    connector: Option<ConnectorId>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivered>> {
    db.read(move |tx| store::list(tx, channel, connector, before, limit.clamp(1, 200))).await
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
