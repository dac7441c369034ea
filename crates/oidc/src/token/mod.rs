//! The token endpoint, userinfo, and the tokens behind them. Codes are consumed exactly once and everything is decided
//! again at each step: a token that exists says nothing, what the database says now counts.
pub mod api;
mod credentials;
pub mod model;
pub mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;
pub mod userinfo;
