use super::model::{Delivered, DeliveryId, DeliveryState};
use db::{Query, Statement, Tx, sql};
use kernel::{Id, Result, Timestamp, id::mark};
use platform::{Channel, connector::ConnectorId};

pub(super) fn insert(tx: &mut Tx<'_>, row: &Delivered) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO delivery (id, outbox_id, connector_id, gateway, channel, recipient, purpose, lang, state, reason,
                said, provider_id, at, receipt_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO NOTHING"
        ),
        &[
            &row.id,
            &row.outbox_id,
            &row.connector_id,
            &row.gateway,
            &row.channel,
            &row.recipient,
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
    channel: Option<Channel>,
    connector: Option<ConnectorId>,
    before: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivered>> {
    let query = Query::new(
        "SELECT id, outbox_id, connector_id, gateway, channel, recipient, purpose, lang, state, reason, said, provider_id,
            at, receipt_at FROM delivery WHERE id > 0",
    )
    .opt(" AND channel = ?", &channel)
    .opt(" AND connector_id = ?", &connector)
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
