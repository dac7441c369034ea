//! Verifiers: services outside that say whether name and number belong together. One signed protocol for all of them
//! (docs/verifier-protocol.md); set up at the desk as connectors, asked in their order. What a verifier says counts only
//! if its signature fits the exact bytes and our question.
pub mod client;
pub mod model;
pub mod service;
#[cfg(test)]
mod tests;

pub use model::{Answer, Config, Outcome, Question, fault_key};
