//! Add, rename, remove.
use crate::{
    recovery_code::service::{self as recovery_code, First},
    second_factor::{AUTHENTICATOR, Added},
};
use factor::totp::{self, AuthenticatorId, service::NewAuthenticator};
use identity::{Identity, SignedIn, account, device, notice::Kind};
use kernel::{Error, Event, Result, Timestamp};
use serde_json::json;
use std::sync::Arc;

/// Errors: `totp.first_wrong` at `code`, `totp.too_many`, `totp.offer_over`.
pub async fn add(
    identity: &Identity,
    signed_in: &SignedIn,
    new: NewAuthenticator,
    first: First,
) -> Result<Added> {
    let (room, keyring) = (identity.clone(), Arc::clone(identity.db().keyring()));
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            let has = factor::has_second_factor_in(tx, account)?;
            match totp::service::add_in(tx, &keyring, &new)? {
                totp::Added::Done => {}
                totp::Added::Already => return Ok((Added::Already, Vec::new())),
                totp::Added::WrongCode => return Err(Error::invalid("totp.first_wrong").at("code")),
                totp::Added::TooMany => return Err(Error::conflict("totp.too_many")),
            }
            let codes = if has { None } else { Some(first.settle_in(tx, &keyring, &["otp", "mfa"])?) };
            AUTHENTICATOR.told_in(tx, &room, account, Kind::FactorAdded, new.now)?;
            let detail = json!({ "authenticator": new.id.to_string(), "first": !has });
            let event = Event::done(&actor, "authenticator.added").on("account", account).with(detail);
            Ok((Added::Done(codes), vec![event]))
        })
        .await
}
/// Error: `totp.unknown`.
pub async fn rename(
    identity: &Identity,
    signed_in: &SignedIn,
    id: AuthenticatorId,
    name: String,
) -> Result<()> {
    let keyring = Arc::clone(identity.db().keyring());
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            if !totp::service::rename_in(tx, &keyring, account, id, &name)? {
                return Err(Error::not_found("totp.unknown"));
            }
            let detail = json!({ "authenticator": id.to_string() });
            let event = Event::done(&actor, "authenticator.renamed").on("account", account).with(detail);
            Ok(((), vec![event]))
        })
        .await
}
/// True if it was the last second factor. Error: `totp.unknown`.
pub async fn remove(
    identity: &Identity,
    signed_in: &SignedIn,
    id: AuthenticatorId,
    now: Timestamp,
) -> Result<bool> {
    let room = identity.clone();
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            if !totp::service::remove_in(tx, account, id)? {
                return Err(Error::not_found("totp.unknown"));
            }
            device::service::distrust_all_in(tx, account)?;
            let last = recovery_code::without_last_in(tx, account)?;
            AUTHENTICATOR.told_in(tx, &room, account, Kind::FactorRemoved, now)?;
            let detail = json!({ "authenticator": id.to_string(), "last": last });
            let event = Event::done(&actor, "authenticator.removed").on("account", account).with(detail);
            Ok((last, vec![event]))
        })
        .await
}
