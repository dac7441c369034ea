use crate::membership::{MemberRow, MembershipState, Role};
use identity::search::Wanted;
use kernel::{
    Timestamp,
    id::{AccountId, MembershipId, ProductId},
};

db::text_enum! {
    /// Memberships by their end.
    pub enum Expiry {
        /// Within the next thirty days.
        Soon = "soon",
        /// Over, and neither renewed nor ended.
        Over = "over",
    }
}
/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub wanted: Option<Wanted>,
    pub state: Option<MembershipState>,
    pub role: Option<Role>,
    pub expiry: Option<Expiry>,
    /// Those who are granted this product, or those who are not.
    pub holds: Option<(ProductId, bool)>,
    pub from: From,
}
/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    #[default]
    Start,
    /// Older than this one; with an expiry: ending later.
    Before(Key),
    /// Newer than this one.
    After(Key),
    /// A search goes on below this account.
    Below(AccountId),
}
/// The place of a membership in its list; the end counts in lists by expiry alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub until: Timestamp,
    pub id: MembershipId,
}
impl Key {
    pub fn of(row: &MemberRow) -> Self {
        Self { until: row.valid_until, id: row.id }
    }
    pub fn parse(text: &str) -> Option<Self> {
        let (until, id) = text.split_once('.')?;
        Some(Self { until: Timestamp::from_millis(until.parse().ok()?), id: id.parse().ok()? })
    }
}
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.until.as_millis(), self.id)
    }
}
#[derive(Clone, Debug, Default)]
pub struct Listed {
    pub rows: Vec<MemberRow>,
    pub newer: Option<Key>,
    pub older: Option<Key>,
    /// A search goes on here.
    pub next: Option<AccountId>,
    /// What was typed fits more login names than are shown.
    pub refine: bool,
}

/// For the store: the same conditions in every statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrow {
    pub state: Option<MembershipState>,
    pub role: Option<Role>,
    pub expiry: Option<Expiry>,
    pub holds: Option<(ProductId, bool)>,
    pub now: Timestamp,
    pub soon: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_went() {
        let key = Key { until: Timestamp::FOREVER, id: MembershipId::from_i64(77) };
        assert_eq!(Key::parse(&key.to_string()), Some(key));
        for bad in ["", "1", "x.y", "1.", ".1"] {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
    }
}
