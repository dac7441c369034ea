//! Proving and looking. The room of verifications and demo data call `prove_in`; what they proved decides the level.
use super::{
    document::{Document, DocumentType},
    model::{Binding, Evidence, Proof, ProofRecord, RealNameLevel},
    store,
};
use crate::account;
use db::{Db, Keyring, Tx};
use kernel::{
    Error, Id, ResidentId, Result, Timestamp,
    id::{AccountId, PersonId, mark},
};
use std::sync::Arc;

/// Proofs that the own page lists, old ones included.
const SHOWN: i64 = 50;
const DOCUMENT: &str = "person.document";
const NAME: &str = "person.name";

/// The level that the proofs in force give, `Unverified` without any.
pub fn level_of_proofs(proofs: &[Proof]) -> RealNameLevel {
    proofs.iter().map(|proof| proof.level).max().unwrap_or(RealNameLevel::Unverified)
}
pub async fn level_of(db: &Db, account: AccountId, now: Timestamp) -> Result<RealNameLevel> {
    Ok(level_of_proofs(&proofs_of(db, account, now).await?))
}
pub fn level_in(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<RealNameLevel> {
    Ok(level_of_proofs(&store::list_in_force(tx, account, now)?))
}
pub async fn proofs_of(db: &Db, account: AccountId, now: Timestamp) -> Result<Vec<Proof>> {
    db.read_few(move |tx| store::list_in_force(tx, account, now)).await
}
pub fn proofs_in(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Proof>> {
    store::list_in_force(tx, account, now)
}
/// The newest proofs of an account, revoked and expired ones included, newest first.
pub async fn records_of(db: &Db, account: AccountId) -> Result<Vec<ProofRecord>> {
    db.read(move |tx| records_in(tx, account)).await
}
pub fn records_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<ProofRecord>> {
    store::list_records(tx, account, SHOWN)
}
/// Records a proof; the caller commits its event.
pub fn prove_in(tx: &mut Tx<'_>, proof: &Proof) -> Result<()> {
    prove_with_in(tx, proof, &Evidence::default())
}
/// As [`prove_in`], with what the method answered.
pub fn prove_with_in(tx: &mut Tx<'_>, proof: &Proof, evidence: &Evidence) -> Result<()> {
    store::insert(tx, proof, evidence)?;
    account::service::touch_in(tx, proof.account)
}
/// False if there is no such proof in force on this account.
pub fn revoke_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    proof: Id<mark::IdentityProof>,
    now: Timestamp,
) -> Result<bool> {
    revoke_because_in(tx, account, proof, "unbound", now)
}
pub fn revoke_because_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    proof: Id<mark::IdentityProof>,
    because: &str,
    now: Timestamp,
) -> Result<bool> {
    let revoked = store::update_revoked(tx, account, proof, because, now)? == 1;
    if revoked {
        account::service::touch_in(tx, account)?;
    }
    Ok(revoked)
}
/// Every proof goes, and with them the person: another account may prove the document from now on. With the last account that
/// was the person goes what is known of them.
pub fn release_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    because: &str,
    now: Timestamp,
) -> Result<()> {
    let person = account::service::require_in(tx, account)?.person;
    store::update_all_revoked(tx, account, because, now)?;
    account::service::release_person_in(tx, keyring, account)?;
    match person {
        Some(person) => forget_in(tx, person),
        None => Ok(()),
    }
}
/// Document and name go, unless an account is bound to the person or a dispute still decides whose they are; whoever ends
/// the dispute calls this again.
pub fn forget_in(tx: &mut Tx<'_>, person: PersonId) -> Result<()> {
    // A statement of its own: the next one sees whoever was bound while it waited.
    store::lock_person(tx, person)?;
    store::blank_person(tx, person, format!("forgotten {person}").as_bytes()).map(drop)
}

/// The natural person who has this document, made if nobody has proven it yet; `fresh` is the id for a new one. Its row
/// stays locked until the transaction ends.
pub fn person_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    fresh: PersonId,
    document: &Document,
    name: &str,
    now: Timestamp,
) -> Result<PersonId> {
    let new = store::NewPerson {
        id: fresh,
        document_type: document.kind().as_str(),
        document: keyring.seal(DOCUMENT, fresh.as_i64(), document.number()),
        document_index: index_of(keyring, document),
        name: keyring.seal(NAME, fresh.as_i64(), name),
        created_at: now,
    };
    loop {
        // Again only if another transaction forgot the person between the two statements.
        if let Some(person) = store::find_or_insert_person(tx, &new)?
            && store::lock_person_of(tx, person, &new.document_index)?
        {
            return Ok(person);
        }
    }
}
/// The blind index of a document.
pub fn index_of(keyring: &Keyring, document: &Document) -> Vec<u8> {
    keyring.blind("document", &document.key())
}
/// The other open account that holds the place of this one: of the same owner, for the same person.
pub fn holder_in(tx: &mut Tx<'_>, account: AccountId, person: PersonId) -> Result<Option<AccountId>> {
    let account = account::service::require_in(tx, account)?;
    let holder = store::find_holder(tx, person, account.owner.kind(), account.owner.organization())?;
    Ok(holder.filter(|holder| *holder != account.id))
}
/// Binds the account to the person, whom [`person_in`] locked, unless another account holds that place. A proven name is
/// the account's name.
pub fn bind_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    person: PersonId,
    document: &Document,
    name: &str,
) -> Result<Binding> {
    let own = account::service::require_in(tx, account)?;
    if own.person.is_some_and(|bound| bound != person) {
        return Ok(Binding::AnotherPerson);
    }
    if let Some(holder) = holder_in(tx, account, person)? {
        return Ok(Binding::HeldBy(holder));
    }
    account::service::bind_document_in(
        tx,
        keyring,
        account,
        person,
        (document.kind().as_str(), document.number(), &index_of(keyring, document)),
    )?;
    store::update_person_name(tx, person, &keyring.seal(NAME, person.as_i64(), name))?;
    account::service::rename_in(tx, keyring, account, name)?;
    Ok(Binding::Bound)
}
/// Binds the account to the natural person whose document was proven; `person` is the id for one not yet known. For
/// demonstrations: the account keeps its name. Errors: `account.person_taken` if the person has an account of this kind.
pub fn prove_document_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    person: PersonId,
    document: &ResidentId,
    name: &str,
    now: Timestamp,
) -> Result<PersonId> {
    let document = Document::of_resident(document);
    let person = person_in(tx, keyring, person, &document, name, now)?;
    account::service::bind_document_in(
        tx,
        keyring,
        account,
        person,
        (document.kind().as_str(), document.number(), &index_of(keyring, &document)),
    )?;
    Ok(person)
}

/// The person that an account was proven to be.
#[derive(Clone, Debug)]
pub struct Known {
    pub person: PersonId,
    pub document_type: DocumentType,
    pub document_masked: String,
    pub name: String,
}
pub async fn known(db: &Db, account: AccountId) -> Result<Option<Known>> {
    let keyring = Arc::clone(db.keyring());
    db.read_few(move |tx| known_in(tx, &keyring, account)).await
}
pub fn known_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Option<Known>> {
    let Some(person) = account::service::find_in(tx, account)?.and_then(|account| account.person) else {
        return Ok(None);
    };
    let row = store::find_person(tx, person)?.ok_or_else(|| Error::internal("realname.no_person"))?;
    let number = keyring.open(DOCUMENT, person.as_i64(), &row.document)?;
    Ok(Some(Known {
        person,
        document_type: row.document_type.parse()?,
        document_masked: kernel::mask::document(&number),
        name: keyring.open(NAME, person.as_i64(), &row.name)?,
    }))
}
/// Whether the account was proven to be the person who holds this document.
pub fn is_holder_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    document: &Document,
) -> Result<bool> {
    let Some(person) = account::service::find_in(tx, account)?.and_then(|account| account.person) else {
        return Ok(false);
    };
    let row = store::find_person(tx, person)?.ok_or_else(|| Error::internal("realname.no_person"))?;
    let number = keyring.open(DOCUMENT, person.as_i64(), &row.document)?;
    Ok(row.document_type == document.kind().as_str() && number == document.number())
}
/// Whether the account's name was proven: it changes by a new proof alone.
pub async fn name_is_proven(db: &Db, account: AccountId, now: Timestamp) -> Result<bool> {
    Ok(level_of(db, account, now).await? > RealNameLevel::Unverified)
}
