//! One person, two accounts: somebody proved a document that another self-owned account holds. The holder is told and can
//! say something, the claimant too; one reviewer proposes, another confirms. Until then nothing changes, and neither side
//! learns who the other is.
pub mod model;
pub mod pages;
mod restoring;
#[cfg(test)]
mod restoring_tests;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Dispute, DisputeId, DisputeState, Side, Verdict};
