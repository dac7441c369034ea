//! Entries that products push to a person or an organization: cases, inquiries, complaints, messages. Invariants: bound to
//! product, kind and subject for good; older news is ignored; titles and texts are sealed and found by keyed bigrams.
pub mod model;
mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Applied, Entry, EntryState, FeedEntryId, Filter, Kind, Refusal, Subject};
pub use pages::routes;
