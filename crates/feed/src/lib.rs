//! What products tell a person or an organization (cases, inquiries, complaints, messages), the items that can be done at
//! them, and a person's favourites. Invariants: a product writes its own entries alone, about subjects that know it; news
//! that is older than what is kept changes nothing; what a stranger asks about a person or organization is answered alike.
pub mod api;
pub mod entry;
pub mod item;
pub mod link;
pub mod product;
#[cfg(test)]
mod testing;
mod view;

use db::Tx;
use kernel::{Result, Timestamp, id::AccountId};

/// Every page of the room, and the API by which products push.
pub fn routes() -> web::Routes {
    api::routes().merge(entry::routes()).merge(item::routes())
}

/// With an account go its entries and favourites.
pub fn erase_in(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    entry::service::erase_in(tx, account)?;
    item::service::erase_in(tx, account)
}

/// Small tables stay small: what was deleted long ago is forgotten.
pub async fn tidy_up(db: &db::Db) -> Result<()> {
    let before = db.clock().now().plus_days(-KEPT_DAYS);
    entry::service::forget_deleted(db, before).await
}
/// So long older news of a deleted entry finds the tombstone.
const KEPT_DAYS: i64 = 90;

/// When a product says something happened; a clock that is ahead by a little is forgiven.
pub(crate) fn too_late(at: Timestamp, now: Timestamp) -> bool {
    at > now.plus_seconds(300)
}
