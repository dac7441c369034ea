//! Signing in by login name, phone or resident identity number and password. Whatever is typed costs the same work and
//! gets the same words unless the password is right. Wrong passwords are counted per identifier and source, so nobody
//! locks out somebody else.
mod begin;
pub(crate) mod counters;
#[cfg(test)]
mod limit_tests;
pub mod model;
pub mod pages;
pub mod second;
pub mod service;
pub mod sms;
mod store;
#[cfg(test)]
mod tests;
pub mod ways;

pub use begin::Start;
pub use model::{Begun, First, Next, Outcome, Still};
