//! Signing in by login name, phone or resident identity number and password. Whatever is typed costs the same work and
//! gets the same words unless the password is right. Wrong passwords are counted per identifier and source, so nobody
//! locks out somebody else.
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;

pub use model::{Begun, Outcome};
