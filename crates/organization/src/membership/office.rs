//! The office of a head whom the own proof made one: it rests on who the account was proven to be, and sleeps once the account
//! is nobody in particular. The platform wakes it, as any suspended membership, when the person proved themselves anew.
use super::model::MembershipState;
use super::store::{self, OfficeRow};
use crate::{Organizations, organization};
use db::Tx;
use identity::notice::Kind;
use kernel::{Actor, Error, Event, Result, Timestamp, id::AccountId};
use serde_json::json;

impl Organizations {
    /// Names of the organizations whose head the account is by its own proof.
    pub fn offices_in(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<String>> {
        Ok(store::list_offices(tx, account)?.into_iter().map(|office| office.name).collect())
    }
    /// For the transaction in which the account gives its person up; the holder is told.
    pub fn suspend_offices_in(
        &self,
        tx: &mut Tx<'_>,
        by: &Actor,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for OfficeRow { membership, organization, .. } in store::list_offices(tx, account)? {
            let locked = organization::lock(tx, organization)?
                .ok_or_else(|| Error::not_found("organization.unknown"))?;
            // Ended or suspended meanwhile.
            if !store::set_state(tx, membership, MembershipState::Active, MembershipState::Suspended)? {
                continue;
            }
            self.tell_membership_in(tx, &locked, Kind::MembershipSuspended, account, now)?;
            tx.changed("membership", membership);
            let event = Event::done(by, "membership.suspended")
                .on("membership", membership)
                .of(organization)
                .with(json!({ "account": account, "because": "realname.revoked" }));
            events.push(event);
        }
        Ok(events)
    }
}
