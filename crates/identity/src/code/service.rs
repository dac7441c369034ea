//! Draw, limit, send, send again, try.
use super::model::{Deal, Envelope, Sent, To, Waiting};
use crate::Identity;
use db::Tx;
use kernel::{Error, Event, Result, Timestamp};
use platform::{
    Channel, Message, Policies,
    challenge::{self, Attempt, ChallengeId, NewChallenge, Open},
    counter::{self, Limit},
    outbox::model::OutboxId,
    setting::CodePolicy,
};
use web::{Ctx, Lang};

/// One message to a typed recipient: code, limits, expiry; drawn before the transaction.
#[derive(Clone)]
pub struct Sending {
    id: ChallengeId,
    message: OutboxId,
    purpose: &'static str,
    to: To,
    code: String,
    text: String,
    lang: Lang,
    minutes: i64,
    attempts: i64,
    expires_at: Timestamp,
    limits: [(Limit, [u8; 32]); 5],
    wrong: (Limit, [u8; 32]),
}
/// Wrong codes of one recipient a day, whatever they were for and however many codes were sent.
fn wrong(identity: &Identity, to: &To, most: i64) -> (Limit, [u8; 32]) {
    let key = identity.db().keyring().mac("counter.phone", &[to.counted().as_bytes()]);
    (Limit { scope: "code.wrong", most, seconds: 86_400 }, key)
}
impl Sending {
    /// `text` is the key of a message with `$code` and `$minutes`.
    pub fn new(
        identity: &Identity,
        ctx: &Ctx,
        policies: &Policies,
        purpose: &'static str,
        to: &To,
        text: &str,
    ) -> Self {
        Self {
            id: identity.db().draw(),
            message: identity.db().draw(),
            purpose,
            to: to.clone(),
            code: identity.db().rng().six_digits(),
            text: text.to_owned(),
            lang: ctx.lang,
            minutes: policies.code.minutes,
            attempts: policies.code.attempts,
            expires_at: ctx.now.plus_seconds(policies.code.minutes * 60),
            limits: limits(identity, ctx, &policies.code, purpose, to),
            wrong: wrong(identity, to, policies.code.wrong_per_target),
        }
    }
    pub fn to(&self) -> &To {
        &self.to
    }
    /// Looks at every limit before it counts at any, so that a refused message uses nothing up.
    fn refused_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Sent>> {
        // Another code would not be taken either.
        let [a, b, c, d, e] = self.limits.each_ref().map(|(limit, key)| (*limit, key.as_slice()));
        let looked = [(self.wrong.0, self.wrong.1.as_slice()), a, b, c, d, e];
        let [guessed, hits @ ..] = counter::service::peek_six_in(tx, looked, now)?;
        if guessed.exhausted() {
            return Ok(Some(Sent::TooMany { minutes: guessed.minutes_left(now) }));
        }
        for ((limit, _), hit) in self.limits.iter().zip(hits) {
            if hit.exhausted() {
                return Ok(Some(if limit.seconds <= 600 {
                    Sent::Wait { seconds: hit.seconds_left(now) }
                } else {
                    Sent::TooMany { minutes: hit.minutes_left(now) }
                }));
            }
        }
        let hits = counter::service::hit_five_in(tx, [a, b, c, d, e], now)?;
        // Another request was faster between looking and counting.
        let late = hits.into_iter().find(|hit| !hit.allowed());
        Ok(late.map(|hit| Sent::Wait { seconds: hit.seconds_left(now) }))
    }
    fn queue_in(&self, tx: &mut Tx<'_>, identity: &Identity, deal: &Deal, now: Timestamp) -> Result<()> {
        let (text, code) = match deal {
            Deal::Silence => return Ok(()),
            Deal::Instead(text) => (text.clone(), None),
            Deal::Code => {
                let minutes = self.minutes.to_string();
                let text = self.lang.ta(&self.text, &[("code", &self.code), ("minutes", &minutes)]);
                (text, Some(self.code.clone()))
            }
        };
        let message = Message {
            id: self.message,
            channel: self.to.channel(),
            to: self.to.as_str().to_owned(),
            purpose: self.purpose,
            lang: self.lang.tag(),
            text,
            code,
            subject: None,
            args: vec![("minutes", self.minutes.to_string())],
            expires_at: self.expires_at,
        };
        identity.outbox().queue_in(tx, &message, now)
    }
}
/// Per recipient: a pause, an hour, a day; per recipient and purpose an hour; per source an hour.
fn limits(
    identity: &Identity,
    ctx: &Ctx,
    policy: &CodePolicy,
    purpose: &str,
    to: &To,
) -> [(Limit, [u8; 32]); 5] {
    let keyring = identity.db().keyring();
    let counted = to.counted();
    let recipient = keyring.mac("counter.phone", &[counted.as_bytes()]);
    let purposed = keyring.mac("counter.purpose", &[counted.as_bytes(), purpose.as_bytes()]);
    let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
    let limit = |scope, most, seconds| Limit { scope, most, seconds };
    match to.channel() {
        Channel::Sms => [
            (limit("sms.phone.pause", 1, policy.resend_seconds), recipient),
            (limit("sms.purpose.hour", policy.per_phone_hour, 3600), purposed),
            (limit("sms.phone.hour", policy.per_phone_hour, 3600), recipient),
            (limit("sms.phone.day", policy.per_phone_day, 86_400), recipient),
            (limit("sms.address.hour", policy.per_address_hour, 3600), source),
        ],
        Channel::Mail => [
            (limit("mail.to.pause", 1, policy.resend_seconds), recipient),
            (limit("mail.purpose.hour", policy.per_phone_hour, 3600), purposed),
            (limit("mail.to.hour", policy.per_phone_hour, 3600), recipient),
            (limit("mail.to.day", policy.per_phone_day, 86_400), recipient),
            (limit("mail.address.hour", policy.per_address_hour, 3600), source),
        ],
    }
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("code.json").because(error)
}
fn browser_bound(identity: &Identity, sending: &Sending) -> Vec<u8> {
    identity.db().keyring().blind("code.to", &sending.to.counted())
}

/// Sends the first code. `data` is kept sealed until the code is used. The caller commits the event.
pub fn open_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    sending: &Sending,
    deal: &Deal,
    data: &str,
    browser: [u8; 32],
    now: Timestamp,
) -> Result<Sent> {
    if let Some(refused) = sending.refused_in(tx, now)? {
        return Ok(refused);
    }
    let envelope = Envelope {
        channel: sending.to.channel(),
        to: sending.to.as_str().to_owned(),
        text: sending.text.clone(),
        instead: match deal {
            Deal::Instead(text) => Some(text.clone()),
            Deal::Code | Deal::Silence => None,
        },
        silent: *deal == Deal::Silence,
        wrong_allowed: sending.wrong.0.most,
        data: data.to_owned(),
    };
    let new = NewChallenge {
        id: sending.id,
        kind: "code",
        purpose: sending.purpose,
        browser,
        target: Some(browser_bound(identity, sending)),
        code: (*deal == Deal::Code).then(|| sending.code.clone()),
        data: serde_json::to_string(&envelope).map_err(json)?,
        attempts_allowed: sending.attempts,
        now,
        expires_at: sending.expires_at,
    };
    challenge::service::open_in(tx, identity.db().keyring(), &new)?;
    sending.queue_in(tx, identity, deal, now)?;
    Ok(Sent::Sent(sending.id))
}
/// Another code to the same recipient, within the limits.
pub async fn resend(identity: &Identity, ctx: &Ctx, purpose: &'static str, id: ChallengeId) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    let Some((envelope, _)) = open_envelope(identity, ctx, purpose, id).await? else {
        return Ok(Sent::Gone);
    };
    let to = envelope.recipient()?;
    let deal = match (envelope.instead, envelope.silent) {
        (Some(text), _) => Deal::Instead(text),
        (None, true) => Deal::Silence,
        (None, false) => Deal::Code,
    };
    let sending = Sending::new(identity, ctx, &policies, purpose, &to, &envelope.text);
    let (identity2, actor, now, browser) = (identity.clone(), ctx.actor(), ctx.now, ctx.browser);
    identity
        .db()
        .write(move |tx| {
            let detail = serde_json::json!({ "purpose": purpose });
            if let Some(refused) = sending.refused_in(tx, now)? {
                return Ok((refused, vec![Event::refused(&actor, "code.resend").with(detail)]));
            }
            let keyring = identity2.db().keyring();
            // Answered meanwhile in another tab: nothing is sent.
            if challenge::service::find_open_in(tx, keyring, id, purpose, &browser, now)?.is_none() {
                return Ok((Sent::Gone, Vec::new()));
            }
            let code = (deal == Deal::Code).then_some(sending.code.as_str());
            challenge::service::renew_in(tx, keyring, id, code, now, sending.expires_at)?;
            sending.queue_in(tx, &identity2, &deal, now)?;
            Ok((Sent::Sent(id), vec![Event::done(&actor, "code.resent").with(detail)]))
        })
        .await
}
/// What the page of the code shows; None if nothing waits in this browser.
pub async fn waiting(
    identity: &Identity,
    ctx: &Ctx,
    purpose: &'static str,
    id: ChallengeId,
) -> Result<Option<Waiting>> {
    let policies = identity.settings().policies().await?;
    let Some((envelope, open)) = open_envelope(identity, ctx, purpose, id).await? else { return Ok(None) };
    let again = open.sent_at.plus_seconds(policies.code.resend_seconds);
    let to_masked = match envelope.channel {
        Channel::Sms => crate::account::service::masked_phone(&envelope.to),
        Channel::Mail => kernel::mask::email(&envelope.to),
    };
    Ok(Some(Waiting {
        to_masked,
        channel: envelope.channel,
        seconds: ((again.as_millis() - ctx.now.as_millis()).max(0) + 999) / 1000,
        exhausted: open.exhausted,
        data: envelope.data,
    }))
}
async fn open_envelope(
    identity: &Identity,
    ctx: &Ctx,
    purpose: &'static str,
    id: ChallengeId,
) -> Result<Option<(Envelope, Open)>> {
    let open = challenge::service::find_open(identity.db(), id, purpose, ctx.browser, ctx.now).await?;
    match open {
        Some(open) => Ok(Some((serde_json::from_str(&open.data).map_err(json)?, open))),
        None => Ok(None),
    }
}
/// One try. `Right` carries what the asker kept; the code is consumed by this very attempt. A wrong one is an `Ok` outcome
/// whose transaction must commit.
pub fn attempt_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    purpose: &'static str,
    id: ChallengeId,
    browser: &[u8; 32],
    code: &str,
    now: Timestamp,
) -> Result<Attempt> {
    let keyring = identity.db().keyring();
    let Some(open) = challenge::service::find_open_in(tx, keyring, id, purpose, browser, now)? else {
        return Ok(Attempt::Gone);
    };
    let envelope: Envelope = serde_json::from_str(&open.data).map_err(json)?;
    let (limit, key) = wrong(identity, &envelope.recipient()?, envelope.wrong_allowed);
    let guessed = counter::service::peek_in(tx, limit, &key, now)?;
    if guessed.exhausted() {
        return Ok(Attempt::Exhausted);
    }
    let attempt = challenge::service::attempt_in(tx, keyring, id, purpose, browser, code, now)?;
    match attempt {
        Attempt::Right(_) => {
            if guessed.n > 0 {
                counter::service::clear_in(tx, limit, &key)?;
            }
            Ok(Attempt::Right(envelope.data))
        }
        Attempt::Wrong { .. } => {
            counter::service::hit_in(tx, limit, &key, now)?;
            Ok(attempt)
        }
        Attempt::Exhausted | Attempt::Gone => Ok(attempt),
    }
}
