//! Developers of an organization: whoever keeps the clients of the products that the platform entrusted to it. Its
//! administrators are, and members whom they named. Invariants: a capability is asked again in each transaction, after the
//! organization's row is locked; one ends with the membership, and with the organization's own standing.
mod extract;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use service::{
    Developed, Developer, Entrusted, Named, entrust_in, entrusted_to_in, lock_in, must_develop_in,
};
