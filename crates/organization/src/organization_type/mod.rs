//! Organization types: the policy that makes an exchange, a customs window and a provincial platform differ, as data.
mod model;
mod service;
mod store;

pub use model::*;
pub(crate) use store::find;
