//! Everything of this room that is about one account: for the copy of their data that its holder takes along. What the other
//! side of a dispute said, and which staff decided, is not theirs.
mod store;

use crate::dispute::service::{CLAIMANT, HOLDER};
use db::{Keyring, Tx};
use kernel::{Result, Timestamp, id::AccountId};
use serde_json::{Value, json};

fn some_time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.rfc3339())
}
/// Members `cases` and `disputes`.
pub fn of_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Value> {
    let documents = store::list_documents(tx, account)?;
    let cases: Vec<Value> = store::list_cases(tx, account)?
        .into_iter()
        .map(|row| {
            let handed_in: Vec<Value> = documents
                .iter()
                .filter(|document| document.case == row.id)
                .map(|document| {
                    json!({
                        "kind": document.kind, "size": document.size, "at": document.created_at.rfc3339(),
                        "erased_at": some_time(document.erased_at),
                    })
                })
                .collect();
            json!({
                "id": row.id, "method": row.method, "state": row.state, "verifier": row.provider,
                "document_type": row.document_type, "document": row.document_masked, "result": row.result,
                "reason": row.reason, "opened_at": row.created_at.rfc3339(),
                "submitted_at": some_time(row.submitted_at), "decided_at": some_time(row.decided_at),
                "handed_in": handed_in,
            })
        })
        .collect();
    let mut disputes = Vec::new();
    for row in store::list_disputes(tx, account)? {
        let (side, column, sealed) = if row.claimant == account {
            ("claimant", CLAIMANT, row.claimant_statement)
        } else {
            ("holder", HOLDER, row.holder_statement)
        };
        let said = sealed.map(|sealed| keyring.open(column, row.id.as_i64(), &sealed)).transpose()?;
        let decided = row.decided_at.is_some();
        disputes.push(json!({
            "id": row.id, "side": side, "state": row.state, "verdict": row.verdict.filter(|_| decided),
            "your_statement": said, "opened_at": row.created_at.rfc3339(), "decided_at": some_time(row.decided_at),
        }));
    }
    Ok(json!({ "cases": cases, "disputes": disputes }))
}
