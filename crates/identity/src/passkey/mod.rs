//! Signing in with a passkey alone, and a passkey as the second step. The device verifies the person, so a passkey is two
//! factors by itself: nothing more is asked, and the account is found by the key, so no name is typed. Strength follows
//! the methods: a key that stays in its hardware is `hwk` (3), one that is synchronised `swk` (2); neither is attested.
pub mod pages;
pub mod service;
#[cfg(test)]
mod tests;
