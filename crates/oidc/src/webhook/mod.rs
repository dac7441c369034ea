//! What products are told when access begins, changes or ends: a signed request to the product's own address, by the rules
//! of Standard Webhooks (`docs/webhooks.md`). The event is written in the transaction of the change, whichever room makes
//! it; one row per cause (`following`). A worker finds the products that it concerns, sends it at least once, in order for each person
//! or organization, and leaves an address alone for a while that does not answer. Back-channel logout will have its rows
//! beside these.
mod following;
pub mod model;
#[cfg(test)]
mod names_tests;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use following::follow;
pub use model::{DeliveryState, EventKind, Webhook, WebhookDeliveryId, WebhookId, WebhookState};
pub(crate) use service::exists_in;
pub use service::{Delivery, Opened};
