//! Choosing a way; two of them send a code. What the page says depends on the identifier that was typed and on the source,
//! never on the number or mailbox behind it: limits of those are kept in silence.
use super::{
    model::{Flow, Moved, Sent, Way},
    proving::{CODE, Facts},
    service::{OPEN, advance_in, choosing, chosen_event, find_in, json, or_gone},
};
use db::Tx;
use identity::{
    Identity,
    account::AccountState,
    challenge::ChallengeId,
    code::{self, Deal, Sending, To},
};
use kernel::{Mobile, Result, email::Email};
use platform::{
    Policies,
    counter::{self, Limit},
    setting::CodePolicy,
};
use web::Ctx;

/// Goes on with this way from the choice, from another way, or from the same one, whose code did not come. The page has
/// asked a captcha unless the flow has one to its credit.
pub async fn choose(identity: &Identity, ctx: &Ctx, id: ChallengeId, way: Way) -> Result<Moved> {
    let policies = identity.settings().policies().await?;
    let Some((flow, facts)) = choosing(identity, ctx, id).await? else { return Ok(Moved::Gone) };
    if !flow.may_choose(way, &policies.recovery) {
        return Ok(Moved::Gone);
    }
    let dispatch = Dispatch::of(identity, ctx, &policies, &facts, way)?;
    let (identity2, ctx2, policy, next) =
        (identity.clone(), ctx.clone(), policies.recovery.clone(), identity.db().draw());
    let moved = identity.db().write(move |tx| {
        let (ctx, keyring) = (&ctx2, identity2.db().keyring());
        let Some(flow) = find_in(tx, keyring, ctx, id, OPEN)? else { return Ok((Moved::Gone, Vec::new())) };
        let code = match &dispatch {
            None => None,
            Some(dispatch) => match dispatch.send_in(tx, &identity2, ctx, &flow)? {
                Ok(code) => Some(code),
                Err(refused) => return Ok((refused, Vec::new())),
            },
        };
        let Some(then) = flow.choosing(way, code, &policy) else { return Ok((Moved::Gone, Vec::new())) };
        advance_in(tx, keyring, ctx, &policy, (id, &flow), (next, &then))?;
        Ok((Moved::To(then.step(), next), vec![chosen_event(ctx, &flow, &facts, way)]))
    });
    or_gone(moved.await)
}

/// One message to where it belongs, and one to nowhere in its place: drawn before the transaction.
struct Dispatch {
    way: Way,
    first: (Sending, Deal),
    instead: Sending,
    limits: Vec<Limit>,
}
impl Dispatch {
    /// None for ways that send nothing.
    fn of(
        identity: &Identity,
        ctx: &Ctx,
        policies: &Policies,
        facts: &Facts,
        way: Way,
    ) -> Result<Option<Self>> {
        let text = match way {
            Way::Sms => "recovery-sms-code",
            Way::Mail => "recovery-mail-code",
            Way::Questions | Way::Alipay => return Ok(None),
        };
        let sending = |to: &To| Sending::new(identity, ctx, policies, CODE, to, text);
        let real = match (way, facts.address(way)) {
            (Way::Sms, Some(phone)) => Some(To::Sms(Mobile::parse(phone)?)),
            (Way::Mail, Some(email)) => Some(To::Mail(Email::parse(email)?)),
            _ => None,
        };
        let deal = match (&real, facts.state) {
            (Some(_), Some(AccountState::Active)) => Deal::Code,
            // Only the holder learns why there is no way back.
            (Some(_), Some(AccountState::Disabled)) => {
                Deal::Instead(ctx.lang.t("recovery-message-suspended"))
            }
            _ => Deal::Silence,
        };
        let (nowhere, elsewhere) = (nobody(identity, way)?, nobody(identity, way)?);
        let first = (sending(&real.unwrap_or(nowhere)), deal);
        Ok(Some(Self { way, first, instead: sending(&elsewhere), limits: limits(&policies.code) }))
    }
    /// The code's challenge, or why nothing is sent.
    fn send_in(
        &self,
        tx: &mut Tx<'_>,
        identity: &Identity,
        ctx: &Ctx,
        flow: &Flow,
    ) -> Result<std::result::Result<ChallengeId, Moved>> {
        let (keyring, now) = (identity.db().keyring(), ctx.now);
        let key = keyring.mac("counter.recover.send", &[flow.counted(), self.way.as_str().as_bytes()]);
        for limit in &self.limits {
            let hit = counter::service::peek_in(tx, *limit, &key, now)?;
            if hit.exhausted() && limit.scope == PAUSE {
                return Ok(Err(Moved::Wait { seconds: hit.seconds_left(now) }));
            } else if hit.exhausted() {
                return Ok(Err(Moved::Locked { minutes: hit.minutes_left(now) }));
            }
        }
        let (sending, deal) = &self.first;
        let data =
            serde_json::to_string(&Sent { account: flow.account(), to: sending.to().as_str().to_owned() })
                .map_err(json)?;
        let open = |tx: &mut Tx<'_>, sending: &Sending, deal: &Deal| {
            code::service::open_in(tx, identity, sending, deal, &data, ctx.browser, now)
        };
        let id = match open(tx, sending, deal)? {
            code::Sent::Sent(id) => id,
            // A limit of the number, which others use up too: nothing is sent and nothing is said.
            _ => match open(tx, &self.instead, &Deal::Silence)? {
                code::Sent::Sent(id) => id,
                code::Sent::Wait { seconds } => return Ok(Err(Moved::Wait { seconds })),
                code::Sent::TooMany { minutes } => return Ok(Err(Moved::Locked { minutes })),
                code::Sent::Gone => return Ok(Err(Moved::Gone)),
            },
        };
        for limit in &self.limits {
            counter::service::hit_in(tx, *limit, &key, now)?;
        }
        Ok(Ok(id))
    }
}
const PAUSE: &str = "recover.send.pause";
/// As for every code, by what was typed.
fn limits(policy: &CodePolicy) -> Vec<Limit> {
    let limit = |scope, most, seconds| Limit { scope, most, seconds };
    vec![
        limit(PAUSE, 1, policy.resend_seconds),
        limit("recover.send.hour", policy.per_phone_hour, 3600),
        limit("recover.send.day", policy.per_phone_day, 86_400),
    ]
}
/// An address that nobody has, another one each time: its own limits never speak.
fn nobody(identity: &Identity, way: Way) -> Result<To> {
    let rng = identity.db().rng();
    Ok(match way {
        Way::Mail => To::Mail(Email::parse(&format!("{}@nobody.invalid", rng.below(u32::MAX)))?),
        Way::Sms | Way::Questions | Way::Alipay => {
            To::Sms(Mobile::parse(&format!("+8536{:07}", rng.below(10_000_000)))?)
        }
    })
}
