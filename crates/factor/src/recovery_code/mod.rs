//! Ten codes on paper for the day on which phone and passkey are gone. Invariants: shown once, kept as keyed MACs, each
//! counts once; new ones end the old ones. Who calls: second step, step-up, the own pages.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Code, Verdict};
