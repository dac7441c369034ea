//! What ends soon is said in time: 30, 7 and 1 days before, once each, to the administrators and to the staff who can
//! renew it. An admission that ends with its contract is told by the contract's own warning.
use super::edit::locked_in;
use super::store;
use crate::expiry::{ROUND, Rounds};
use crate::{Organizations, contract, product};
use kernel::{Actor, Event, Kind, Result, Timestamp};
use serde_json::json;

/// Warns of every contract and admission that ends soon. Safe on any number of nodes at once.
pub async fn warn_expiring(rooms: &Organizations, now: Timestamp) -> Result<u64> {
    let mut rounds = Rounds::default();
    while let Some(days) = rounds.days() {
        let contracts = rooms.db().read(move |tx| contract::list_ending(tx, days, now, ROUND)).await?;
        let admissions = rooms.db().read(move |tx| store::list_ending(tx, days, now, ROUND)).await?;
        let (found, mut warned) = (contracts.len().max(admissions.len()), 0);
        for ending in contracts {
            warned += u64::from(gone_is_none(warn_contract(rooms, ending, days, now).await)?);
        }
        for ending in admissions {
            warned += u64::from(gone_is_none(warn_admission(rooms, ending, days, now).await)?);
        }
        rounds.done(found, warned);
    }
    Ok(rounds.warned())
}
/// The organization was closed since it was looked for.
fn gone_is_none(warned: Result<bool>) -> Result<bool> {
    match warned {
        Err(error) if error.kind == Kind::NotFound => Ok(false),
        other => other,
    }
}
async fn warn_contract(
    rooms: &Organizations,
    ending: contract::Ending,
    days: i64,
    now: Timestamp,
) -> Result<bool> {
    let rooms2 = rooms.clone();
    rooms
        .db()
        .write_bulk(move |tx| {
            let locked = locked_in(tx, ending.organization)?;
            if !contract::mark_warned(tx, &ending, days)? {
                return Ok((false, Vec::new()));
            }
            rooms2.tell_contract_ending_in(tx, &locked, &ending.number, ending.valid_until, now)?;
            let event = Event::done(&Actor::system(), "contract.expiry_warned")
                .on("contract", ending.id)
                .of(locked.id)
                .with(json!({ "number": ending.number, "days": days }));
            Ok((true, vec![event]))
        })
        .await
}
async fn warn_admission(
    rooms: &Organizations,
    ending: store::Ending,
    days: i64,
    now: Timestamp,
) -> Result<bool> {
    let rooms2 = rooms.clone();
    rooms
        .db()
        .write_bulk(move |tx| {
            let locked = locked_in(tx, ending.organization)?;
            let Some(product) = product::find(tx, ending.product)? else { return Ok((false, Vec::new())) };
            if !store::mark_warned(tx, ending.id, days)? {
                return Ok((false, Vec::new()));
            }
            rooms2.tell_admission_ending_in(tx, &locked, &product, ending.valid_until, now)?;
            let event = Event::done(&Actor::system(), "admission.expiry_warned")
                .on("admission", ending.id)
                .of(locked.id)
                .with(json!({ "product": ending.product, "days": days }));
            Ok((true, vec![event]))
        })
        .await
}
