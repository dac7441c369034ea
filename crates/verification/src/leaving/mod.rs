//! What closing an account asks of this room: whether something is open, and that nothing personal stays behind.
mod store;

use db::Tx;
use kernel::{Result, Timestamp, id::AccountId};

/// Whether a verification of the account waits for somebody, or a dispute about it is open.
pub fn has_open_in(tx: &mut Tx<'_>, account: AccountId) -> Result<bool> {
    Ok(store::count_open(tx, account)? > 0)
}
/// Subjects, images and statements go; that there was a case, and how it ended, stays.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<()> {
    store::erase(tx, account, now)
}
