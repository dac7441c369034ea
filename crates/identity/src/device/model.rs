//! A browser as the account knows it.
use crate::session::Device;
use kernel::{Id, Timestamp, TokenHash, id::mark};

pub type DeviceId = Id<mark::Device>;

/// What the browser showed, and what it would get; drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Shown {
    pub(super) id: DeviceId,
    /// Of the cookie that came along.
    pub(super) known: Option<TokenHash>,
    pub(super) fresh: String,
    pub(super) address: String,
    pub(super) user_agent: Option<String>,
}
impl Shown {
    /// Hash of the token under which a browser is seen that had none.
    pub(super) fn hash(&self) -> TokenHash {
        self.known.clone().unwrap_or_else(|| TokenHash::of(&self.fresh))
    }
}
/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The account was never signed in to from this browser.
    pub new: bool,
    /// For the cookie, if it changes.
    pub token: Option<String>,
}

/// A browser in the holder's own list.
#[derive(Clone, Debug)]
pub struct DeviceCard {
    pub id: DeviceId,
    pub current: bool,
    pub device: Device,
    pub address: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// Until then the second step is not asked there.
    pub trusted_until: Option<Timestamp>,
}
