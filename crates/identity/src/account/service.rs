//! Creating and changing accounts. The `…_in` functions run inside the transaction of whoever has the right: the
//! caller checks it and commits the event. `Err` means that nothing was written.
use super::{
    model::{
        AccountCard, AccountRef, AccountState, Contact, Creation, Identifier, NewManaged, NewSelfOwned,
        Owner, RESIDENT_ID,
    },
    store::{self, CardRow, NewAccount},
};
use crate::{credential, search, session};
use db::{Db, Keyring, Tx};
use kernel::{
    Error, LoginName, Mobile, Result, Timestamp,
    id::{AccountId, PersonId},
};
use std::collections::HashMap;

/// Most accounts that one document is tried against at sign-in.
pub const MOST_MATCHES: i64 = 5;
const NAME: &str = "account.name";
pub(crate) const PHONE: &str = "account.phone";
pub(crate) const DOCUMENT: &str = "account.document";
pub(super) const EMAIL: &str = "account.email";

/// Makes an account that the organization owns; without a password it waits for its activation. Errors: `account.login_name_taken` at `login_name`.
pub fn create_managed_in(tx: &mut Tx<'_>, keyring: &Keyring, new: &NewManaged) -> Result<Creation> {
    let created = insert_managed_in(tx, keyring, new)?;
    if created == Creation::Created {
        search::service::insert_in(tx, &new.terms(keyring))?;
    }
    Ok(created)
}
fn insert_managed_in(tx: &mut Tx<'_>, keyring: &Keyring, new: &NewManaged) -> Result<Creation> {
    let created = insert_in(tx, &sealed(keyring, new))?;
    if created == Creation::Created
        && let Some(hash) = &new.temporary_password_hash
    {
        credential::service::set_in(tx, new.id, hash, true, new.now)?;
    }
    Ok(created)
}
fn sealed(keyring: &Keyring, new: &NewManaged) -> NewAccount {
    let row = new.id.as_i64();
    let (phone, document) = (new.phone.as_ref(), new.document.as_ref());
    NewAccount {
        id: new.id,
        sub: new.sub.clone(),
        owner: Owner::Managed(new.organization),
        login_name: new.login_name.as_str().to_owned(),
        name: keyring.seal(NAME, row, &new.name),
        phone: phone.map(|phone| keyring.seal(PHONE, row, phone.as_str())),
        phone_index: phone.map(|phone| keyring.blind("phone", phone.as_str())),
        phone_proven: false,
        document_type: document.map(|_| RESIDENT_ID),
        document: document.map(|document| keyring.seal(DOCUMENT, row, document.as_str())),
        document_index: document.map(|document| keyring.blind("document", document.as_str())),
        unactivated: new.temporary_password_hash.is_none(),
        now: new.now,
    }
}
/// A managed account without a password, sealed before its transaction: one of many.
pub struct Prepared(NewAccount);
impl Prepared {
    pub fn new(keyring: &Keyring, new: &NewManaged) -> Self {
        Self(NewAccount { unactivated: true, ..sealed(keyring, new) })
    }
    pub fn id(&self) -> AccountId {
        self.0.id
    }
}
/// What became of each, in their order; None where the login name is taken. They are found by no search yet: whoever makes
/// many inserts their terms in the order of the key afterwards.
pub fn insert_prepared_in(tx: &mut Tx<'_>, new: &[&Prepared]) -> Result<Vec<Option<Creation>>> {
    let rows: Vec<&NewAccount> = new.iter().map(|new| &new.0).collect();
    let inserted = store::insert_all(tx, &rows)?;
    let mut made = Vec::with_capacity(new.len());
    for (new, inserted) in rows.iter().zip(inserted) {
        made.push(if inserted {
            tx.changed("account", new.id);
            Some(Creation::Created)
        } else if store::exists(tx, new.id)? {
            Some(Creation::Replayed)
        } else {
            None
        });
    }
    Ok(made)
}
/// Makes a person's own account; its phone was proven a moment ago.
/// Errors: `account.login_name_taken`, `account.phone_taken`.
pub fn create_self_owned_in(tx: &mut Tx<'_>, keyring: &Keyring, new: &NewSelfOwned) -> Result<Creation> {
    let row = new.id.as_i64();
    if let Some(phone) = &new.phone
        && find_by_phone_in(tx, keyring, phone)?.is_some_and(|found| found.id != new.id)
    {
        return Err(phone_taken());
    }
    let created = insert_in(
        tx,
        &NewAccount {
            id: new.id,
            sub: new.sub.clone(),
            owner: Owner::SelfOwned,
            login_name: new.login_name.as_str().to_owned(),
            name: keyring.seal(NAME, row, &new.name),
            phone: new.phone.as_ref().map(|phone| keyring.seal(PHONE, row, phone.as_str())),
            phone_index: new.phone.as_ref().map(|phone| keyring.blind("phone", phone.as_str())),
            phone_proven: new.phone.is_some(),
            document_type: new.document.as_ref().map(|_| RESIDENT_ID),
            document: new.document.as_ref().map(|document| keyring.seal(DOCUMENT, row, document.as_str())),
            document_index: new
                .document
                .as_ref()
                .map(|document| keyring.blind("document", document.as_str())),
            unactivated: false,
            now: new.now,
        },
    );
    let created = match (created, &new.phone) {
        // A race for the number ends at its key, and must not be told as one for the login name.
        (Err(error), Some(phone))
            if error.kind == kernel::Kind::Conflict && find_by_phone_in(tx, keyring, phone)?.is_some() =>
        {
            return Err(phone_taken());
        }
        (created, _) => created?,
    };
    if created == Creation::Created {
        credential::service::set_in(tx, new.id, &new.password_hash, false, new.now)?;
        search::service::insert_in(tx, &new.terms(keyring))?;
    }
    Ok(created)
}
fn phone_taken() -> Error {
    Error::conflict("account.phone_taken").at("phone")
}
fn insert_in(tx: &mut Tx<'_>, new: &NewAccount) -> Result<Creation> {
    if store::insert(tx, new)? {
        tx.changed("account", new.id);
        return Ok(Creation::Created);
    }
    if store::exists(tx, new.id)? {
        return Ok(Creation::Replayed);
    }
    Err(Error::conflict("account.login_name_taken").at("login_name"))
}

/// Whether a name contains what was typed, by its characters or its initials. `typed` is in lower case.
pub fn name_fits(name: &str, typed: &str) -> bool {
    search::name_fits(name, typed)
}
pub fn rename_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId, name: &str) -> Result<()> {
    require_in(tx, id)?;
    search::service::refreshed_in(tx, keyring, id, |tx| {
        store::update_name(tx, id, &keyring.seal(NAME, id.as_i64(), name))
    })?;
    tx.changed("account", id);
    Ok(())
}
/// Error: `account.login_name_taken`.
pub fn set_login_name_in(tx: &mut Tx<'_>, id: AccountId, login_name: &LoginName) -> Result<()> {
    if !store::update_login_name(tx, id, login_name.as_str())? {
        return Err(Error::conflict("account.login_name_taken").at("login_name"));
    }
    tx.changed("account", id);
    Ok(())
}
/// Sets a number that its holder has yet to prove; the number that was proven until now comes back, to be told.
pub fn set_phone_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: AccountId,
    phone: Option<&Mobile>,
) -> Result<Option<String>> {
    let row = id.as_i64();
    let before = store::find_phone(tx, id)?.ok_or_else(|| Error::not_found("account.unknown"))?;
    let old = match &before.0 {
        Some(sealed) => Some(keyring.open(PHONE, row, sealed)?),
        None => None,
    };
    if old.as_deref() == phone.map(Mobile::as_str) {
        return Ok(None);
    }
    let sealed = phone.map(|phone| keyring.seal(PHONE, row, phone.as_str()));
    let index = phone.map(|phone| keyring.blind("phone", phone.as_str()));
    search::service::refreshed_in(tx, keyring, id, |tx| store::update_phone(tx, id, sealed, index))?;
    tx.changed("account", id);
    Ok(old.filter(|_| before.1))
}
/// Marks the number as proven by its holder. Error: `account.phone_taken` if another account proved it before.
pub fn prove_phone_in(tx: &mut Tx<'_>, id: AccountId) -> Result<()> {
    if !store::update_phone_proven(tx, id)? {
        return Err(Error::conflict("account.phone_taken").at("phone"));
    }
    tx.changed("account", id);
    Ok(())
}
/// Changes the state; leaving `active` ends every session. Error: `account.state_conflict`.
pub fn set_state_in(tx: &mut Tx<'_>, id: AccountId, next: AccountState, now: Timestamp) -> Result<()> {
    let account = require_in(tx, id)?;
    if account.state == next {
        return Ok(());
    }
    let closed_at = (next == AccountState::Closed).then_some(now);
    if !account.state.may_become(next) || !store::update_state(tx, id, account.state, next, closed_at)? {
        return Err(Error::conflict("account.state_conflict"));
    }
    if matches!(next, AccountState::Disabled | AccountState::Closed) {
        session::service::end_all_in(tx, id, None, now)?;
    }
    tx.changed("account", id);
    Ok(())
}
/// A password for handing out: whoever signs in with it sets a new one first. Ends every session.
pub fn reset_password_in(tx: &mut Tx<'_>, id: AccountId, temporary_hash: &str, now: Timestamp) -> Result<()> {
    touch_in(tx, id)?;
    credential::service::set_in(tx, id, temporary_hash, true, now)?;
    session::service::end_all_in(tx, id, None, now)
}
/// `document` is its type, its number and its blind index. Error: `account.person_taken`.
pub(crate) fn bind_document_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: AccountId,
    person: PersonId,
    document: (&str, &str, &[u8]),
) -> Result<()> {
    let (kind, number, index) = document;
    let sealed = keyring.seal(DOCUMENT, id.as_i64(), number);
    let bound = search::service::refreshed_in(tx, keyring, id, |tx| {
        store::update_person(tx, id, person, kind, &sealed, index)
    })?;
    if !bound {
        return Err(Error::conflict("account.person_taken"));
    }
    tx.changed("account", id);
    Ok(())
}
/// The account is nobody's in particular any more.
pub(crate) fn release_person_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId) -> Result<()> {
    search::service::refreshed_in(tx, keyring, id, |tx| store::delete_person(tx, id))?;
    tx.changed("account", id);
    Ok(())
}
/// Whether anybody ever signed in to the account.
pub(crate) fn has_signed_in(tx: &mut Tx<'_>, id: AccountId) -> Result<bool> {
    store::has_signed_in(tx, id)
}
/// Under the account's row lock: its state, and since when this number is known to be its holder's; None for an account
/// that has another number by now.
pub(crate) fn lock_by_phone_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: AccountId,
    phone: &Mobile,
) -> Result<Option<(AccountState, Timestamp)>> {
    let index = keyring.blind("phone", phone.as_str());
    Ok(store::lock_phone(tx, id)?
        .filter(|row| row.proven && row.phone_index.as_deref() == Some(index.as_slice()))
        .map(|row| (row.state, row.proven_at.unwrap_or(row.created_at))))
}
/// A code reached the holder at the proven number.
pub fn confirm_phone_in(tx: &mut Tx<'_>, id: AccountId, now: Timestamp) -> Result<()> {
    store::update_phone_confirmed(tx, id, now).map(drop)
}
/// Takes the account's row lock alone: whoever changes the account comes before this transaction or after it.
pub(crate) fn lock_in(tx: &mut Tx<'_>, id: AccountId) -> Result<()> {
    store::update_rev(tx, id).map(drop)
}
/// As [`lock_in`], with the state that the account has under the lock.
pub(crate) fn lock_state_in(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountState>> {
    store::lock_state(tx, id)
}
/// Takes the account's row lock and tells other nodes that it changed.
pub fn touch_in(tx: &mut Tx<'_>, id: AccountId) -> Result<()> {
    if store::update_rev(tx, id)? == 0 {
        return Err(Error::not_found("account.unknown"));
    }
    tx.changed("account", id);
    Ok(())
}
/// Records that the account accepted a version: `terms`, `privacy`, `document_number`.
pub fn accept_in(
    tx: &mut Tx<'_>,
    id: AccountId,
    document: &str,
    version: &str,
    now: Timestamp,
) -> Result<()> {
    store::insert_acceptance(tx, id, document, version, now).map(drop)
}

pub fn find_in(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<AccountRef>> {
    store::find(tx, id)
}
/// Error: `account.unknown`.
pub fn require_in(tx: &mut Tx<'_>, id: AccountId) -> Result<AccountRef> {
    store::find(tx, id)?.ok_or_else(|| Error::not_found("account.unknown"))
}
pub fn find_by_login_name_in(tx: &mut Tx<'_>, login_name: &LoginName) -> Result<Option<AccountRef>> {
    store::find_by_login_name(tx, login_name.as_str())
}
/// The account that signs in with this proven number.
pub fn find_by_phone_in(tx: &mut Tx<'_>, keyring: &Keyring, phone: &Mobile) -> Result<Option<AccountRef>> {
    store::find_by_phone(tx, &keyring.blind("phone", phone.as_str()))
}
/// Every account that the identifier can mean, at most [`MOST_MATCHES`].
pub fn matches_in(tx: &mut Tx<'_>, keyring: &Keyring, identifier: &Identifier) -> Result<Vec<AccountRef>> {
    Ok(match identifier {
        Identifier::LoginName(name) => find_by_login_name_in(tx, name)?.into_iter().collect(),
        Identifier::Phone(phone) => find_by_phone_in(tx, keyring, phone)?.into_iter().collect(),
        Identifier::Document(document) => {
            store::list_by_document(tx, &keyring.blind("document", document.as_str()), MOST_MATCHES)?
        }
    })
}
pub async fn find_by_login_name(db: &Db, login_name: LoginName) -> Result<Option<AccountRef>> {
    db.read_few(move |tx| find_by_login_name_in(tx, &login_name)).await
}

/// Cards in the order of `ids`; unknown ids are left out.
pub async fn cards(db: &Db, ids: Vec<AccountId>) -> Result<Vec<AccountCard>> {
    let keyring = std::sync::Arc::clone(db.keyring());
    db.read_few(move |tx| cards_in(tx, &keyring, &ids)).await
}
pub fn cards_in(tx: &mut Tx<'_>, keyring: &Keyring, ids: &[AccountId]) -> Result<Vec<AccountCard>> {
    let mut found = HashMap::with_capacity(ids.len());
    // PostgreSQL takes at most 65535 parameters, SQLite 32766.
    for slice in ids.chunks(1000) {
        for row in store::list_cards(tx, slice)? {
            found.insert(row.id, open_card(keyring, row)?);
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
fn open_card(keyring: &Keyring, row: CardRow) -> Result<AccountCard> {
    let phone = match &row.phone {
        Some(sealed) => Some(keyring.open(PHONE, row.id.as_i64(), sealed)?),
        None => None,
    };
    Ok(AccountCard {
        name: open_name(keyring, row.id, &row.name)?,
        phone_masked: phone.map(|phone| masked_phone(&phone)),
        phone_proven: row.phone_proven,
        id: row.id,
        login_name: row.login_name,
        state: row.state,
        owner: Owner::of(row.owner_kind, row.owner),
        created_at: row.created_at,
        last_sign_in_at: row.last_sign_in_at,
    })
}
pub(super) fn seal_name(keyring: &Keyring, id: AccountId, name: &str) -> Vec<u8> {
    keyring.seal(NAME, id.as_i64(), name)
}
pub(crate) fn open_name(keyring: &Keyring, id: AccountId, sealed: &[u8]) -> Result<String> {
    keyring.open(NAME, id.as_i64(), sealed)
}
/// `138****2046`, from the stored form.
pub fn masked_phone(stored: &str) -> String {
    kernel::mask::mobile(stored.strip_prefix("+86").unwrap_or(stored))
}
/// The stored number, for sending a message to it. Proven or not is the second value.
pub fn phone_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId) -> Result<Option<(String, bool)>> {
    match store::find_phone(tx, id)? {
        Some((Some(sealed), proven)) => Ok(Some((keyring.open(PHONE, id.as_i64(), &sealed)?, proven))),
        _ => Ok(None),
    }
}

/// Where an account's holder can be told something: proven addresses alone. None once it is closed.
pub fn contact_in(tx: &mut Tx<'_>, keyring: &Keyring, id: AccountId) -> Result<Option<Contact>> {
    let Some(row) = store::find_contact(tx, id)? else { return Ok(None) };
    let open = |column, sealed: Option<Vec<u8>>, proven| match sealed {
        Some(sealed) if proven => keyring.open(column, id.as_i64(), &sealed).map(Some),
        _ => Ok(None),
    };
    Ok(Some(Contact {
        phone: open(PHONE, row.phone, row.phone_proven)?,
        email: open(EMAIL, row.email, row.email_proven)?,
        login_name: row.login_name,
    }))
}
