//! Whether an action may go on, or where the person proves it first.
use super::model::{Lack, Need, lack};
use crate::{Identity, SignedIn, session::encoded};
use axum::response::Response;
use kernel::Result;
use web::Ctx;

/// What this session lacks for that need.
pub async fn lacking(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, need: Need) -> Result<Lack> {
    // Whoever has two factors in the session need not be asked whether the account has them.
    let second = signed_in.strength < 2 && has_second_factor(identity, signed_in).await?;
    Ok(lack(need, signed_in.strength, signed_in.verified_at, second, ctx.now))
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
