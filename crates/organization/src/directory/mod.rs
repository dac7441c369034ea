//! The list of an organization's members: browsed by key, or searched by name, initials, login name, phone and document.
//! Invariants: every statement carries the organization of the capability; none reads all memberships, however many there are.
mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Asked, Expiry, From, Key, Listed};
pub(crate) use pages::encoded;
pub use pages::routes;
