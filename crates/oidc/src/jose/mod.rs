//! What clients sign: assertions, proofs of possession, request objects (RFC 7515, 7517, 7518, 8037). Pure: no clock, no
//! network, no database. The key decides which algorithms it may be used with, never the message alone.
mod jwk;
mod jws;
#[cfg(test)]
mod tests;

pub use jwk::{Jwk, JwkSet, SetFault};
pub use jws::{Header, Jws, hs256_signs};
