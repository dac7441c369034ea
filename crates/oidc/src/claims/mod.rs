//! What a product learns about a sign-in: one serializer for ID token and userinfo, so that both always tell the same.
mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Claims, IdToken, Subject, session_identifier};
pub use store::{Facts, find};
