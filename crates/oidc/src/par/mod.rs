//! Pushed authorization requests (RFC 9126): a client leaves its request here over its own connection and sends the browser
//! with a name for it. Invariants: the name is good for that client for a minute and leads to one code or one no of the person,
//! however often it is looked at before; what stands beside it in the browser's request counts for nothing.
mod api;
mod service;
mod store;
#[cfg(test)]
mod tests;

pub use api::push;

/// In front of the handle (RFC 9126 §2.2).
pub const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// From the client's server to its person's browser.
pub const PUSHED_SECONDS: i64 = 60;
