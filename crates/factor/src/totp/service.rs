//! Offer, add, verify, rename, remove. A wrong code is an `Ok` outcome: the transaction that counts it must commit.
use super::{
    model::{Added, AuthenticatorCard, AuthenticatorId, Code, Key, MOST, NAME_LENGTH, Offer, Verdict},
    store,
};
use data_encoding::BASE64URL_NOPAD;
use db::{Db, Keyring, Tx};
use kernel::{Error, Result, Timestamp, id::AccountId, text};
use platform::counter::{self, Limit};
use std::sync::Arc;

const SECRET: &str = "authenticator.secret";
const NAME: &str = "authenticator.name";
/// Wrong codes of one account, whoever types them: three of a million fit at any time.
const WRONG: Limit = Limit { scope: "totp.wrong", most: 5, seconds: 900 };
const WRONG_A_DAY: Limit = Limit { scope: "totp.wrong_a_day", most: 30, seconds: 86_400 };
/// How long the page with the secret may wait for its code.
const OFFER_MINUTES: i64 = 30;

fn counted(keyring: &Keyring, account: AccountId) -> [u8; 32] {
    keyring.mac("totp.wrong", &[&account.as_i64().to_be_bytes()])
}

/// A secret for a new app. Nothing is stored.
pub fn offer(db: &Db, issuer: &str, account_name: &str) -> Result<Offer> {
    let (id, key) = (db.draw(), Key::draw(db.rng()));
    let sealed = db.keyring().seal_bytes(SECRET, AuthenticatorId::as_i64(id), key.bytes());
    Offer::new(id, BASE64URL_NOPAD.encode(&sealed), &key, issuer, account_name)
}
/// The same secret again, for a form whose code was wrong. Error: `totp.offer_over`.
pub fn offer_again(
    db: &Db,
    id: AuthenticatorId,
    sealed: &str,
    issuer: &str,
    account_name: &str,
    now: Timestamp,
) -> Result<Offer> {
    let (_, key) = open_offer(db.keyring(), id, sealed, now)?;
    Offer::new(id, sealed.to_owned(), &key, issuer, account_name)
}
fn open_offer(
    keyring: &Keyring,
    id: AuthenticatorId,
    sealed: &str,
    now: Timestamp,
) -> Result<(Vec<u8>, Key)> {
    let over = || Error::invalid("totp.offer_over");
    if id.drawn_at().plus_seconds(OFFER_MINUTES * 60) <= now {
        return Err(over());
    }
    let sealed = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| over())?;
    let key = keyring.open_bytes(SECRET, id.as_i64(), &sealed).map_err(|_| over())?;
    Ok((sealed, Key::from_bytes(key)))
}

/// A new app with its first code.
#[derive(Clone, Debug)]
pub struct NewAuthenticator {
    pub id: AuthenticatorId,
    pub account: AccountId,
    pub name: String,
    /// Of the offer.
    pub sealed: String,
    pub code: Code,
    pub now: Timestamp,
}
/// Error: `field.*` at `name`.
pub fn parse_name(typed: &str) -> Result<String> {
    text::line("name", typed, NAME_LENGTH)
}
/// The caller holds the account's row lock. Error: `totp.offer_over`.
pub fn add_in(tx: &mut Tx<'_>, keyring: &Keyring, new: &NewAuthenticator) -> Result<Added> {
    let there = store::list(tx, new.account)?;
    if there.iter().any(|stored| stored.id == new.id) {
        return Ok(Added::Already);
    }
    if there.len() as i64 >= MOST {
        return Ok(Added::TooMany);
    }
    let (sealed, key) = open_offer(keyring, new.id, &new.sealed, new.now)?;
    let Some(step) = key.step_of(&new.code, new.now) else { return Ok(Added::WrongCode) };
    let name = keyring.seal(NAME, new.id.as_i64(), &new.name);
    store::insert(tx, new.id, new.account, &name, &sealed, step, new.now)?;
    Ok(Added::Done)
}

/// One try at sign-in or step-up, counted whatever it is: parallel tries come one after the other.
pub fn verify_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    code: &Code,
    now: Timestamp,
) -> Result<Verdict> {
    let key = counted(keyring, account);
    let hit = counter::service::hit_in(tx, WRONG, &key, now)?;
    let day = counter::service::hit_in(tx, WRONG_A_DAY, &key, now)?;
    if !hit.allowed() || !day.allowed() {
        let minutes = if day.allowed() { hit.minutes_left(now) } else { day.minutes_left(now) };
        return Ok(Verdict::Locked { minutes });
    }
    let mut used = false;
    for stored in store::list(tx, account)? {
        let secret = Key::from_bytes(keyring.open_bytes(SECRET, stored.id.as_i64(), &stored.secret)?);
        let Some(step) = secret.step_of(code, now) else { continue };
        if store::use_step(tx, stored.id, step, now)? {
            counter::service::clear_in(tx, WRONG, &key)?;
            counter::service::give_back_in(tx, WRONG_A_DAY, &key)?;
            return Ok(Verdict::Right(stored.id));
        }
        used = true;
    }
    if used {
        return Ok(Verdict::Used);
    }
    Ok(Verdict::Wrong { left: (hit.most - hit.n).min(day.most - day.n) })
}

pub fn list_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Vec<AuthenticatorCard>> {
    store::list(tx, account)?
        .into_iter()
        .map(|stored| {
            Ok(AuthenticatorCard {
                name: keyring.open(NAME, stored.id.as_i64(), &stored.name)?,
                id: stored.id,
                created_at: stored.created_at,
                last_used_at: stored.last_used_at,
            })
        })
        .collect()
}
pub async fn list(db: &Db, account: AccountId) -> Result<Vec<AuthenticatorCard>> {
    let keyring = Arc::clone(db.keyring());
    db.read_few(move |tx| list_in(tx, &keyring, account)).await
}
/// False if the account has no such app.
pub fn rename_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    id: AuthenticatorId,
    name: &str,
) -> Result<bool> {
    let sealed = keyring.seal(NAME, id.as_i64(), name);
    Ok(store::update_name(tx, account, id, &sealed)? == 1)
}
/// The caller holds the account's row lock. False if the account has no such app.
pub fn remove_in(tx: &mut Tx<'_>, account: AccountId, id: AuthenticatorId) -> Result<bool> {
    Ok(store::delete(tx, account, id)? == 1)
}
