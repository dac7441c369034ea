//! Everything of this room that is about one account, ended things included: for the copy of their data that its holder takes
//! along.
mod store;
#[cfg(test)]
mod tests;

use crate::application::engine;
use db::{Keyring, Tx};
use kernel::{Result, Timestamp, id::AccountId};
use serde_json::{Value, json};

/// A password is measured against the names of so many organizations.
const NAMED: i64 = 20;

/// Names by which the organizations of an account go: whoever guesses its password knows them.
pub(crate) fn names_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<String>> {
    let rows = store::list_names(tx, account, NAMED)?;
    Ok(rows.into_iter().flat_map(|(name, short_name)| [name, short_name]).collect())
}

fn time(at: Timestamp) -> Option<String> {
    (at != Timestamp::FOREVER).then(|| at.rfc3339())
}
fn some_time(at: Option<Timestamp>) -> Option<String> {
    at.and_then(time)
}
/// Members `memberships`, `grants`, `applications`, `documents`, `invitations`.
pub fn of_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Value> {
    let memberships: Vec<Value> = store::list_memberships(tx, account)?
        .into_iter()
        .map(|row| {
            json!({
                "organization": row.organization, "name": row.name, "role": row.role, "basis": row.basis,
                "state": row.state, "valid_from": time(row.valid_from), "valid_until": time(row.valid_until),
                "for": row.scope, "reason": row.reason, "since": time(row.created_at),
                "ended_at": some_time(row.ended_at),
            })
        })
        .collect();
    let grants: Vec<Value> = store::list_grants(tx, account)?
        .into_iter()
        .map(|row| {
            json!({
                "organization": row.organization, "product": row.product, "name": row.name, "state": row.state,
                "valid_from": time(row.valid_from), "valid_until": time(row.valid_until),
                "ended_at": some_time(row.ended_at),
            })
        })
        .collect();
    let mut applications = Vec::new();
    for row in store::list_applications(tx, account)? {
        // Erased with the decision of some kinds; what is left was written by the applicant.
        let filled_in: Option<Value> = engine::data_in(tx, keyring, row.id)?;
        let steps = engine::timeline_in(tx, row.id)?;
        applications.push(json!({
            "id": row.id, "kind": row.kind, "organization": row.organization, "product": row.product,
            "state": row.state, "reason": row.reason, "note": row.note, "filled_in": filled_in,
            "at": time(row.created_at), "decided_at": some_time(row.decided_at),
            "steps": steps.iter().map(|step| json!({
                "step": step.step, "note": step.note, "at": time(step.at),
            })).collect::<Vec<_>>(),
        }));
    }
    let documents: Vec<Value> = store::list_documents(tx, account)?
        .into_iter()
        .map(|row| {
            json!({
                "of": row.subject, "kind": row.kind, "size": row.size, "at": time(row.created_at),
                "erased_at": some_time(row.erased_at),
            })
        })
        .collect();
    let invitations: Vec<Value> = store::list_invitations(tx, account)?
        .into_iter()
        .map(|row| {
            json!({
                "organization": row.organization, "role": row.role, "state": row.state, "at": time(row.created_at),
                "decided_at": some_time(row.decided_at), "made_by_you": row.own,
            })
        })
        .collect();
    Ok(json!({
        "memberships": memberships, "grants": grants, "applications": applications, "documents": documents,
        "invitations": invitations,
    }))
}
