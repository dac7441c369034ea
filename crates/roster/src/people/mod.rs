//! The staff's search of people, over everybody: names by any two characters or initials, login names, phones and documents
//! whole or by their last four. Account managers find people of their own portfolio alone, filtered in SQL; numbers are masked.
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use service::{Found, Person};
