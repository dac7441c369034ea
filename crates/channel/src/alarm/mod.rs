//! What staff must know at once: a gateway rests, a cap is near or used up, messages wait because nobody takes them. Said at
//! the desk, in the log and the metrics, and by mail where the gateway has an address for it.
pub mod model;
pub mod service;
#[cfg(test)]
mod tests;

pub use model::Alarm;
