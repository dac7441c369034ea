//! Logins of earlier systems that keep working: their names, and hashes that those systems made, verified once and then
//! hashed anew. A login without an account belongs to somebody who is not known yet; its first sign-in asks who. With a new password of the
//! account the old one is over: the name then stands for the account's own.
pub mod hash;
pub mod service;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use hash::FormerHash;

use kernel::{
    Timestamp,
    id::{AccountId, Id},
};

pub type FormerLoginId = Id<kernel::id::mark::LegacyAccount>;

/// As its holder sees it.
#[derive(Clone, Debug)]
pub struct FormerLogin {
    pub id: FormerLoginId,
    pub login_name: String,
    pub account: Option<AccountId>,
    pub used_at: Option<Timestamp>,
}

/// Former names were under other rules, so they are compared by shape alone: normalized, lower case, at most 64 characters.
pub fn folded(typed: &str) -> String {
    kernel::text::normalize(typed).to_lowercase().chars().take(64).collect()
}
