//! Proof of possession (RFC 9449): a client signs each request with a key of its own, and what it is given works with that key
//! alone. Nonces are keyed and need no row, so that a proof cannot be made in advance; its identifier counts once.
pub mod model;
mod service;
#[cfg(test)]
mod tests;

pub use model::{Expected, Proof, ProofError};
pub use service::PROOF;
