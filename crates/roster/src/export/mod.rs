//! The list of members as a file. Numbers are masked; in full, and then of the organization's own accounts alone, only for
//! whoever just proved to be there. Every export stands in the record before its first byte goes out.
mod pages;
mod service;
#[cfg(test)]
mod tests;

pub use pages::routes;
