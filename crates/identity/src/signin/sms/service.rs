//! Send and verify; what lies between is `code`.
use super::{
    PURPOSE,
    model::{Kept, Verified},
};
use crate::{
    Identity,
    account::{self, AccountState},
    captcha::{self, service::Answered},
    challenge::{Attempt, ChallengeId},
    code::{self, Deal, Sending, Sent, To},
    realname::{self, RealNameLevel},
    signin::{begin::Start, model::First},
};
use db::Tx;
use kernel::{Error, Event, Mobile, Result, Timestamp, id::AccountId};
use platform::{Policies, setting::model::ProofLevel, staff::StaffState};
use web::Ctx;

fn json(error: serde_json::Error) -> Error {
    Error::internal("signin.json").because(error)
}

/// Uses the captcha up and sends the code, in one transaction. The answer is the same whether or not the number has an
/// account. Errors: those of the captcha.
pub async fn start(
    identity: &Identity,
    ctx: &Ctx,
    answered: Answered,
    phone: Mobile,
    return_to: String,
) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    let sending =
        Sending::new(identity, ctx, &policies, PURPOSE, &To::Sms(phone.clone()), "identity-sms-sign-in-code");
    let (identity2, actor, browser, now) = (identity.clone(), ctx.actor(), ctx.browser, ctx.now);
    identity
        .db()
        .write(move |tx| {
            if let Some(refused) = captcha::service::refusal(answered.use_up_in(tx)?) {
                // A wrong answer is used up and counted: its transaction commits.
                return Ok((Err(refused), Vec::new()));
            }
            let found = account::service::find_by_phone_in(tx, identity2.db().keyring(), &phone)?;
            let deal = if found.is_some() { Deal::Code } else { Deal::Silence };
            let kept = Kept {
                account: found.map(|account| account.id),
                phone: phone.as_str().to_owned(),
                return_to: return_to.clone(),
            };
            let data = serde_json::to_string(&kept).map_err(json)?;
            let sent = code::service::open_in(tx, &identity2, &sending, &deal, &data, browser, now)?;
            let event = match sent {
                Sent::Sent(_) => Event::done(&actor, "session.code_sent"),
                _ => Event::refused(&actor, "session.code_sent"),
            };
            let event = match found {
                Some(account) => event.on("account", account.id),
                None => event,
            };
            Ok((Ok(sent), vec![event]))
        })
        .await?
}

/// The code is right: the session begins, or the second step, in one transaction.
pub async fn verify(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    code: &str,
) -> Result<Verified> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let (identity2, browser, now) = (identity.clone(), ctx.browser, ctx.now);
    let code = code.to_owned();
    identity
        .db()
        .write(move |tx| {
            let attempt = code::service::attempt_in(tx, &identity2, PURPOSE, id, &browser, &code, now)?;
            let Attempt::Right(data) = attempt else {
                let event = match attempt {
                    Attempt::Gone => None,
                    Attempt::Exhausted => Some(Event::refused(&start.actor, "session.begin")),
                    Attempt::Wrong { .. } | Attempt::Right(_) => {
                        Some(Event::failed(&start.actor, "session.begin"))
                    }
                };
                return Ok((Verified::Not(attempt), event.into_iter().collect()));
            };
            let kept = Kept::read(&data)?;
            let Some(account) = kept.account else { return Ok((Verified::Not(Attempt::Gone), Vec::new())) };
            let phone = Mobile::parse(&kept.phone)?;
            let held = account::service::lock_by_phone_in(tx, identity2.db().keyring(), account, &phone)?;
            let return_to = kept.return_to.clone();
            let refused = match held {
                // The number went elsewhere while the code was on its way.
                None => Some(Verified::Not(Attempt::Gone)),
                Some((AccountState::Active, confirmed_at)) => {
                    if is_unconfirmed_in(tx, &policies, account, confirmed_at, now)? {
                        Some(Verified::Unconfirmed { return_to })
                    } else {
                        needs_more_in(tx, account)?.then_some(Verified::Staff { return_to })
                    }
                }
                Some(_) => Some(Verified::Disabled { return_to }),
            };
            if let Some(refused) = refused {
                let event = Event::refused(&start.actor, "session.begin").on("account", account);
                return Ok((refused, vec![event]));
            }
            account::service::confirm_phone_in(tx, account, now)?;
            let first = First::by(account, "sms", &kept.return_to);
            let (next, events) = start.begin_or_second_in(tx, &first)?;
            Ok((Verified::Next { next, return_to: kept.return_to }, events))
        })
        .await
}
/// A number alone opens no desk, as it recovers no account of the staff: it takes a password, or a second factor after it.
fn needs_more_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    let staff = platform::staff::service::find_in(tx, account)?;
    Ok(staff.is_some_and(|member| member.state == StaffState::Active)
        && !factor::has_second_factor_in(tx, account)?)
}
/// Numbers are handed to other people after a while: the same rule as for recovery.
fn is_unconfirmed_in(
    tx: &mut Tx<'_>,
    policies: &Policies,
    account: AccountId,
    confirmed_at: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    if confirmed_at.plus_days(policies.recovery.phone_days) > now {
        return Ok(false);
    }
    let from = match policies.recovery.phone_days_from {
        ProofLevel::Primary => RealNameLevel::Primary,
        ProofLevel::Intermediate => RealNameLevel::Intermediate,
        ProofLevel::Advanced => RealNameLevel::Advanced,
    };
    Ok(realname::service::level_in(tx, account, now)?.rank() >= from.rank())
}
