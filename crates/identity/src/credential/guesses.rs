//! Wrong passwords of somebody who is signed in. Changing the password and proving again to be there share one count of the
//! account, and with the sign-in the hidden one of account and source: who found a session open has the guesses of one place,
//! not of three, and gains none by moving on to another address.
use crate::{
    Identity,
    signin::counters::{self, Counter},
};
use db::Tx;
use kernel::{Result, Timestamp, id::AccountId};
use platform::{
    counter::{Hit, Limit},
    setting::Policies,
};
use web::Ctx;

#[derive(Clone)]
pub(crate) struct Guesses {
    own: Counter,
    shared: Counter,
}
impl Guesses {
    pub fn of(identity: &Identity, ctx: &Ctx, policies: &Policies, account: AccountId) -> Self {
        let own = Limit {
            scope: "password.own",
            most: policies.sign_in.wrong_passwords,
            seconds: policies.sign_in.window_minutes * 60,
        };
        Self {
            own: (own, identity.db().keyring().mac("counter.account", &[&account.as_i64().to_be_bytes()])),
            shared: counters::of_account(identity, &ctx.source(), policies, account),
        }
    }
    /// Whichever of the two leaves less.
    pub fn peek_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Hit> {
        Ok(worse(counters::peek_in(tx, &self.own, now)?, counters::peek_in(tx, &self.shared, now)?))
    }
    pub fn hit_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Hit> {
        Ok(worse(counters::hit_in(tx, &self.own, now)?, counters::hit_in(tx, &self.shared, now)?))
    }
    /// The right password was given.
    pub fn clear_in(&self, tx: &mut Tx<'_>) -> Result<()> {
        counters::clear_in(tx, &self.own)?;
        counters::clear_in(tx, &self.shared)
    }
}
fn worse(a: Hit, b: Hit) -> Hit {
    let weight = |hit: &Hit| (hit.n.min(hit.most), hit.until.as_millis());
    if weight(&b) > weight(&a) { b } else { a }
}
