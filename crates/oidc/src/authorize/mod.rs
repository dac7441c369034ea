//! The authorization endpoint and the pages between a product's request and its answer. A request that needs a person is
//! kept under a one-time handle, bound to the browser; the code is issued in the transaction that decides.
pub mod consent;
pub mod explain;
pub mod model;
#[cfg(test)]
mod model_tests;
pub mod next;
pub mod pages;
pub mod service;
#[cfg(test)]
mod spaces_tests;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod view;
