//! Admissions: the first half of the tally. A row holds only while its basis holds; what needs no row has none.
pub mod batch;
mod edit;
mod evidence;
#[cfg(test)]
mod evidence_tests;
mod expiry;
mod model;
mod pages;
pub mod request;
pub mod roll;
mod service;
mod store;
mod telling;
#[cfg(test)]
mod tests;
mod view;
#[cfg(test)]
mod warning_tests;

pub use expiry::warn_expiring;
pub use model::*;
pub use pages::routes;
pub use service::Admissions;
