//! Second factors and passkeys of an account: TOTP, recovery codes, WebAuthn. This room knows an account by its id alone;
//! the rooms above lock the account, decide who may change what, audit it and tell the holder.
pub mod overview;
pub mod passkey;
pub mod recovery_code;
#[cfg(test)]
mod testing;
pub mod totp;

pub use overview::{Factors, service::has_second_factor_in, service::summary, service::summary_in};
