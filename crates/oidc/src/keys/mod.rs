//! Signing keys, one of each algorithm, made at the first start, private halves sealed in the database. A new key
//! is published before it signs, an old one stays published after it has stopped, so that no client meets a token whose
//! key it cannot find; unless keys may have leaked: then the old ones leave the published set in the transaction that makes new
//! ones. Keys are decoded once and held in memory; `service::Keys` reloads them in the background.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{KeySet, Kind};
pub use service::{Keys, Rotated, rotate};
