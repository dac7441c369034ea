//! Beginning, resolving, listing and ending sessions.
use super::{
    extract::SignedIn,
    model::{Device, NewSession, SessionCard, strength},
    store,
};
use crate::{
    Identity,
    account::{self, Owner},
    credential,
    realname::RealNameLevel,
};
use db::{Db, Tx};
use kernel::{
    Actor, ActorKind, Event, Result, Timestamp, TokenHash,
    id::{AccountId, OrganizationId, SessionId},
};
use platform::setting::SessionPolicy;
use web::Ctx;

/// Last-seen is written at most this often.
const SEEN_SECONDS: i64 = 60;

/// Who holds this token, in one read. None for a session that ended, idled out or whose account may not be used.
pub async fn resolve(identity: &Identity, ctx: &Ctx, token: &str) -> Result<Option<SignedIn>> {
    let policies = identity.settings().policies().await?;
    let (hash, now) = (TokenHash::of(token), ctx.now);
    let seen_after = now.plus_seconds(-policies.session.idle_minutes * 60);
    let db = identity.db();
    let found = db.read_one(move |statement| store::resolve(statement, &hash, seen_after, now)).await?;
    let Some(row) = found else { return Ok(None) };
    let policy = &policies.session;
    // Staff idle out earlier; the session of somebody who became staff meanwhile too.
    let over = row.last_seen_at.plus_seconds(policy.staff_idle_minutes * 60) <= now
        || row.authenticated_at.plus_seconds(policy.staff_absolute_minutes * 60) <= now;
    if row.staff.is_some() && over {
        return Ok(None);
    }
    if row.last_seen_at.plus_seconds(SEEN_SECONDS) <= now {
        let (id, before) = (row.session, now.plus_seconds(-SEEN_SECONDS));
        let seen = db.exec("last seen", move |s| store::update_last_seen(s, id, before, now)).await;
        if let Err(error) = seen {
            // A page is worth more than the minute of its last visit.
            tracing::warn!(%error, "last seen was not written");
        }
    }
    let methods: Vec<String> = row.methods.split_whitespace().map(str::to_owned).collect();
    // Told at a sign-in by password alone: nobody is stopped in the middle of something.
    let most_days = credential::service::most_days(&policies.password, row.staff.is_some());
    let overdue = methods.iter().any(|method| method == "pwd")
        && row
            .password_set_at
            .zip(most_days)
            .is_some_and(|(set, days)| set.plus_days(days) <= row.authenticated_at);
    let keyring = db.keyring();
    let phone = match &row.phone {
        Some(sealed) => Some(keyring.open("account.phone", row.account.as_i64(), sealed)?),
        None => None,
    };
    Ok(Some(SignedIn {
        account: row.account,
        session: row.session,
        name: account::service::open_name(keyring, row.account, &row.name)?,
        phone_masked: phone.map(|phone| account::service::masked_phone(&phone)),
        login_name: row.login_name,
        owner: Owner::of(row.owner_kind, row.owner),
        state: row.state,
        strength: strength(&methods),
        methods,
        authenticated_at: row.authenticated_at,
        verified_at: row.verified_at,
        level: RealNameLevel::from_rank(row.level),
        staff: row.staff,
        must_change_password: row.temporary == Some(true) || overdue,
        password_overdue: overdue && row.temporary != Some(true),
        last_organization: row.last_organization,
        actor: Actor {
            kind: if row.staff.is_some() { ActorKind::Staff } else { ActorKind::Account },
            account: Some(row.account),
            client: None,
            acting_for: None,
            session: Some(row.session),
            address: Some(ctx.address),
            request_id: ctx.request_id.clone(),
        },
    }))
}

/// When a session that begins now ends at the latest.
pub fn expires_at(policy: &SessionPolicy, now: Timestamp) -> Timestamp {
    now.plus_seconds(policy.absolute_minutes * 60)
}
/// Begins a session, or goes on with the one that the browser had if it is this account's: to sign in again signs nobody out
/// of the products that are open. Another account's ends. The caller commits its event.
pub fn begin_in(tx: &mut Tx<'_>, new: &NewSession, before: Option<&TokenHash>) -> Result<SessionId> {
    account::store::update_last_sign_in(tx, new.account, new.now)?;
    if let Some(token) = before {
        if let Some(same) = store::renew(tx, new, token)? {
            tx.changed("session", same);
            return Ok(same);
        }
        if let Some(ended) = store::end_by_token(tx, token, new.now)? {
            tx.changed("session", ended);
        }
    }
    store::insert(tx, new)?;
    Ok(new.id)
}
/// After a step-up: the methods count from now on, and the session goes on under a new token. False if it ended meanwhile.
/// The caller commits the event and sets the cookie.
pub fn verified_in(
    tx: &mut Tx<'_>,
    signed_in: &SignedIn,
    added: &[&str],
    token: &str,
    now: Timestamp,
) -> Result<bool> {
    let mut methods: Vec<&str> = signed_in.methods.iter().map(String::as_str).collect();
    methods.extend(added.iter().filter(|method| !signed_in.methods.iter().any(|known| known == *method)));
    let (account, session) = (signed_in.account, signed_in.session);
    let updated =
        store::update_verified(tx, session, account, &methods.join(" "), &TokenHash::of(token), now)?;
    if updated {
        tx.changed("session", session);
    }
    Ok(updated)
}
/// A session that another one let in is no fresher than that one: nobody proved anything at this moment. Else whoever finds a
/// session open would make a fresh one of it, and a product that asks for a new sign-in would be told of one.
pub(crate) fn verified_as_in(
    tx: &mut Tx<'_>,
    token: &str,
    approving: SessionId,
    account: AccountId,
) -> Result<()> {
    store::update_verified_as(tx, &TokenHash::of(token), approving, account).map(drop)
}
/// Whether the session goes on, for what it approved elsewhere.
pub(crate) fn is_live_in(tx: &mut Tx<'_>, id: SessionId, account: AccountId, now: Timestamp) -> Result<bool> {
    store::is_live(tx, id, account, now)
}
/// The live sessions of the signed-in account, the latest first.
pub async fn list(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<Vec<SessionCard>> {
    let policies = identity.settings().policies().await?;
    let seen_after = now.plus_seconds(-policies.session.idle_minutes * 60);
    let (account, current) = (signed_in.account, signed_in.session);
    let rows = identity.db().read_few(move |tx| store::list(tx, account, seen_after, now)).await?;
    Ok(rows
        .into_iter()
        .map(|row| SessionCard {
            current: row.id == current,
            device: Device::of(row.user_agent.as_deref().unwrap_or_default()),
            id: row.id,
            address: row.address,
            begun_at: row.begun_at,
            last_seen_at: row.last_seen_at,
            methods: row.methods.split_whitespace().map(str::to_owned).collect(),
        })
        .collect())
}
/// Ends one of the own sessions, with all that products hold of it. False if it is not theirs or has ended already.
pub async fn revoke(
    identity: &Identity,
    signed_in: &SignedIn,
    id: SessionId,
    now: Timestamp,
) -> Result<bool> {
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            if store::end_of_account(tx, id, account, now)? == 0 {
                return Ok((false, Vec::new()));
            }
            tx.changed("session", id);
            let detail = serde_json::json!({ "session": id });
            Ok((true, vec![Event::done(&actor, "session.revoked").on("account", account).with(detail)]))
        })
        .await
}
/// Ends all own sessions but this one.
pub async fn revoke_others(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<u64> {
    let (account, session, actor) = (signed_in.account, signed_in.session, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            let ended = sever_in(tx, account, Some(session), now)?;
            let detail = serde_json::json!({ "sessions": ended });
            Ok((
                ended,
                vec![Event::done(&actor, "session.others_revoked").on("account", account).with(detail)],
            ))
        })
        .await
}
/// Signs out: the session ends now. What a product may do while the person is away goes on until they withdraw it. The page
/// that does so clears the cookie.
pub async fn end(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<()> {
    let (session, actor) = (signed_in.session, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            let ended = end_in(tx, session, now)?;
            let event = |account| Event::done(&actor, "session.ended").on("account", account);
            Ok(((), ended.map(event).into_iter().collect()))
        })
        .await
}
/// As [`end`] within a larger transaction; None if it had ended already.
pub fn end_in(tx: &mut Tx<'_>, session: SessionId, now: Timestamp) -> Result<Option<AccountId>> {
    let ended = store::end(tx, session, now)?;
    if ended.is_some() {
        tx.changed("session", session);
    }
    Ok(ended)
}
/// Ends every session of an account but one, with all that products hold of them, as part of a change that the caller audits.
pub fn end_all_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    except: Option<SessionId>,
    now: Timestamp,
) -> Result<()> {
    sever_in(tx, account, except, now).map(drop)
}
fn sever_in(tx: &mut Tx<'_>, account: AccountId, except: Option<SessionId>, now: Timestamp) -> Result<u64> {
    let ended = store::end_all(tx, account, except, now)?;
    store::sever_all(tx, account, except, now)?;
    tx.changed("account", account);
    Ok(ended)
}
/// Writes down the end of those that have run out, so that whoever was told of them hears of it. How many there were.
pub fn end_run_out_in(tx: &mut Tx<'_>, ids: &[i64], now: Timestamp) -> Result<usize> {
    let ended = store::end_run_out(tx, ids, now)?;
    for session in &ended {
        tx.changed("session", *session);
    }
    Ok(ended.len())
}
/// Remembers the space that was opened last. A convenience: without it another space is preselected, nothing worse.
pub async fn remember_space(db: &Db, account: AccountId, organization: Option<OrganizationId>) {
    let written =
        db.exec("last space", move |s| store::update_last_organization(s, account, organization)).await;
    if let Err(error) = written {
        tracing::warn!(%error, "the last space was not remembered");
    }
}
