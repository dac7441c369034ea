use super::model::{Evidence, Proof, ProofRecord};
use crate::account::model::OwnerKind;
use db::{Tx, sql};
use kernel::{
    Id, Result, Timestamp,
    id::{AccountId, OrganizationId, PersonId, mark},
};

pub(super) fn insert(tx: &mut Tx<'_>, proof: &Proof, evidence: &Evidence) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO identity_proof (id, account_id, method, provider, level, proven_at, expires_at, result,
                response_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        ),
        &[
            &proof.id,
            &proof.account,
            &proof.method,
            &proof.provider,
            &proof.level,
            &proof.proven_at,
            &proof.expires_at,
            &evidence.result,
            &evidence.response_hash,
        ],
    )
}
pub(super) fn list_in_force(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Proof>> {
    tx.all(
        sql!(
            "SELECT id, account_id, method, provider, level, proven_at, expires_at FROM identity_proof
             WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY proven_at, id"
        ),
        &[&account, &now],
    )
}
pub(super) fn update_revoked(
    tx: &mut Tx<'_>,
    account: AccountId,
    id: Id<mark::IdentityProof>,
    because: &str,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE identity_proof SET revoked_at = $4, revoked_because = $3
             WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL"
        ),
        &[&id, &account, &because, &now],
    )
}
pub(super) fn update_all_revoked(
    tx: &mut Tx<'_>,
    account: AccountId,
    because: &str,
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE identity_proof SET revoked_at = $3, revoked_because = $2
             WHERE account_id = $1 AND revoked_at IS NULL"
        ),
        &[&account, &because, &now],
    )
}
/// Newest first.
pub(super) fn list_records(tx: &mut Tx<'_>, account: AccountId, limit: i64) -> Result<Vec<ProofRecord>> {
    tx.all(
        sql!(
            "SELECT id, method, provider, level, proven_at, expires_at, result, revoked_at, revoked_because
             FROM identity_proof WHERE account_id = $1 ORDER BY id DESC LIMIT $2"
        ),
        &[&account, &limit],
    )
}
/// Takes the person's row lock: who proves the same document comes before this transaction or after it.
pub(super) fn lock_person(tx: &mut Tx<'_>, person: PersonId) -> Result<u64> {
    tx.run(sql!("UPDATE person SET created_at = created_at WHERE id = $1"), &[&person])
}
/// As [`lock_person`]; false if the person was forgotten since the document led to it.
pub(super) fn lock_person_of(tx: &mut Tx<'_>, person: PersonId, document_index: &[u8]) -> Result<bool> {
    let locked = tx.run(
        sql!("UPDATE person SET created_at = created_at WHERE id = $1 AND document_index = $2"),
        &[&person, &document_index],
    )?;
    Ok(locked == 1)
}
/// Under the person's lock: what is personal goes where neither account nor open dispute needs it; the row stays for the
/// disputes that name it. `index` is one that no document has.
pub(super) fn blank_person(tx: &mut Tx<'_>, person: PersonId, index: &[u8]) -> Result<u64> {
    let nothing: &[u8] = &[];
    tx.run(
        sql!(
            "UPDATE person SET document_type = '', document = $2, document_index = $3, name = $2
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM account WHERE person_id = $1)
                AND NOT EXISTS (SELECT 1 FROM dispute WHERE person_id = $1 AND state IN ('open', 'proposed'))"
        ),
        &[&person, &nothing, &index],
    )
}
pub(super) fn find_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<PersonRow>> {
    tx.opt(sql!("SELECT document_type, document, name FROM person WHERE id = $1"), &[&person])
}
pub(super) struct PersonRow {
    pub document_type: String,
    pub document: Vec<u8>,
    pub name: Vec<u8>,
}
db::row!(PersonRow { document_type, document, name });
/// The name as it was proven last: people change theirs.
pub(super) fn update_person_name(tx: &mut Tx<'_>, person: PersonId, name: &[u8]) -> Result<u64> {
    tx.run(sql!("UPDATE person SET name = $2 WHERE id = $1"), &[&person, &name])
}
/// The open account of that kind and owner that is bound to the person.
pub(super) fn find_holder(
    tx: &mut Tx<'_>,
    person: PersonId,
    kind: OwnerKind,
    owner: Option<OrganizationId>,
) -> Result<Option<AccountId>> {
    tx.opt(
        sql!(
            "SELECT id FROM account WHERE person_id = $1 AND owner_kind = $2 AND state <> 'closed'
                AND COALESCE(owner_organization_id, 0) = COALESCE(CAST($3 AS BIGINT), 0)"
        ),
        &[&person, &kind, &owner],
    )
}
/// The person who owns a document, made if nobody has proven it yet. None if the one who was there was forgotten meanwhile.
pub(super) fn find_or_insert_person(tx: &mut Tx<'_>, new: &NewPerson) -> Result<Option<PersonId>> {
    tx.run(
        sql!(
            "INSERT INTO person (id, document_type, document, document_index, name, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (document_index) DO NOTHING"
        ),
        &[&new.id, &new.document_type, &new.document, &new.document_index, &new.name, &new.created_at],
    )?;
    tx.opt(sql!("SELECT id FROM person WHERE document_index = $1"), &[&new.document_index])
}
pub(super) struct NewPerson {
    pub id: PersonId,
    pub document_type: &'static str,
    pub document: Vec<u8>,
    pub document_index: Vec<u8>,
    pub name: Vec<u8>,
    pub created_at: Timestamp,
}
