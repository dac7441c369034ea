//! The token endpoint.
mod credentials;
pub mod model;
