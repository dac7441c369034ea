//! What a product learns about a sign-in: one serializer for ID token and userinfo, so that both always tell the same.
mod authority;
mod model;
pub(crate) mod pairwise;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod verified;

pub use authority::AuthorityFacts;
pub use model::{Claims, IdToken, More, Subject, Telling, session_identifier};
pub use pairwise::Sector;
pub use store::{Facts, find, more};
pub use verified::ProofFacts;
