//! What ends soon is said in time: 30, 7 and 1 days before, once each, to the member and to those who can renew it. The
//! administrators hear of all grants of a round at once, however many end on one day.
use super::store::{self, Ending};
use crate::Organizations;
use crate::expiry::{ROUND, Rounds};
use crate::membership;
use crate::organization;
use identity::notice::{self, Kind, Notice};
use kernel::{Actor, Event, Result, Timestamp, id::OrganizationId};
use serde_json::json;
use std::collections::BTreeMap;

/// Warns of every grant that ends soon. Safe on any number of nodes at once.
pub async fn warn_expiring(rooms: &Organizations, now: Timestamp) -> Result<u64> {
    let mut rounds = Rounds::default();
    while let Some(days) = rounds.days() {
        let ending = rooms.db().read(move |tx| store::list_ending(tx, days, now, ROUND)).await?;
        let (found, mut warned) = (ending.len(), 0);
        let mut by_organization: BTreeMap<OrganizationId, Vec<Ending>> = BTreeMap::new();
        for one in ending {
            by_organization.entry(one.organization).or_default().push(one);
        }
        for (organization, ending) in by_organization {
            warned += warn(rooms, organization, ending, days, now).await?;
        }
        rounds.done(found, warned);
    }
    Ok(rounds.warned())
}
async fn warn(
    rooms: &Organizations,
    organization: OrganizationId,
    ending: Vec<Ending>,
    days: i64,
    now: Timestamp,
) -> Result<u64> {
    let rooms2 = rooms.clone();
    rooms
        .db()
        .write_bulk(move |tx| {
            let Some(locked) = organization::lock(tx, organization)? else { return Ok((0, Vec::new())) };
            let (mut people, mut events, mut first) = (BTreeMap::<_, Vec<_>>::new(), Vec::new(), None);
            for one in &ending {
                if !store::mark_warned(tx, one, days)? {
                    continue;
                }
                first = first.or(Some(one.valid_until));
                people.entry((one.account, one.valid_until)).or_default().push(one.product);
                let detail = json!({ "account": one.account, "product": one.product, "days": days });
                let event = Event::done(&Actor::system(), "grant.expiry_warned").on("grant", one.id);
                events.push(event.of(organization).with(detail));
            }
            let Some(first) = first else { return Ok((0, Vec::new())) };
            for ((account, until), products) in &people {
                let product = crate::tell::names_in(tx, products)?;
                let told = Notice::new(Kind::GrantExpiring)
                    .arg("organization", locked.name.as_str())
                    .words("product", &product.zh, &product.en)
                    .last_day("until", *until)
                    .leads_to(&format!("/org/{organization}/products"));
                notice::tell_in(tx, rooms2.identity(), *account, &told, now)?;
            }
            let told = Notice::new(Kind::GrantsExpiring)
                .arg("organization", locked.name.as_str())
                .arg("count", events.len().to_string())
                .last_day("until", first)
                .leads_to(&format!("/org/{organization}/grants"));
            for administrator in membership::list_administrators(tx, organization, now)? {
                notice::tell_in(tx, rooms2.identity(), administrator.account, &told, now)?;
            }
            Ok((events.len() as u64, events))
        })
        .await
}
