//! Service clients: programs that act without a person. Each has an owner, an organization or the platform, acts for it
//! alone, and passes the same decision as people do: both halves, the second being that it was registered for the product.
pub mod own;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use service::{Machine, NewMachine};
