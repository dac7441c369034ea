//! Whether a gateway is asked: not above its daily cap, and not for a while after it failed several times in a row. The state
//! lies in the database, so that all nodes rest a dead gateway together and staff sees what holds.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Entry, State};
