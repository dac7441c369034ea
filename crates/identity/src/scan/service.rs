//! The desktop asks, the phone decides, the desktop goes on.
use super::{
    model::{self, Asking, Code, FINISH_SECONDS, SECONDS, ScanId, State, Waiting},
    store::{self, NewScan, Row},
};
use crate::{
    Identity, SignedIn,
    account::{self, AccountState},
    session::{self, Device},
    signin::{Begun, Start},
};
use db::Db;
use kernel::{Error, Event, Result, Timestamp};
use platform::counter::{self, Limit};
use std::sync::Arc;
use web::Ctx;

/// Pictures that one source asks for.
const ASKED: Limit = Limit { scope: "scan.asked", most: 120, seconds: 600 };
/// Wrong codes that one account types.
const WRONG: Limit = Limit { scope: "scan.wrong", most: 10, seconds: 600 };

fn waiting(identity: &Identity, row: &Row, now: Timestamp) -> Waiting {
    let keyring = identity.db().keyring();
    let over = row.expires_at <= now && matches!(row.state, State::Waiting | State::Approved);
    Waiting {
        id: row.id,
        state: if over { State::Expired } else { row.state },
        token: model::token(keyring, row.id),
        code: Code::of(keyring, row.id).printed(),
    }
}
/// The picture of this browser: the one that waits, else a new one; `anew` always a new one. `fresh`: whoever is signed in
/// signs in again, so the phone has to prove itself too. Error: `scan.too_many`.
pub async fn show(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    anew: bool,
    fresh: bool,
) -> Result<Waiting> {
    let (browser, now) = (ctx.browser, ctx.now);
    if !anew {
        let open =
            identity.db().read_few(move |tx| store::find_open_of_browser(tx, &browser, fresh, now)).await?;
        if let Some(row) = open {
            return Ok(waiting(identity, &row, now));
        }
    }
    let keyring = identity.db().keyring();
    let id: ScanId = identity.db().draw();
    let user_agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    let new = NewScan {
        id,
        code_hash: Code::of(keyring, id).hash(keyring),
        browser,
        fresh,
        user_agent: user_agent.map(session::model::clean_user_agent),
        address: ctx.address.to_string(),
        now,
        expires_at: now.plus_seconds(SECONDS),
    };
    let source = keyring.mac("counter.address", &[ctx.source().as_bytes()]);
    let hit = identity
        .db()
        .write_unaudited("a desktop waits for a phone", move |tx| {
            let hit = counter::service::hit_in(tx, ASKED, &source, now)?;
            if hit.allowed() {
                store::insert(tx, &new)?;
            }
            Ok(hit)
        })
        .await?;
    if !hit.allowed() {
        return Err(Error::too_many("scan.too_many").arg("minutes", hit.minutes_left(now).to_string()));
    }
    let (token, code) = (model::token(keyring, id), Code::of(keyring, id).printed());
    Ok(Waiting { id, state: State::Waiting, token, code })
}
/// A picture of this browser as it stands; None for one of another browser.
pub async fn find(identity: &Identity, ctx: &Ctx, id: ScanId) -> Result<Option<Waiting>> {
    let (browser, now) = (ctx.browser, ctx.now);
    let row =
        identity.db().read_one(move |statement| store::find_of_browser(statement, id, &browser)).await?;
    Ok(row.map(|row| waiting(identity, &row, now)))
}

/// Who asks, by the picture's token; None once it was answered or is over.
pub async fn asking(identity: &Identity, ctx: &Ctx, token: &str) -> Result<Option<Asking>> {
    let Some(id) = model::open_token(identity.db().keyring(), token) else { return Ok(None) };
    let now = ctx.now;
    let row = identity.db().read_one(move |statement| store::find_waiting(statement, id, now)).await?;
    Ok(row.map(|row| Asking {
        id,
        device: Device::of(row.user_agent.as_deref().unwrap_or_default()),
        address: row.address,
        at: row.created_at,
        fresh: row.fresh,
    }))
}
/// The token of the picture whose code was typed. Errors at `code`: `scan.code_unknown`, `scan.too_many`.
pub async fn by_code(
    identity: &Identity,
    signed_in: &SignedIn,
    code: &Code,
    now: Timestamp,
) -> Result<String> {
    let keyring = Arc::clone(identity.db().keyring());
    let (hash, account) = (code.hash(&keyring), signed_in.account.as_i64().to_be_bytes());
    let found = identity
        .db()
        .write_unaudited("codes typed for a scan", move |tx| {
            let tried = counter::service::peek_in(tx, WRONG, &account, now)?;
            if tried.exhausted() {
                return Ok(Err(tried.minutes_left(now)));
            }
            let found = store::find_waiting_by_code(tx, &hash, now)?;
            if found.is_none() {
                counter::service::hit_in(tx, WRONG, &account, now)?;
            }
            Ok(Ok(found))
        })
        .await?;
    match found {
        Ok(Some(id)) => Ok(model::token(&keyring, id)),
        Ok(None) => Err(Error::invalid("scan.code_unknown").at("code")),
        Err(minutes) => Err(Error::too_many("scan.too_many").at("code").arg("minutes", minutes.to_string())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    Done,
    /// Answered before, or over, or approved without the fresh proof that it asks for.
    Gone,
    /// The account has a second factor that the approving session lacks: what it approves would be weaker than signing in.
    Stronger,
}
/// The holder answers at the phone.
pub async fn decide(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    token: &str,
    approve: bool,
) -> Result<Decided> {
    let Some(id) = model::open_token(identity.db().keyring(), token) else { return Ok(Decided::Gone) };
    let (signed_in, now) = (signed_in.clone(), ctx.now);
    let (state, action) = if approve {
        (State::Approved, "session.scan_approved")
    } else {
        (State::Refused, "session.scan_refused")
    };
    identity
        .db()
        .write(move |tx| {
            let account = signed_in.account;
            if approve && signed_in.strength < 2 && factor::has_second_factor_in(tx, account)? {
                return Ok((Decided::Stronger, Vec::new()));
            }
            let by = (account, signed_in.session);
            let times = (now, now.plus_seconds(FINISH_SECONDS));
            if !store::decide(tx, id, state, by, signed_in.verified_at, times)? {
                return Ok((Decided::Gone, Vec::new()));
            }
            Ok((Decided::Done, vec![Event::done(&signed_in.actor, action).on("account", account)]))
        })
        .await
}

/// The desktop goes on. None unless it was approved, in this very browser, a moment ago.
pub async fn finish(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    id: ScanId,
) -> Result<Option<Begun>> {
    let policies = identity.settings().policies().await?;
    let start = Start::new(identity, ctx, headers, &policies);
    let (browser, now, actor) = (ctx.browser, ctx.now, ctx.actor());
    identity
        .db()
        .write(move |tx| {
            let Some((account, approving)) = store::take(tx, id, &browser, now)? else {
                return Ok((None, Vec::new()));
            };
            account::service::lock_in(tx, account)?;
            let active = account::service::find_in(tx, account)?
                .is_some_and(|found| found.state == AccountState::Active);
            // Whoever ended the approving session a moment ago takes the approval back with it.
            if !active || !session::service::is_live_in(tx, approving, account, now)? {
                let event = Event::refused(&actor, "session.begin").on("account", account);
                return Ok((None, vec![event]));
            }
            let (begun, event) = start.begin_in(tx, account, vec!["scan"], false)?;
            session::service::verified_as_in(tx, &begun.token, approving, account)?;
            Ok((Some(begun), vec![event]))
        })
        .await
}
/// Removes what was over a day ago.
pub(crate) async fn tidy_up(db: &Db) -> Result<()> {
    let before = db.clock().now().plus_days(-1);
    db.exec("old scans", move |statement| store::delete_old(statement, before)).await.map(drop)
}
