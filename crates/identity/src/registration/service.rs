//! Start, send again, verify.
use super::model::{Draft, PURPOSE, Registration, Sent, Verified, Waiting};
use crate::{
    Identity,
    account::{self, NewSelfOwned},
    challenge::{self, Attempt, ChallengeId, NewChallenge},
    credential::model::Parameters,
    signin::service::Start,
};
use db::Tx;
use kernel::{Error, Event, LoginName, Mobile, ResidentId, Result, Timestamp, id::AccountId};
use platform::{
    Channel, Message,
    counter::{self, Limit},
    setting::CodePolicy,
};
use std::sync::Arc;
use web::{Ctx, Lang};

/// Taken login names that one source is told within an hour: enough to find a free one, too few to list who is here.
const TAKEN_TOLD: i64 = 10;

/// Errors at `login_name`: `account.login_name_taken`; `registration.too_many`, whether or not it is taken, for a source
/// that was told too many. Asked after the captcha alone.
pub async fn require_free(identity: &Identity, ctx: &Ctx, login_name: &LoginName) -> Result<()> {
    let limit = Limit { scope: "register.taken", most: TAKEN_TOLD, seconds: 3600 };
    let key = identity.db().keyring().mac("counter.address", &[ctx.source().as_bytes()]);
    let (login_name, now) = (login_name.clone(), ctx.now);
    let taken = identity
        .db()
        .write_unaudited("login names told", move |tx| {
            let told = counter::service::peek_in(tx, limit, &key, now)?;
            if told.exhausted() {
                return Ok(Name::NotTold { minutes: told.minutes_left(now) });
            }
            if account::service::find_by_login_name_in(tx, &login_name)?.is_none() {
                return Ok(Name::Free);
            }
            let hit = counter::service::hit_in(tx, limit, &key, now)?;
            Ok(if hit.allowed() { Name::Taken } else { Name::NotTold { minutes: hit.minutes_left(now) } })
        })
        .await?;
    match taken {
        Name::Free => Ok(()),
        Name::Taken => Err(Error::conflict("account.login_name_taken").at("login_name")),
        Name::NotTold { minutes } => {
            Err(Error::too_many("registration.too_many").at("login_name").arg("minutes", minutes.to_string()))
        }
    }
}
enum Name {
    Free,
    Taken,
    NotTold { minutes: i64 },
}

/// Sends the code. The captcha was right; the answer is the same whether or not the number has an account.
/// Errors: `registration.closed`, `signin.busy`.
pub async fn start(identity: &Identity, ctx: &Ctx, new: Registration) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    if !policies.registration.open {
        return Err(Error::forbidden("registration.closed"));
    }
    let password_hash =
        identity.passwords().hash(&new.password, Parameters::from(&policies.password)).await?;
    let draft = Draft {
        name: new.name,
        login_name: new.login_name.as_str().to_owned(),
        phone: new.phone.as_str().to_owned(),
        document: new.document.map(|document| document.as_str().to_owned()),
        password_hash,
        terms: policies.registration.terms_version.clone(),
        privacy: policies.registration.privacy_version.clone(),
        return_to: new.return_to,
        lang: ctx.lang.tag().to_owned(),
        taken: false,
    };
    let sending = Sending::new(identity, ctx, &policies.code, &draft.phone);
    let (id, identity2, policy, actor, browser) =
        (identity.db().draw(), identity.clone(), policies.code.clone(), ctx.actor(), ctx.browser);
    let now = ctx.now;
    identity
        .db()
        .write(move |tx| {
            if let Some(refused) = sending.refused_in(tx, now)? {
                return Ok((refused, vec![Event::refused(&actor, "registration.start")]));
            }
            let keyring = identity2.db().keyring();
            let phone = Mobile::parse(&draft.phone)?;
            let taken = account::service::find_by_phone_in(tx, keyring, &phone)?.is_some();
            let draft = Draft { taken, ..draft.clone() };
            let new = NewChallenge {
                id,
                kind: "sms",
                purpose: PURPOSE,
                browser,
                target: Some(keyring.blind("phone", phone.as_str())),
                code: (!taken).then(|| sending.code.clone()),
                data: serde_json::to_string(&draft).map_err(json)?,
                attempts_allowed: policy.attempts,
                now,
                expires_at: sending.expires_at,
            };
            challenge::service::open_in(tx, keyring, &new)?;
            sending.queue_in(tx, &identity2, taken, now)?;
            Ok((Sent::Sent(id), vec![Event::done(&actor, "registration.started")]))
        })
        .await
}
/// Another code to the same number, within the limits.
pub async fn resend(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    let Some(draft) = open_draft(identity, ctx, id).await?.map(|(draft, _)| draft) else {
        return Ok(Sent::Gone);
    };
    let sending = Sending::new(identity, ctx, &policies.code, &draft.phone);
    let (identity2, actor, now, browser) = (identity.clone(), ctx.actor(), ctx.now, ctx.browser);
    identity
        .db()
        .write(move |tx| {
            if let Some(refused) = sending.refused_in(tx, now)? {
                return Ok((refused, vec![Event::refused(&actor, "registration.resend")]));
            }
            let keyring = identity2.db().keyring();
            // Answered meanwhile in another tab: nothing is sent.
            if challenge::service::find_open_in(tx, keyring, id, PURPOSE, &browser, now)?.is_none() {
                return Ok((Sent::Gone, Vec::new()));
            }
            let code = (!draft.taken).then_some(sending.code.as_str());
            challenge::service::renew_in(tx, keyring, id, code, now, sending.expires_at)?;
            sending.queue_in(tx, &identity2, draft.taken, now)?;
            Ok((Sent::Sent(id), vec![Event::done(&actor, "registration.resent")]))
        })
        .await
}
/// What the page of the code shows; None if there is nothing to verify in this browser.
pub async fn waiting(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Waiting>> {
    let policies = identity.settings().policies().await?;
    let Some((draft, open)) = open_draft(identity, ctx, id).await? else { return Ok(None) };
    let again = open.sent_at.plus_seconds(policies.code.resend_seconds);
    Ok(Some(Waiting {
        phone_masked: account::service::masked_phone(&draft.phone),
        seconds: ((again.as_millis() - ctx.now.as_millis()).max(0) + 999) / 1000,
        exhausted: open.exhausted,
    }))
}
async fn open_draft(
    identity: &Identity,
    ctx: &Ctx,
    id: ChallengeId,
) -> Result<Option<(Draft, challenge::Open)>> {
    let (keyring, browser, now) = (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now);
    let open = identity
        .db()
        .read(move |tx| challenge::service::find_open_in(tx, &keyring, id, PURPOSE, &browser, now))
        .await?;
    match open {
        Some(open) => Ok(Some((serde_json::from_str(&open.data).map_err(json)?, open))),
        None => Ok(None),
    }
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("registration.json").because(error)
}

/// The code is right: the account exists and its session begins, in one transaction.
/// Errors: `account.login_name_taken`, `account.phone_taken` if somebody was faster; the code stays good.
pub async fn verify(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    code: &str,
) -> Result<Verified> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let (account, sub): (AccountId, String) = (identity.db().draw(), identity.db().rng().short_token());
    let keyring = Arc::clone(identity.db().keyring());
    let (code, now, browser, actor) = (code.to_owned(), ctx.now, ctx.browser, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            match challenge::service::attempt_in(tx, &keyring, id, PURPOSE, &browser, &code, now)? {
                Attempt::Right(data) => {
                    let draft: Draft = serde_json::from_str(&data).map_err(json)?;
                    let new = NewSelfOwned {
                        id: account,
                        sub: sub.clone(),
                        login_name: LoginName::parse(&draft.login_name)?,
                        name: draft.name,
                        phone: Some(Mobile::parse(&draft.phone)?),
                        document: match &draft.document {
                            Some(text) => Some(ResidentId::parse(text, account::model::today(now))?),
                            None => None,
                        },
                        password_hash: draft.password_hash,
                        now,
                    };
                    account::service::create_self_owned_in(tx, &keyring, &new)?;
                    account::service::accept_in(tx, account, "terms", &draft.terms, now)?;
                    account::service::accept_in(tx, account, "privacy", &draft.privacy, now)?;
                    if new.document.is_some() {
                        account::service::accept_in(tx, account, "document_number", &draft.privacy, now)?;
                    }
                    let (begun, signed_in) = start.begin_in(tx, account, vec!["pwd", "sms"], false)?;
                    let detail = serde_json::json!({ "terms": draft.terms, "privacy": draft.privacy });
                    let registered = Event::done(&signed_in.actor, "account.registered")
                        .on("account", account)
                        .with(detail);
                    Ok((Verified::Done { begun, return_to: draft.return_to }, vec![registered, signed_in]))
                }
                Attempt::Wrong { left } => {
                    Ok((Verified::Wrong { left }, vec![Event::failed(&actor, "registration.verify")]))
                }
                Attempt::Exhausted => {
                    Ok((Verified::Exhausted, vec![Event::refused(&actor, "registration.verify")]))
                }
                Attempt::Gone => Ok((Verified::Gone, Vec::new())),
            }
        })
        .await
}

/// One message to a typed number: its code, its limits, its texts; drawn before the transaction.
struct Sending {
    id: platform::outbox::model::OutboxId,
    to: String,
    code: String,
    lang: Lang,
    expires_at: Timestamp,
    minutes: i64,
    sign_in: String,
    limits: Vec<(Limit, [u8; 32])>,
}
impl Sending {
    fn new(identity: &Identity, ctx: &Ctx, policy: &CodePolicy, phone: &str) -> Self {
        let keyring = identity.db().keyring();
        let to = keyring.mac("counter.phone", &[phone.as_bytes()]);
        let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
        let limit = |scope, most, seconds| Limit { scope, most, seconds };
        Self {
            id: identity.db().draw(),
            to: phone.to_owned(),
            code: identity.db().rng().six_digits(),
            lang: ctx.lang,
            expires_at: ctx.now.plus_seconds(policy.minutes * 60),
            minutes: policy.minutes,
            sign_in: ctx.app.url("/login"),
            limits: vec![
                (limit("sms.phone.pause", 1, policy.resend_seconds), to),
                (limit("sms.phone.hour", policy.per_phone_hour, 3600), to),
                (limit("sms.phone.day", policy.per_phone_day, 86_400), to),
                (limit("sms.address.hour", policy.per_address_hour, 3600), source),
            ],
        }
    }
    /// Looks at every limit before it counts at any, so that a refused message uses nothing up.
    fn refused_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Sent>> {
        for (limit, key) in &self.limits {
            let hit = counter::service::peek_in(tx, *limit, key, now)?;
            if hit.exhausted() {
                return Ok(Some(if limit.scope == "sms.phone.pause" {
                    Sent::Wait { seconds: hit.seconds_left(now) }
                } else {
                    Sent::TooMany { minutes: hit.minutes_left(now) }
                }));
            }
        }
        for (limit, key) in &self.limits {
            let hit = counter::service::hit_in(tx, *limit, key, now)?;
            // Another request was faster between looking and counting.
            if !hit.allowed() {
                return Ok(Some(Sent::Wait { seconds: hit.seconds_left(now) }));
            }
        }
        Ok(None)
    }
    fn queue_in(&self, tx: &mut Tx<'_>, identity: &Identity, taken: bool, now: Timestamp) -> Result<()> {
        let minutes = self.minutes.to_string();
        let text = if taken {
            self.lang.ta("identity-sms-registered-already", &[("url", &self.sign_in)])
        } else {
            self.lang.ta("identity-sms-register-code", &[("code", &self.code), ("minutes", &minutes)])
        };
        let message = Message {
            id: self.id,
            channel: Channel::Sms,
            to: self.to.clone(),
            purpose: if taken { "register.known" } else { "register" },
            lang: self.lang.tag(),
            text,
            code: (!taken).then(|| self.code.clone()),
            expires_at: self.expires_at,
        };
        identity.outbox().queue_in(tx, &message, now)
    }
}
