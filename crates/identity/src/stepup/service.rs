//! Whether an action may go on, or where the person proves it first.
use super::model::{Lack, Need, lack};
use crate::{Identity, SignedIn, session::encoded};
use axum::response::Response;
use kernel::{Error, Result};
use web::{Ctx, Failure};

/// What this session lacks for that need.
pub async fn lacking(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, need: Need) -> Result<Lack> {
    // Whoever has two factors in the session need not be asked whether the account has them.
    let second = signed_in.strength < 2 && has_second_factor(identity, signed_in).await?;
    let (strength, factor) = (signed_in.strength, signed_in.proved_factor());
    Ok(lack(need, strength, factor, signed_in.verified_at, second, ctx.now))
}
async fn has_second_factor(identity: &Identity, signed_in: &SignedIn) -> Result<bool> {
    let account = signed_in.account;
    identity.db().read_few(move |tx| factor::has_second_factor_in(tx, account)).await
}
/// None: go on. Else the answer that leads to `/me/verify` and from there to `back`, a path of this site that shows the page
/// of the action.
pub async fn required(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    need: Need,
    back: &str,
) -> Result<Option<Response>> {
    Ok(match lacking(identity, ctx, signed_in, need).await? {
        Lack::Nothing => None,
        Lack::Any | Lack::Second => {
            Some(web::see_other(&format!("/me/verify?need={need}&return_to={}", encoded(back))))
        }
    })
}

/// What a policy that demands a second factor says to those it stops.
pub struct Demand {
    /// Code of the error that programs get.
    pub error: &'static str,
    /// Key of what is told to whoever sets one up first.
    pub told: &'static str,
    /// Where whoever sent a form goes on: it cannot be sent again by itself.
    pub home: String,
}
/// Passes whoever proved a cryptographic factor in this session. Whoever has one is asked for it, whoever has none sets one up
/// first; both are led back.
pub async fn demand_factor(
    identity: &Identity,
    ctx: &Ctx,
    signed_in: &SignedIn,
    demand: &Demand,
) -> std::result::Result<(), Failure> {
    if signed_in.proved_factor() {
        return Ok(());
    }
    if ctx.wants_json {
        return Err(Error::forbidden(demand.error).into());
    }
    let back = encoded(if ctx.is_get { &ctx.path } else { &demand.home });
    let there = if has_second_factor(identity, signed_in).await? {
        web::see_other(&format!("/me/verify?need={}&return_to={back}", Need::Factor))
    } else {
        let enroll = web::see_other(&format!("/me/authenticator?return_to={back}"));
        web::with_flash(enroll, "info", demand.told, &[])
    };
    Err(there.into())
}
