//! What becomes of a person's applications when their account is closed. What they asked for themselves is withdrawn and
//! loses its words and files; what they handed in for an organization is that organization's.
use super::engine;
use super::model::{ApplicationKind, Step};
use super::store;
use db::Tx;
use kernel::{Actor, Event, Result, Timestamp, id::AccountId};
use serde_json::json;

/// Asked for by a person for themselves.
const OWN: [ApplicationKind; 4] = [
    ApplicationKind::ProductAccess,
    ApplicationKind::AgentAuthorization,
    ApplicationKind::Head,
    ApplicationKind::AccountMerge,
];

/// That there was an application, and how it ended, stays.
pub fn erase_in(tx: &mut Tx<'_>, applicant: AccountId, now: Timestamp) -> Result<Vec<Event>> {
    let (actor, mut events) = (Actor::system(), Vec::new());
    for application in store::list_of_applicant(tx, applicant, &OWN)? {
        let over = !application.state_at(now).is_open();
        let step = if over { Step::Expire } else { Step::Withdraw };
        // None where it was decided before.
        if let Some(ended) = engine::step_in(tx, application.id, step, None, None, now)? {
            let because = json!({ "kind": ended.kind, "applicant": applicant, "because": "account_closed" });
            events.push(ended.event(&actor, step).with(because));
        }
        engine::erase_documents_in(tx, application.id, now)?;
        store::erase(tx, application.id)?;
    }
    Ok(events)
}
