//! Draw, limit, send, send again, try.
use super::{
    limits::{self, Counter, Limits},
    model::{Deal, Envelope, Sent, To, Waiting},
};
use crate::Identity;
use db::Tx;
use kernel::{Error, Event, Result, Timestamp};
use platform::{
    Channel, Message, Policies, Purpose,
    challenge::{self, Attempt, ChallengeId, NewChallenge, Open},
    counter::{self, Hit},
    outbox::model::OutboxId,
};
use web::{Ctx, Lang};

/// One message to a typed recipient: code, limits, expiry; drawn before the transaction.
#[derive(Clone)]
pub struct Sending {
    id: ChallengeId,
    message: OutboxId,
    purpose: Purpose,
    to: To,
    code: String,
    text: String,
    lang: Lang,
    minutes: i64,
    attempts: i64,
    expires_at: Timestamp,
    source: String,
    known: Counter,
    /// Where the recipient is known.
    own: Limits,
    /// Everywhere else, taken together.
    strangers: Limits,
}
impl Sending {
    /// `text` is the key of a message with `$code` and `$minutes`.
    pub fn new(
        identity: &Identity,
        ctx: &Ctx,
        policies: &Policies,
        purpose: Purpose,
        to: &To,
        text: &str,
    ) -> Self {
        let source = ctx.source();
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
            known: limits::known(identity, to, &source),
            own: Limits::of(identity, &source, &policies.code, purpose.name(), to, Some(&source)),
            strangers: Limits::of(identity, &source, &policies.code, purpose.name(), to, None),
            source,
        }
    }
    pub fn to(&self) -> &To {
        &self.to
    }
    /// The counters of a lane as they stand, with whether the recipient is known here.
    fn stand_in(&self, tx: &mut Tx<'_>, lane: &Limits, now: Timestamp) -> Result<[Hit; 7]> {
        let [a, b, c, d, e] = lane.sending.each_ref().map(|(limit, key)| (*limit, key.as_slice()));
        let [known, wrong] = [&self.known, &lane.wrong].map(|(limit, key)| (*limit, key.as_slice()));
        counter::service::peek_seven_in(tx, [known, wrong, a, b, c, d, e], now)
    }
    /// Looks at every limit before it counts at any, so that a refused message uses nothing up. Also whether the recipient is
    /// known here.
    fn refused_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(bool, Option<Sent>)> {
        let mut lane = &self.strangers;
        let mut stand = self.stand_in(tx, lane, now)?;
        let known = stand[0].n > 0;
        if known {
            lane = &self.own;
            stand = self.stand_in(tx, lane, now)?;
        }
        Ok((known, self.counted_in(tx, lane, stand, now)?))
    }
    fn counted_in(
        &self,
        tx: &mut Tx<'_>,
        lane: &Limits,
        [_, guessed, hits @ ..]: [Hit; 7],
        now: Timestamp,
    ) -> Result<Option<Sent>> {
        // Another code would not be taken either.
        if guessed.exhausted() {
            return Ok(Some(Sent::TooMany { minutes: guessed.minutes_left(now) }));
        }
        for ((limit, _), hit) in lane.sending.iter().zip(hits) {
            if hit.exhausted() {
                return Ok(Some(if limit.seconds <= 600 {
                    Sent::Wait { seconds: hit.seconds_left(now) }
                } else {
                    Sent::TooMany { minutes: hit.minutes_left(now) }
                }));
            }
        }
        let counters = lane.sending.each_ref().map(|(limit, key)| (*limit, key.as_slice()));
        let hits = counter::service::hit_five_in(tx, counters, now)?;
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
    let (known, refused) = sending.refused_in(tx, now)?;
    if let Some(refused) = refused {
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
        wrong_allowed: sending.strangers.wrong.0.most,
        source: sending.source.clone(),
        known,
        data: data.to_owned(),
    };
    let new = NewChallenge {
        id: sending.id,
        kind: "code",
        purpose: sending.purpose.name(),
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
pub async fn resend(identity: &Identity, ctx: &Ctx, purpose: Purpose, id: ChallengeId) -> Result<Sent> {
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
            let detail = serde_json::json!({ "purpose": purpose.name() });
            if let Some(refused) = sending.refused_in(tx, now)?.1 {
                return Ok((refused, vec![Event::refused(&actor, "code.resend").with(detail)]));
            }
            let keyring = identity2.db().keyring();
            // Answered meanwhile in another tab: nothing is sent.
            if challenge::service::find_open_in(tx, keyring, id, purpose.name(), &browser, now)?.is_none() {
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
    purpose: Purpose,
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
    purpose: Purpose,
    id: ChallengeId,
) -> Result<Option<(Envelope, Open)>> {
    let open = challenge::service::find_open(identity.db(), id, purpose.name(), ctx.browser, ctx.now).await?;
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
    purpose: Purpose,
    id: ChallengeId,
    browser: &[u8; 32],
    code: &str,
    now: Timestamp,
) -> Result<Attempt> {
    let keyring = identity.db().keyring();
    let Some(open) = challenge::service::find_open_in(tx, keyring, id, purpose.name(), browser, now)? else {
        return Ok(Attempt::Gone);
    };
    let envelope: Envelope = serde_json::from_str(&open.data).map_err(json)?;
    let to = envelope.recipient()?;
    let known_at = Some(envelope.source.as_str()).filter(|_| envelope.known);
    let (limit, key) = limits::wrong(identity, &to, known_at, envelope.wrong_allowed);
    let guessed = counter::service::peek_in(tx, limit, &key, now)?;
    if guessed.exhausted() {
        return Ok(Attempt::Exhausted);
    }
    let attempt = challenge::service::attempt_in(tx, keyring, id, purpose.name(), browser, code, now)?;
    match attempt {
        Attempt::Right(_) => {
            if !envelope.known {
                let (limit, key) = limits::known(identity, &to, &envelope.source);
                counter::service::hit_in(tx, limit, &key, now)?;
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
