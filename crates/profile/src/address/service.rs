//! Adding, changing, the default, deleting and putting back.
use super::{
    model::{Address, AddressId, Content, MOST, UNDO_DAYS},
    store,
};
use db::{Db, Keyring, Tx};
use identity::{SignedIn, account};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use std::sync::Arc;

const CONTENT: &str = "address.content";

fn seal(keyring: &Keyring, id: AddressId, content: &Content) -> Result<Vec<u8>> {
    let text = serde_json::to_string(content).map_err(|e| Error::internal("address.json").because(e))?;
    Ok(keyring.seal(CONTENT, id.as_i64(), &text))
}
fn open(keyring: &Keyring, row: store::Row) -> Result<Address> {
    let text = keyring.open(CONTENT, row.id.as_i64(), &row.content)?;
    let content = serde_json::from_str(&text).map_err(|e| Error::internal("address.json").because(e))?;
    Ok(Address { id: row.id, content, is_default: row.is_default, created_at: row.created_at })
}
fn unknown() -> Error {
    Error::not_found("address.unknown")
}

/// The own ones, the default first.
pub async fn list(db: &Db, account: AccountId) -> Result<Vec<Address>> {
    let keyring = Arc::clone(db.keyring());
    db.read_few(move |tx| store::list(tx, account)?.into_iter().map(|row| open(&keyring, row)).collect())
        .await
}
/// Error: `address.unknown`.
pub async fn find(db: &Db, account: AccountId, id: AddressId) -> Result<Address> {
    let keyring = Arc::clone(db.keyring());
    db.read_few(move |tx| open(&keyring, store::find(tx, account, id)?.ok_or_else(unknown)?)).await
}
/// The first one is the default. False if the form came twice. Error: `address.full`.
pub async fn add(
    db: &Db,
    by: &SignedIn,
    id: AddressId,
    content: Content,
    wish_default: bool,
    now: Timestamp,
) -> Result<bool> {
    let (keyring, account, actor) = (Arc::clone(db.keyring()), by.account, by.actor.clone());
    db.write(move |tx| {
        // The row lock makes two forms at once count one after the other.
        account::service::touch_in(tx, account)?;
        let there = store::count(tx, account)?;
        if store::find(tx, account, id)?.is_some() {
            return Ok((false, Vec::new()));
        }
        if there >= MOST {
            return Err(Error::conflict("address.full").arg("most", MOST.to_string()));
        }
        let is_default = wish_default || there == 0;
        if is_default {
            store::clear_default(tx, account)?;
        }
        if !store::insert(tx, account, id, &seal(&keyring, id, &content)?, is_default, now)? {
            return Err(Error::invalid("form.id_stale"));
        }
        Ok((true, vec![Event::done(&actor, "address.added").on("address", id)]))
    })
    .await
}
/// Error: `address.unknown`.
pub async fn change(
    db: &Db,
    by: &SignedIn,
    id: AddressId,
    content: Content,
    wish_default: bool,
) -> Result<()> {
    let (keyring, account, actor) = (Arc::clone(db.keyring()), by.account, by.actor.clone());
    db.write(move |tx| {
        account::service::touch_in(tx, account)?;
        if !store::update(tx, account, id, &seal(&keyring, id, &content)?)? {
            return Err(unknown());
        }
        if wish_default {
            make_default_in(tx, account, id)?;
        }
        Ok(((), vec![Event::done(&actor, "address.changed").on("address", id)]))
    })
    .await
}
fn make_default_in(tx: &mut Tx<'_>, account: AccountId, id: AddressId) -> Result<()> {
    store::clear_default(tx, account)?;
    if store::set_default(tx, account, id)? { Ok(()) } else { Err(unknown()) }
}
/// Error: `address.unknown`.
pub async fn make_default(db: &Db, by: &SignedIn, id: AddressId) -> Result<()> {
    let (account, actor) = (by.account, by.actor.clone());
    db.write(move |tx| {
        account::service::touch_in(tx, account)?;
        make_default_in(tx, account, id)?;
        Ok(((), vec![Event::done(&actor, "address.default_set").on("address", id)]))
    })
    .await
}
/// The newest that is left becomes the default if this one was. False if it is gone already.
pub async fn delete(db: &Db, by: &SignedIn, id: AddressId, now: Timestamp) -> Result<bool> {
    let (account, actor) = (by.account, by.actor.clone());
    db.write(move |tx| {
        account::service::touch_in(tx, account)?;
        let Some(was_default) = store::delete(tx, account, id, now)? else { return Ok((false, Vec::new())) };
        if was_default && let Some(next) = store::newest(tx, account)? {
            make_default_in(tx, account, next)?;
        }
        Ok((true, vec![Event::done(&actor, "address.deleted").on("address", id)]))
    })
    .await
}
/// Within a day. Errors: `address.unknown`, `address.full`.
pub async fn restore(db: &Db, by: &SignedIn, id: AddressId, now: Timestamp) -> Result<()> {
    let (account, actor) = (by.account, by.actor.clone());
    db.write(move |tx| {
        account::service::touch_in(tx, account)?;
        let there = store::count(tx, account)?;
        if there >= MOST {
            return Err(Error::conflict("address.full").arg("most", MOST.to_string()));
        }
        if !store::restore(tx, account, id, now.plus_days(-UNDO_DAYS))? {
            return Err(unknown());
        }
        if there == 0 {
            make_default_in(tx, account, id)?;
        }
        Ok(((), vec![Event::done(&actor, "address.restored").on("address", id)]))
    })
    .await
}
pub(crate) fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account).map(drop)
}
pub(crate) async fn forget_old(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-UNDO_DAYS);
    db.exec("deleted addresses", move |statement| store::delete_old(statement, before)).await.map(drop)
}
