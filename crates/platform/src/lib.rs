//! What every room above stands on: settings, the outbox, staff, counters, the operation record.
pub mod audit;
pub mod challenge;
pub mod connector;
pub mod counter;
pub mod document;
pub mod exchange;
pub mod outbox;
pub mod setting;
pub mod staff;

#[doc(hidden)]
pub use linkme;
pub use outbox::{Channel, Delivery, LocalOutbox, Message, Outbox, Purpose};
pub use setting::{Policies, Settings};
pub use staff::StaffRole;

/// Unaudited work that keeps tables small; the binary calls it every few minutes.
pub async fn tidy_up(db: &db::Db) -> kernel::Result<()> {
    counter::service::forget_old(db).await?;
    outbox::service::forget_old(db).await
}
