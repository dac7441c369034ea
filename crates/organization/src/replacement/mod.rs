//! Another administrator in place of the present one, by a stamped letter: the organization hands it in, its account manager
//! decides. Invariant: the powers pass in one transaction; nobody is administrator twice over, nobody without a letter.
mod model;
mod pages;
mod service;
#[cfg(test)]
mod tests;

pub use model::{Incoming, NewReplacement, Outgoing, Replacement, Shown};
pub use pages::{becomes_key, routes};
