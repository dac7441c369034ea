use super::model::Proof;
use db::{Tx, sql};
use kernel::{
    Id, Result, Timestamp,
    id::{AccountId, PersonId, mark},
};

pub(super) fn insert(tx: &mut Tx<'_>, proof: &Proof) -> Result<u64> {
    tx.run(
        sql!(
            "INSERT INTO identity_proof (id, account_id, method, provider, level, proven_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        &[
            &proof.id,
            &proof.account,
            &proof.method,
            &proof.provider,
            &proof.level,
            &proof.proven_at,
            &proof.expires_at,
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
    now: Timestamp,
) -> Result<u64> {
    tx.run(
        sql!(
            "UPDATE identity_proof SET revoked_at = $3 WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL"
        ),
        &[&id, &account, &now],
    )
}
/// The person who owns a document, made if nobody has proven it yet.
pub(super) fn find_or_insert_person(tx: &mut Tx<'_>, new: &NewPerson) -> Result<PersonId> {
    tx.run(
        sql!(
            "INSERT INTO person (id, document_type, document, document_index, name, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (document_index) DO NOTHING"
        ),
        &[&new.id, &new.document_type, &new.document, &new.document_index, &new.name, &new.created_at],
    )?;
    tx.one(sql!("SELECT id FROM person WHERE document_index = $1"), &[&new.document_index])
}
pub(super) struct NewPerson {
    pub id: PersonId,
    pub document_type: &'static str,
    pub document: Vec<u8>,
    pub document_index: Vec<u8>,
    pub name: Vec<u8>,
    pub created_at: Timestamp,
}
