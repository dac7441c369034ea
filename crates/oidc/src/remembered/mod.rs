//! What a person once allowed a client to learn: the list, and taking it back. Invariant: with the consent end every code
//! and token that the client holds for that person.
pub mod service;
mod store;
#[cfg(test)]
pub(crate) mod tests;

pub use service::Remembered;
pub(crate) use store::delete_of_client as forget_client_in;
