//! Proving again to be there: what may be asked, and each way to answer. Every right answer strengthens the session under a
//! new token; none of them lets a password or an SMS stand in for the second factor of an account that has one.
use super::{
    model::{Lack, Means, Need, Offered},
    service::lacking,
};
use crate::{
    Identity, SignedIn, account,
    challenge::{Attempt, ChallengeId},
    code::{self, Deal, Sending, Sent, To, pages::attempt_error},
    credential::{self, Password, guesses::Guesses, model::Parameters},
    external::{self, Linked, Purpose},
    passkey,
    session::{self, model::strength},
    signin::second::model::Answer,
};
use db::{Keyring, Tx};
use factor::{Factors, recovery_code, totp};
use kernel::{Error, Event, Mobile, Result, Timestamp, id::AccountId};
use std::sync::Arc;
use web::Ctx;

platform::purpose!(pub const SMS = "step_up", Code by Sms);
const PASSKEY: &str = "step_up.passkey";

/// What came of an answer.
#[derive(Debug)]
pub enum Verified {
    /// The session goes on under this token.
    Done { token: String },
    /// At its field.
    Wrong(Error),
    /// What was asked is over, or may not be asked of this session.
    Gone,
}

/// What an account has to prove itself with.
struct Held {
    factors: Factors,
    password: bool,
    /// Proven.
    phone: Option<String>,
    linked: Vec<Linked>,
}
impl Held {
    fn find_in(tx: &mut Tx<'_>, keyring: &Keyring, account: AccountId) -> Result<Self> {
        let phone = account::service::phone_in(tx, keyring, account)?;
        Ok(Self {
            factors: factor::summary_in(tx, account)?,
            password: credential::store::find(tx, account)?.is_some(),
            phone: phone.filter(|(_, proven)| *proven).map(|(phone, _)| phone),
            linked: external::service::linked_in(tx, keyring, account)?,
        })
    }
    /// The linked identities that prove somebody to be there. A provider that cannot be asked for a new sign-in lets whoever
    /// sits at an open browser through in silence, so it is the last resort: it counts only for an account that has nothing
    /// else, neither password nor proven phone, app, passkey or a provider that can be asked. Such an account would otherwise
    /// be shut out of adding any of these; and its holder could sign in anew that way all the same.
    fn trusted(&self) -> Vec<Linked> {
        let enabled = self.linked.iter().filter(|linked| linked.enabled);
        let (sure, silent): (Vec<_>, Vec<_>) = enabled.cloned().partition(Linked::proves_fresh);
        let other = self.password || self.phone.is_some() || self.factors.second();
        if sure.is_empty() && !other { silent } else { sure }
    }
}

/// Only what the account has, and of that only what closes the gap.
pub async fn offered(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, need: Need) -> Result<Offered> {
    let lack = lacking(identity, ctx, signed_in, need).await?;
    let (account, keyring) = (signed_in.account, Arc::clone(identity.db().keyring()));
    let held = identity.db().read_few(move |tx| Held::find_in(tx, &keyring, account)).await?;
    let trusted = held.trusted();
    let Held { factors, password, phone, .. } = held;
    let by = |method: &str| signed_in.methods.iter().any(|known| known == method);
    let mut means = Vec::new();
    let any = lack == Lack::Any;
    let second = lack == Lack::Second;
    let own_second = second && factors.second();
    // Without a second factor of its own, password and SMS make two kinds together; neither is cryptographic.
    let both = (by("pwd") || password) && (by("sms") || phone.is_some());
    let pair = second && !own_second && both && need != Need::Factor;
    if (any && password) || (pair && password && !by("pwd")) {
        means.push(Means::Password);
    }
    if (any || own_second) && factors.totp > 0 {
        means.push(Means::Totp);
    }
    if (any || own_second) && factors.passkeys > 0 {
        means.push(Means::Passkey);
    }
    if phone.is_some() && (any || (pair && !by("sms"))) {
        means.push(Means::Sms);
    }
    let linked = if any { trusted } else { Vec::new() };
    if !linked.is_empty() {
        means.push(Means::External);
    }
    if (any || own_second) && factors.second() && factors.recovery_codes_left > 0 {
        means.push(Means::Recovery);
    }
    let phone_masked = phone.map(|phone| account::service::masked_phone(&phone));
    Ok(Offered { lack, means, phone_masked, linked })
}

/// Whether the account has what would close the gap.
pub async fn can_close(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, need: Need) -> Result<bool> {
    Ok(!offered(identity, ctx, signed_in, need).await?.means.is_empty())
}

/// The session counts what was proven, under a new token. None if it ended meanwhile, or if what was proven would stand in
/// for the second factor that the account has.
fn strengthen_in(
    tx: &mut Tx<'_>,
    signed_in: &SignedIn,
    added: &[&str],
    token: &str,
    now: Timestamp,
) -> Result<Option<Event>> {
    let is_second = added.iter().any(|method| matches!(*method, "otp" | "hwk" | "swk"));
    let mut added = added.to_vec();
    // What began the session was one factor, this is another.
    if is_second && !added.contains(&"mfa") {
        added.push("mfa");
    }
    let after: Vec<&str> =
        signed_in.methods.iter().map(String::as_str).chain(added.iter().copied()).collect();
    if !is_second
        && signed_in.strength < 2
        && strength(&after) >= 2
        && factor::has_second_factor_in(tx, signed_in.account)?
    {
        return Ok(None);
    }
    if !session::service::verified_in(tx, signed_in, &added, token, now)? {
        return Ok(None);
    }
    let detail = serde_json::json!({ "methods": added });
    Ok(Some(Event::done(&signed_in.actor, "session.verified").on("account", signed_in.account).with(detail)))
}
fn settled(token: String, event: Option<Event>) -> (Verified, Vec<Event>) {
    match event {
        Some(event) => (Verified::Done { token }, vec![event]),
        None => (Verified::Gone, Vec::new()),
    }
}
fn failed(signed_in: &SignedIn) -> Event {
    Event::failed(&signed_in.actor, "session.verify").on("account", signed_in.account)
}

/// The own password; wrong ones are counted with those of a change and of signing in from here. Error: `signin.busy`.
pub async fn by_password(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    password: &Password,
) -> Result<Verified> {
    let policies = identity.settings().policies().await?;
    let (account, now) = (signed_in.account, ctx.now);
    let guesses = Guesses::of(identity, ctx, &policies, account);
    let looked = guesses.clone();
    let locked = |minutes: i64| {
        let error = Error::too_many("password.current_locked").at("password");
        Verified::Wrong(error.arg("minutes", minutes.to_string()))
    };
    let (stored, tried) = identity
        .db()
        .read_few(move |tx| Ok((credential::store::find(tx, account)?, looked.peek_in(tx, now)?)))
        .await?;
    if tried.exhausted() {
        return Ok(locked(tried.minutes_left(now)));
    }
    let compared = stored.map(|stored| stored.hash);
    let parameters = Parameters::from(&policies.password);
    let matches = identity.passwords().verify(password, compared.as_deref(), parameters).await?.matches;
    let (signed_in, token) = (signed_in.clone(), identity.db().rng().token());
    identity
        .db()
        .write(move |tx| {
            account::service::lock_in(tx, account)?;
            // Whatever was counted, and whatever was set, while the hash was computed comes first.
            let tried = guesses.peek_in(tx, now)?;
            if tried.exhausted() {
                return Ok((locked(tried.minutes_left(now)), vec![failed(&signed_in)]));
            }
            let still = credential::store::find(tx, account)?.map(|stored| stored.hash) == compared;
            if !matches || !still {
                let hit = guesses.hit_in(tx, now)?;
                let left = (hit.most - hit.n).max(0).to_string();
                let error = Error::invalid("password.current_wrong").at("password").arg("left", left);
                return Ok((Verified::Wrong(error), vec![failed(&signed_in)]));
            }
            guesses.clear_in(tx)?;
            let event = strengthen_in(tx, &signed_in, &["pwd"], &token, now)?;
            Ok(settled(token.clone(), event))
        })
        .await
}

/// A code of the app, or one of those on paper.
pub async fn by_code(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    answer: Answer,
) -> Result<Verified> {
    let (keyring, now) = (Arc::clone(identity.db().keyring()), ctx.now);
    let (signed_in, token) = (signed_in.clone(), identity.db().rng().token());
    identity
        .db()
        .write(move |tx| {
            let account = signed_in.account;
            account::service::lock_in(tx, account)?;
            let wrong = match &answer {
                Answer::Totp(code) => {
                    totp::service::verify_in(tx, &keyring, account, code, now)?.error("code")
                }
                Answer::Recovery(code) => {
                    recovery_code::service::use_in(tx, &keyring, account, code, now)?.error("code")
                }
            };
            if let Some(error) = wrong {
                return Ok((Verified::Wrong(error), vec![failed(&signed_in)]));
            }
            let event = strengthen_in(tx, &signed_in, &["otp"], &token, now)?;
            Ok(settled(token.clone(), event))
        })
        .await
}

/// A ceremony for the own passkeys. Errors: `passkey.no_host`, `passkey.too_many`.
pub async fn begin_passkey(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
) -> Result<factor::passkey::Ceremony> {
    factor::passkey::service::begin_assertion(identity.db(), ctx, PASSKEY, Some(signed_in.account)).await
}
pub async fn by_passkey(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    answer: &factor::passkey::Answer,
) -> Result<Verified> {
    let asserted = match passkey::service::finish(identity, ctx, PASSKEY, answer, "session.verify").await? {
        Ok(asserted) => asserted,
        Err(error) => return Ok(Verified::Wrong(error)),
    };
    let (keyring, now) = (Arc::clone(identity.db().keyring()), ctx.now);
    let (signed_in, token) = (signed_in.clone(), identity.db().rng().token());
    identity
        .db()
        .write(move |tx| {
            account::service::lock_in(tx, signed_in.account)?;
            let own = asserted.account == signed_in.account;
            if !own || !factor::passkey::service::accept_in(tx, &keyring, &asserted, now)? {
                let error = Error::invalid("passkey.refused");
                return Ok((Verified::Wrong(error), vec![failed(&signed_in)]));
            }
            let event = strengthen_in(tx, &signed_in, &asserted.methods(), &token, now)?;
            Ok(settled(token.clone(), event))
        })
        .await
}

/// A code to the own proven number; None if there is none. The captcha was right.
pub async fn send_sms(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn) -> Result<Option<Sent>> {
    let (account, keyring) = (signed_in.account, Arc::clone(identity.db().keyring()));
    let phone = identity.db().read_few(move |tx| account::service::phone_in(tx, &keyring, account)).await?;
    let Some((phone, true)) = phone else { return Ok(None) };
    let to = To::Sms(Mobile::parse(&phone)?);
    let policies = identity.settings().policies().await?;
    let sending = Sending::new(identity, ctx, &policies, SMS, &to, "identity-sms-step-up-code");
    let (identity2, actor, browser, now) = (identity.clone(), signed_in.actor.clone(), ctx.browser, ctx.now);
    identity
        .db()
        .write(move |tx| {
            let sent = code::service::open_in(tx, &identity2, &sending, &Deal::Code, &phone, browser, now)?;
            let event = match sent {
                Sent::Sent(_) => Event::done(&actor, "session.verify_code_sent"),
                _ => Event::refused(&actor, "session.verify_code_sent"),
            };
            Ok((Some(sent), vec![event.on("account", account)]))
        })
        .await
}
pub async fn by_sms(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    id: ChallengeId,
    code: &str,
) -> Result<Verified> {
    let (identity2, browser, now) = (identity.clone(), ctx.browser, ctx.now);
    let (signed_in, token) = (signed_in.clone(), identity.db().rng().token());
    let code = code.to_owned();
    identity
        .db()
        .write(move |tx| {
            let attempt = code::service::attempt_in(tx, &identity2, SMS, id, &browser, &code, now)?;
            let Attempt::Right(phone) = attempt else {
                return Ok(match attempt_error(&attempt) {
                    Some(error) => (Verified::Wrong(error), vec![failed(&signed_in)]),
                    None => (Verified::Gone, Vec::new()),
                });
            };
            if !holds_in(tx, &identity2, signed_in.account, &phone)? {
                return Ok((Verified::Gone, vec![failed(&signed_in)]));
            }
            account::service::confirm_phone_in(tx, signed_in.account, now)?;
            let event = strengthen_in(tx, &signed_in, &["sms"], &token, now)?;
            Ok(settled(token.clone(), event))
        })
        .await
}
/// Whether the number is the account's still, under its row lock.
fn holds_in(tx: &mut Tx<'_>, identity: &Identity, account: AccountId, phone: &str) -> Result<bool> {
    let phone = Mobile::parse(phone)?;
    let held = account::service::lock_by_phone_in(tx, identity.db().keyring(), account, &phone)?;
    Ok(held.is_some())
}

/// The result of a round trip to a provider whose identity is linked to the account and, by [`Held::trusted`], counts.
pub async fn by_external(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    id: ChallengeId,
) -> Result<Verified> {
    let (keyring, browser, now) = (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now);
    let (signed_in, token) = (signed_in.clone(), identity.db().rng().token());
    identity
        .db()
        .write(move |tx| {
            let purpose = Purpose::StepUp;
            let proof = external::service::take_result_in(tx, &keyring, id, &purpose, &browser, now)?;
            let Some(proof) = proof else { return Ok((Verified::Gone, Vec::new())) };
            if proof.account != Some(signed_in.account) {
                let error = Error::invalid("stepup.other_identity").arg("name", proof.name);
                return Ok((Verified::Wrong(error), vec![failed(&signed_in)]));
            }
            // The form names any connector; and what the account has may have become more while the browser was away.
            let trusted = Held::find_in(tx, &keyring, signed_in.account)?.trusted();
            if !trusted.iter().any(|linked| linked.connector == proof.connector) {
                return Ok((Verified::Gone, vec![failed(&signed_in)]));
            }
            let event = strengthen_in(tx, &signed_in, &["fed"], &token, now)?;
            Ok(settled(token.clone(), event))
        })
        .await
}
