//! `/me/data`: everything that is kept about the person, to take along.
pub(crate) mod pages;
pub(crate) mod service;
mod store;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;
