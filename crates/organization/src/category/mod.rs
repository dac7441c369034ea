//! Headings of the catalog: rows with a name in both languages and a place, kept by the platform. Invariants: a product names
//! one by its code, which never changes; one that products stand under is not taken away.
mod model;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Category, CategoryId, LONGEST_NAME, code};
