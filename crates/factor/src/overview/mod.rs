//! What an account has besides its password, in one statement. Who calls: sign-in, step-up, the security center.
pub mod model;
pub mod service;
mod store;

pub use model::Factors;
