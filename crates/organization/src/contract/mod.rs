//! Contracts between the platform and organizations; a contract type lists the products that it opens.
mod model;
mod scan;
mod service;
mod store;
#[cfg(test)]
mod tests;
pub mod types;

pub use model::*;
pub(crate) use store::{Ending, find, find_listing, list, list_ending, mark_warned};
pub(crate) use types::list_listings;
