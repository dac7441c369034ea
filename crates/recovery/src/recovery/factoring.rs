//! The second factor of an account that has one. Whoever comes here has proven enough to know that; the factor itself counts
//! its tries, wherever it is asked for.
use super::{
    model::{Flow, Moved, Step},
    proving::{facts_in, proven_in},
    service::{find_in, or_gone},
};
use db::{Keyring, Tx};
use factor::{
    Factors,
    passkey::{Answer, Ceremony, service as passkeys},
    recovery_code, totp,
};
use identity::{Identity, challenge::ChallengeId};
use kernel::{Error, Event, Result};
use platform::setting::RecoveryPolicy;
use serde_json::json;
use std::sync::Arc;
use web::Ctx;

const PASSKEY: &str = "recover.passkey";

/// The flow that waits for a second factor.
fn waiting_in(tx: &mut Tx<'_>, keyring: &Keyring, ctx: &Ctx, id: ChallengeId) -> Result<Option<Flow>> {
    find_in(tx, keyring, ctx, id, &[Step::Factor.purpose()])
}
async fn waiting(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Flow>> {
    let (keyring, ctx) = (Arc::clone(identity.db().keyring()), ctx.clone());
    identity.db().read_few(move |tx| waiting_in(tx, &keyring, &ctx, id)).await
}
/// What the account has; None if nothing waits here.
pub async fn factors(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Factors>> {
    match waiting(identity, ctx, id).await? {
        Some(flow) => factor::summary(identity.db(), flow.account()).await.map(Some),
        None => Ok(None),
    }
}
/// The factor was right: on to what is wanted next.
fn settle_in(
    tx: &mut Tx<'_>,
    keyring: &Keyring,
    ctx: &Ctx,
    policy: &RecoveryPolicy,
    (id, flow, next): (ChallengeId, &Flow, ChallengeId),
    how: &'static str,
) -> Result<(Moved, Vec<Event>)> {
    let facts = facts_in(tx, keyring, flow.account(), ctx.now)?;
    let proved = facts.usable().then(|| flow.factor_proved(&facts.standing, policy, ctx.now)).flatten();
    match proved {
        Some(then) => proven_in(tx, keyring, ctx, policy, (id, flow), (next, then), how),
        None => Ok((Moved::Gone, Vec::new())),
    }
}

/// What an account with a second factor is asked for besides.
#[derive(Clone)]
pub enum Factor {
    Totp(totp::Code),
    RecoveryCode(recovery_code::Code),
}
/// One try with what was typed.
pub async fn factor(identity: &Identity, ctx: &Ctx, id: ChallengeId, typed: &Factor) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let (policy, next, typed) = (policies.recovery.clone(), identity.db().draw(), typed.clone());
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let moved = identity.db().write(move |tx| {
        let (ctx, now) = (&ctx2, ctx2.now);
        let Some(flow) = waiting_in(tx, &keyring, ctx, id)? else {
            return Ok((Moved::Gone, Vec::new()));
        };
        let account = flow.account();
        let (wrong, how) = match &typed {
            Factor::Totp(code) => match totp::service::verify_in(tx, &keyring, account, code, now)? {
                totp::Verdict::Right(_) => (None, "totp"),
                totp::Verdict::Wrong { left } => (Some(Moved::Wrong { left: Some(left) }), "totp"),
                totp::Verdict::Used => (Some(Moved::Used), "totp"),
                totp::Verdict::Locked { minutes } => (Some(Moved::Locked { minutes }), "totp"),
            },
            Factor::RecoveryCode(code) => {
                match recovery_code::service::use_in(tx, &keyring, account, code, now)? {
                    recovery_code::Verdict::Right { .. } => (None, "recovery_code"),
                    recovery_code::Verdict::Wrong { left } => {
                        (Some(Moved::Wrong { left: Some(left) }), "recovery_code")
                    }
                    recovery_code::Verdict::Locked { minutes } => {
                        (Some(Moved::Locked { minutes }), "recovery_code")
                    }
                }
            }
        };
        if let Some(wrong) = wrong {
            let event = Event::failed(&ctx.actor(), "recovery.factor").on("account", account);
            return Ok((wrong, vec![event.with(json!({ "by": how }))]));
        }
        settle_in(tx, &keyring, ctx, &policy, (id, &flow, next), how)
    });
    or_gone(moved.await)
}

/// A ceremony for the account whose second factor is asked for. None if the step is over.
pub async fn begin_passkey(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Ceremony>> {
    match waiting(identity, ctx, id).await? {
        Some(flow) => {
            passkeys::begin_assertion(identity.db(), ctx, PASSKEY, Some(flow.account())).await.map(Some)
        }
        None => Ok(None),
    }
}
/// What the device answered. `Err` within: what the person is told.
pub async fn passkey(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
    answer: &Answer,
) -> Result<std::result::Result<Moved, Error>> {
    let finished =
        identity::passkey::service::finish(identity, ctx, PASSKEY, answer, "recovery.factor").await?;
    let asserted = match finished {
        Ok(asserted) => asserted,
        Err(error) => return Ok(Err(error)),
    };
    let policies = identity.settings().policies().await?;
    let (policy, next) = (policies.recovery.clone(), identity.db().draw());
    let (keyring, ctx2) = (Arc::clone(identity.db().keyring()), ctx.clone());
    let moved = identity.db().write(move |tx| {
        let ctx = &ctx2;
        let Some(flow) = waiting_in(tx, &keyring, ctx, id)? else { return Ok((None, Vec::new())) };
        let own = asserted.account == flow.account();
        if !own || !passkeys::accept_in(tx, &keyring, &asserted, ctx.now)? {
            let event = Event::failed(&ctx.actor(), "recovery.factor").on("account", flow.account());
            return Ok((None, vec![event.with(json!({ "by": "passkey" }))]));
        }
        let (moved, events) = settle_in(tx, &keyring, ctx, &policy, (id, &flow, next), "passkey")?;
        Ok((Some(moved), events))
    });
    match moved.await {
        Ok(Some(moved)) => Ok(Ok(moved)),
        Ok(None) => Ok(Err(Error::invalid("passkey.refused"))),
        Err(error) => or_gone(Err(error)).map(Ok),
    }
}
