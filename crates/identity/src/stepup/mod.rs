//! Step-up: an action names the strength it needs, and only what is missing is asked for again at `/me/verify`.
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
pub mod verify;

pub use model::Need;
