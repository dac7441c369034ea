//! Frequent contacts (常用联系人): whom the platform and its products call. Administrators read them, the account manager
//! edits them; every word of them is sealed at rest.
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::*;
pub use pages::routes;
