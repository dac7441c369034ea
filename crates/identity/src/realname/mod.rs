//! How surely Fujie knows who somebody is. The level is derived from the proofs in force, never stored by hand.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Proof, RealNameLevel};
