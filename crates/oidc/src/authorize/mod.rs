//! The authorization endpoint and the pages between a product's request and its answer. A request that needs a person is
//! kept under a one-time handle, bound to the browser; the code is issued in the transaction that decides.
pub mod answer;
#[cfg(test)]
mod bad_input;
pub mod consent;
pub mod explain;
#[cfg(test)]
mod flow_tests;
pub mod incoming;
pub mod issue;
pub mod model;
#[cfg(test)]
mod model_tests;
pub mod next;
pub(crate) mod object;
pub mod pages;
mod scope;
pub mod service;
#[cfg(test)]
mod spaces_tests;
pub mod start;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod trial;
mod view;
pub mod wishes;
