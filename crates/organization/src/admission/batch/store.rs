use super::model::{Batch, BatchId, BatchLine, BatchRow, BatchState, NewRow, RowState, Task};
use db::{Query, Statement, Tx, row, sql};
use kernel::{
    Result, Timestamp,
    id::{AccountId, SessionId},
};

row!(Batch {
    id,
    product,
    organization,
    account,
    action,
    valid_until,
    reason,
    state,
    session,
    address,
    total,
    changes,
    done,
    refused,
    created_at,
    ended_at,
});
const COLUMNS: &str =
    "SELECT id, product_id, organization_id, account_id, action, valid_until, reason, state,
    session_id, address, total, changes, done, refused, created_at, ended_at FROM admission_batch";

pub(super) fn find(tx: &mut Tx<'_>, id: BatchId) -> Result<Option<Batch>> {
    let query = Query::new(COLUMNS).bind(" WHERE id = ?", &id);
    tx.opt(query.sql(), query.params())
}
row!(BatchLine { id, about_zh, about_en, action, state, changes, done, refused, created_at });
/// Newest first.
pub(super) fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    before: Option<BatchId>,
    limit: i64,
) -> Result<Vec<BatchLine>> {
    let query = Query::new(
        "SELECT b.id, COALESCE(p.name_zh, o.name), COALESCE(p.name_en, o.name), b.action, b.state, b.changes, b.done,
            b.refused, b.created_at
        FROM admission_batch b LEFT JOIN product p ON p.id = b.product_id
        LEFT JOIN organization o ON o.id = b.organization_id",
    )
    .bind(" WHERE b.account_id = ? AND b.state <> 'discarded'", &account)
    .opt(" AND b.id < ?", &before)
    .bind(" ORDER BY b.id DESC LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}
/// False if the form came twice.
pub(super) fn insert(tx: &mut Tx<'_>, new: &Batch) -> Result<bool> {
    let inserted = tx.run(
        sql!(
            "INSERT INTO admission_batch (id, product_id, organization_id, account_id, action, valid_until, reason, state,
                total, changes, done, refused, lease_until, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'shown', $8, $9, 0, 0, 0, $10) ON CONFLICT DO NOTHING"
        ),
        &[
            &new.id,
            &new.product,
            &new.organization,
            &new.account,
            &new.action,
            &new.valid_until,
            &new.reason,
            &new.total,
            &new.changes,
            &new.created_at,
        ],
    )?;
    Ok(inserted == 1)
}
/// Numbered from one on.
pub(super) fn insert_rows(tx: &mut Tx<'_>, id: BatchId, rows: &[NewRow]) -> Result<()> {
    let mut statement = tx.repeat(sql!(
        "INSERT INTO admission_batch_row (batch_id, number, organization_id, product_id, typed, plan, expected,
            admission_id, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    ))?;
    for (number, new) in (1_i64..).zip(rows) {
        statement.run(&[
            &id,
            &number,
            &new.organization,
            &new.product,
            &new.typed,
            &new.plan,
            &new.expected,
            &new.admission,
            &new.state,
        ])?;
    }
    Ok(())
}
/// False if it is in another state.
pub(super) fn confirm(
    tx: &mut Tx<'_>,
    id: BatchId,
    (session, address): (Option<SessionId>, Option<String>),
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE admission_batch SET state = 'running', session_id = $2, address = $3 WHERE id = $1 AND state = 'shown'"
        ),
        &[&id, &session, &address],
    )?;
    Ok(changed == 1)
}
pub(super) fn set_state(
    tx: &mut Tx<'_>,
    id: BatchId,
    (from, to): (BatchState, BatchState),
    now: Timestamp,
) -> Result<bool> {
    let changed = tx.run(
        sql!("UPDATE admission_batch SET state = $3, ended_at = $4 WHERE id = $1 AND state = $2"),
        &[&id, &from, &to, &now],
    )?;
    Ok(changed == 1)
}

row!(BatchRow { number, organization, organization_name, product_zh, product_en, typed, plan, state, code });
pub(super) fn list_rows(
    tx: &mut Tx<'_>,
    id: BatchId,
    state: Option<RowState>,
    after: i64,
    limit: i64,
) -> Result<Vec<BatchRow>> {
    let query = Query::new(
        "SELECT r.number, r.organization_id, o.name, p.name_zh, p.name_en, r.typed, r.plan, r.state, r.code
        FROM admission_batch_row r JOIN product p ON p.id = r.product_id
        LEFT JOIN organization o ON o.id = r.organization_id",
    )
    .bind(" WHERE r.batch_id = ?", &id)
    .opt(" AND r.state = ?", &state)
    .bind(" AND r.number > ?", &after)
    .bind(" ORDER BY r.number LIMIT ?", &limit);
    tx.all(query.sql(), query.params())
}

row!(Task { number, organization, product, expected, admission });
pub(super) fn list_waiting(tx: &mut Tx<'_>, id: BatchId, limit: i64) -> Result<Vec<Task>> {
    tx.all(
        sql!(
            "SELECT number, organization_id, product_id, expected, admission_id FROM admission_batch_row
            WHERE batch_id = $1 AND state = 'waiting' AND organization_id IS NOT NULL ORDER BY number LIMIT $2"
        ),
        &[&id, &limit],
    )
}
/// False if another worker had its turn with it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    id: BatchId,
    number: i64,
    (state, code): (RowState, Option<&str>),
) -> Result<bool> {
    let changed = tx.run(
        sql!(
            "UPDATE admission_batch_row SET state = $3, code = $4 WHERE batch_id = $1 AND number = $2 AND state = 'waiting'"
        ),
        &[&id, &number, &state, &code],
    )?;
    Ok(changed == 1)
}
/// Holds the batch while a slice is applied. False if it was stopped.
pub(super) fn hold(tx: &mut Tx<'_>, id: BatchId, until: Timestamp) -> Result<bool> {
    let held = tx.run(
        sql!("UPDATE admission_batch SET lease_until = $2 WHERE id = $1 AND state = 'running'"),
        &[&id, &until],
    )?;
    Ok(held == 1)
}
pub(super) fn add(tx: &mut Tx<'_>, id: BatchId, (done, refused): (i64, i64)) -> Result<()> {
    tx.run(
        sql!("UPDATE admission_batch SET done = done + $2, refused = refused + $3 WHERE id = $1"),
        &[&id, &done, &refused],
    )
    .map(drop)
}
pub(super) fn is_due(statement: Statement<'_, '_>, now: Timestamp) -> Result<bool> {
    let found: Option<BatchId> = statement.opt(
        sql!("SELECT id FROM admission_batch WHERE state = 'running' AND lease_until < $1 LIMIT 1"),
        &[&now],
    )?;
    Ok(found.is_some())
}
/// Another node may be quicker: then None.
pub(super) fn claim(
    statement: Statement<'_, '_>,
    until: Timestamp,
    now: Timestamp,
) -> Result<Option<BatchId>> {
    statement.opt(
        sql!(
            "UPDATE admission_batch SET lease_until = $1 WHERE lease_until < $2 AND id = (SELECT id FROM admission_batch
                WHERE state = 'running' AND lease_until < $2 ORDER BY lease_until, id LIMIT 1) RETURNING id"
        ),
        &[&until, &now],
    )
}
