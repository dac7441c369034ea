//! Signing out: from our own pages, or begun by a product (OpenID Connect RP-Initiated Logout 1.0). A session ends without
//! a question only for a product that shows an ID token of this very session; everything else is confirmed by the person.
pub mod backchannel;
#[cfg(test)]
mod bad_input;
pub mod model;
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
