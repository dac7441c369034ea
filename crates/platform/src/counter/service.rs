//! Count, look, clear. Keys of personal data are MACed by the caller.
use super::{
    model::{Hit, Limit},
    store,
};
use db::{Db, Statement, Tx};
use kernel::{Result, Timestamp};

/// Counts one attempt; the row lock makes parallel attempts count one after the other.
pub fn hit_in(tx: &mut Tx<'_>, limit: Limit, key: &[u8], now: Timestamp) -> Result<Hit> {
    let (n, until) = store::hit(tx, limit.scope, key, now.plus_seconds(limit.seconds), now)?;
    Ok(Hit { n, most: limit.most, until })
}
/// The counter as it stands, without counting.
pub fn peek_in(tx: &mut Tx<'_>, limit: Limit, key: &[u8], now: Timestamp) -> Result<Hit> {
    peek_by(tx.statement(), limit, key, now)
}
fn peek_by(statement: Statement<'_, '_>, limit: Limit, key: &[u8], now: Timestamp) -> Result<Hit> {
    let (n, until) = store::peek(statement, limit.scope, key, now)?.unwrap_or((0, now));
    Ok(Hit { n, most: limit.most, until })
}
/// Four counters of different scopes as they stand, in one statement.
pub fn peek_four_in(tx: &mut Tx<'_>, counters: [(Limit, &[u8]); 4], now: Timestamp) -> Result<[Hit; 4]> {
    let found = store::peek_four(tx, counters.map(|(limit, key)| (limit.scope, key)), now)?;
    Ok(counters.map(|(limit, _)| of_scope(limit, &found, now)))
}
/// Seven counters of different scopes as they stand, in one statement.
pub fn peek_seven_in(tx: &mut Tx<'_>, counters: [(Limit, &[u8]); 7], now: Timestamp) -> Result<[Hit; 7]> {
    let found = store::peek_seven(tx, counters.map(|(limit, key)| (limit.scope, key)), now)?;
    Ok(counters.map(|(limit, _)| of_scope(limit, &found, now)))
}
/// Counts one attempt at five counters of different scopes, in one statement.
pub fn hit_five_in(tx: &mut Tx<'_>, counters: [(Limit, &[u8]); 5], now: Timestamp) -> Result<[Hit; 5]> {
    let ends = counters.map(|(limit, key)| (limit.scope, key, now.plus_seconds(limit.seconds)));
    let found = store::hit_five(tx, ends, now)?;
    Ok(counters.map(|(limit, _)| of_scope(limit, &found, now)))
}
fn of_scope(limit: Limit, found: &[(String, i64, Timestamp)], now: Timestamp) -> Hit {
    let (n, until) =
        found.iter().find(|(scope, ..)| scope == limit.scope).map_or((0, now), |(_, n, until)| (*n, *until));
    Hit { n, most: limit.most, until }
}
pub fn clear_in(tx: &mut Tx<'_>, limit: Limit, key: &[u8]) -> Result<()> {
    store::delete(tx, limit.scope, key).map(drop)
}
/// Takes one hit back, for what was counted before it was known to be in order.
pub fn give_back_in(tx: &mut Tx<'_>, limit: Limit, key: &[u8]) -> Result<()> {
    store::give_back(tx, limit.scope, key).map(drop)
}
/// One hit in a transaction of its own.
pub async fn hit(db: &Db, limit: Limit, key: Vec<u8>, now: Timestamp) -> Result<Hit> {
    db.write_unaudited("counter", move |tx| hit_in(tx, limit, &key, now)).await
}
pub async fn peek(db: &Db, limit: Limit, key: Vec<u8>, now: Timestamp) -> Result<Hit> {
    db.read_one(move |statement| peek_by(statement, limit, &key, now)).await
}
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    let now = db.clock().now();
    db.exec("old counters", move |statement| store::delete_old(statement, now)).await.map(drop)
}
