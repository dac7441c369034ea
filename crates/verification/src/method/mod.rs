//! The ways to prove who one is, and what the policy says each is worth. A way without a connector is not offered.
pub mod model;

pub use model::Method;
