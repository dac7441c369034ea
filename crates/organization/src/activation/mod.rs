//! The way in to a managed account: a link by SMS that proves the number, or link and code on a printed slip. Invariants:
//! only hashes are kept; one open link per account, the newest; it opens once, within 72 hours, for a membership that did not
//! end; whoever opens it chooses the password, and nobody else ever knew it.
pub mod model;
mod pages;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{ActivationId, Draft, Issued, Link, Opening, Standing, State, Way};
pub use pages::routes;
pub(crate) use service::{issue_in, open_account_in, void_in, void_sent_in};
