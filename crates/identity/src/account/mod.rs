//! What a person signs in with. Invariants: login names are unique among accounts that are not closed; a phone or a
//! document signs in only once proven; names, phones and documents are sealed and found by blind index.
//! Rooms above create and change managed accounts through `service::…_in` inside their own transaction.
pub mod closing;
pub mod contact;
pub mod model;
pub mod own;
#[cfg(test)]
mod own_tests;
pub mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use model::{
    AccountCard, AccountRef, AccountState, Contact, Creation, Identifier, NewManaged, NewSelfOwned, Owner,
    OwnerKind,
};
