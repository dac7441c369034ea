//! Materials (资质材料): what the type of an organization asks for, handed in by its administrators, reviewed by the account
//! manager through the engine of applications. The newest approved one of a rule is in force; nothing is overwritten.
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::*;
pub(crate) use pages::frame;
pub use pages::routes;
pub use service::{NewMaterial, Review};
