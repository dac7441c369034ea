//! Tokens end with what they rest on: a grant, a membership, an account, an admission, its contract, what the contract's type
//! lists, a member number, a product or an organization that ends, or sleeps, takes its tokens along in the same transaction.
//! What wakes again wakes without them.
//! Whether a token answers is decided anew each time all the same; this is for what would otherwise come back to life, and
//! for refresh tokens.
mod store;

use db::{Db, Tx};
use kernel::{Result, Timestamp};

/// From now on no change that ends something leaves its tokens behind, whichever room makes it.
pub fn follow(db: &Db) {
    db.on_write(|tx, changes, now| {
        end_in(tx, changes, now)?;
        Ok(None)
    });
}
fn end_in(tx: &mut Tx<'_>, changes: &[(&'static str, i64)], now: Timestamp) -> Result<()> {
    for (topic, end) in store::BY_TOPIC {
        let mut keys: Vec<i64> =
            changes.iter().filter(|change| change.0 == *topic).map(|change| change.1).collect();
        keys.sort_unstable();
        keys.dedup();
        for keys in keys.chunks(200) {
            end(tx, keys, now)?;
        }
    }
    Ok(())
}
