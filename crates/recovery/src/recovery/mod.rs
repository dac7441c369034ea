//! The way back to a lost password. Invariants:
//! - every page is the same for every identifier of its kind, also for one that nobody has; the same statements run and the
//!   same number of slow hashes is computed; only a message that somebody receives differs;
//! - what an account has under every one of its names, its questions, a stranger sees under its login name alone;
//! - a step is a challenge of this browser, sealed, for one account, used up by the step after it, within ten minutes;
//! - nothing reaches "new password" without the proofs that the policy wants now, and without the second factor of an
//!   account that has one;
//! - nobody is signed in by it: every session and remembered device ends, and every channel is told.
mod factoring;
mod last_pages;
pub mod model;
#[cfg(test)]
mod model_tests;
pub mod pages;
#[cfg(test)]
mod passkey_tests;
mod proving;
mod sending;
pub mod service;
mod store;
#[cfg(test)]
mod stranger_tests;
#[cfg(test)]
mod tests;

pub use model::{Flow, Moved, Standing, Step, Way};
