//! Browsers that an account signed in from, known by a cookie of their own. A new one is told to the holder; one that the
//! holder remembers is not asked for the second step until that ends. Invariants: only hashes are stored; trust is given
//! together with a fresh token alone, lasts no longer than the policy allows when it is asked for, and ends with every change of
//! the password and every removal of a second factor.
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{DeviceCard, DeviceId, Seen};
