//! Seeing, trusting, listing and forgetting browsers.
use super::{
    model::{DeviceCard, DeviceId, Seen, Shown},
    store,
};
use crate::{Identity, SignedIn, session::Device};
use db::{Db, Tx};
use kernel::{Event, Result, Timestamp, TokenHash, id::AccountId};
use web::Ctx;

/// Days after which a browser that was not used is forgotten, as its cookie is.
const KEPT_DAYS: i64 = 400;

/// What this browser shows, and the token that it would get.
pub fn shown(identity: &Identity, ctx: &Ctx, headers: &http::HeaderMap) -> Shown {
    let user_agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    Shown {
        id: identity.db().draw(),
        known: web::cookie::device_token(headers, &ctx.app).map(|token| TokenHash::of(&token)),
        fresh: identity.db().rng().token(),
        address: ctx.address.to_string(),
        user_agent: user_agent.map(crate::session::model::clean_user_agent),
    }
}
/// Whether the second step is not asked here. `most_days`: for how long the policy lets a browser be remembered now; whoever
/// was promised more is asked earlier.
pub(crate) fn is_trusted_in(
    tx: &mut Tx<'_>,
    shown: &Shown,
    account: AccountId,
    most_days: i64,
    now: Timestamp,
) -> Result<bool> {
    match &shown.known {
        Some(token) => store::is_trusted(tx, token, account, now.plus_days(-most_days), now),
        None => Ok(false),
    }
}
/// The account signs in from this browser.
pub(crate) fn see_in(tx: &mut Tx<'_>, shown: &Shown, account: AccountId, now: Timestamp) -> Result<Seen> {
    if let Some(token) = &shown.known
        && store::update_used(tx, token, account, &shown.address, shown.user_agent.as_deref(), now)?
    {
        return Ok(Seen { new: false, token: None });
    }
    let new = store::insert(tx, shown, account, now)?;
    Ok(Seen { new, token: shown.known.is_none().then(|| shown.fresh.clone()) })
}
/// From now on the second step is not asked here. The browser gets a fresh token, so that whoever saw the old one, or put
/// it there, gains nothing; the other accounts of the browser go along.
pub(crate) fn trust_in(
    tx: &mut Tx<'_>,
    shown: &Shown,
    account: AccountId,
    until: Timestamp,
    now: Timestamp,
) -> Result<String> {
    let fresh = TokenHash::of(&shown.fresh);
    if let Some(old) = &shown.known {
        store::update_token(tx, old, &fresh)?;
    }
    store::update_trusted(tx, &fresh, account, until, now)?;
    Ok(shown.fresh.clone())
}
/// No browser of the account is remembered in place of the second step any more; each is still known. Part of every change
/// of the password and every removal of a second factor, which the caller audits.
pub fn distrust_all_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::clear_trusted(tx, account).map(drop)
}

/// The browsers of the signed-in account, the latest first.
pub async fn list(
    identity: &Identity,
    ctx: &Ctx,
    headers: &http::HeaderMap,
    signed_in: &SignedIn,
) -> Result<Vec<DeviceCard>> {
    let account = signed_in.account;
    let here = web::cookie::device_token(headers, &ctx.app).map(|token| TokenHash::of(&token));
    let since = ctx.now.plus_days(-KEPT_DAYS);
    let rows = identity.db().read_few(move |tx| store::list(tx, account, since)).await?;
    let most_days = identity.settings().policies().await?.second_factor.remember_days;
    Ok(rows
        .into_iter()
        .map(|row| DeviceCard {
            id: row.id,
            current: here.as_ref().is_some_and(|here| kernel::secret::equal(&here.0, &row.token_hash)),
            device: Device::of(row.user_agent.as_deref().unwrap_or_default()),
            address: row.address,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            trusted_until: row
                .trusted_at
                .zip(row.trusted_until)
                .map(|(at, until)| until.min(at.plus_days(most_days)))
                .filter(|until| *until > ctx.now),
        })
        .collect())
}
/// Forgets one of the own browsers. False if it is not theirs or was forgotten already.
pub async fn forget(identity: &Identity, signed_in: &SignedIn, id: DeviceId, now: Timestamp) -> Result<bool> {
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            if store::end(tx, id, account, now)? == 0 {
                return Ok((false, Vec::new()));
            }
            let detail = serde_json::json!({ "device": id });
            Ok((true, vec![Event::done(&actor, "device.forgotten").on("account", account).with(detail)]))
        })
        .await
}
/// Forgets all of them; how many they were.
pub async fn forget_all(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<u64> {
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            let ended = store::end_all(tx, account, now)?;
            let detail = serde_json::json!({ "devices": ended });
            let event = Event::done(&actor, "device.all_forgotten").on("account", account).with(detail);
            Ok((ended, vec![event]))
        })
        .await
}
pub(crate) async fn tidy_up(db: &Db) -> Result<()> {
    let now = db.clock().now();
    let (ended, unused) = (now.plus_days(-30), now.plus_days(-KEPT_DAYS));
    db.exec("old devices", move |statement| store::delete_old(statement, ended, unused)).await.map(drop)
}
/// With an account go its browsers.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account).map(drop)
}
