//! Organization types: the policy that makes an exchange, a customs window and a provincial platform differ, as data.
mod input;
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use input::{MaterialInput, ParsedType, TypeInput};
pub use model::*;
pub(crate) use store::{find, list};
