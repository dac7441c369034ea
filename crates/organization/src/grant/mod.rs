//! Grants: the second half of the tally, membership × product. A new one needs an admission in force; a lapsed admission
//! lets them sleep. Nobody grants at or above the own role, the legal representative to themselves excepted.
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::*;
pub use pages::routes;
pub(crate) use service::{NewGrant, end_all_in, grant_in};
