//! Draw, replace, use, count. A wrong code is an `Ok` outcome: the transaction that counts it must commit.
use super::{
    model::{Code, SET, Verdict},
    store,
};
use db::{Db, Keyring, Tx};
use kernel::{Result, Rng, Timestamp, id::AccountId};
use platform::counter::{self, Limit};

/// Wrong codes of one account. With 50 bits this is no more than a courtesy to the log.
const WRONG: Limit = Limit { scope: "recovery_code.wrong", most: 10, seconds: 900 };

fn mac(keyring: &Keyring, account: AccountId, code: &Code) -> [u8; 32] {
    keyring.mac("recovery_code", &[&account.as_i64().to_be_bytes(), code.bytes()])
}

/// A set, drawn before the transaction that stores it.
pub fn draw(rng: &Rng) -> Vec<Code> {
    (0..SET).map(|_| Code::draw(rng)).collect()
}
/// Stores a set in place of the one before. The caller holds the account's row lock.
pub fn replace_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    codes: &[Code],
    now: Timestamp,
) -> Result<()> {
    store::delete_all(tx, account)?;
    for code in codes {
        store::insert(tx, account, &mac(keyring, account, code), now)?;
    }
    Ok(())
}
/// Without a second factor the codes stand for nothing.
pub fn remove_all_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account).map(drop)
}
/// One try at sign-in or step-up, counted whatever it is.
pub fn use_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    code: &Code,
    now: Timestamp,
) -> Result<Verdict> {
    let key = keyring.mac("recovery_code.wrong", &[&account.as_i64().to_be_bytes()]);
    let hit = counter::service::hit_in(tx, WRONG, &key, now)?;
    if !hit.allowed() {
        return Ok(Verdict::Locked { minutes: hit.minutes_left(now) });
    }
    if !store::consume(tx, account, &mac(keyring, account, code), now)? {
        return Ok(Verdict::Wrong { left: hit.most - hit.n });
    }
    counter::service::clear_in(tx, WRONG, &key)?;
    let remaining = store::find_set(tx, account)?.map_or(0, |(_, left)| left);
    Ok(Verdict::Right { remaining })
}
/// When the set was made, and how many of it are unused; None if there never was one.
pub async fn set(db: &Db, account: AccountId) -> Result<Option<(Timestamp, i64)>> {
    db.read_few(move |tx| store::find_set(tx, account)).await
}
