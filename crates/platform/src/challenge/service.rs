//! Opening, trying, renewing. A wrong answer is an `Ok` outcome: the transaction that counts it must commit.
use super::{
    model::{Attempt, ChallengeId, Counted, NewChallenge, Open},
    store::{self, NewRow},
};
use db::{Db, Keyring, Tx};
use kernel::{Result, Timestamp};

const DATA: &str = "challenge.data";

fn answer_of(keyring: &Keyring, id: ChallengeId, code: Option<&str>) -> Vec<u8> {
    match code {
        Some(code) => {
            keyring.mac("challenge.answer", &[&id.as_i64().to_be_bytes(), code.as_bytes()]).to_vec()
        }
        // Shorter than any MAC, so nothing equals it.
        None => Vec::new(),
    }
}
pub fn open_in(tx: &mut Tx<'_>, keyring: &Keyring, new: &NewChallenge) -> Result<()> {
    let row = NewRow {
        id: new.id,
        kind: new.kind,
        purpose: new.purpose,
        browser: &new.browser,
        target: new.target.as_deref(),
        answer: &answer_of(keyring, new.id, new.code.as_deref()),
        data: &keyring.seal(DATA, new.id.as_i64(), &new.data),
        attempts_allowed: new.attempts_allowed,
        now: new.now,
        expires_at: new.expires_at,
    };
    store::insert(tx, &row).map(drop)
}
/// One attempt at the answer, counted whatever it is.
pub fn attempt_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ChallengeId,
    purpose: &str,
    browser: &[u8; 32],
    code: &str,
    now: Timestamp,
) -> Result<Attempt> {
    let Some(counted) = store::count_attempt(tx, id, purpose, browser, now)? else {
        let open = store::find_open(tx.statement(), id, purpose, browser, now)?;
        return Ok(if open.is_some() { Attempt::Exhausted } else { Attempt::Gone });
    };
    if !kernel::secret::equal(&counted.answer, &answer_of(keyring, id, Some(code))) {
        return Ok(Attempt::Wrong { left: counted.attempts_allowed - counted.attempts });
    }
    if !store::consume(tx, id, now)? {
        return Ok(Attempt::Gone);
    }
    open_data(keyring, id, counted.data).map(Attempt::Right)
}
/// One attempt whose answer is judged elsewhere, counted before it is looked at.
pub fn count_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ChallengeId,
    purpose: &str,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Counted> {
    Ok(match store::count_attempt(tx, id, purpose, browser, now)? {
        Some(counted) => Counted::Open {
            data: open_data(keyring, id, counted.data)?,
            left: counted.attempts_allowed - counted.attempts,
        },
        None if store::find_open(tx.statement(), id, purpose, browser, now)?.is_some() => Counted::Exhausted,
        None => Counted::Gone,
    })
}
/// Uses up a challenge whose answer was judged right. False if another attempt was faster.
pub fn consume_in(tx: &mut Tx<'_>, id: ChallengeId, now: Timestamp) -> Result<bool> {
    store::consume(tx, id, now)
}
/// The challenge as it waits, for the page that asks.
pub fn find_open_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ChallengeId,
    purpose: &str,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Open>> {
    let Some(waiting) = store::find_open(tx.statement(), id, purpose, browser, now)? else { return Ok(None) };
    opened(keyring, id, waiting).map(Some)
}
/// As [`find_open_in`], for a page that asks nothing else.
pub async fn find_open(
    db: &Db,
    id: ChallengeId,
    purpose: &'static str,
    browser: [u8; 32],
    now: Timestamp,
) -> Result<Option<Open>> {
    let found = db.read_one(move |statement| store::find_open(statement, id, purpose, &browser, now)).await?;
    found.map(|waiting| opened(db.keyring(), id, waiting)).transpose()
}
fn opened(keyring: &Keyring, id: ChallengeId, waiting: store::Waiting) -> Result<Open> {
    Ok(Open {
        data: open_data(keyring, id, waiting.data)?,
        sent_at: waiting.sent_at,
        exhausted: waiting.attempts >= waiting.attempts_allowed,
    })
}
/// A new code for the same challenge, with fresh attempts; sending is limited by its own counters.
pub fn renew_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    id: ChallengeId,
    code: Option<&str>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    store::renew(tx, id, &answer_of(keyring, id, code), now, expires_at).map(drop)
}
fn open_data(keyring: &Keyring, id: ChallengeId, sealed: Option<Vec<u8>>) -> Result<String> {
    match sealed {
        Some(sealed) => keyring.open(DATA, id.as_i64(), &sealed),
        None => Ok(String::new()),
    }
}
/// Removes what expired a day ago.
pub async fn forget_old(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-1);
    db.exec("old challenges", move |statement| store::delete_old(statement, before)).await.map(drop)
}
