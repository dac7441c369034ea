//! Reading the audit record. Writing it is the store's: every `db.write` appends its events.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::Entry;
