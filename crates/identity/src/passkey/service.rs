//! From an assertion to a session.
use crate::{
    Identity,
    account::{self, AccountState},
    challenge::ChallengeId,
    credential, external,
    signin::{
        Begun, Start,
        second::{
            model::{Judged, Tried},
            service as second,
        },
    },
};
use db::{Keyring, Tx};
use factor::passkey::{Answer, Asserted, Assertion, Ceremony, service as passkey};
use kernel::{Actor, Error, Event, Result, Timestamp, id::AccountId};
use std::sync::Arc;
use web::Ctx;

const SIGN_IN: &str = "sign_in.passkey";
const SECOND: &str = "sign_in.second_passkey";

/// Whichever key the device has for this site. Errors: `passkey.no_host`, `passkey.too_many`.
pub async fn begin(identity: &Identity, ctx: &Ctx) -> Result<Ceremony> {
    passkey::begin_assertion(identity.db(), ctx, SIGN_IN, None).await
}

/// What came of signing in.
#[derive(Debug)]
pub enum Outcome {
    Done(Begun),
    /// What the person is told.
    Refused(Error),
}
pub async fn sign_in(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    answer: &Answer,
) -> Result<Outcome> {
    let asserted = match finish(identity, ctx, SIGN_IN, answer, "session.begin").await? {
        Ok(asserted) => asserted,
        Err(error) => return Ok(Outcome::Refused(error)),
    };
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let (keyring, now, actor) = (Arc::clone(identity.db().keyring()), ctx.now, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            let account = asserted.account;
            let refused = |reason: &str, error| {
                let detail = serde_json::json!({ "method": "passkey", "reason": reason });
                let event = Event::refused(&actor, "session.begin").on("account", account).with(detail);
                Ok((Outcome::Refused(error), vec![event]))
            };
            // Under the account's row lock: a suspension or a removal of the key that came meanwhile counts.
            account::service::lock_in(tx, account)?;
            let found = account::service::find_in(tx, account)?;
            if found.is_none_or(|found| found.state != AccountState::Active) {
                return refused("disabled", Error::invalid("signin.disabled"));
            }
            if !passkey::accept_in(tx, &keyring, &asserted, now)? {
                return refused("counter", Error::invalid("passkey.refused"));
            }
            let temporary = credential::store::find(tx, account)?.is_some_and(|stored| stored.temporary);
            let (begun, event) = start.begin_in(tx, account, asserted.methods(), temporary)?;
            Ok((Outcome::Done(begun), vec![event]))
        })
        .await
}

/// Verifies an answer; what did not fit is recorded with the account whose key it was, and told in words.
pub async fn finish(
    identity: &Identity,
    ctx: &Ctx,
    purpose: &'static str,
    answer: &Answer,
    action: &'static str,
) -> Result<std::result::Result<Box<Asserted>, Error>> {
    let assertion = passkey::finish_assertion(identity.db(), ctx, purpose, answer).await?;
    let error = assertion.error();
    match (assertion, error) {
        (Assertion::Right(asserted), _) => Ok(Ok(asserted)),
        (Assertion::Refused(account, reason), Some(error)) => {
            record(identity, ctx.actor(), action, account, reason).await?;
            Ok(Err(error))
        }
        (_, error) => Ok(Err(error.unwrap_or_else(|| Error::invalid("passkey.refused")))),
    }
}
async fn record(
    identity: &Identity,
    actor: Actor,
    action: &'static str,
    account: AccountId,
    reason: String,
) -> Result<()> {
    let detail = serde_json::json!({ "method": "passkey", "reason": reason });
    let event = Event::failed(&actor, action).on("account", account).with(detail);
    identity.db().write(move |_| Ok(((), vec![event.clone()]))).await
}

/// Whether the account can still be signed in to once one of its passkeys is gone: by another one, a password, a proven
/// phone or an identity elsewhere. The caller holds the account's row lock.
pub fn other_way_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<bool> {
    let password = credential::store::find(tx, account)?.is_some();
    let phone = account::service::phone_in(tx, keyring, account)?.is_some_and(|(_, proven)| proven);
    Ok(password
        || phone
        || factor::summary_in(tx, account)?.passkeys > 1
        || external::service::signs_in_in(tx, account, None)?)
}

/// A ceremony for the account whose second step waits. None if it is over.
pub async fn begin_second(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Ceremony>> {
    let Some(waiting) = second::waiting(identity, ctx, id).await? else { return Ok(None) };
    passkey::begin_assertion(identity.db(), ctx, SECOND, Some(waiting.account)).await.map(Some)
}
/// The second step by passkey. `remember`: this browser is not asked again for a while.
pub async fn answer_second(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    answer: &Answer,
    remember: bool,
) -> Result<Tried> {
    let asserted = match finish(identity, ctx, SECOND, answer, "session.second_step").await? {
        Ok(asserted) => asserted,
        Err(error) => return Ok(Tried::Wrong(error)),
    };
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let until = second::remember_until(policies.second_factor.remember_days, remember, ctx.now);
    let (keyring, now) = (Arc::clone(identity.db().keyring()), ctx.now);
    identity
        .db()
        .write(move |tx| {
            second::settle_in(tx, &start, id, until, |tx, account| {
                judge_in(tx, &keyring, &asserted, account, now)
            })
        })
        .await
}
/// Whether the key that signed is the account's and still there.
fn judge_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    asserted: &Asserted,
    account: AccountId,
    now: Timestamp,
) -> Result<Judged> {
    if asserted.account != account || !passkey::accept_in(tx, keyring, asserted, now)? {
        return Ok(Judged::Wrong(Error::invalid("passkey.refused")));
    }
    Ok(Judged::Right(if asserted.synced { &["swk", "user"] } else { &["hwk", "user"] }))
}
