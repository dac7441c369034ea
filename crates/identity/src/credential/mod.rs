//! Passwords: what a good one is, how it is hashed on threads of its own, where the hash lies, and which may not come back.
pub mod breach;
#[cfg(test)]
mod change_tests;
pub(crate) mod guesses;
pub mod in_use;
mod memory;
pub mod model;
pub mod pages;
pub mod pool;
pub mod service;
pub(crate) mod store;
mod strength;
#[cfg(test)]
mod tests;

pub use breach::BreachList;
pub use model::{Password, Phc};
pub use pool::{PasswordPool, Verdict};
