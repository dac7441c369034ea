//! One-time things: codes, choices. Bound to purpose and browser, they expire, attempts are counted, and one use
//! consumes them. Who calls: sign-in, registration, and whatever later sends a code.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Attempt, ChallengeId, Counted, NewChallenge, Open};
