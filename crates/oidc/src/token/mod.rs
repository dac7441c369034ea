//! The token endpoint, userinfo, introspection, revocation, and the tokens behind them. Codes and refresh tokens are consumed
//! exactly once and everything is decided again at each step: a token that exists says nothing, what the database says now
//! counts.
mod access;
pub mod api;
pub(crate) mod authentication;
pub mod caller;
pub mod grant;
mod grounds;
pub(crate) mod handle;
pub mod introspection;
pub mod live;
pub mod model;
mod resource;
pub mod revocation;
pub(crate) mod store;
pub(crate) use access::LEEWAY;
pub(crate) use store::{
    end_all_of_client, end_refresh_of_client, end_unbound_of_client, until_none_is_left,
    until_nothing_is_left,
};
#[cfg(test)]
mod tests;
pub mod userinfo;
