//! Finding people whose names and numbers are sealed. Beside an account stand keyed terms: bigrams of the name and of its
//! pinyin initials, trigrams where they are Latin letters, the last four of phone and document. A term of one scope means
//! nothing in another: scope 0 holds everybody and is the platform's, an organization's id holds the accounts it owns.
//! Invariant: the terms of an open account are those of its row; `service::refreshed_in` goes around every change.
mod model;
mod phrase;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{EVERYBODY, Wanted, initials, name_fits, terms, terms_of};
pub use phrase::phrase_fits;
