//! Security questions: three, from a list or in the holder's own words, answered in any spelling that means the same.
//! Invariants: answers are kept together as one slow hash over a keyed digest, never one by one and never as text; own
//! words are sealed and shown to nobody who has proven nothing.
pub mod model;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Answers, COUNT, Question};
