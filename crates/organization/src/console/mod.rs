//! The console (控制台) as the home of a space: products at hand with their state, what waits for this person, what runs out
//! within thirty days, where the account is signed in. Invariants: everything is of this person and this space; one look is a
//! handful of statements in one transaction, however large the organization is.
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod view;

pub use model::{Console, Counts, Ending, EndingKind, Kept};
pub(crate) use service::look_in;
pub use view::{Fragments, Todo};
