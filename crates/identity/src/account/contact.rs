//! Another phone or mail address for the own account: a code to the new one, and a word to the old one. A number that
//! another account holds goes to whoever proves it now (numbers are handed to other people after a while), unless that
//! account proved it after this code was asked for: of many who ask at once, one gets it.
use super::{
    own::{Editable, store},
    service::{self, EMAIL, PHONE},
};
use crate::{
    Identity, SignedIn,
    code::{self, Deal, Sending, Sent, To},
    notice::{self, Kind, Notice},
    search,
};
use db::Tx;
use kernel::{Actor, Error, Event, Mobile, Result, Timestamp, email::Email, id::AccountId};
use platform::{
    Channel, Purpose,
    challenge::{Attempt, ChallengeId},
    setting::ProfileField,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use web::{Ctx, Lang};

/// Phone or mail: purpose of the code, text of the message, field.
pub const fn purpose(channel: Channel) -> Purpose {
    platform::purpose!(const PHONE = "contact.phone", Code by Sms);
    platform::purpose!(const EMAIL = "contact.email", Code by Mail);
    match channel {
        Channel::Sms => PHONE,
        Channel::Mail => EMAIL,
    }
}
fn text(channel: Channel) -> &'static str {
    match channel {
        Channel::Sms => "identity-sms-contact-code",
        Channel::Mail => "identity-mail-contact-code",
    }
}
pub const fn field(channel: Channel) -> ProfileField {
    match channel {
        Channel::Sms => ProfileField::Phone,
        Channel::Mail => ProfileField::Email,
    }
}

/// Kept in the challenge.
#[derive(Serialize, Deserialize)]
struct Data {
    account: AccountId,
    to: String,
    /// Milliseconds.
    since: i64,
    aim: Aim,
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("contact.json").because(error)
}

/// Sends a code to the new number or address. The captcha was right and the person proved to be there a moment ago.
/// Errors: `profile.not_editable`; `account.phone_same`, `account.email_same` at their field.
pub async fn start(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    editable: &Editable,
    to: To,
) -> Result<Sent> {
    editable.must(field(to.channel()))?;
    send(identity, ctx, signed_in, to, Aim::Change).await
}
/// Sends a code to the proven number, so that the holder may confirm that it is still theirs, also whoever may not change it.
/// Error: `account.unknown` if there is none.
pub async fn confirm(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn) -> Result<Sent> {
    let (keyring, account) = (Arc::clone(identity.db().keyring()), signed_in.account);
    let held = identity.db().read_few(move |tx| service::phone_in(tx, &keyring, account)).await?;
    let proven = held.filter(|(_, proven)| *proven).map(|(phone, _)| phone);
    let phone = proven.ok_or_else(|| Error::not_found("account.unknown"))?;
    send(identity, ctx, signed_in, To::Sms(Mobile::parse(&phone)?), Aim::Confirm).await
}
/// What a right code does.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Aim {
    Change,
    Confirm,
}
async fn send(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, to: To, aim: Aim) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    let channel = to.channel();
    let text = match aim {
        Aim::Change => text(channel),
        Aim::Confirm => "identity-sms-step-up-code",
    };
    let sending = Sending::new(identity, ctx, &policies, purpose(channel), &to, text);
    let data =
        Data { account: signed_in.account, to: to.as_str().to_owned(), since: ctx.now.as_millis(), aim };
    let data = serde_json::to_string(&data).map_err(json)?;
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    let (browser, now) = (ctx.browser, ctx.now);
    identity
        .db()
        .write(move |tx| {
            let contact = service::contact_in(tx, identity2.db().keyring(), account)?
                .ok_or_else(|| Error::not_found("account.unknown"))?;
            let (held, same) = match channel {
                Channel::Sms => (contact.phone, Error::conflict("account.phone_same").at("phone")),
                Channel::Mail => (contact.email, Error::conflict("account.email_same").at("email")),
            };
            if aim == Aim::Change && held.as_deref() == Some(to.as_str()) {
                return Err(same);
            }
            let sent = code::service::open_in(tx, &identity2, &sending, &Deal::Code, &data, browser, now)?;
            let event = match sent {
                Sent::Sent(_) => Event::done(&actor, "contact.code_sent"),
                _ => Event::refused(&actor, "contact.code_sent"),
            };
            let detail = serde_json::json!({ "channel": channel });
            Ok((sent, vec![event.on("account", account).with(detail)]))
        })
        .await
}

/// The code from the new number or address. Error: `account.phone_just_proven` if another account was faster.
pub async fn verify(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    channel: Channel,
    id: ChallengeId,
    code: &str,
) -> Result<Attempt> {
    let (identity2, account, actor) = (identity.clone(), signed_in.account, signed_in.actor.clone());
    let (browser, lang, now, code) = (ctx.browser, ctx.lang, ctx.now, code.to_owned());
    identity
        .db()
        .write(move |tx| {
            let purpose = purpose(channel);
            let attempt = code::service::attempt_in(tx, &identity2, purpose, id, &browser, &code, now)?;
            let Attempt::Right(data) = &attempt else {
                let event = Event::failed(&actor, "contact.verify").on("account", account);
                let tried = !matches!(attempt, Attempt::Gone);
                return Ok((attempt, if tried { vec![event] } else { Vec::new() }));
            };
            let data: Data = serde_json::from_str(data).map_err(json)?;
            if data.account != account {
                return Ok((Attempt::Gone, Vec::new()));
            }
            if data.aim == Aim::Confirm {
                service::lock_in(tx, account)?;
                let held = service::phone_in(tx, identity2.db().keyring(), account)?;
                if held.is_none_or(|(phone, proven)| !proven || phone != data.to) {
                    return Ok((Attempt::Gone, Vec::new()));
                }
                service::confirm_phone_in(tx, account, now)?;
                let event = Event::done(&actor, "account.phone_confirmed").on("account", account);
                return Ok((attempt, vec![event]));
            }
            let change = Change { identity: &identity2, actor: &actor, account, lang, now };
            let events = match channel {
                Channel::Sms => {
                    change.phone_in(tx, &Mobile::parse(&data.to)?, Timestamp::from_millis(data.since))?
                }
                Channel::Mail => change.email_in(tx, &Email::parse(&data.to)?)?,
            };
            Ok((attempt, events))
        })
        .await
        .map_err(|error| {
            // Two who take one number at the same moment meet the key.
            if error.is_duplicate() { just_proven() } else { error }
        })
}
fn just_proven() -> Error {
    Error::conflict("account.phone_just_proven").at("code")
}

/// A change that the holder proved: whose, by whom, when, and in which language they read.
struct Change<'a> {
    identity: &'a Identity,
    actor: &'a Actor,
    account: AccountId,
    lang: Lang,
    now: Timestamp,
}
impl Change<'_> {
    /// Binds a number whose code was right. `since` is when that code was asked for.
    fn phone_in(&self, tx: &mut Tx<'_>, phone: &Mobile, since: Timestamp) -> Result<Vec<Event>> {
        let (keyring, account, now) = (self.identity.db().keyring(), self.account, self.now);
        service::touch_in(tx, account)?;
        let old = service::phone_in(tx, keyring, account)?.filter(|(_, proven)| *proven);
        let mut events = release_phone_in(tx, self.identity, self.actor, phone, account, since, now)?;
        let sealed = keyring.seal(PHONE, account.as_i64(), phone.as_str());
        let index = keyring.blind("phone", phone.as_str());
        search::service::refreshed_in(tx, keyring, account, |tx| {
            store::update_phone_to(tx, account, (&sealed, &index), now)
        })?;
        let kind = if old.is_some() { Kind::PhoneChanged } else { Kind::PhoneBound };
        self.tell_in(tx, kind, Channel::Sms, old.map(|(old, _)| old), &phone.masked())?;
        events.push(Event::done(self.actor, "account.phone_changed").on("account", account));
        Ok(events)
    }
    fn email_in(&self, tx: &mut Tx<'_>, email: &Email) -> Result<Vec<Event>> {
        let (keyring, account) = (self.identity.db().keyring(), self.account);
        service::touch_in(tx, account)?;
        let old = service::contact_in(tx, keyring, account)?.and_then(|contact| contact.email);
        let sealed = keyring.seal(EMAIL, account.as_i64(), email.as_str());
        let index = keyring.blind("email", &email.as_str().to_lowercase());
        store::update_email_to(tx, account, (&sealed, &index))?;
        let kind = if old.is_some() { Kind::EmailChanged } else { Kind::EmailBound };
        self.tell_in(tx, kind, Channel::Mail, old, &kernel::mask::email(email.as_str()))?;
        Ok(vec![Event::done(self.actor, "account.email_changed").on("account", account)])
    }
    /// The former number or address too: whoever reads there can object.
    fn tell_in(
        &self,
        tx: &mut Tx<'_>,
        kind: Kind,
        channel: Channel,
        old: Option<String>,
        new: &str,
    ) -> Result<()> {
        let told = Notice::new(kind).arg("new", new).in_language(self.lang);
        if let Some(old) = old {
            notice::tell_old_in(tx, self.identity, self.account, channel, &old, &told, self.now)?;
        }
        notice::tell_all_in(tx, self.identity, self.account, &told, self.now)
    }
}

/// A number that somebody proves now is suspended where it was held until now: it no longer signs in there, and the holder
/// learns it by the other channels. `taker` keeps it; `since` is when the taker's code was asked for.
/// Error: `account.phone_just_proven` if the holder proved it after that.
pub fn release_phone_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    actor: &Actor,
    phone: &Mobile,
    taker: AccountId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<Event>> {
    let keyring = identity.db().keyring();
    let index = keyring.blind("phone", phone.as_str());
    let released = store::release_phone(tx, &index, taker, since)?;
    if service::find_by_phone_in(tx, keyring, phone)?.is_some_and(|held| held.id != taker) {
        return Err(just_proven());
    }
    let Some(holder) = released else { return Ok(Vec::new()) };
    tx.changed("account", holder);
    let told = Notice::new(Kind::PhoneReleased).arg("old", phone.masked());
    notice::tell_all_in(tx, identity, holder, &told, now)?;
    Ok(vec![Event::done(actor, "account.phone_released").on("account", holder)])
}
