//! How surely Fujie knows who somebody is. The level is derived from the proofs in force, never stored by hand. One
//! natural person has one self-owned account, and one managed account per owner: [`service::bind_in`] says who holds it.
pub mod document;
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use document::{Document, DocumentType};
pub use model::{Binding, Evidence, Proof, ProofRecord, RealNameLevel};
