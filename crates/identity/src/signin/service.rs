//! Look up, count, compare, begin.
use super::{
    begin::still_fits_in,
    counters::{Counter, Counters, clear_in, hit_in, peek_in},
    model::{Attempt, CHOICE, Choice, First, Next, Outcome, counted_as},
    store,
};
use crate::{
    Identity,
    account::{self, AccountRef, AccountState, Identifier},
    captcha::{self, Purpose, model::Checked},
    challenge::{self, ChallengeId, NewChallenge},
    credential::{self, guesses::Guesses, model::Parameters},
    former::{self, FormerLoginId},
};
use kernel::{Error, Event, Result, Timestamp, TokenHash, id::AccountId};
use platform::{
    counter::{self, Limit},
    setting::{CaptchaStrategy, Policies},
};
use std::{sync::Arc, time::Duration};
use web::Ctx;

pub use super::begin::Start;

/// An address that the account signed in from within so many days is no stranger's.
const KNOWN_DAYS: i64 = 90;
/// Hashes of earlier systems take longer than ours or shorter. While there are any, a wrong password is answered no sooner
/// than this, so that the time does not tell which name is of an earlier system.
const WRONG_TAKES: Duration = Duration::from_millis(400);

/// Of one account that the identifier may mean.
#[derive(Clone)]
struct Candidate {
    account: AccountRef,
    stored: Option<String>,
    /// The login of an earlier system that `stored` belongs to.
    former: Option<FormerLoginId>,
    temporary_since: Option<Timestamp>,
    /// Guessed at too often from here, by whatever name.
    barred: bool,
    counter: Counter,
}
/// What is known before the password is looked at.
struct Known {
    candidates: Vec<Candidate>,
    locked_minutes: Option<i64>,
    failures: i64,
    new_source: bool,
    /// Whether anything was counted that a right password takes back.
    counted: bool,
    /// A login of an earlier system that belongs to nobody yet, with its hash.
    unclaimed: Option<(FormerLoginId, String)>,
    /// Whether there are logins of earlier systems at all.
    has_former: bool,
}
/// Whether the empty form asks for a captcha already, by what is known of the source.
pub async fn asks_captcha(identity: &Identity, ctx: &Ctx) -> Result<bool> {
    let policies = identity.settings().policies().await?;
    match policies.captcha.strategy {
        CaptchaStrategy::Always => return Ok(true),
        CaptchaStrategy::Never => return Ok(false),
        CaptchaStrategy::AfterFailures | CaptchaStrategy::Risk => {}
    }
    let (limit, key) = Counters::of(identity, ctx, &policies, "").address;
    Ok(counter::service::peek(identity.db(), limit, key.to_vec(), ctx.now).await?.exhausted())
}
fn needs_captcha(policies: &Policies, known: &Known) -> bool {
    let many = known.failures >= policies.captcha.after_failures;
    match policies.captcha.strategy {
        CaptchaStrategy::Always => true,
        CaptchaStrategy::AfterFailures => many,
        CaptchaStrategy::Risk => many || known.new_source,
        CaptchaStrategy::Never => false,
    }
}

/// One attempt. Errors: `signin.busy` and what the captcha may say; everything that a person can mend is an outcome.
pub async fn sign_in(
    identity: &Identity,
    ctx: &Ctx,
    attempt: &Attempt,
    headers: &http::HeaderMap,
) -> Result<Outcome> {
    let began = tokio::time::Instant::now();
    // Refused before anything is looked up or a captcha used up.
    identity.passwords().admit()?;
    let policies = identity.settings().policies().await?;
    let parsed = attempt.parsed(ctx.now);
    let folded = former::folded(&attempt.identifier);
    let counted = counted_as(&attempt.identifier, parsed.as_ref());
    let counters = Counters::of(identity, ctx, &policies, &counted);
    let known = look_up(identity, ctx, headers, (parsed.clone(), folded), &counters).await?;
    if let Some(minutes) = known.locked_minutes {
        // Said of an identifier whether or not there is such an account; no password is compared.
        return refuse(identity, ctx, &counters, minutes).await;
    }
    if needs_captcha(&policies, &known) {
        let checked = captcha::service::check(identity, ctx, Purpose::SignIn, &attempt.captcha).await?;
        if checked != Checked::Right {
            return Ok(Outcome::Captcha(checked));
        }
    }
    let parameters = Parameters::from(&policies.password);
    // Asked for everybody, known or not.
    let in_use = identity.hashes_in_use("password", credential::store::sample).await?;
    let there = known.candidates.len().max(1);
    let tries = match parsed {
        Some(Identifier::Document(_)) => there.max(account::service::MOST_MATCHES as usize),
        _ if known.candidates.is_empty() && known.unclaimed.is_some() => 0,
        _ => there,
    };
    let mut fitting = Vec::new();
    let mut fresh_hash = None;
    let mut unclaimed = None;
    if let Some((former, stored)) = &known.unclaimed {
        let verdict = identity.passwords().verify(&attempt.password, Some(stored), parameters).await?;
        unclaimed = verdict.matches.then_some(*former);
    }
    for place in 0..tries {
        // Without a candidate the same work is done, so that time tells nothing.
        let candidate = known.candidates.get(place);
        let stored = candidate.and_then(|candidate| candidate.stored.as_deref());
        let key = [counted.as_bytes(), &place.to_be_bytes()[..]];
        let key = identity.db().keyring().mac("password.stand_in", &key);
        let costs = (parameters, in_use.stand_in(&key, parameters));
        if let Some(stored) = stored {
            identity.met_hash("password", stored);
        }
        let verdict = identity.passwords().verify_or(&attempt.password, stored, costs).await?;
        if let (true, Some(candidate)) = (verdict.matches, candidate.filter(|candidate| !candidate.barred)) {
            fitting.push(candidate.clone());
            if verdict.outdated && tries == 1 {
                fresh_hash = Some(identity.passwords().hash(&attempt.password, parameters).await?);
            }
        }
    }
    let return_to = attempt.return_to.clone();
    let has_former = known.has_former;
    let tried = Tried { counters, known, fitting, unclaimed, fresh_hash, return_to };
    let outcome = finish(identity, ctx, headers, &policies, tried).await?;
    if has_former && matches!(outcome, Outcome::Wrong { .. }) {
        tokio::time::sleep_until(began + WRONG_TAKES).await;
    }
    Ok(outcome)
}

async fn look_up(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    (parsed, folded): (Option<Identifier>, String),
    counters: &Counters,
) -> Result<Known> {
    let (keyring, now, address) = (Arc::clone(identity.db().keyring()), ctx.now, ctx.address.to_string());
    let device = web::cookie::device_token(headers, &ctx.app).map(|token| TokenHash::of(&token));
    let counters = counters.clone();
    identity
        .db()
        .read_few(move |tx| {
            let stood = counters.stand_in(tx, now)?;
            let mut accounts = match &parsed {
                Some(identifier) => account::service::matches_in(tx, &keyring, identifier)?,
                None => Vec::new(),
            };
            let mut unclaimed = None;
            let has_former = former::store::exists(tx)?;
            let mut former = if has_former { former::store::find(tx, &folded)? } else { None };
            if let Some(row) = former.take_if(|row| row.account.is_none()) {
                unclaimed = Some((row.id, row.hash)).filter(|(_, hash)| !hash.is_empty());
            }
            let own = accounts.len();
            let holder = former.as_ref().and_then(|row| row.account);
            // Without a password of its own the name stands for the account, which may have been found by it already.
            let shares = former.as_ref().is_some_and(|row| row.hash.is_empty());
            let found = accounts.iter().any(|account| Some(account.id) == holder);
            if let Some(holder) = holder.filter(|_| !(shares && found)) {
                accounts.extend(account::service::find_in(tx, holder)?);
            }
            let mut known = Known {
                candidates: Vec::new(),
                locked_minutes: stood.pair.exhausted().then(|| stood.pair.minutes_left(now)),
                failures: stood.address.n.max(stood.identifier.n),
                new_source: true,
                counted: stood.pair.n + stood.identifier.n > 0,
                has_former,
                unclaimed,
            };
            let since = now.plus_days(-KNOWN_DAYS);
            for (place, account) in accounts.into_iter().enumerate() {
                let counter = counters.account(account.id);
                let row = store::find_candidate(
                    tx,
                    account.id,
                    (&address, since),
                    device.as_ref(),
                    &counter.1,
                    now,
                )?;
                known.new_source &= !row.known;
                known.counted |= row.wrong > 0;
                let former = former.as_ref().filter(|_| place >= own && !shares);
                known.candidates.push(Candidate {
                    account,
                    former: former.map(|former| former.id),
                    temporary_since: row.set_at.filter(|_| row.temporary == Some(true) && former.is_none()),
                    stored: former.map_or(row.hash, |former| Some(former.hash.clone())),
                    barred: row.wrong >= counter.0.most,
                    counter,
                });
            }
            if known.new_source && stood.strangers.exhausted() {
                known.locked_minutes = Some(stood.strangers.minutes_left(now));
            }
            if stood.source.exhausted() {
                known.locked_minutes = Some(stood.source.minutes_left(now));
            }
            Ok(known)
        })
        .await
}

/// Every refusal is counted, and the first, second, fourth, eighth … is an event with the count: whoever hammers at a locked
/// door must not fill the record.
async fn refuse(identity: &Identity, ctx: &Ctx, counters: &Counters, minutes: i64) -> Result<Outcome> {
    let (actor, now) = (ctx.actor(), ctx.now);
    let (limit, key) = (Limit { scope: "signin.refused", ..counters.pair.0 }, counters.pair.1);
    identity
        .db()
        .write(move |tx| {
            let n = counter::service::hit_in(tx, limit, &key, now)?.n;
            let detail = serde_json::json!({ "reason": "locked", "count": n });
            let event = Event::refused(&actor, "session.begin").with(detail);
            Ok(((), if n & (n - 1) == 0 { vec![event] } else { Vec::new() }))
        })
        .await?;
    Ok(Outcome::Locked { minutes })
}

/// What was found out before the transaction that counts or begins.
struct Tried {
    counters: Counters,
    known: Known,
    fitting: Vec<Candidate>,
    unclaimed: Option<FormerLoginId>,
    fresh_hash: Option<String>,
    return_to: String,
}
async fn finish(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    policies: &Policies,
    tried: Tried,
) -> Result<Outcome> {
    let Tried { counters, known, fitting, unclaimed, fresh_hash, return_to } = tried;
    let start = Start::new(identity, ctx, headers, policies);
    let (actor, now) = (ctx.actor(), ctx.now);
    let (choice, browser) = (identity.db().draw::<kernel::id::mark::Challenge>(), ctx.browser);
    let claim = identity.db().rng().token();
    let handed_out_until = now.plus_days(-policies.sign_in.reset_password_days);
    let keyring = Arc::clone(identity.db().keyring());
    identity
        .db()
        .write(move |tx| {
            // Failures that were committed while the hash was computed count before this one, so that many guesses at
            // once gain nothing over one after the other.
            let mut fitting = fitting.clone();
            let mut barred = Vec::new();
            for candidate in &fitting {
                if peek_in(tx, &candidate.counter, now)?.exhausted() {
                    barred.push(candidate.account.id);
                }
            }
            fitting.retain(|candidate| !barred.contains(&candidate.account.id));
            let wrong = fitting.is_empty() && unclaimed.is_none();
            let pair =
                if wrong { hit_in(tx, &counters.pair, now)? } else { peek_in(tx, &counters.pair, now)? };
            if if wrong { !pair.allowed() } else { pair.exhausted() } {
                let event = Event::refused(&actor, "session.begin");
                return Ok((Outcome::Locked { minutes: pair.minutes_left(now) }, vec![event]));
            }
            if wrong {
                hit_in(tx, &counters.address, now)?;
                hit_in(tx, &counters.identifier, now)?;
                if known.new_source {
                    hit_in(tx, &counters.strangers, now)?;
                }
                for candidate in &known.candidates {
                    hit_in(tx, &candidate.counter, now)?;
                }
                let event = Event::failed(&actor, "session.begin");
                let event = match known.candidates.first() {
                    Some(candidate) => event.on("account", candidate.account.id),
                    None => event,
                };
                return Ok((Outcome::Wrong { left: (pair.most - pair.n).max(0) }, vec![event]));
            }
            if known.counted || pair.n > 0 {
                clear_in(tx, &counters.pair)?;
                clear_in(tx, &counters.identifier)?;
                for candidate in &fitting {
                    clear_in(tx, &candidate.counter)?;
                }
            }
            if let (true, Some(former)) = (fitting.is_empty(), unclaimed) {
                former::service::open_claim_in(tx, &keyring, choice, &claim, former, now)?;
                let event = Event::done(&actor, "former_login.proven").on("former_login", former);
                return Ok((Outcome::Unclaimed(choice, claim.clone()), vec![event]));
            }
            let active: Vec<&Candidate> =
                fitting.iter().filter(|candidate| candidate.account.state == AccountState::Active).collect();
            let in_time = |candidate: &&Candidate| {
                candidate.temporary_since.is_none_or(|since| handed_out_until < since)
            };
            let usable: Vec<&Candidate> = active.iter().copied().filter(in_time).collect();
            match usable.as_slice() {
                [] if !active.is_empty() => {
                    let event = Event::refused(&actor, "session.begin");
                    let event = match active.first() {
                        Some(candidate) => event.on("account", candidate.account.id),
                        None => event,
                    };
                    Ok((Outcome::TemporaryExpired, vec![event]))
                }
                [] => {
                    let event = Event::refused(&actor, "session.begin");
                    let event = match fitting.first() {
                        Some(candidate) => event.on("account", candidate.account.id),
                        None => event,
                    };
                    Ok((Outcome::Disabled, vec![event]))
                }
                [candidate] => {
                    let account = candidate.account.id;
                    if !still_fits_in(tx, account, candidate.stored.as_deref(), candidate.former)? {
                        let event = Event::failed(&actor, "session.begin").on("account", account);
                        return Ok((Outcome::Wrong { left: (pair.most - pair.n).max(0) }, vec![event]));
                    }
                    match (candidate.former, &candidate.stored, &fresh_hash) {
                        (Some(former), _, new) => {
                            former::store::update_used(tx, former, new.as_deref(), now)?;
                        }
                        (None, Some(old), Some(new)) => {
                            credential::store::update_hash(tx, account, old, new)?;
                        }
                        (None, _, _) => {}
                    }
                    let compared = fresh_hash.clone().or_else(|| candidate.stored.clone());
                    let first = First::password(
                        account,
                        (compared, candidate.former),
                        candidate.temporary_since.is_some(),
                        &return_to,
                    );
                    let (next, events) = start.begin_or_second_in(tx, &first)?;
                    Ok((next.into(), events))
                }
                several => {
                    let offered: Vec<Offered<&str>> =
                        several.iter().map(|c| (c.account.id, c.stored.as_deref(), c.former)).collect();
                    let data = serde_json::to_string(&offered)
                        .map_err(|e| Error::internal("signin.json").because(e))?;
                    let new = NewChallenge {
                        id: choice,
                        kind: "choice",
                        purpose: CHOICE,
                        browser,
                        target: None,
                        code: Some(String::new()),
                        data,
                        attempts_allowed: 1,
                        now,
                        expires_at: now.plus_seconds(300),
                    };
                    challenge::service::open_in(tx, &keyring, &new)?;
                    Ok((Outcome::Choose(choice), Vec::new()))
                }
            }
        })
        .await
}

/// The accounts to choose from; None once chosen, expired, or in another browser.
pub async fn choice(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Choice>> {
    let (keyring, browser, now) = (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now);
    identity
        .db()
        .read_few(move |tx| {
            let open = challenge::service::find_open_in(tx, &keyring, id, CHOICE, &browser, now)?;
            let Some(open) = open else { return Ok(None) };
            let ids: Vec<AccountId> = offered_in(&open.data)?.into_iter().map(|(id, _, _)| id).collect();
            let accounts = account::service::cards_in(tx, &keyring, &ids)?;
            Ok(Some(Choice { id, accounts }))
        })
        .await
}
/// An account with the stored form of the password that fitted, and the login of an earlier system if it is that one's.
type Offered<S> = (AccountId, Option<S>, Option<FormerLoginId>);
fn offered_in(data: &str) -> Result<Vec<Offered<String>>> {
    serde_json::from_str(data).map_err(|e| Error::internal("signin.json").because(e))
}
/// Signs in to the chosen account. None if the choice is over; the person signs in again.
pub async fn choose(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    chosen: AccountId,
    return_to: &str,
) -> Result<Option<Next>> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let (keyring, browser, now, actor) =
        (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now, ctx.actor());
    let return_to = return_to.to_owned();
    identity
        .db()
        .write(move |tx| {
            let attempt = challenge::service::attempt_in(tx, &keyring, id, CHOICE, &browser, "", now)?;
            let challenge::Attempt::Right(data) = attempt else { return Ok((None, Vec::new())) };
            let offered = offered_in(&data)?.into_iter().find(|(id, _, _)| *id == chosen);
            let usable = match &offered {
                Some((id, compared, former)) => still_fits_in(tx, *id, compared.as_deref(), *former)?,
                None => false,
            };
            if !usable {
                return Ok((None, vec![Event::refused(&actor, "session.begin").on("account", chosen)]));
            }
            let temporary = credential::store::find(tx, chosen)?.is_some_and(|stored| stored.temporary);
            let (compared, former) = offered.map_or((None, None), |(_, compared, former)| (compared, former));
            if let Some(former) = former {
                former::store::update_used(tx, former, None, now)?;
            }
            let temporary = temporary && former.is_none();
            let first = First::password(chosen, (compared, former), temporary, &return_to);
            let (next, events) = start.begin_or_second_in(tx, &first)?;
            Ok((Some(next), events))
        })
        .await
}

/// Forgets the wrong passwords for these names and for the account from this source: its holder proved themselves another
/// way and signs in with a new password now.
pub fn forgive_in(
    tx: &mut db::Tx<'_>,
    identity: &Identity,
    ctx: &Ctx,
    policies: &Policies,
    names: &[&str],
    account: AccountId,
) -> Result<()> {
    for name in names {
        let parsed = Identifier::parse(name, ctx.now);
        let counters = Counters::of(identity, ctx, policies, &counted_as(name, parsed.as_ref()));
        for counter in [&counters.pair, &counters.identifier, &counters.account(account)] {
            clear_in(tx, counter)?;
        }
    }
    Guesses::of(identity, ctx, policies, account).clear_in(tx)
}
