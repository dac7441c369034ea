//! Closing an account: asked for, taken back until a day, then final. What is personal goes; the audit keeps its skeleton.
//! Rooms above check what stands in the way and erase their own rows in the same transaction as the last step.
use super::{
    model::{AccountState, Owner},
    own::store,
    service,
};
use crate::{
    Identity, SignedIn, former,
    notice::{self, Kind, Notice},
    realname, search,
};
use db::{Db, Tx};
use kernel::{Actor, Error, Event, Result, Timestamp, id::AccountId};
use web::Lang;

/// Asked for at, final at.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub asked_at: Timestamp,
    pub due_at: Timestamp,
}

pub async fn find(db: &Db, account: AccountId) -> Result<Option<Closing>> {
    db.read_few(move |tx| find_in(tx, account)).await
}
pub fn find_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Closing>> {
    Ok(store::find_closing(tx, account)?.map(|(asked_at, due_at)| Closing { asked_at, due_at }))
}
/// The holder asks. The caller has checked under the account's lock what stands in the way, and commits the event.
/// Errors: `account.closing_managed`, `account.closing_already`.
pub fn ask_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    signed_in: &SignedIn,
    lang: Lang,
    due: Timestamp,
    now: Timestamp,
) -> Result<Event> {
    let account = service::require_in(tx, signed_in.account)?;
    if account.owner != Owner::SelfOwned {
        return Err(Error::forbidden("account.closing_managed"));
    }
    if !store::insert_closing(tx, account.id, now, due)? {
        return Err(Error::conflict("account.closing_already"));
    }
    let told = Notice::new(Kind::Closing).time("due", due).leads_to("/me/close").in_language(lang);
    notice::tell_all_in(tx, identity, account.id, &told, now)?;
    Ok(Event::done(&signed_in.actor, "account.closing_asked").on("account", account.id))
}
/// False if there was nothing to take back.
pub async fn undo(identity: &Identity, signed_in: &SignedIn, lang: Lang, now: Timestamp) -> Result<bool> {
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            service::touch_in(tx, account)?;
            if !store::delete_closing(tx, account)? {
                return Ok((false, Vec::new()));
            }
            let told = Notice::new(Kind::ClosingUndone).in_language(lang);
            notice::tell_all_in(tx, &identity2, account, &told, now)?;
            Ok((true, vec![Event::done(&actor, "account.closing_undone").on("account", account)]))
        })
        .await
}
/// Accounts whose time has come.
pub async fn due(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<AccountId>> {
    db.read(move |tx| store::list_closing_due(tx, now, limit)).await
}
/// Something stands in the way that was not there when the holder asked: looked at again later.
pub fn put_off_in(tx: &mut Tx<'_>, account: AccountId, until: Timestamp) -> Result<()> {
    store::put_off_closing(tx, account, until).map(drop)
}
/// The last step, made once: None if it was taken back, put off, or another node made it. Frees login name, phone and
/// person, ends every session, and destroys the ciphertext of what is personal. Rooms above erase theirs beside it.
pub fn finish_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Event>> {
    service::touch_in(tx, account)?;
    if !store::take_closing_due(tx, account, now)? {
        return Ok(None);
    }
    let keyring = identity.db().keyring();
    search::service::forget_in(tx, keyring, account)?;
    service::set_state_in(tx, account, AccountState::Closed, now)?;
    realname::service::release_in(tx, keyring, account, "closed", now)?;
    // Not a name that anybody could register: ids are upper case and begin with a digit.
    let name = service::seal_name(keyring, account, "");
    store::erase(tx, account, &format!("closed-{account}"), &name)?;
    notice::service::erase_in(tx, account)?;
    former::service::erase_in(tx, account, now)?;
    Ok(Some(Event::done(&Actor::system(), "account.closed").on("account", account)))
}
