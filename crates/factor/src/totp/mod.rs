//! Codes that an app shows every 30 seconds (RFC 6238, SHA-1, six digits: what every app speaks). Invariants: a secret is
//! sealed and shown once, before its first right code makes it count; a code counts once, also the one of the step before
//! or after; wrong codes are counted apart from wrong passwords. Who calls: second step, step-up, the own pages.
pub mod model;
mod picture;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Added, AuthenticatorCard, AuthenticatorId, Code, Offer, Verdict};
