//! Start and verify; what lies between is `code`.
use super::model::{Draft, PURPOSE, Registration, Verified};
use crate::{
    Identity,
    account::{self, NewSelfOwned},
    challenge::{Attempt, ChallengeId},
    code::{self, Deal, Sending, Sent, To},
    credential::model::Parameters,
    signin::service::Start,
};
use kernel::{Error, Event, LoginName, Mobile, ResidentId, Result, id::AccountId};
use platform::counter::{self, Limit};
use web::Ctx;

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
    };
    let data = serde_json::to_string(&draft).map_err(json)?;
    let known = ctx.lang.ta("identity-sms-registered-already", &[("url", &ctx.app.url("/login"))]);
    let phone = new.phone.clone();
    let sending =
        Sending::new(identity, ctx, &policies, PURPOSE, &To::Sms(new.phone), "identity-sms-register-code");
    let (identity2, actor, browser, now) = (identity.clone(), ctx.actor(), ctx.browser, ctx.now);
    identity
        .db()
        .write(move |tx| {
            let taken = account::service::find_by_phone_in(tx, identity2.db().keyring(), &phone)?.is_some();
            let deal = if taken { Deal::Instead(known.clone()) } else { Deal::Code };
            let sent = code::service::open_in(tx, &identity2, &sending, &deal, &data, browser, now)?;
            let event = match sent {
                Sent::Sent(_) => Event::done(&actor, "registration.started"),
                _ => Event::refused(&actor, "registration.start"),
            };
            Ok((sent, vec![event]))
        })
        .await
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
    let identity2 = identity.clone();
    let (code, now, browser, actor) = (code.to_owned(), ctx.now, ctx.browser, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            match code::service::attempt_in(tx, &identity2, PURPOSE, id, &browser, &code, now)? {
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
                    account::service::create_self_owned_in(tx, identity2.db().keyring(), &new)?;
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
