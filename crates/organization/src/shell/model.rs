//! Spaces of one account: what the switcher shows, and the list of all of them.
use crate::membership::{Membership, Role};
use kernel::id::{MembershipId, OrganizationId};

/// What the switcher needs: never all memberships of a person who has a thousand.
#[derive(Clone, Debug, Default)]
pub struct Spaces {
    /// The one at hand first, then the last visited, then the newest.
    pub list: Vec<Membership>,
    /// Whether the account has more memberships than these.
    pub more: bool,
}
impl Spaces {
    pub fn find(&self, organization: OrganizationId) -> Option<&Membership> {
        self.list.iter().find(|membership| membership.organization == organization)
    }
}

/// Where the list of my organizations goes on: behind this role's rank and membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub rank: i64,
    pub membership: MembershipId,
}
impl Cursor {
    pub fn of(membership: &Membership) -> Self {
        Self { rank: rank(membership.role), membership: membership.id }
    }
    /// `2-0123456789ABC`; None for what no page wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (rank, id) = text.split_once('-')?;
        let rank = rank.parse().ok().filter(|rank| (0..=2).contains(rank))?;
        Some(Self { rank, membership: id.parse().ok()? })
    }
}
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.rank, self.membership)
    }
}
/// The highest role is 0, as the store orders them.
pub(super) fn rank(role: Role) -> i64 {
    match role {
        Role::LegalRepresentative => 0,
        Role::Administrator => 1,
        Role::Agent => 2,
    }
}

/// What the list of my organizations was asked for.
#[derive(Clone, Debug, Default)]
pub struct OwnFilter {
    pub role: Option<Role>,
    /// A part of the name.
    pub name: Option<String>,
    /// Those that can be entered now, or those that cannot.
    pub usable: Option<bool>,
    pub after: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor { rank: 1, membership: kernel::Id::from_i64(77) };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for text in ["", "1", "3-0000000000042", "-1-0000000000042", "1-nothing", "x-0000000000042"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
