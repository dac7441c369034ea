//! Browser sessions. Only the hash of the 256-bit token is stored; a session is resolved in one read, ends by hand, by
//! idleness or at its absolute end, and rotates at every sign-in.
mod extract;
pub mod model;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use extract::{MaybeSignedIn, SignedIn, encoded};
pub use model::{Device, NewSession, SessionCard};
