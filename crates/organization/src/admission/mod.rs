//! Admissions: the first half of the tally. A row holds only while its basis holds; what needs no row has none.
mod model;
mod pages;
mod service;
mod store;

pub use model::*;
pub use pages::routes;
pub use service::{Admissions, NewAdmission};
