//! The authorization endpoint.
pub mod model;
#[cfg(test)]
mod model_tests;
