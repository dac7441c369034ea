//! Contracts between the platform and organizations; a contract type lists the products that it opens.
mod model;
mod service;
mod store;

pub use model::*;
pub use service::NewContract;
pub(crate) use store::{find, find_listing, list, list_listings};
