//! What ends soon is said in time: 30, 7 and 1 days before, once each, to the member and to those who can renew it.
mod store;

use crate::Organizations;
use crate::expiry::{ROUND, Rounds};
use crate::organization;
use kernel::{Actor, Event, Result, Timestamp};
use serde_json::json;
use store::Ending;

/// Warns of every membership that ends soon. Safe on any number of nodes at once.
pub async fn warn_expiring(rooms: &Organizations, now: Timestamp) -> Result<u64> {
    let mut rounds = Rounds::default();
    while let Some(days) = rounds.days() {
        let ending = rooms.db().read(move |tx| store::list_ending(tx, days, now, ROUND)).await?;
        let (found, mut warned) = (ending.len(), 0);
        for one in ending {
            warned += u64::from(warn(rooms, one, days, now).await?);
        }
        rounds.done(found, warned);
    }
    Ok(rounds.warned())
}
async fn warn(rooms: &Organizations, ending: Ending, days: i64, now: Timestamp) -> Result<bool> {
    let rooms2 = rooms.clone();
    rooms
        .db()
        .write_bulk(move |tx| {
            let Some(locked) = organization::lock(tx, ending.organization)? else {
                return Ok((false, Vec::new()));
            };
            if !store::mark_warned(tx, &ending, days)? {
                return Ok((false, Vec::new()));
            }
            rooms2.tell_expiring_in(
                tx,
                &locked,
                (ending.id, ending.account, ending.role),
                ending.valid_until,
                now,
            )?;
            let event = Event::done(&Actor::system(), "membership.expiry_warned")
                .on("membership", ending.id)
                .of(ending.organization)
                .with(json!({ "account": ending.account, "days": days }));
            Ok((true, vec![event]))
        })
        .await
}
