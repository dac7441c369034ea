//! Step-up: an action names the strength it needs, and only what is missing is asked for again at `/me/verify`.
pub mod model;
pub mod service;

pub use model::Need;
