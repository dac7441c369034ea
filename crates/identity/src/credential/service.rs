//! Setting and changing passwords.
use super::{
    model::{Parameters, Password},
    store,
};
use crate::{Identity, SignedIn, account, session};
use db::Tx;
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use platform::counter::{self, Limit};
use serde_json::json;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Changed,
    /// The current password is wrong; so many tries are left.
    Wrong {
        left: i64,
    },
    /// Too many wrong tries: not even the right one counts until the window ends.
    Locked {
        minutes: i64,
    },
}

/// Stores a hash. `temporary` ones must be replaced at the first sign-in.
pub fn set_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    hash: &str,
    temporary: bool,
    now: Timestamp,
) -> Result<()> {
    store::upsert(tx, account, hash, temporary, now).map(drop)
}

/// Hashes a password that somebody other than its holder sets, by the policy's parameters.
pub async fn hash(identity: &Identity, password: &Password) -> Result<String> {
    let policies = identity.settings().policies().await?;
    identity.passwords().hash(password, Parameters::from(&policies.password)).await
}

/// The holder changes the own password: the current one is wanted, other sessions end.
/// Errors at `new_password`: the rules for new passwords, `password.unchanged`.
pub async fn change(
    identity: &Identity,
    signed_in: &SignedIn,
    current: &Password,
    new: &Password,
    now: Timestamp,
) -> Result<Change> {
    let policies = identity.settings().policies().await?;
    let own = [signed_in.login_name.as_str()];
    new.check_new("new_password", &policies.password, &own)?;
    if kernel::secret::equal(current.bytes(), new.bytes()) {
        return Err(Error::invalid("password.unchanged").at("new_password"));
    }
    let limit = Limit {
        scope: "password.change",
        most: policies.sign_in.wrong_passwords,
        seconds: policies.sign_in.window_minutes * 60,
    };
    let account = signed_in.account;
    let key = account.as_i64().to_be_bytes();
    let (stored, tried) = identity
        .db()
        .read(move |tx| Ok((store::find(tx, account)?, counter::service::peek_in(tx, limit, &key, now)?)))
        .await?;
    if tried.exhausted() {
        return Ok(Change::Locked { minutes: tried.minutes_left(now) });
    }
    let parameters = Parameters::from(&policies.password);
    let stored = stored.map(|stored| stored.hash);
    let verdict = identity.passwords().verify(current, stored.as_deref(), parameters).await?;
    let hash = if verdict.matches { Some(identity.passwords().hash(new, parameters).await?) } else { None };
    let signed_in = signed_in.clone();
    identity
        .db()
        .write(move |tx| {
            let (Some(old), Some(hash)) = (&stored, &hash) else {
                let hit = counter::service::hit_in(tx, limit, &key, now)?;
                if !hit.allowed() {
                    let event = Event::refused(&signed_in.actor, "password.change").on("account", account);
                    return Ok((Change::Locked { minutes: hit.minutes_left(now) }, vec![event]));
                }
                let event = Event::failed(&signed_in.actor, "password.change").on("account", account);
                return Ok((Change::Wrong { left: (hit.most - hit.n).max(0) }, vec![event]));
            };
            // Whatever was counted while the hash was computed counts before this try.
            let hit = counter::service::peek_in(tx, limit, &key, now)?;
            if hit.exhausted() {
                let event = Event::refused(&signed_in.actor, "password.change").on("account", account);
                return Ok((Change::Locked { minutes: hit.minutes_left(now) }, vec![event]));
            }
            account::service::touch_in(tx, account)?;
            if !store::replace(tx, account, old, hash, now)? {
                return Err(Error::conflict("password.changed_meanwhile"));
            }
            counter::service::clear_in(tx, limit, &key)?;
            session::service::end_all_in(tx, account, Some(signed_in.session), now)?;
            let event = Event::done(&signed_in.actor, "password.changed")
                .on("account", account)
                .with(json!({ "was_temporary": signed_in.must_change_password }));
            Ok((Change::Changed, vec![event]))
        })
        .await
}
