//! What is known of an account, and the four proofs. Every try is counted in the transaction that judges it; answers, which
//! cost a slow hash, before it.
use super::{
    model::{Flow, Moved, Sent, Standing, Step, Way},
    service::{advance_in, find_in, json as unreadable},
    store,
};
use crate::question::{Answers, service as questions};
use db::{Keyring, Tx};
use identity::{
    Identity,
    account::AccountState,
    challenge::{Attempt, ChallengeId},
    code, external,
};
use kernel::{Event, Result, Timestamp, id::AccountId};
use platform::{
    counter::{self, Limit},
    setting::RecoveryPolicy,
};
use serde_json::json;
use std::sync::Arc;
use web::Ctx;

platform::purpose!(pub(super) const CODE = "recover", CodeOrWords by Sms, Mail);

/// Of an account, or of nobody: then nothing is proven and nothing fits.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub found: bool,
    pub state: Option<AccountState>,
    /// Proven ones alone.
    pub phone: Option<String>,
    pub email: Option<String>,
    pub questions: Option<questions::Stored>,
    pub standing: Standing,
}
impl Facts {
    /// Only an account in use comes back this way.
    pub fn usable(&self) -> bool {
        self.state == Some(AccountState::Active)
    }
    /// Where a code of this way goes.
    pub fn address(&self, way: Way) -> Option<&str> {
        match way {
            Way::Sms => self.phone.as_deref(),
            Way::Mail => self.email.as_deref(),
            Way::Questions | Way::Alipay => None,
        }
    }
}
/// The same statements for everybody, nobody included.
pub(super) fn facts_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    account: AccountId,
    now: Timestamp,
) -> Result<Facts> {
    let row = store::find(tx, account, now)?;
    let questions = questions::find_in(tx, keyring, account)?;
    let second_factor = factor::has_second_factor_in(tx, account)?;
    let Some(row) = row else { return Ok(Facts::default()) };
    let open = |column, sealed: Option<Vec<u8>>, proven| match sealed {
        Some(sealed) if proven => keyring.open(column, account.as_i64(), &sealed).map(Some),
        _ => Ok(None),
    };
    Ok(Facts {
        found: true,
        state: Some(row.state),
        phone: open("account.phone", row.phone, row.phone_proven)?,
        email: open("account.email", row.email, row.email_proven)?,
        questions,
        standing: Standing {
            level: row.level,
            phone_proven_at: row.phone_proven_at,
            staff: row.staff,
            second_factor,
        },
    })
}

/// An event about the account of a flow, if somebody has it.
pub(super) fn about(event: Event, facts: &Facts, account: AccountId) -> Event {
    if facts.found { event.on("account", account) } else { event }
}
/// The step after a proof: the next one waits under `next`.
pub(super) fn proven_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    policy: &RecoveryPolicy,
    from: (ChallengeId, &Flow),
    to: (ChallengeId, Flow),
    how: &'static str,
) -> Result<(Moved, Vec<Event>)> {
    let (id, flow) = to;
    advance_in(tx, keyring, ctx, policy, from, (id, &flow))?;
    let event = Event::done(&ctx.actor(), "recovery.proven").on("account", flow.account());
    Ok((Moved::To(flow.step(), id), vec![event.with(json!({ "by": how }))]))
}

/// The code that went to the bound number or mailbox.
pub async fn code(identity: &Identity, ctx: &Ctx, id: ChallengeId, typed: &str) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let (policy, next) = (policies.recovery.clone(), identity.db().draw());
    let limit = codes(&policy);
    let (identity2, ctx2, typed) = (identity.clone(), ctx.clone(), typed.to_owned());
    let moved = identity.db().write(move |tx| {
        let (ctx, keyring, now) = (&ctx2, identity2.db().keyring(), ctx2.now);
        let Some(flow) = find_in(tx, keyring, ctx, id, &[WAITING])? else {
            return Ok((Moved::Gone, Vec::new()));
        };
        let Step::Prove { way, code: Some(sent) } = flow.step() else {
            return Ok((Moved::Gone, Vec::new()));
        };
        let facts = facts_in(tx, keyring, flow.account(), now)?;
        let failed = || about(Event::failed(&ctx.actor(), "recovery.code"), &facts, flow.account());
        let tried = counter::service::peek_in(tx, limit, flow.counted(), now)?;
        if tried.exhausted() {
            return Ok((Moved::Locked { minutes: tried.minutes_left(now) }, Vec::new()));
        }
        let attempt = code::service::attempt_in(tx, &identity2, CODE, sent, &ctx.browser, &typed, now)?;
        match attempt {
            Attempt::Right(data) => {
                let kept: Sent = serde_json::from_str(&data).map_err(unreadable)?;
                let fits = facts.usable()
                    && kept.account == flow.account()
                    && facts.address(way) == Some(kept.to.as_str());
                // The number was exchanged since: what was proven is no longer the account's.
                let proved = fits.then(|| flow.proved(way, &facts.standing, &policy, now)).flatten();
                match proved {
                    Some(then) => {
                        proven_in(tx, keyring, ctx, &policy, (id, &flow), (next, then), way.as_str())
                    }
                    None => Ok((Moved::Gone, vec![failed()])),
                }
            }
            Attempt::Wrong { left } => {
                counter::service::hit_in(tx, limit, flow.counted(), now)?;
                let moved = if left > 0 { Moved::Wrong { left: Some(left) } } else { Moved::Exhausted };
                Ok((moved, vec![failed()]))
            }
            Attempt::Exhausted | Attempt::Gone => Ok((Moved::Exhausted, Vec::new())),
        }
    });
    super::service::or_gone(moved.await)
}
const WAITING: &str = "recover.prove";
/// Wrong codes of one identifier, whichever way they came.
fn codes(policy: &RecoveryPolicy) -> Limit {
    Limit { scope: "recover.codes", most: policy.wrong_codes_day, seconds: 86_400 }
}

/// Counters of answers: what the person is told of, and the account's own, which nobody is told of.
#[derive(Clone)]
struct Guesses {
    told: Vec<(Limit, [u8; 32])>,
    account: (Limit, [u8; 32]),
}
impl Guesses {
    fn of(keyring: &Keyring, ctx: &Ctx, policy: &RecoveryPolicy, flow: &Flow) -> Self {
        let limit = |scope, most, seconds| Limit { scope, most, seconds };
        let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
        let account = keyring.mac("counter.account", &[&flow.account().as_i64().to_be_bytes()]);
        let most = policy.wrong_answers;
        Self {
            told: vec![
                (limit("recover.answers", most, 3600), *flow.counted()),
                (limit("recover.answers.day", 3 * most, 86_400), *flow.counted()),
                (limit("recover.answers.source", 6 * most, 3600), source),
            ],
            account: (limit("recover.answers.account", 3 * most, 86_400), account),
        }
    }
    /// Counts a guess before it is looked at. `Err` within: how many minutes to wait. `Ok`: whether it may be compared at
    /// all, and how many guesses are left.
    fn count_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Result<(bool, i64), i64>> {
        for (limit, key) in &self.told {
            let hit = counter::service::peek_in(tx, *limit, key, now)?;
            if hit.exhausted() {
                return Ok(Err(hit.minutes_left(now)));
            }
        }
        let mut left = i64::MAX;
        for (limit, key) in &self.told {
            let hit = counter::service::hit_in(tx, *limit, key, now)?;
            if !hit.allowed() {
                return Ok(Err(hit.minutes_left(now)));
            }
            left = left.min(hit.most - hit.n);
        }
        let hit = counter::service::hit_in(tx, self.account.0, &self.account.1, now)?;
        Ok(Ok((hit.allowed(), left)))
    }
    fn forgive_in(&self, tx: &mut Tx<'_>) -> Result<()> {
        for (limit, key) in self.told.iter().filter(|(limit, _)| limit.scope != "recover.answers.source") {
            counter::service::clear_in(tx, *limit, key)?;
        }
        counter::service::clear_in(tx, self.account.0, &self.account.1)
    }
}
/// The answers to the security questions: one slow hash, whatever there is to compare with.
pub async fn answers(identity: &Identity, ctx: &Ctx, id: ChallengeId, typed: &Answers) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let policy = policies.recovery.clone();
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let counted = identity
        .db()
        .write_unaudited("guesses at answers", move |tx| {
            let Some(flow) = find_in(tx, &keyring, &ctx2, id, &[WAITING])? else { return Ok(None) };
            if flow.way() != Some(Way::Questions) {
                return Ok(None);
            }
            let facts = facts_in(tx, &keyring, flow.account(), ctx2.now)?;
            let guesses = Guesses::of(&keyring, &ctx2, &policy, &flow);
            let allowed = guesses.count_in(tx, ctx2.now)?;
            Ok(Some((flow, facts, guesses, allowed)))
        })
        .await?;
    let Some((flow, facts, guesses, allowed)) = counted else { return Ok(Moved::Gone) };
    let (compared, left) = match allowed {
        Ok(allowed) => allowed,
        Err(minutes) => return refuse(identity, ctx, &facts, flow.account(), minutes).await,
    };
    let stored = facts.questions.as_ref().filter(|_| facts.usable() && compared).map(|q| q.answers.clone());
    let whose = (flow.counted(), flow.account());
    let compared = questions::verify(identity, whose, typed, stored.as_deref()).await?;
    let (policy, next) = (policies.recovery.clone(), identity.db().draw());
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let moved = identity.db().write(move |tx| {
        let (ctx, now) = (&ctx2, ctx2.now);
        // Questions that were exchanged while the hash was computed prove nothing any more.
        let facts = facts_in(tx, &keyring, flow.account(), now)?;
        let same = facts.usable() && facts.questions.as_ref().map(|q| &q.answers) == stored.as_ref();
        let right = matches!(compared, questions::Compared::Right { .. });
        let proved = (right && same).then(|| flow.proved(Way::Questions, &facts.standing, &policy, now));
        match proved.flatten() {
            Some(then) => {
                guesses.forgive_in(tx)?;
                if let (questions::Compared::Right { renewed: Some(new) }, Some(old)) = (&compared, &stored) {
                    questions::renew_in(tx, flow.account(), old, new)?;
                }
                proven_in(tx, &keyring, ctx, &policy, (id, &flow), (next, then), Way::Questions.as_str())
            }
            None => {
                let event = about(Event::failed(&ctx.actor(), "recovery.answers"), &facts, flow.account());
                Ok((Moved::Wrong { left: Some(left) }, vec![event]))
            }
        }
    });
    super::service::or_gone(moved.await)
}
async fn refuse(
    identity: &Identity,
    ctx: &Ctx,
    facts: &Facts,
    account: AccountId,
    minutes: i64,
) -> Result<Moved> {
    let event = about(Event::refused(&ctx.actor(), "recovery.answers"), facts, account);
    identity.db().write(move |_| Ok(((), vec![event.clone()]))).await?;
    Ok(Moved::Locked { minutes })
}

/// What Alipay said of whoever is signed in there, by any of its connectors: counted like a code, since anybody can bring some identity.
pub async fn alipay_proof(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
    result: ChallengeId,
) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let (policy, next) = (policies.recovery.clone(), identity.db().draw());
    let limit = codes(&policy);
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let moved = identity.db().write(move |tx| {
        let (ctx, now) = (&ctx2, ctx2.now);
        let Some(flow) = find_in(tx, &keyring, ctx, id, &[WAITING])? else {
            return Ok((Moved::Gone, Vec::new()));
        };
        if flow.way() != Some(Way::Alipay) {
            return Ok((Moved::Gone, Vec::new()));
        }
        let facts = facts_in(tx, &keyring, flow.account(), now)?;
        let tried = counter::service::hit_in(tx, limit, flow.counted(), now)?;
        if !tried.allowed() {
            return Ok((Moved::Locked { minutes: tried.minutes_left(now) }, Vec::new()));
        }
        let purpose = external::Purpose::Recover { challenge: id };
        let proof = external::service::take_result_in(tx, &keyring, result, &purpose, &ctx.browser, now)?;
        let fits = facts.usable()
            && proof.is_some_and(|proof| proof.provider == "alipay" && proof.account == Some(flow.account()));
        let proved = fits.then(|| flow.proved(Way::Alipay, &facts.standing, &policy, now)).flatten();
        match proved {
            Some(then) => {
                counter::service::give_back_in(tx, limit, flow.counted())?;
                proven_in(tx, &keyring, ctx, &policy, (id, &flow), (next, then), Way::Alipay.as_str())
            }
            None => {
                let event = about(Event::failed(&ctx.actor(), "recovery.alipay"), &facts, flow.account());
                Ok((Moved::Foreign, vec![event]))
            }
        }
    });
    super::service::or_gone(moved.await)
}
