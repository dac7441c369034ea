//! Ceremonies: begin, finish outside of the transaction, store inside. Names, list, removal.
use super::{
    model::{
        Added, Answer, Asserted, Assertion, Ceremony, Fresh, MINUTES, MOST, NAME_LENGTH, PasskeyCard,
        PasskeyId, Registration,
    },
    relying, store,
};
use data_encoding::BASE64URL_NOPAD;
use db::{Db, Keyring, Tx};
use kernel::{Error, Result, Timestamp, id::AccountId, text};
use platform::{
    challenge::{self, Attempt, ChallengeId, NewChallenge},
    counter::{self, Limit},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use std::sync::Arc;
use web::Ctx;
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, WebauthnError,
};

const NAME: &str = "passkey.name";
const CREDENTIAL: &str = "passkey.credential";
const REGISTER: &str = "passkey.register";
/// Ceremonies of one source: each is a row, and a page may begin one whenever it is looked at.
const BEGUN: Limit = Limit { scope: "passkey.begun", most: 2000, seconds: 600 };

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    account: Option<AccountId>,
    state: T,
}
fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::internal("passkey.json").because(error)
}

/// Opens the challenge behind a ceremony. Error: `passkey.too_many`.
async fn open<T: Serialize>(
    db: &Db,
    ctx: &Ctx,
    purpose: &'static str,
    kept: &Kept<T>,
) -> Result<ChallengeId> {
    let id = db.draw();
    let new = NewChallenge {
        id,
        kind: "webauthn",
        purpose,
        browser: ctx.browser,
        target: None,
        code: Some(String::new()),
        data: serde_json::to_string(kept).map_err(unreadable)?,
        attempts_allowed: 1,
        now: ctx.now,
        expires_at: ctx.now.plus_seconds(MINUTES * 60),
    };
    let (keyring, now) = (Arc::clone(db.keyring()), ctx.now);
    let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
    let opened = db
        .write_unaudited("passkey ceremony", move |tx| {
            let hit = counter::service::hit_in(tx, BEGUN, &source, now)?;
            if !hit.allowed() {
                return Ok(Err(hit.minutes_left(now)));
            }
            challenge::service::open_in(tx, &keyring, &new).map(Ok)
        })
        .await?;
    opened
        .map(|()| id)
        .map_err(|minutes| Error::too_many("passkey.too_many").arg("minutes", minutes.max(1).to_string()))
}
/// Uses the ceremony up.
fn consume_in<T: DeserializeOwned>(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    purpose: &'static str,
    id: ChallengeId,
) -> Result<Option<Kept<T>>> {
    match challenge::service::attempt_in(tx, keyring, id, purpose, &ctx.browser, "", ctx.now)? {
        Attempt::Right(data) => serde_json::from_str(&data).map(Some).map_err(unreadable),
        _ => Ok(None),
    }
}

/// What an account is called inside an authenticator: opaque, the same for all its keys.
fn user_handle(keyring: &Keyring, account: AccountId) -> Uuid {
    let mac = keyring.mac("passkey.user_handle", &[&account.as_i64().to_be_bytes()]);
    Uuid::from_bytes(mac.first_chunk::<16>().copied().unwrap_or_default())
}

/// For a signed-in account. Errors: `passkey.no_host`, `passkey.too_many`.
pub async fn begin_registration(
    db: &Db,
    ctx: &Ctx,
    account: AccountId,
    login_name: &str,
    display_name: &str,
) -> Result<Ceremony> {
    let party = relying::party(&ctx.app)?;
    let known = db.read_few(move |tx| store::list(tx, account)).await?;
    let known = known.into_iter().map(|key| key.credential_id).collect();
    let handle = user_handle(db.keyring(), account);
    let (options, state) = party
        .start_passkey_registration(handle, login_name, display_name, Some(known))
        .map_err(unreadable)?;
    let mut public_key = serde_json::to_value(&options.public_key).map_err(unreadable)?;
    // Found without a name being typed first: the library leaves that to chance.
    if let Some(wanted) = public_key.get_mut("authenticatorSelection").and_then(|v| v.as_object_mut()) {
        wanted.insert("residentKey".into(), json!("required"));
        wanted.insert("requireResidentKey".into(), json!(true));
    }
    let challenge = open(db, ctx, REGISTER, &Kept { account: Some(account), state }).await?;
    Ok(Ceremony { challenge, public_key })
}
/// Uses the ceremony up and verifies what the device made; [`add_in`] stores it.
pub async fn finish_registration(
    db: &Db,
    ctx: &Ctx,
    account: AccountId,
    answer: &Answer,
) -> Result<Registration> {
    let party = relying::party(&ctx.app)?;
    let (keyring, at, id) = (Arc::clone(db.keyring()), ctx.clone(), answer.challenge);
    let kept = db
        .write_unaudited("passkey ceremony", move |tx| {
            consume_in::<PasskeyRegistration>(tx, &keyring, &at, REGISTER, id)
        })
        .await?;
    let Some(kept) = kept.filter(|kept| kept.account == Some(account)) else { return Ok(Registration::Over) };
    let made: RegisterPublicKeyCredential = match serde_json::from_str(&answer.credential) {
        Ok(made) => made,
        Err(error) => return Ok(Registration::Refused(error.to_string())),
    };
    // As WebAuthn spells them: `internal`, `usb` …
    let transports: Vec<String> = made
        .response
        .transports
        .iter()
        .flatten()
        .filter_map(|transport| serde_json::to_value(transport).ok()?.as_str().map(str::to_owned))
        .collect();
    match party.finish_passkey_registration(&made, &kept.state) {
        Ok(passkey) => Ok(Registration::Right(Box::new(Fresh {
            user_handle: user_handle(db.keyring(), account).as_bytes().to_vec(),
            transports: transports.join(" "),
            synced: Credential::from(passkey.clone()).backup_eligible,
            passkey,
        }))),
        Err(error) => Ok(Registration::Refused(format!("{error:?}"))),
    }
}
/// Error: `field.*` at `name`.
pub fn parse_name(typed: &str) -> Result<String> {
    text::line("name", typed, NAME_LENGTH)
}
/// The caller holds the account's row lock.
pub fn add_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    id: PasskeyId,
    fresh: &Fresh,
    name: &str,
    now: Timestamp,
) -> Result<Added> {
    if store::list(tx, account)?.len() as i64 >= MOST {
        return Ok(Added::TooMany);
    }
    let count = i64::from(Credential::from(fresh.passkey.clone()).counter);
    let inserted = store::insert(
        tx,
        &store::NewRow {
            id,
            account,
            credential_id: fresh.passkey.cred_id().as_slice(),
            user_handle: &fresh.user_handle,
            name: &keyring.seal(NAME, id.as_i64(), name),
            credential: &sealed(keyring, id, &fresh.passkey)?,
            count,
            synced: fresh.synced,
            transports: &fresh.transports,
            now,
        },
    )?;
    Ok(if inserted { Added::Done } else { Added::Already })
}
fn sealed(keyring: &Keyring, id: PasskeyId, passkey: &Passkey) -> Result<Vec<u8>> {
    let json = serde_json::to_string(passkey).map_err(unreadable)?;
    Ok(keyring.seal(CREDENTIAL, id.as_i64(), &json))
}

/// With an account, one of its keys is asked for; without, whichever key the device has for this site, and the account
/// is found by it. `purpose` keeps sign-in, second step and step-up apart. Errors: `passkey.no_host`,
/// `passkey.too_many`.
pub async fn begin_assertion(
    db: &Db,
    ctx: &Ctx,
    purpose: &'static str,
    account: Option<AccountId>,
) -> Result<Ceremony> {
    let party = relying::party(&ctx.app)?;
    let (options, state) = party.start_discoverable_authentication().map_err(unreadable)?;
    let mut public_key = serde_json::to_value(&options.public_key).map_err(unreadable)?;
    if let (Some(account), Some(wanted)) = (account, public_key.as_object_mut()) {
        let keys = db.read_few(move |tx| store::list(tx, account)).await?;
        let allowed: Vec<_> = keys
            .iter()
            .map(|key| {
                let transports: Vec<&str> = key.transports.split_whitespace().collect();
                let id = BASE64URL_NOPAD.encode(&key.credential_id);
                json!({ "type": "public-key", "id": id, "transports": transports })
            })
            .collect();
        wanted.insert("allowCredentials".into(), json!(allowed));
    }
    let challenge = open(db, ctx, purpose, &Kept { account, state }).await?;
    Ok(Ceremony { challenge, public_key })
}
/// Uses the ceremony up and verifies the signature. Whatever is right still has to be accepted by [`accept_in`].
pub async fn finish_assertion(
    db: &Db,
    ctx: &Ctx,
    purpose: &'static str,
    answer: &Answer,
) -> Result<Assertion> {
    let party = relying::party(&ctx.app)?;
    let signed: Option<PublicKeyCredential> = serde_json::from_str(&answer.credential).ok();
    let (keyring, at, id) = (Arc::clone(db.keyring()), ctx.clone(), answer.challenge);
    let wanted = signed.as_ref().map(|signed| signed.get_credential_id().to_vec()).unwrap_or_default();
    let found = db
        .write_unaudited("passkey ceremony", move |tx| {
            let kept = consume_in::<DiscoverableAuthentication>(tx, &keyring, &at, purpose, id)?;
            let Some(kept) = kept else { return Ok(None) };
            Ok(Some((kept, store::find(tx, &wanted)?)))
        })
        .await?;
    let Some((kept, found)) = found else { return Ok(Assertion::Over) };
    let (Some(signed), Some(found)) = (signed, found) else { return Ok(Assertion::Unknown) };
    if kept.account.is_some_and(|account| account != found.account) {
        return Ok(Assertion::Unknown);
    }
    let refused = |why: String| Ok(Assertion::Refused(found.account, why));
    // Who is found by the key alone must be whom the key names; elsewhere authenticators may leave the name out.
    match signed.get_user_unique_id() {
        Some(handle) if handle != found.user_handle => return refused("user handle".into()),
        None if kept.account.is_none() => return refused("no user handle".into()),
        _ => {}
    }
    let json = db.keyring().open(CREDENTIAL, found.id.as_i64(), &found.credential)?;
    let mut passkey: Passkey = serde_json::from_str(&json).map_err(unreadable)?;
    let result = match party.finish_discoverable_authentication_v2(&signed, kept.state, &passkey) {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => return refused("counter".into()),
        Err(error) => return refused(format!("{error:?}")),
    };
    // The library asked for it; what grants two factors is looked at once more.
    if !result.user_verified() {
        return refused("not verified".into());
    }
    passkey.update_credential(&result);
    Ok(Assertion::Right(Box::new(Asserted {
        id: found.id,
        account: found.account,
        synced: result.backup_eligible(),
        count: i64::from(result.counter()),
        passkey,
    })))
}
/// Stores the counter, within the transaction that the assertion is for. False if the key was removed meanwhile or another
/// answer with this counter came first: then the assertion counts for nothing.
pub fn accept_in(tx: &mut Tx<'_>, keyring: &Keyring, asserted: &Asserted, now: Timestamp) -> Result<bool> {
    let credential = sealed(keyring, asserted.id, &asserted.passkey)?;
    store::update_used(tx, asserted.id, &credential, asserted.count, asserted.synced, now)
}

pub fn list_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Vec<PasskeyCard>> {
    store::list(tx, account)?
        .into_iter()
        .map(|key| {
            Ok(PasskeyCard {
                name: keyring.open(NAME, key.id.as_i64(), &key.name)?,
                id: key.id,
                synced: key.synced,
                built_in: key.transports.split_whitespace().any(|transport| transport == "internal"),
                created_at: key.created_at,
                last_used_at: key.last_used_at,
            })
        })
        .collect()
}
pub async fn list(db: &Db, account: AccountId) -> Result<Vec<PasskeyCard>> {
    let keyring = Arc::clone(db.keyring());
    db.read_few(move |tx| list_in(tx, &keyring, account)).await
}
/// False if the account has no such key.
pub fn rename_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    id: PasskeyId,
    name: &str,
) -> Result<bool> {
    let sealed = keyring.seal(NAME, id.as_i64(), name);
    Ok(store::update_name(tx, account, id, &sealed)? == 1)
}
/// The caller holds the account's row lock and has made sure that another way in remains. False if the account has no
/// such key.
pub fn remove_in(tx: &mut Tx<'_>, account: AccountId, id: PasskeyId) -> Result<bool> {
    Ok(store::delete(tx, account, id)? == 1)
}
