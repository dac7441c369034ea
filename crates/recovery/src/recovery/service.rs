//! Begin, look, choose, set the new password.
use super::{
    model::{Flow, Moved, Step, Way, Ways},
    proving::{about, facts_in},
};
use crate::question::Question;
use db::{Keyring, Tx};
use identity::{
    Identity,
    account::{self, AccountRef, Identifier},
    challenge::{self, Attempt, ChallengeId, NewChallenge},
    credential::{self, Password, model::Parameters},
    external::{self, Offer},
    notice::{self, Kind, Notice},
    session, signin,
};
use kernel::{Error, Event, Result, id::AccountId, text::normalize};
use platform::{
    counter::{self, Limit},
    setting::RecoveryPolicy,
};
use serde_json::json;
use std::sync::Arc;
use web::{Ctx, Lang};

pub use super::{
    factoring::{Factor, begin_passkey, factor, factors, passkey},
    proving::{alipay_proof, answers, code},
    sending::choose,
};

/// Of the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Began {
    Flow(ChallengeId),
    TooMany { minutes: i64 },
}

pub(super) fn json(error: serde_json::Error) -> Error {
    Error::internal("recovery.json").because(error)
}
/// A step that another request used up in the meantime: nothing of this one was written.
const USED: &str = "recovery.step_used";
pub(super) fn or_gone(moved: Result<Moved>) -> Result<Moved> {
    match moved {
        Err(error) if error.code == USED => Ok(Moved::Gone),
        other => other,
    }
}
/// The flow as it stands at one of these steps, in this browser.
pub(super) fn find_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    id: ChallengeId,
    steps: &[&'static str],
) -> Result<Option<Flow>> {
    for step in steps {
        let open = challenge::service::find_open_in(tx, keyring, id, step, &ctx.browser, ctx.now)?;
        if let Some(open) = open {
            return serde_json::from_str(&open.data).map(Some).map_err(json);
        }
    }
    Ok(None)
}
fn open_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    policy: &RecoveryPolicy,
    id: ChallengeId,
    flow: &Flow,
) -> Result<()> {
    let new = NewChallenge {
        id,
        kind: "recovery",
        purpose: flow.step().purpose(),
        browser: ctx.browser,
        target: None,
        code: Some(String::new()),
        data: serde_json::to_string(flow).map_err(json)?,
        attempts_allowed: 1,
        now: ctx.now,
        expires_at: ctx.now.plus_seconds(policy.step_minutes * 60),
    };
    challenge::service::open_in(tx, keyring, &new)
}
/// Uses a step up. Error [`USED`] if another request was faster, so that nothing of this one stays.
fn use_up_in(tx: &mut Tx<'_>, keyring: &Keyring, ctx: &Ctx, (id, flow): (ChallengeId, &Flow)) -> Result<()> {
    let purpose = flow.step().purpose();
    match challenge::service::attempt_in(tx, keyring, id, purpose, &ctx.browser, "", ctx.now)? {
        Attempt::Right(_) => Ok(()),
        Attempt::Wrong { .. } | Attempt::Exhausted | Attempt::Gone => Err(Error::conflict(USED)),
    }
}
/// From one step to the next, once.
pub(super) fn advance_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    policy: &RecoveryPolicy,
    from: (ChallengeId, &Flow),
    to: (ChallengeId, &Flow),
) -> Result<()> {
    use_up_in(tx, keyring, ctx, from)?;
    open_in(tx, keyring, ctx, policy, to.0, to.1)
}

/// Whoever is meant: the own account of a person before those that organizations made for them, proven ones first.
fn meant(mut found: Vec<AccountRef>) -> Option<AccountRef> {
    found.sort_by_key(|account| {
        (account.person.is_none(), account.owner.organization().is_some(), account.id)
    });
    found.into_iter().next()
}
/// The first step; the captcha was right. It goes on for every identifier.
pub async fn begin(identity: &Identity, ctx: &Ctx, typed: &str) -> Result<Began> {
    let policies = identity.settings().policies().await?;
    let (db, keyring) = (identity.db(), Arc::clone(identity.db().keyring()));
    let identifier = Identifier::parse(typed, ctx.now);
    let spelling = match &identifier {
        Some(identifier) => identifier.normalized().to_owned(),
        None => normalize(typed).to_lowercase(),
    };
    let counted = keyring.mac("counter.recover", &[spelling.as_bytes()]);
    let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
    let limit =
        Limit { scope: "recover.begin", most: policies.recovery.begun_per_source_hour, seconds: 3600 };
    let (id, nobody): (ChallengeId, AccountId) = (db.draw(), db.draw());
    let (policy, ctx, typed) = (policies.recovery.clone(), ctx.clone(), normalize(typed));
    db.write(move |tx| {
        let hit = counter::service::hit_in(tx, limit, &source, ctx.now)?;
        if !hit.allowed() {
            return Ok((Began::TooMany { minutes: hit.minutes_left(ctx.now) }, Vec::new()));
        }
        let found = match &identifier {
            Some(identifier) => meant(account::service::matches_in(tx, &keyring, identifier)?),
            None => None,
        };
        let by_login_name = matches!(identifier, Some(Identifier::LoginName(_)));
        let account = found.map_or(nobody, |found| found.id);
        let flow = Flow::begun(typed.clone(), by_login_name, counted, account);
        open_in(tx, &keyring, &ctx, &policy, id, &flow)?;
        let event = Event::done(&ctx.actor(), "recovery.begun");
        let event = match found {
            Some(found) => event.on("account", found.id),
            None => event,
        };
        Ok((Began::Flow(id), vec![event]))
    })
    .await
}

/// What a page of a flow shows.
#[derive(Clone, Debug)]
pub struct Look {
    pub step: Step,
    /// As it was typed.
    pub typed: String,
    pub proven: Ways,
    pub prepaid: bool,
    /// Ways that may be chosen, the same for everybody who typed the same kind of identifier and proved the same.
    pub open: Vec<Way>,
    /// The questions are not among them, as no login name was typed.
    pub wants_login_name: bool,
    /// In words, where questions are to be answered.
    pub questions: Vec<String>,
}
/// None if the step is over, or not one of these.
pub async fn look(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
    steps: &'static [&'static str],
) -> Result<Option<Look>> {
    let policies = identity.settings().policies().await?;
    let with_alipay = !alipay(identity).await?.is_empty();
    let (keyring, ctx, policy) =
        (Arc::clone(identity.db().keyring()), ctx.clone(), policies.recovery.clone());
    identity
        .db()
        .read_few(move |tx| {
            let Some(flow) = find_in(tx, &keyring, &ctx, id, steps)? else { return Ok(None) };
            let facts = facts_in(tx, &keyring, flow.account(), ctx.now)?;
            let stored = facts.questions.as_ref().filter(|_| facts.usable()).map(|q| q.questions.clone());
            let here = |way: &Way| flow.may_choose(*way, &policy) && (with_alipay || *way != Way::Alipay);
            let open = Way::ALL.iter().copied().filter(here).collect();
            Ok(Some(Look {
                step: flow.step(),
                typed: flow.typed().to_owned(),
                proven: flow.proven(),
                prepaid: flow.prepaid(),
                open,
                wants_login_name: flow.wants_login_name(&policy),
                questions: questions(&keyring, &flow, stored, ctx.lang),
            }))
        })
        .await
}
/// The connectors that the way "Alipay" takes, all of them to everybody: with which one an account is linked is not said.
/// Without one the way does not appear.
pub async fn alipay(identity: &Identity) -> Result<Vec<Offer>> {
    let offered = external::service::offered(identity).await?;
    Ok(offered.into_iter().filter(|offer| offer.provider == "alipay").collect())
}
/// Own words only for whoever proved something already; questions that nobody set for everybody who has none.
fn questions(keyring: &Keyring, flow: &Flow, stored: Option<Vec<Question>>, lang: Lang) -> Vec<String> {
    if flow.way() != Some(Way::Questions) {
        return Vec::new();
    }
    let decoys = Question::decoys(keyring, flow.counted());
    match stored {
        Some(own) if !flow.proven().is_empty() => own.iter().map(|q| q.words(lang)).collect(),
        stored => stored.unwrap_or(decoys).iter().map(|q| q.veiled(lang)).collect(),
    }
}

/// The last step. Errors at `new_password`: the rules for new passwords; `signin.busy`.
pub async fn set_password(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
    password: &Password,
) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let found = identity
        .db()
        .read_few(move |tx| {
            let Some(flow) = find_in(tx, &keyring, &ctx2, id, &[Step::Password.purpose()])? else {
                return Ok(None);
            };
            facts_in(tx, &keyring, flow.account(), ctx2.now).map(|facts| Some((flow, facts)))
        })
        .await?;
    let Some((flow, facts)) = found else { return Ok(Moved::Gone) };
    let holder = facts.found.then_some(flow.account());
    credential::service::check_new(identity, "new_password", password, &[], holder).await?;
    let hash = identity.passwords().hash(password, Parameters::from(&policies.password)).await?;
    let (identity2, ctx2, next) = (identity.clone(), ctx.clone(), identity.db().draw());
    let moved = identity.db().write(move |tx| {
        let policy = &policies.recovery;
        let (ctx, keyring, now, account) = (&ctx2, identity2.db().keyring(), ctx2.now, flow.account());
        account::service::touch_in(tx, account)?;
        let facts = facts_in(tx, keyring, account, now)?;
        if !facts.usable() {
            return Ok((Moved::Gone, vec![refused(ctx, &flow, "state")]));
        }
        // What is wanted may have become more since the last proof.
        let stands = flow.clone().onward(&facts.standing, policy, now);
        if stands.step() != Step::Password {
            advance_in(tx, keyring, ctx, policy, (id, &flow), (next, &stands))?;
            return Ok((Moved::To(stands.step(), next), vec![refused(ctx, &flow, "policy")]));
        }
        use_up_in(tx, keyring, ctx, (id, &flow))?;
        credential::service::set_in(tx, account, &hash, false, now)?;
        session::service::end_all_in(tx, account, None, now)?;
        // Whoever mistyped the old one until the door was locked signs in with the new one right away.
        let contact = account::service::contact_in(tx, keyring, account)?;
        let mut names = vec![flow.typed()];
        names.extend(contact.iter().map(|contact| contact.login_name.as_str()));
        names.extend(contact.iter().filter_map(|contact| contact.phone.as_deref()));
        signin::service::forgive_in(tx, &identity2, ctx, &policies, &names, account)?;
        let notice = Notice::new(Kind::Recovered).in_language(ctx.lang);
        notice::tell_all_in(tx, &identity2, account, &notice, now)?;
        let event = Event::done(&ctx.actor(), "recovery.done")
            .on("account", account)
            .with(json!({ "ways": flow.proven().names() }));
        Ok((Moved::Done, vec![event]))
    });
    or_gone(moved.await)
}
fn refused(ctx: &Ctx, flow: &Flow, why: &str) -> Event {
    let event = Event::refused(&ctx.actor(), "recovery.password").on("account", flow.account());
    event.with(json!({ "reason": why }))
}
/// For choosing: the flow and what is known of its account.
pub(super) async fn choosing(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
) -> Result<Option<(Flow, super::proving::Facts)>> {
    let (keyring, ctx) = (Arc::clone(identity.db().keyring()), ctx.clone());
    identity
        .db()
        .read_few(move |tx| {
            let Some(flow) = find_in(tx, &keyring, &ctx, id, OPEN)? else { return Ok(None) };
            facts_in(tx, &keyring, flow.account(), ctx.now).map(|facts| Some((flow, facts)))
        })
        .await
}
/// Steps at which a way may be chosen.
pub(super) const OPEN: &[&str] = &["recover.choose", "recover.prove"];
/// An event that a way was chosen.
pub(super) fn chosen_event(ctx: &Ctx, flow: &Flow, facts: &super::proving::Facts, way: Way) -> Event {
    let event = Event::done(&ctx.actor(), "recovery.chosen").with(json!({ "way": way.as_str() }));
    about(event, facts, flow.account())
}
