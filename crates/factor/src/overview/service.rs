//! Reading, and forgetting everything at once.
use super::{model::Factors, store};
use db::{Db, Tx};
use kernel::{Result, id::AccountId};

pub fn summary_in(tx: &mut Tx<'_>, account: AccountId) -> Result<Factors> {
    store::find(tx, account)
}
pub async fn summary(db: &Db, account: AccountId) -> Result<Factors> {
    db.read_few(move |tx| store::find(tx, account)).await
}
/// Whether signing in by password or SMS asks for more.
pub fn has_second_factor_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    summary_in(tx, account).map(|factors| factors.second())
}
/// With an account go its factors.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    store::delete_all(tx, account)
}
