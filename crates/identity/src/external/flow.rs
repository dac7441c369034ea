//! The round trip: out with a state bound to the browser, back with an answer that is matched to it, believed or not, and
//! turned into what the trip was for.
use super::{
    model::{Arrived, Kept, Linking, Purpose, name_of},
    service::{self, NewLink, bound_to, json_error},
};
use crate::{
    Identity, SignedIn,
    account::{self, AccountState},
    challenge::{self, Attempt, ChallengeId, NewChallenge},
    session::encoded,
    signin::{
        model::{First, Next},
        pages::next_response,
        service::Start,
    },
};
use axum::response::Response;
use data_encoding::HEXLOWER;
use kernel::{Error, Event, Result, Timestamp};
use platform::{
    connector::{
        self,
        model::{Connector, ConnectorId, Kind},
    },
    counter::{self, Limit},
};
use serde_json::json;
use std::sync::Arc;
use upstream::{Fault, Flow, Person, Query};
use web::Ctx;

const STATE: &str = "external.state";
/// For signing in at the provider.
const AWAY_MINUTES: i64 = 10;
/// For filling in the form of a new account, the code included.
const TICKET_MINUTES: i64 = 30;
/// Round trips that one source begins.
const BEGUN: Limit = Limit { scope: "external.begun", most: 300, seconds: 600 };
/// The text form of an id.
const ID_LENGTH: usize = 13;

/// Where the provider sends the browser back to; staff register it there.
pub fn redirect_uri(ctx: &Ctx, connector: ConnectorId) -> String {
    ctx.app.url(&format!("/login/upstream/{connector}/callback"))
}
/// A connector of this kind that is switched on, by the name that the reader knows it by. Error: `external.unknown`.
async fn enabled(identity: &Identity, ctx: &Ctx, id: ConnectorId) -> Result<Connector> {
    let found = connector::service::find(identity.db(), id).await?;
    let found = found.filter(|connector| connector.kind == Kind::Upstream && connector.enabled);
    let found = found.ok_or_else(|| Error::not_found("external.unknown"))?;
    Ok(Connector { name: name_of(&found, ctx.lang), ..found })
}

/// Leads to the provider. The form that posts here must stand on a page that is `web::in_flow`, since it ends on another
/// site. Errors: `external.unknown`, `external.too_many`.
pub async fn begin(
    identity: &Identity,
    ctx: &Ctx,
    connector: ConnectorId,
    purpose: Purpose,
    by: Option<&SignedIn>,
    return_to: &str,
) -> Result<Response> {
    let connector = enabled(identity, ctx, connector).await?;
    let rng = identity.db().rng();
    let (id, secret): (ChallengeId, String) = (identity.db().draw(), HEXLOWER.encode(&rng.bytes::<24>()));
    let flow = Flow {
        // Letters and digits alone: some providers hand nothing else back.
        state: format!("{id}{secret}"),
        nonce: rng.token(),
        verifier: rng.token(),
        redirect_uri: redirect_uri(ctx, connector.id),
        fresh: purpose.fresh().then_some(ctx.now),
    };
    let return_to = web::local_path(return_to).unwrap_or("/").to_owned();
    let open = upstream::open(identity.upstreams(), &connector.provider, &connector.config)?;
    // Counted before anything is asked of the provider: nobody makes this server call out without end.
    count(identity, ctx).await?;
    let url = match open.authorize(&flow, ctx.now).await {
        Ok(url) => url,
        Err(fault) => return Ok(told(&connector, &fault, &back(&purpose, &return_to))),
    };
    let kept = Kept {
        connector: connector.id,
        purpose,
        account: by.map(|signed_in| signed_in.account),
        nonce: flow.nonce,
        verifier: flow.verifier,
        begun_at: ctx.now.as_millis(),
        return_to,
    };
    let data = serde_json::to_string(&kept).map_err(json_error)?;
    let new = NewChallenge {
        id,
        kind: "external",
        purpose: STATE,
        browser: ctx.browser,
        target: None,
        code: Some(secret),
        data,
        attempts_allowed: 5,
        now: ctx.now,
        expires_at: ctx.now.plus_seconds(AWAY_MINUTES * 60),
    };
    let keyring = Arc::clone(identity.db().keyring());
    identity
        .db()
        .write_unaudited("round trip to a provider", move |tx| {
            challenge::service::open_in(tx, &keyring, &new)
        })
        .await?;
    Ok(web::keep_browser(web::see_other(url.as_str())))
}

/// Error: `external.too_many`.
async fn count(identity: &Identity, ctx: &Ctx) -> Result<()> {
    let now = ctx.now;
    let source = identity.db().keyring().mac("counter.address", &[ctx.source().as_bytes()]);
    let hit = identity
        .db()
        .write_unaudited("round trips to providers", move |tx| {
            counter::service::hit_in(tx, BEGUN, &source, now)
        })
        .await?;
    if hit.allowed() {
        return Ok(());
    }
    Err(Error::too_many("external.too_many").arg("minutes", hit.minutes_left(now).to_string()))
}

/// Where a trip that came to nothing ends.
fn back(purpose: &Purpose, return_to: &str) -> String {
    match purpose {
        Purpose::SignIn => format!("/login?return_to={}", encoded(return_to)),
        Purpose::Link | Purpose::StepUp | Purpose::Recover { .. } | Purpose::RealName => return_to.to_owned(),
    }
}
/// Says in plain words what the provider, or the way to it, did.
fn told(connector: &Connector, fault: &Fault, back: &str) -> Response {
    let key = match fault {
        Fault::Denied => "identity-external-denied",
        Fault::Unreachable(_) => "identity-external-unreachable",
        Fault::Refused(_) | Fault::Config(_) => "identity-external-refused",
        Fault::Untrusted(_) => "identity-external-untrusted",
    };
    if *fault != Fault::Denied {
        tracing::warn!(connector = %connector.id, provider = connector.provider, %fault, "upstream provider");
    }
    web::with_flash(web::see_other(back), "bad", key, &[("provider", &connector.name)])
}
/// An answer that came to nothing is in the record; what was wrong with it is for staff.
async fn failed(
    identity: &Identity,
    ctx: &Ctx,
    connector: &Connector,
    fault: &Fault,
    back: &str,
) -> Result<Response> {
    if *fault != Fault::Denied {
        let detail = json!({ "provider": connector.provider, "reason": fault.to_string() });
        let event =
            Event::failed(&ctx.actor(), "external.exchange").on("connector", connector.id).with(detail);
        identity.db().write(move |_| Ok(((), vec![event.clone()]))).await?;
    }
    Ok(told(connector, fault, back))
}
/// The state is used, expired, of another browser or of another provider: what it was for is not known.
fn over() -> Response {
    web::with_flash(web::see_other("/login"), "bad", "identity-external-over", &[])
}

/// The browser is back. `raw` is the query as it came.
pub async fn arrive(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    signed_in: Option<&SignedIn>,
    connector: ConnectorId,
    raw: &str,
) -> Result<Response> {
    let connector = enabled(identity, ctx, connector).await?;
    let query = Query::parse(raw);
    let Some((kept, flow)) = redeem(identity, ctx, &query, &connector).await? else { return Ok(over()) };
    let open = upstream::open(identity.upstreams(), &connector.provider, &connector.config)?;
    let person = match open.exchange(&query, &flow, ctx.now).await {
        Ok(person) => person,
        Err(fault) => {
            let back = back(&kept.purpose, &kept.return_to);
            return failed(identity, ctx, &connector, &fault, &back).await;
        }
    };
    match kept.purpose {
        Purpose::SignIn => sign_in(identity, ctx, headers, &connector, person, kept.return_to).await,
        Purpose::Link => match signed_in.filter(|signed_in| kept.account == Some(signed_in.account)) {
            Some(signed_in) => link(identity, ctx, signed_in, &connector, person, &kept.return_to).await,
            None => Ok(over()),
        },
        Purpose::StepUp | Purpose::RealName | Purpose::Recover { .. } => {
            // Somebody else may have signed in meanwhile.
            if kept.account != signed_in.map(|signed_in| signed_in.account) {
                return Ok(over());
            }
            hand_on(identity, ctx, &connector, person, kept).await
        }
    }
}

/// Uses the state up and says what it was for. Only the browser that began, only at the provider it began with.
async fn redeem(
    identity: &Identity,
    ctx: &Ctx,
    query: &Query,
    connector: &Connector,
) -> Result<Option<(Kept, Flow)>> {
    let Some((id, secret)) = query.state().and_then(|state| state.split_at_checked(ID_LENGTH)) else {
        return Ok(None);
    };
    let Ok(id) = id.parse::<ChallengeId>() else { return Ok(None) };
    let (keyring, browser, now, actor) =
        (Arc::clone(identity.db().keyring()), ctx.browser, ctx.now, ctx.actor());
    let (secret2, at) = (secret.to_owned(), connector.id);
    let kept = identity
        .db()
        .write(move |tx| {
            let refused = |why: &str| {
                Event::refused(&actor, "external.state").on("connector", at).with(json!({ "reason": why }))
            };
            match challenge::service::attempt_in(tx, &keyring, id, STATE, &browser, &secret2, now)? {
                Attempt::Right(data) => {
                    let kept: Kept = serde_json::from_str(&data).map_err(json_error)?;
                    if kept.connector == at {
                        let event = Event::done(&actor, "external.returned").on("connector", at);
                        Ok((Some(kept), vec![event]))
                    } else {
                        Ok((None, vec![refused("mix-up")]))
                    }
                }
                Attempt::Wrong { .. } | Attempt::Exhausted => Ok((None, vec![refused("state")])),
                // Nothing is recorded of what is not there: strangers would fill the record.
                Attempt::Gone => Ok((None, Vec::new())),
            }
        })
        .await?;
    Ok(kept.map(|kept| {
        let flow = Flow {
            state: format!("{id}{secret}"),
            nonce: kept.nonce.clone(),
            verifier: kept.verifier.clone(),
            redirect_uri: redirect_uri(ctx, connector.id),
            fresh: kept.purpose.fresh().then_some(Timestamp::from_millis(kept.begun_at)),
        };
        (kept, flow)
    }))
}

enum Known {
    Next(Next),
    Disabled,
    /// Linked to nobody: waits under a ticket.
    First,
}
async fn sign_in(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    connector: &Connector,
    person: Person,
    return_to: String,
) -> Result<Response> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let cookie =
        web::cookie::external_token(headers, &ctx.app).unwrap_or_else(|| identity.db().rng().token());
    let keyring = Arc::clone(identity.db().keyring());
    let ticket: ChallengeId = identity.db().draw();
    let arrived = Arrived {
        connector: connector.id,
        provider: connector.provider.clone(),
        name: connector.name.clone(),
        purpose: Purpose::SignIn,
        person: person.clone(),
        account: None,
        return_to: return_to.clone(),
    };
    let waiting = waiting(
        ticket,
        &arrived,
        bound_to(&keyring, &cookie),
        ctx.now,
        ctx.now.plus_seconds(TICKET_MINUTES * 60),
    )?;
    let (now, actor, at) = (ctx.now, ctx.actor(), connector.id);
    let back = return_to.clone();
    let known = identity
        .db()
        .write(move |tx| {
            let Some(found) = service::find_in(tx, &keyring, at, &person)? else {
                challenge::service::open_in(tx, &keyring, &waiting)?;
                let event = Event::done(&actor, "external.first_visit").on("connector", at);
                return Ok((Known::First, vec![event]));
            };
            account::service::lock_in(tx, found.account)?;
            let account = account::service::find_in(tx, found.account)?;
            if account.is_none_or(|account| account.state != AccountState::Active) {
                let event = Event::refused(&actor, "session.begin").on("account", found.account);
                return Ok((Known::Disabled, vec![event]));
            }
            service::used_in(tx, &keyring, found.id, &person, now)?;
            let first = First::by(found.account, "fed", &return_to);
            let (next, events) = start.begin_or_second_in(tx, &first)?;
            Ok((Known::Next(next), events))
        })
        .await?;
    Ok(match known {
        Known::Next(next) => next_response(ctx, &next, &back),
        Known::Disabled => {
            let login = web::see_other(&self::back(&Purpose::SignIn, &back));
            web::with_flash(login, "bad", "identity-external-disabled", &[("provider", &connector.name)])
        }
        Known::First => {
            let first = format!("/login/upstream/{}/first?ticket={ticket}", connector.id);
            let set = web::cookie::set_external(&ctx.app, &cookie, TICKET_MINUTES * 60);
            web::with_cookie(web::see_other(&first), set)
        }
    })
}
/// A result that waits to be taken once.
fn waiting(
    id: ChallengeId,
    arrived: &Arrived,
    browser: [u8; 32],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<NewChallenge> {
    Ok(NewChallenge {
        id,
        kind: "external",
        purpose: arrived.purpose.result(),
        browser,
        target: None,
        code: Some(String::new()),
        data: serde_json::to_string(arrived).map_err(json_error)?,
        attempts_allowed: 1,
        now,
        expires_at,
    })
}

async fn link(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    connector: &Connector,
    person: Person,
    return_to: &str,
) -> Result<Response> {
    let (identity2, actor, now) = (identity.clone(), signed_in.actor.clone(), ctx.now);
    let new = NewLink {
        id: identity.db().draw(),
        account: signed_in.account,
        connector: connector.id,
        name: connector.name.clone(),
        person,
        tell: true,
    };
    let linking = identity.db().write(move |tx| service::link_in(tx, &identity2, &new, &actor, now)).await?;
    Ok(linked_response(linking, &connector.name, return_to))
}
/// Says what became of a link, on the page that `return_to` names.
pub(super) fn linked_response(linking: Linking, provider: &str, return_to: &str) -> Response {
    let (tone, key) = match linking {
        Linking::Linked => ("ok", "identity-external-linked"),
        Linking::Already => ("info", "identity-external-already"),
        Linking::Taken => ("bad", "identity-external-taken"),
        Linking::Other => ("bad", "identity-external-other"),
    };
    web::with_flash(web::see_other(return_to), tone, key, &[("provider", provider)])
}

async fn hand_on(
    identity: &Identity,
    ctx: &Ctx,
    connector: &Connector,
    person: Person,
    kept: Kept,
) -> Result<Response> {
    let id: ChallengeId = identity.db().draw();
    let arrived = Arrived {
        connector: connector.id,
        provider: connector.provider.clone(),
        name: connector.name.clone(),
        purpose: kept.purpose,
        person,
        account: kept.account,
        return_to: kept.return_to,
    };
    let new = waiting(id, &arrived, ctx.browser, ctx.now, ctx.now.plus_seconds(AWAY_MINUTES * 60))?;
    let keyring = Arc::clone(identity.db().keyring());
    identity
        .db()
        .write_unaudited("result of a round trip", move |tx| challenge::service::open_in(tx, &keyring, &new))
        .await?;
    let joint = if arrived.return_to.contains('?') { '&' } else { '?' };
    Ok(web::see_other(&format!("{}{joint}external={id}", arrived.return_to)))
}
