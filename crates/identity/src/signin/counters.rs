//! What is counted of one attempt. Everything but `account` follows from what was typed and from where, so whatever is told
//! of it is told of any text; `account` is never told: it makes the several names of one account share their guesses.
use crate::Identity;
use db::Tx;
use kernel::{Result, Timestamp, id::AccountId};
use platform::{
    counter::{self, Hit, Limit},
    setting::Policies,
};
use web::Ctx;

pub(crate) type Counter = (Limit, [u8; 32]);

#[derive(Clone)]
pub(super) struct Counters {
    /// Wrong passwords for what was typed from this source.
    pub pair: Counter,
    pub address: Counter,
    pub identifier: Counter,
    /// Wrong passwords for the identifier from sources that it never signed in from: many addresses that guess
    /// together are shut out for the day, known sources are not.
    pub strangers: Counter,
    /// As `address`, up to where the source is shut out for the rest of the window.
    pub source: Counter,
    identity: Identity,
    from: String,
    account: Limit,
}
/// As they stood before the password was looked at.
pub(super) struct Stood {
    pub pair: Hit,
    pub address: Hit,
    pub identifier: Hit,
    pub strangers: Hit,
    pub source: Hit,
}
impl Counters {
    pub fn of(identity: &Identity, ctx: &Ctx, policies: &Policies, counted: &str) -> Self {
        let (keyring, seconds) = (identity.db().keyring(), policies.sign_in.window_minutes * 60);
        let from = ctx.source();
        let (typed, source) = (counted.as_bytes(), from.as_bytes());
        let limit = |scope, most| Limit { scope, most, seconds };
        let failures = policies.captcha.after_failures;
        let wrong = policies.sign_in.wrong_passwords;
        let by_address = keyring.mac("counter.address", &[source]);
        let by_identifier = keyring.mac("counter.identifier", &[typed]);
        Self {
            pair: (limit("signin.pair", wrong), keyring.mac("counter.pair", &[typed, source])),
            address: (limit("signin.address", failures), by_address),
            source: (limit("signin.address", policies.sign_in.wrong_from_source), by_address),
            identifier: (limit("signin.identifier", failures), by_identifier),
            strangers: (
                Limit {
                    scope: "signin.strangers",
                    most: policies.sign_in.wrong_from_strangers,
                    seconds: 86_400,
                },
                by_identifier,
            ),
            identity: identity.clone(),
            account: account_limit(policies),
            from,
        }
    }
    /// Past the limit even the right password is answered as a wrong one.
    pub fn account(&self, account: AccountId) -> Counter {
        (self.account, account_key(&self.identity, &self.from, account))
    }
    /// All that are told, in one statement.
    pub fn stand_in(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Stood> {
        let all = [&self.pair, &self.address, &self.identifier, &self.strangers];
        let [pair, address, identifier, strangers] =
            counter::service::peek_four_in(tx, all.map(|(limit, key)| (*limit, key.as_slice())), now)?;
        let source = Hit { most: self.source.0.most, ..address };
        Ok(Stood { pair, address, identifier, strangers, source })
    }
}
/// Wrong passwords for one account from one source, whatever it was called and wherever they were typed.
pub(crate) fn of_account(
    identity: &Identity,
    source: &str,
    policies: &Policies,
    account: AccountId,
) -> Counter {
    (account_limit(policies), account_key(identity, source, account))
}
fn account_limit(policies: &Policies) -> Limit {
    Limit {
        scope: "signin.account",
        most: policies.sign_in.wrong_passwords,
        seconds: policies.sign_in.window_minutes * 60,
    }
}
fn account_key(identity: &Identity, source: &str, account: AccountId) -> [u8; 32] {
    let parts: [&[u8]; 2] = [&account.as_i64().to_be_bytes(), source.as_bytes()];
    identity.db().keyring().mac("counter.account", &parts)
}
pub(crate) fn hit_in(tx: &mut Tx<'_>, (limit, key): &Counter, now: Timestamp) -> Result<Hit> {
    counter::service::hit_in(tx, *limit, key, now)
}
pub(crate) fn peek_in(tx: &mut Tx<'_>, (limit, key): &Counter, now: Timestamp) -> Result<Hit> {
    counter::service::peek_in(tx, *limit, key, now)
}
pub(crate) fn clear_in(tx: &mut Tx<'_>, (limit, key): &Counter) -> Result<()> {
    counter::service::clear_in(tx, *limit, key)
}
