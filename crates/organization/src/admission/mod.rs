//! Admissions: the first half of the tally. A row holds only while its basis holds; what needs no row has none.
mod edit;
mod expiry;
mod model;
mod pages;
mod service;
mod store;
mod telling;

pub use expiry::warn_expiring;
pub use model::*;
pub use pages::routes;
pub use service::Admissions;
