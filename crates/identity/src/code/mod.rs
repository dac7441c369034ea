//! One-time codes by SMS or mail, for any purpose: bound to purpose, browser and recipient, limited in the database,
//! consumed by their first right use. Whoever asks for a code decides what it opens; a wrong recipient looks the same.
mod limits;
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;

pub use model::{Deal, Sent, To, Waiting};
pub use service::Sending;
