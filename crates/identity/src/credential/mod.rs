//! Passwords: what a good one is, how it is hashed on threads of its own, where the hash lies.
pub mod model;
pub mod pages;

pub mod pool;
pub mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use model::{Password, Phc};
pub use pool::{PasswordPool, Verdict};
