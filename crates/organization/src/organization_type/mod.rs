//! Organization types: the policy that makes an exchange, a customs window and a provincial platform differ, as data.
mod model;
mod service;
pub(crate) mod store;

pub use model::*;
