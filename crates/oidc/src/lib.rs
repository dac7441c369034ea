//! The OpenID Provider.
pub mod authorize;
pub mod client;
pub mod keys;
mod parameters;
pub mod token;
