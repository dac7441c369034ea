//! Attempts within a window, kept in the database so that they hold across nodes and survive the failure they count.
//! A hit is an `Ok` outcome: the transaction that counts must commit.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Hit, Limit};
