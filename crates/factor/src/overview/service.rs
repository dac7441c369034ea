//! Reading alone.
use super::{model::Factors, store};
use db::{Db, Tx};
use kernel::{Result, id::AccountId};

pub fn summary_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Factors> {
    store::find(tx, account)
}
pub async fn summary(db: &Db, account: AccountId) -> Result<Factors> {
    db.read(move |tx| store::find(tx, account)).await
}
/// Whether signing in by password or SMS asks for more.
pub fn has_second_factor_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    summary_in(tx, account).map(|factors| factors.second())
}
