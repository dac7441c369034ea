//! SMS and mail: queued in the transaction of the change that causes them, delivered by a worker.
//! At least once, in order per recipient, never after `expires_at`; the sealed body is erased once it is delivered.
mod delivery;
pub mod model;
pub mod pages;
mod purpose;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use delivery::{Delivered, Delivery, LocalOutbox, Unconfigured};
pub use model::{Channel, DeliveryError, Message, Outgoing};
pub use purpose::{Content, PURPOSES, Purpose};
pub use service::Outbox;
