//! A case: one attempt to prove who an account's holder is. Online it waits for the worker, which asks verifiers outside of
//! any transaction; at the counter two people look at the documents. What a case proves becomes a proof in one transaction
//! with its end ([`settle`]), or a dispute if another account holds the person.
pub mod certified;
pub mod counter;
pub mod counter_pages;
pub mod document;
pub mod model;
pub mod pages;
pub mod review;
pub mod service;
pub(crate) mod settle;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod upload;
pub mod words;

pub use model::{Case, CaseId, CaseState, DocumentCard, DocumentId, Subject};
pub use service::Entry;
