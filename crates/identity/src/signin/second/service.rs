//! What waits, and one try.
use super::{
    PURPOSE,
    model::{Answer, Judged, Kept, Means, Tried, Waiting},
};
use crate::{
    Identity,
    account::{self, AccountState},
    challenge::{self, ChallengeId, Counted},
    device,
    signin::{
        begin::{Start, stored_in},
        model::Still,
    },
};
use db::Tx;
use factor::{recovery_code, totp};
use kernel::{Event, Result, Timestamp, id::AccountId};
use std::sync::Arc;
use web::Ctx;

/// None once it is done, has expired, or in another browser.
pub async fn waiting(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Waiting>> {
    let (keyring, browser, now) = (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now);
    identity
        .db()
        .read_few(move |tx| {
            let open = challenge::service::find_open_in(tx, &keyring, id, PURPOSE, &browser, now)?;
            let Some(open) = open.filter(|open| !open.exhausted) else { return Ok(None) };
            let kept = Kept::parse(&open.data)?;
            let means = Means::of(factor::summary_in(tx, kept.account)?);
            let card = account::service::cards_in(tx, &keyring, &[kept.account])?.pop();
            Ok(card.map(|card| Waiting {
                id,
                account: kept.account,
                login_name: card.login_name,
                means,
                return_to: kept.return_to,
            }))
        })
        .await
}

/// A code of the app, or one of those on paper. `remember`: this browser is not asked again for a while.
pub async fn answer(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    answer: Answer,
    remember: bool,
) -> Result<Tried> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let until = remember_until(policies.second_factor.remember_days, remember, ctx.now);
    let (keyring, now) = (Arc::clone(identity.db().keyring()), ctx.now);
    identity
        .db()
        .write(move |tx| {
            settle_in(tx, &start, id, until, |tx, account| {
                Ok(match &answer {
                    Answer::Totp(code) => {
                        let verdict = totp::service::verify_in(tx, &keyring, account, code, now)?;
                        verdict.error("code").map_or(Judged::Right(&["otp"]), Judged::Wrong)
                    }
                    Answer::Recovery(code) => {
                        let verdict = recovery_code::service::use_in(tx, &keyring, account, code, now)?;
                        verdict.error("code").map_or(Judged::Right(&["otp"]), Judged::Wrong)
                    }
                })
            })
        })
        .await
}
/// Until when a browser is remembered whose holder asked for it.
pub fn remember_until(days: i64, remember: bool, now: Timestamp) -> Option<Timestamp> {
    (remember && days > 0).then(|| now.plus_days(days))
}

/// One try whose proof `judge` looks at, under the account's row lock and counted before; the session begins in the same
/// transaction. A wrong one is an `Ok` outcome whose transaction must commit.
pub fn settle_in(
    tx: &mut Tx<'_>,
    start: &Start,
    id: ChallengeId,
    remember_until: Option<Timestamp>,
    judge: impl Fn(&mut Tx<'_>, AccountId) -> Result<Judged>,
) -> Result<(Tried, Vec<Event>)> {
    let (keyring, now) = (start.identity.db().keyring(), start.now);
    let counted = challenge::service::count_in(tx, keyring, id, PURPOSE, &start.browser, now)?;
    let Counted::Open { data, left } = counted else {
        return Ok((Tried::Gone, Vec::new()));
    };
    let kept = Kept::parse(&data)?;
    if !still_in(tx, &kept)? {
        let event = Event::refused(&start.actor, "session.begin").on("account", kept.account);
        return Ok((Tried::Gone, vec![event]));
    }
    let added = match judge(tx, kept.account)? {
        Judged::Right(added) => added,
        Judged::Wrong(error) => {
            let event = Event::failed(&start.actor, "session.second_step").on("account", kept.account);
            let tried = if left > 0 { Tried::Wrong(error) } else { Tried::Gone };
            return Ok((tried, vec![event]));
        }
    };
    if !challenge::service::consume_in(tx, id, now)? {
        return Ok((Tried::Gone, Vec::new()));
    }
    let methods = kept.all_methods(added);
    let (mut begun, event) = start.begin_in(tx, kept.account, methods, kept.must_change_password)?;
    let mut events = vec![event];
    if let Some(until) = remember_until {
        begun.device = Some(device::service::trust_in(tx, &start.device, kept.account, until, now)?);
        let detail = serde_json::json!({ "until": until.rfc3339() });
        events.push(Event::done(&start.actor, "device.trusted").on("account", kept.account).with(detail));
    }
    Ok((Tried::Done { begun, return_to: kept.return_to }, events))
}
/// Whether what the first step proved still holds, under the account's row lock.
fn still_in(tx: &mut Tx<'_>, kept: &Kept) -> Result<bool> {
    account::service::lock_in(tx, kept.account)?;
    let found = account::service::find_in(tx, kept.account)?;
    if found.is_none_or(|found| found.state != AccountState::Active) {
        return Ok(false);
    }
    Ok(match &kept.still {
        Still::Active => true,
        Still::Password(compared, former) => stored_in(tx, kept.account, *former)? == *compared,
    })
}
