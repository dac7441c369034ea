//! Proving and looking. Connectors and demo data call `prove_in`; what they proved decides the level.
use super::{
    model::{Proof, RealNameLevel},
    store,
};
use crate::account;
use db::{Db, Keyring, Tx};
use kernel::{
    Id, ResidentId, Result, Timestamp,
    id::{AccountId, PersonId, mark},
};

/// The level that the proofs in force give, `Unverified` without any.
pub fn level_of_proofs(proofs: &[Proof]) -> RealNameLevel {
    proofs.iter().map(|proof| proof.level).max().unwrap_or(RealNameLevel::Unverified)
}
pub async fn level_of(db: &Db, account: AccountId, now: Timestamp) -> Result<RealNameLevel> {
    Ok(level_of_proofs(&proofs_of(db, account, now).await?))
}
pub async fn proofs_of(db: &Db, account: AccountId, now: Timestamp) -> Result<Vec<Proof>> {
    db.read(move |tx| store::list_in_force(tx, account, now)).await
}
/// Records a proof; the caller commits its event.
pub fn prove_in(tx: &mut Tx<'_>, proof: &Proof) -> Result<()> {
    store::insert(tx, proof)?;
    account::service::touch_in(tx, proof.account)
}
/// False if there is no such proof in force on this account.
pub fn revoke_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    proof: Id<mark::IdentityProof>,
    now: Timestamp,
) -> Result<bool> {
    let revoked = store::update_revoked(tx, account, proof, now)? == 1;
    if revoked {
        account::service::touch_in(tx, account)?;
    }
    Ok(revoked)
}
/// Binds the account to the natural person whose document was proven; `person` is the id for one not yet known.
/// Errors: `account.person_taken` if the person has an account of this kind already.
pub fn prove_document_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    person: PersonId,
    document: &ResidentId,
    name: &str,
    now: Timestamp,
) -> Result<PersonId> {
    let person = store::find_or_insert_person(
        tx,
        &store::NewPerson {
            id: person,
            document_type: account::model::RESIDENT_ID,
            document: keyring.seal("person.document", person.as_i64(), document.as_str()),
            document_index: keyring.blind("document", document.as_str()),
            name: keyring.seal("person.name", person.as_i64(), name),
            created_at: now,
        },
    )?;
    account::service::bind_person_in(tx, keyring, account, person, document)?;
    Ok(person)
}
