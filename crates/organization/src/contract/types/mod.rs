//! Contract types: named in both languages, with the products that a contract of the type covers.
mod service;
mod store;

pub use service::{Loss, TypeCard, TypeChange};
pub(crate) use store::{list_listings, lock_type};
