use super::model::{Delivered, DeliveryId, DeliveryState, Filter};
use db::{Query, Statement, Tx, sql};
use kernel::{Id, Result, Timestamp, id::mark};
use platform::connector::ConnectorId;

/// No gateway is waited for longer than this.
const DRAWN_WITHIN: i64 = 3600;

pub(super) fn insert(tx: &mut Tx<'_>, row: &Delivered) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO delivery (id, outbox_id, connector_id, gateway, channel, recipient, to_index, purpose, lang,
                state, reason, said, provider_id, at, receipt_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &row.id,
            &row.outbox_id,
            &row.connector_id,
            &row.gateway,
            &row.channel,
            &row.recipient,
            &row.to_index,
            &row.purpose,
            &row.lang,
            &row.state,
            &row.reason,
            &row.said,
            &row.provider_id,
            &row.at,
            &row.receipt_at,
        ],
    )
}
/// Newest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &Filter,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivered>> {
    // Ids are drawn in the order of time, hardly later than what they tell of: a range of days is a range of the key.
    let lowest = filter.from.map(DeliveryId::earliest);
    let highest = filter.until.map(|until| DeliveryId::earliest(until.plus_seconds(DRAWN_WITHIN)));
    let query = Query::new(
        "SELECT id, outbox_id, connector_id, gateway, channel, recipient, to_index, purpose, lang, state, reason, said,
            provider_id, at, receipt_at FROM delivery WHERE id > 0",
    )
    .opt(" AND channel = ?", &filter.channel)
    .opt(" AND connector_id = ?", &filter.connector)
    .opt(" AND to_index = ?", &filter.to_index)
    .opt(" AND state = ?", &filter.state)
    .opt(" AND id >= ?", &lowest)
    .opt(" AND at >= ?", &filter.from)
    .opt(" AND id < ?", &highest)
    .opt(" AND at < ?", &filter.until)
    .opt(" AND id < ?", &before)
    .bind(" ORDER BY id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// Whether a gateway took this message already.
pub(super) fn taken(tx: &mut Tx<'_>, outbox: Id<mark::Outbox>) -> Result<bool> {
    let found: Option<DeliveryId> = tx.opt(
        sql!(
            "SELECT id FROM delivery WHERE outbox_id = $1 AND state IN ('taken', 'arrived', 'lost') ORDER BY id LIMIT 1"
        ),
        &[&outbox],
    )?;
    Ok(found.is_some())
}
/// Whether it is written already that this gateway was passed over.
pub(super) fn was_skipped(
    tx: &mut Tx<'_>,
    outbox: Id<mark::Outbox>,
    connector: Option<ConnectorId>,
) -> Result<bool> {
    let found: Option<DeliveryId> = tx.opt(
        sql!(
            "SELECT id FROM delivery WHERE outbox_id = $1 AND connector_id = $2 AND state = 'skipped' ORDER BY id LIMIT 1"
        ),
        &[&outbox, &connector],
    )?;
    Ok(found.is_some())
}
pub(super) fn update_waiting(tx: &mut Tx<'_>, row: &Delivered) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE delivery SET connector_id = $2, gateway = $3, reason = $4 WHERE id = $1 AND state = 'waiting'"
        ),
        &[&row.id, &row.connector_id, &row.gateway, &row.reason],
    )
}
pub(super) fn delete_waiting(tx: &mut Tx<'_>, id: DeliveryId) -> Result<u64> {
    tx.run(sql!("DELETE FROM delivery WHERE id = $1 AND state = 'waiting'"), &[&id])
}
pub(super) fn end_waiting(tx: &mut Tx<'_>, id: DeliveryId) -> Result<u64> {
    tx.run(sql!("UPDATE delivery SET state = 'not_sent' WHERE id = $1 AND state = 'waiting'"), &[&id])
}
/// The newest taken message of that gateway under any of these ids.
pub(super) fn receipt(
    tx: &mut Tx<'_>,
    connector: ConnectorId,
    ids: &[String],
    state: DeliveryState,
    said: &str,
    now: Timestamp,
) -> Result<u64> {
    let find = Query::new("SELECT id FROM delivery WHERE state = 'taken'")
        .bind(" AND connector_id = ?", &connector)
        .list(" AND provider_id IN (?)", ids)
        .add(" ORDER BY id DESC LIMIT 1");
    let Some(id) = tx.opt::<DeliveryId>(find.sql(), find.params())? else { return Ok(0) };
    tx.run(
        sql!("UPDATE delivery SET state = $2, said = $3, receipt_at = $4 WHERE id = $1 AND state = 'taken'"),
        &[&id, &state, &said, &now],
    )
}
pub(super) fn delete_old(statement: Statement<'_, '_>, before: Timestamp) -> Result<u64> {
    statement.run(sql!("DELETE FROM delivery WHERE at < $1"), &[&before])
}
