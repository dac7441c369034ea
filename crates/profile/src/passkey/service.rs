//! Add, rename, remove.
use crate::{
    recovery_code::service::{self as recovery_code, First},
    second_factor::{Added, PASSKEY},
};
use factor::passkey::{self, Answer, PasskeyId, Registration};
use identity::{Identity, SignedIn, account, device, notice::Kind};
use kernel::{Error, Event, Result, Timestamp};
use serde_json::json;
use std::sync::Arc;
use web::Ctx;

/// Errors: `passkey.over`, `passkey.refused`, `passkey.too_many_keys`.
pub async fn add(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    answer: &Answer,
    name: String,
    first: First,
) -> Result<Added> {
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    let fresh = match passkey::service::finish_registration(identity.db(), ctx, account, answer).await? {
        Registration::Right(fresh) => fresh,
        Registration::Over => return Err(Error::invalid("passkey.over")),
        Registration::Refused(reason) => {
            let detail = json!({ "reason": reason });
            let event = Event::failed(&actor, "passkey.add").on("account", account).with(detail);
            identity.db().write(move |_| Ok(((), vec![event.clone()]))).await?;
            return Err(Error::invalid("passkey.refused"));
        }
    };
    let (room, keyring, now) = (identity.clone(), Arc::clone(identity.db().keyring()), ctx.now);
    let id: PasskeyId = identity.db().draw();
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            let has = factor::has_second_factor_in(tx, account)?;
            match passkey::service::add_in(tx, &keyring, account, id, &fresh, &name, now)? {
                passkey::Added::Done => {}
                passkey::Added::Already => return Ok((Added::Already, Vec::new())),
                passkey::Added::TooMany => return Err(Error::conflict("passkey.too_many_keys")),
            }
            let methods = [if fresh.synced { "swk" } else { "hwk" }, "user", "mfa"];
            let codes = if has { None } else { Some(first.settle_in(tx, &keyring, &methods)?) };
            PASSKEY.told_in(tx, &room, account, Kind::FactorAdded, now)?;
            let detail = json!({ "passkey": id.to_string(), "synced": fresh.synced, "first": !has });
            let event = Event::done(&actor, "passkey.added").on("account", account).with(detail);
            Ok((Added::Done(codes), vec![event]))
        })
        .await
}
/// Error: `passkey.unknown_key`.
pub async fn rename(identity: &Identity, signed_in: &SignedIn, id: PasskeyId, name: String) -> Result<()> {
    let keyring = Arc::clone(identity.db().keyring());
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            if !passkey::service::rename_in(tx, &keyring, account, id, &name)? {
                return Err(Error::not_found("passkey.unknown_key"));
            }
            let detail = json!({ "passkey": id.to_string() });
            let event = Event::done(&actor, "passkey.renamed").on("account", account).with(detail);
            Ok(((), vec![event]))
        })
        .await
}
/// Whether the account can be signed in to without this key.
pub async fn removable(identity: &Identity, signed_in: &SignedIn) -> Result<bool> {
    let (keyring, account) = (Arc::clone(identity.db().keyring()), signed_in.account);
    identity.db().read_few(move |tx| identity::passkey::service::other_way_in(tx, &keyring, account)).await
}
/// True if it was the last second factor. Errors: `passkey.unknown_key`, `passkey.last_way_in`.
pub async fn remove(
    identity: &Identity,
    signed_in: &SignedIn,
    id: PasskeyId,
    now: Timestamp,
) -> Result<bool> {
    let (room, keyring) = (identity.clone(), Arc::clone(identity.db().keyring()));
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            // The lock: two tabs must not each take the other's key for the way that remains.
            account::service::touch_in(tx, account)?;
            let remains = identity::passkey::service::other_way_in(tx, &keyring, account)?;
            if !passkey::service::remove_in(tx, account, id)? {
                return Err(Error::not_found("passkey.unknown_key"));
            }
            if !remains {
                return Err(Error::conflict("passkey.last_way_in"));
            }
            device::service::distrust_all_in(tx, account)?;
            let last = recovery_code::without_last_in(tx, account)?;
            PASSKEY.told_in(tx, &room, account, Kind::FactorRemoved, now)?;
            let detail = json!({ "passkey": id.to_string(), "last": last });
            let event = Event::done(&actor, "passkey.removed").on("account", account).with(detail);
            Ok((last, vec![event]))
        })
        .await
}
