//! Back-Channel Logout 1.0: a client that was told of a session hears of its end, however it ended: signed out here or by a
//! product, ended from elsewhere, with the account, after a recovery. The delivery is a row in the transaction of the end;
//! a worker signs and sends it, again and again until it is taken or too late.
mod model;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use model::{Delivery, DeliveryState};
pub(crate) use store::remember_in;

use crate::{OpenId, client::Client};
use db::Db;
use kernel::Result;

/// Deliveries that staff sees at a client.
const SHOWN: i64 = 20;

/// From now on no session ends without its clients hearing of it, whichever room ends it.
pub fn follow(db: &Db) {
    db.on_write(|tx, changes, now| {
        let keys = |topic: &str| -> Vec<i64> {
            let mut keys: Vec<i64> =
                changes.iter().filter(|change| change.0 == topic).map(|change| change.1).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        let (sessions, accounts) = (keys("session"), keys("account"));
        let expires_at = now.plus_seconds(model::KEPT_TRYING_SECONDS);
        for sessions in sessions.chunks(200) {
            store::queue_of_sessions(tx, sessions, now, expires_at)?;
        }
        for accounts in accounts.chunks(200) {
            store::queue_of_accounts(tx, accounts, now, expires_at)?;
        }
        Ok(None)
    });
}

impl OpenId {
    /// What became of telling a client, the newest first.
    pub async fn logout_deliveries(&self, client: &Client) -> Result<Vec<Delivery>> {
        let id = client.id;
        self.db().read_one(move |statement| store::list(statement, id, SHOWN)).await
    }
}
