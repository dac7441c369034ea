//! Start, verify, and numbers that an account holds; what lies between is `code`.
use super::model::{Draft, HELD, Held, Kept, PURPOSE, Registration, Verified};
use crate::{
    Identity,
    account::{self, NewSelfOwned, contact::release_phone_in},
    challenge::{self, Attempt, ChallengeId, NewChallenge},
    code::{self, Deal, Sending, Sent, To, Waiting},
    credential::model::Parameters,
    external::{self, Linking, Visit, service::LinkTo},
    signin::Start,
};
use db::Tx;
use kernel::{Actor, Error, Event, LoginName, Mobile, ResidentId, Result, Timestamp, id::AccountId};
use platform::{
    Policies,
    counter::{self, Limit},
};
use std::sync::Arc;
use web::Ctx;

/// How long a person may think about a number that is held.
const HELD_MINUTES: i64 = 10;
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

/// Sends the code, to a free number and to one that an account holds alike: only whoever reads it learns which. The captcha
/// was right. Errors: `registration.closed`, `signin.busy`.
pub async fn start(identity: &Identity, ctx: &Ctx, new: Registration) -> Result<Sent> {
    let policies = identity.settings().policies().await?;
    must_be_open(&policies)?;
    let password_hash =
        identity.passwords().hash(&new.password, Parameters::from(&policies.password)).await?;
    let draft = Draft {
        name: new.name,
        login_name: new.login_name.as_str().to_owned(),
        phone: new.phone.as_str().to_owned(),
        document: new.document.map(|document| document.as_str().to_owned()),
        password_hash,
        external: new.external,
        terms: policies.registration.terms_version.clone(),
        privacy: policies.registration.privacy_version.clone(),
        return_to: new.return_to,
        since: ctx.now.as_millis(),
    };
    let data = serde_json::to_string(&draft).map_err(json)?;
    let sending =
        Sending::new(identity, ctx, &policies, PURPOSE, &To::Sms(new.phone), "identity-sms-register-code");
    let (identity2, actor, browser, now) = (identity.clone(), ctx.actor(), ctx.browser, ctx.now);
    identity
        .db()
        .write(move |tx| {
            let sent = code::service::open_in(tx, &identity2, &sending, &Deal::Code, &data, browser, now)?;
            let event = match sent {
                Sent::Sent(_) => Event::done(&actor, "registration.started"),
                _ => Event::refused(&actor, "registration.start"),
            };
            Ok((sent, vec![event]))
        })
        .await
}
fn must_be_open(policies: &Policies) -> Result<()> {
    if policies.registration.open { Ok(()) } else { Err(Error::forbidden("registration.closed")) }
}
fn json(error: serde_json::Error) -> Error {
    Error::internal("registration.json").because(error)
}

/// What was typed before the code was sent; None if nothing waits in this browser.
pub async fn kept(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Kept>> {
    let Some(waiting) = code::service::waiting(identity, ctx, PURPOSE, id).await? else { return Ok(None) };
    let draft: Draft = serde_json::from_str(&waiting.data).map_err(json)?;
    Ok(Some(Kept {
        phone: national(&draft.phone).to_owned(),
        name: draft.name,
        login_name: draft.login_name,
        document: draft.document.unwrap_or_default(),
        external: draft.external,
        return_to: draft.return_to,
    }))
}
/// Where the person goes on, of a code that waits.
pub fn return_to(waiting: &Waiting) -> Result<String> {
    serde_json::from_str(&waiting.data).map(|draft: Draft| draft.return_to).map_err(json)
}
fn national(phone: &str) -> &str {
    phone.strip_prefix("+86").unwrap_or(phone)
}

/// What a new account needs, drawn before the transaction.
#[derive(Clone)]
struct Newcomer {
    identity: Identity,
    start: Start,
    account: AccountId,
    sub: String,
    held: ChallengeId,
    link: external::ExternalId,
    /// Of a first visit by another provider.
    cookie: Option<String>,
    actor: Actor,
    now: Timestamp,
}
impl Newcomer {
    fn new(identity: &Identity, ctx: &Ctx, headers: &http::HeaderMap, policies: &Policies) -> Self {
        Self {
            identity: identity.clone(),
            start: Start::new(identity, ctx, headers, policies),
            account: identity.db().draw(),
            sub: identity.db().rng().short_token(),
            held: identity.db().draw(),
            link: identity.db().draw(),
            cookie: web::cookie::external_token(headers, &ctx.app),
            actor: ctx.actor(),
            now: ctx.now,
        }
    }
    /// The account exists and its session begins. Errors: `account.login_name_taken`, `account.phone_taken`,
    /// `external.taken`, `external.over`.
    fn create_in(&self, tx: &mut Tx<'_>, draft: Draft) -> Result<(Verified, Vec<Event>)> {
        let (account, now) = (self.account, self.now);
        let new = NewSelfOwned {
            id: account,
            sub: self.sub.clone(),
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
        account::service::create_self_owned_in(tx, self.identity.db().keyring(), &new)?;
        account::service::accept_in(tx, account, "terms", &draft.terms, now)?;
        account::service::accept_in(tx, account, "privacy", &draft.privacy, now)?;
        if new.document.is_some() {
            account::service::accept_in(tx, account, "document_number", &draft.privacy, now)?;
        }
        if let Some(visit) = draft.external {
            self.link_in(tx, visit)?;
        }
        let (begun, signed_in) = self.start.begin_in(tx, account, vec!["pwd", "sms"], false)?;
        let external = draft.external.map(|visit| visit.connector.to_string());
        let detail =
            serde_json::json!({ "terms": draft.terms, "privacy": draft.privacy, "external": external });
        let registered =
            Event::done(&signed_in.actor, "account.registered").on("account", account).with(detail);
        Ok((Verified::Done { begun, return_to: draft.return_to }, vec![registered, signed_in]))
    }
    /// The provider proved the one side, the code the other; without the visit there is no account either.
    fn link_in(&self, tx: &mut Tx<'_>, visit: Visit) -> Result<()> {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let to = LinkTo::Newcomer { link: self.link, account: self.account };
        match external::service::use_ticket_in(
            tx,
            &self.identity,
            visit.ticket,
            cookie,
            to,
            &self.actor,
            self.now,
        )? {
            Some((Linking::Linked, _)) => Ok(()),
            Some(_) => Err(Error::conflict("external.taken")),
            None => Err(Error::conflict("external.over")),
        }
    }
    /// Keeps what was typed until the person has said whose number it is.
    fn hold_in(&self, tx: &mut Tx<'_>, browser: [u8; 32], data: String) -> Result<Verified> {
        let new = NewChallenge {
            id: self.held,
            kind: "choice",
            purpose: HELD,
            browser,
            target: None,
            code: Some(String::new()),
            data,
            attempts_allowed: 1,
            now: self.now,
            expires_at: self.now.plus_seconds(HELD_MINUTES * 60),
        };
        challenge::service::open_in(tx, self.identity.db().keyring(), &new)?;
        Ok(Verified::Held(self.held))
    }
}

/// The code is right: the account exists and its session begins, in one transaction; or an account holds the number, and
/// the person is asked. Errors: `account.login_name_taken` if somebody was faster; the code stays good.
pub async fn verify(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    code: &str,
) -> Result<Verified> {
    let tried = verify_once(identity, ctx, headers, id, code).await;
    match tried {
        // Somebody proved the number between the look and the row: now it is held.
        Err(error) if error.code == "account.phone_taken" => {
            verify_once(identity, ctx, headers, id, code).await
        }
        other => other,
    }
}
async fn verify_once(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
    code: &str,
) -> Result<Verified> {
    let policies = identity.settings().policies().await?;
    let newcomer = Newcomer::new(identity, ctx, headers, &policies);
    let (code, now, browser, actor) = (code.to_owned(), ctx.now, ctx.browser, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            match code::service::attempt_in(tx, &newcomer.identity, PURPOSE, id, &browser, &code, now)? {
                Attempt::Right(data) => {
                    let draft: Draft = serde_json::from_str(&data).map_err(json)?;
                    let phone = Mobile::parse(&draft.phone)?;
                    let keyring = newcomer.identity.db().keyring();
                    if account::service::find_by_phone_in(tx, keyring, &phone)?.is_none() {
                        return newcomer.create_in(tx, draft);
                    }
                    let held = newcomer.hold_in(tx, browser, data)?;
                    Ok((held, vec![Event::done(&actor, "registration.phone_held")]))
                }
                attempt => {
                    let event = match attempt {
                        Attempt::Wrong { .. } => vec![Event::failed(&actor, "registration.verify")],
                        Attempt::Exhausted => vec![Event::refused(&actor, "registration.verify")],
                        Attempt::Right(_) | Attempt::Gone => Vec::new(),
                    };
                    Ok((Verified::Not(attempt), event))
                }
            }
        })
        .await
}

/// The number of a choice that waits in this browser.
pub async fn held(identity: &Identity, ctx: &Ctx, id: ChallengeId) -> Result<Option<Held>> {
    let (keyring, browser, now) = (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now);
    let open = identity
        .db()
        .read_few(move |tx| challenge::service::find_open_in(tx, &keyring, id, HELD, &browser, now))
        .await?;
    let Some(open) = open else { return Ok(None) };
    let draft: Draft = serde_json::from_str(&open.data).map_err(json)?;
    Ok(Some(Held {
        phone: national(&draft.phone).to_owned(),
        phone_masked: account::service::masked_phone(&draft.phone),
        // Whoever has the account links the visit to it.
        return_to: draft.external.map_or(draft.return_to, |visit| visit.link_path()),
    }))
}
/// "The number is mine now": it no longer signs in where it was held, the holder learns so by the other channels, and the
/// new account has it. Errors: `account.phone_just_proven` if the holder proved it after the code was asked for;
/// `account.login_name_taken`; `registration.closed`.
pub async fn take_over(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ChallengeId,
) -> Result<Verified> {
    let policies = identity.settings().policies().await?;
    must_be_open(&policies)?;
    let newcomer = Newcomer::new(identity, ctx, headers, &policies);
    let (now, browser, actor) = (ctx.now, ctx.browser, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            let keyring = newcomer.identity.db().keyring();
            let attempt = challenge::service::attempt_in(tx, keyring, id, HELD, &browser, "", now)?;
            let Attempt::Right(data) = attempt else { return Ok((Verified::Not(Attempt::Gone), Vec::new())) };
            let draft: Draft = serde_json::from_str(&data).map_err(json)?;
            let (phone, since) = (Mobile::parse(&draft.phone)?, Timestamp::from_millis(draft.since));
            let mut events =
                release_phone_in(tx, &newcomer.identity, &actor, &phone, newcomer.account, since, now)?;
            let (verified, created) = newcomer.create_in(tx, draft)?;
            events.extend(created);
            Ok((verified, events))
        })
        .await
}
