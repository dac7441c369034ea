//! What became of messages, for staff: by which gateway, when, and what it said. Never the text, the code or the whole number.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Delivered, DeliveryId, DeliveryState, Filter};
