//! A set for an account that gets its first second factor, or a new one for an account that has one.
use db::{Keyring, Tx};
use factor::recovery_code::{Code, service as recovery_code};
use identity::{
    Identity, SignedIn, account,
    notice::{self, Kind, Notice},
    session,
};
use kernel::{Error, Event, Result, Timestamp, id::AccountId};
use std::sync::Arc;
use web::Ctx;

/// What the first second factor brings along, drawn before the transaction.
pub struct First {
    codes: Vec<Code>,
    signed_in: SignedIn,
    /// Of the session as it is: the page that answers was rendered with it.
    token: Option<String>,
    now: Timestamp,
}
impl First {
    pub fn new(identity: &Identity, ctx: &Ctx, signed_in: &SignedIn, headers: &http::HeaderMap) -> Self {
        Self {
            codes: recovery_code::draw(identity.db().rng()),
            signed_in: signed_in.clone(),
            token: web::cookie::session_token(headers, &ctx.app),
            now: ctx.now,
        }
    }
    /// Once the factor is stored: the set for the paper, and the session has proven the factor, so that it is not asked for
    /// it at once. `methods` as RFC 8176 calls what was proven.
    pub fn settle_in(
        &self,
        tx: &mut Tx<'_>,
        keyring: &Keyring,
        methods: &[&'static str],
    ) -> Result<Vec<Code>> {
        recovery_code::replace_in(tx, keyring, self.signed_in.account, &self.codes, self.now)?;
        if let Some(token) = &self.token {
            session::service::verified_in(tx, &self.signed_in, methods, token, self.now)?;
        }
        Ok(self.codes.clone())
    }
}
/// Once a factor is removed: without one the codes stand in for nothing. True if it was the last.
pub fn without_last_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    let last = !factor::has_second_factor_in(tx, account)?;
    if last {
        recovery_code::remove_all_in(tx, account)?;
    }
    Ok(last)
}

/// A new set in place of the old one. Error: `recovery_code.no_factor`.
pub async fn replace(identity: &Identity, signed_in: &SignedIn, now: Timestamp) -> Result<Vec<Code>> {
    let codes = recovery_code::draw(identity.db().rng());
    let (room, keyring) = (identity.clone(), Arc::clone(identity.db().keyring()));
    let (account, actor) = (signed_in.account, signed_in.actor.clone());
    identity
        .db()
        .write(move |tx| {
            account::service::touch_in(tx, account)?;
            if !factor::has_second_factor_in(tx, account)? {
                return Err(Error::conflict("recovery_code.no_factor"));
            }
            recovery_code::replace_in(tx, &keyring, account, &codes, now)?;
            let told = Notice::new(Kind::FactorAdded)
                .key("factor", "profile-factor-recovery-codes")
                .leads_to("/me/recovery-codes");
            notice::tell_all_in(tx, &room, account, &told, now)?;
            let event = Event::done(&actor, "recovery_codes.replaced").on("account", account);
            Ok((codes.clone(), vec![event]))
        })
        .await
}
