//! Giving former logins to accounts and taking them away; the caller has the right and commits the event.
use super::{FormerLogin, FormerLoginId, folded, store};
use crate::challenge::{self, ChallengeId, NewChallenge};
use db::{Keyring, Tx};
use kernel::{Result, Timestamp, id::AccountId};
use sha2::{Digest, Sha256};

/// Most former logins of one account that a page lists.
const MOST: i64 = 100;
const CLAIM: &str = "former.claim";
const CLAIM_MINUTES: i64 = 30;

/// False if an open former login has the name.
pub fn add_in(
    tx: &mut Tx<'_>,
    id: FormerLoginId,
    login_name: &str,
    hash: &str,
    account: Option<AccountId>,
    now: Timestamp,
) -> Result<bool> {
    store::insert(tx, id, &folded(login_name), hash, account, now)
}
pub fn find_in(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<Option<FormerLogin>> {
    store::find_login(tx, id)
}
/// Once: false if it belongs to somebody already.
pub fn give_in(tx: &mut Tx<'_>, id: FormerLoginId, account: AccountId) -> Result<bool> {
    store::give(tx, id, account)
}
/// The name stays, its old password does not: it is compared with the account's own. Where nobody who knew the old one is the
/// holder for certain, it must open nothing.
pub fn share_password_in(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<()> {
    store::forget_hash(tx, id).map(drop)
}
/// It belongs to nobody again: its next sign-in asks.
pub fn release_in(tx: &mut Tx<'_>, id: FormerLoginId) -> Result<()> {
    store::release(tx, id).map(drop)
}
/// By its holder, who wants it no more. False if it is not theirs.
pub fn end_in(tx: &mut Tx<'_>, id: FormerLoginId, account: AccountId, now: Timestamp) -> Result<bool> {
    store::end(tx, id, account, now)
}
/// With an account go its former logins: name and hash are blanked, and the name leads nowhere any more.
pub(crate) fn erase_in(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<()> {
    store::erase(tx, account, now).map(drop)
}
pub fn list_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<FormerLogin>> {
    store::list_of_account(tx, account, MOST)
}

/// Whoever knew the password of a login that belongs to nobody yet may say whose it is, once, with this token.
pub(crate) fn open_claim_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    challenge: ChallengeId,
    token: &str,
    former: FormerLoginId,
    now: Timestamp,
) -> Result<()> {
    let new = NewChallenge {
        id: challenge,
        kind: "former",
        purpose: CLAIM,
        // Signing in changes the browser's own token, so the claim hangs on one that travels with it.
        browser: browser(token),
        target: None,
        code: Some(String::new()),
        data: former.to_string(),
        attempts_allowed: 1,
        now,
        expires_at: now.plus_seconds(CLAIM_MINUTES * 60),
    };
    challenge::service::open_in(tx, keyring, &new)
}
/// The login that the claim is about, while it is open.
pub fn claimed_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    (id, token): (ChallengeId, &str),
    now: Timestamp,
) -> Result<Option<FormerLoginId>> {
    let browser = browser(token);
    let open = challenge::service::find_open_in(tx, keyring, id, CLAIM, &browser, now)?;
    Ok(open.and_then(|open| open.data.parse().ok()))
}
/// Uses the claim up. None if it was used, is over, or the token is another's.
pub fn use_claim_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    (id, token): (ChallengeId, &str),
    now: Timestamp,
) -> Result<Option<FormerLoginId>> {
    let browser = browser(token);
    match challenge::service::attempt_in(tx, keyring, id, CLAIM, &browser, "", now)? {
        challenge::Attempt::Right(data) => Ok(data.parse().ok()),
        _ => Ok(None),
    }
}

/// A claim stands in the place of a browser.
fn browser(token: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"former.claim").chain_update(token).finalize().into()
}
