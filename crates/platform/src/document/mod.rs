//! Files that somebody hands in: letters of authority, licences, materials. JPEG, PNG or PDF by their first bytes, sealed at
//! rest, each bound to one row of the room that asked for it. Who may hand in or see a file is that room's affair.
mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
pub mod upload;

pub use model::{Card, DocumentId, MOST_BYTES, Prepared, Subject, Upload, kind_of};
pub use upload::{Received, read};
