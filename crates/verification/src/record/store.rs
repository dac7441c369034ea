use crate::{case::CaseId, dispute::DisputeId};
use db::{Tx, row, sql};
use kernel::{Result, Timestamp, id::AccountId};

pub(super) struct Case {
    pub id: CaseId,
    pub method: String,
    pub state: String,
    pub provider: String,
    pub document_type: String,
    pub document_masked: String,
    pub result: Option<String>,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub submitted_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
}
row!(Case {
    id,
    method,
    state,
    provider,
    document_type,
    document_masked,
    result,
    reason,
    created_at,
    submitted_at,
    decided_at,
});
pub(super) fn list_cases(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Case>> {
    tx.all(
        sql!(
            "SELECT id, method, state, provider, document_type, document_masked, result, reason, created_at,
                submitted_at, decided_at
             FROM verification WHERE account_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
pub(super) struct Document {
    pub case: CaseId,
    pub kind: String,
    pub size: i64,
    pub created_at: Timestamp,
    pub erased_at: Option<Timestamp>,
}
row!(Document { case, kind, size, created_at, erased_at });
pub(super) fn list_documents(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Document>> {
    tx.all(
        sql!(
            "SELECT d.verification_id, d.kind, d.size, d.created_at, d.erased_at
             FROM verification v JOIN verification_document d ON d.verification_id = v.id
             WHERE v.account_id = $1 ORDER BY d.id"
        ),
        &[&account],
    )
}
pub(super) struct Dispute {
    pub id: DisputeId,
    pub claimant: AccountId,
    pub state: String,
    pub verdict: Option<String>,
    pub claimant_statement: Option<Vec<u8>>,
    pub holder_statement: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
}
row!(Dispute { id, claimant, state, verdict, claimant_statement, holder_statement, created_at, decided_at });
pub(super) fn list_disputes(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Dispute>> {
    tx.all(
        sql!(
            "SELECT id, claimant_id, state, verdict, claimant_statement, holder_statement, created_at, decided_at
             FROM dispute WHERE claimant_id = $1 OR holder_id = $1 ORDER BY id"
        ),
        &[&account],
    )
}
