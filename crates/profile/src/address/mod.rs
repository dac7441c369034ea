//! Postal addresses of a person (EMS). Invariants: at most [`model::MOST`], one default if there is any, sealed whole. A
//! deleted one can be put back for a day.
pub(crate) mod model;
pub(crate) mod pages;
pub(crate) mod service;
mod store;
#[cfg(test)]
mod tests;
