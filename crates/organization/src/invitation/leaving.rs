//! What becomes of the invitations of a person whose account is closed: those that wait for their number are declined, and
//! none keeps number or name.
use super::model::State;
use super::service::PHONE;
use super::store;
use db::{Keyring, Tx};
use kernel::{Actor, Event, Result, Timestamp, id::AccountId};
use serde_json::json;

/// `phone` is the number that the account proved. An organization that wrote to it must not keep an account open, so nothing
/// here stands in the way of closing.
pub fn erase_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    phone: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let (actor, mut events) = (Actor::system(), Vec::new());
    let mut concerned = store::list_of_account(tx, account)?;
    if let Some(phone) = phone {
        for id in store::list_unanswered(tx, &keyring.blind("phone", phone))? {
            if store::decide(tx, id, State::Declined, Some(account), now)? {
                let because = json!({ "because": "account_closed" });
                events.push(Event::done(&actor, "invitation.declined").on("invitation", id).with(because));
            }
            concerned.push(id);
        }
    }
    for id in concerned {
        let nothing = keyring.seal(PHONE, id.as_i64(), "");
        store::erase(tx, id, &nothing, format!("erased {id}").as_bytes())?;
    }
    Ok(events)
}
