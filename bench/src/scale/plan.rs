//! Who belongs where, as arithmetic: the n-th person of a size is always in the same place.
use kernel::Id;

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub people: u64,
    pub organizations: u64,
    pub grants: u64,
}
/// The organizations that pages are measured in come first.
pub const BIG: u64 = 0;
pub const MATRIX: u64 = 1;
pub const CONSOLE: u64 = 2;
const SPECIAL: u64 = 3;
/// So many products, besides those of the demonstration.
pub const PRODUCTS: u64 = 60;
/// Whoever is in so many organizations is the last person.
const BUSY: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Head,
    Administrator,
    Agent,
}
impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "legal_representative",
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }
}
/// One membership: `number` counts over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub number: u64,
    pub person: u64,
    pub organization: u64,
    pub role: Role,
    /// The organization owns the account.
    pub managed: bool,
}

impl Size {
    pub const fn big(self) -> u64 {
        if self.people / 10 < 100_000 { self.people / 10 } else { 100_000 }
    }
    /// People up to here are in the special organizations.
    const fn ends(self) -> [u64; 3] {
        let big = self.big();
        [big, big + 500, big + 550]
    }
    pub const fn busy_person(self) -> u64 {
        self.people - 1
    }
    pub const fn busy_memberships(self) -> u64 {
        let others = self.organizations - SPECIAL;
        if others < BUSY { others } else { BUSY }
    }
    pub const fn memberships(self) -> u64 {
        self.people - 1 + self.busy_memberships()
    }
    /// Of everybody but the last person, who has [`Size::busy_places`].
    pub fn place(self, person: u64) -> Place {
        let mut start = 0;
        for (organization, end) in (0..).zip(self.ends()) {
            if person < end {
                let (role, managed) = match person - start {
                    0 => (Role::Head, false),
                    1 => (Role::Administrator, true),
                    // Few come with an account of their own.
                    n => (Role::Agent, n % 40 != 0),
                };
                return Place { number: person, person, organization, role, managed };
            }
            start = end;
        }
        let (others, n) = (self.organizations - SPECIAL, person - start);
        let (role, managed) = match n / others {
            0 => (Role::Head, false),
            1 => (Role::Administrator, true),
            turn => (Role::Agent, turn % 2 == 0),
        };
        // Whoever acts for a thousand does so with an account of their own.
        let managed = managed && person != self.busy_person();
        Place { number: person, person, organization: SPECIAL + n % others, role, managed }
    }
    /// One administrator in ten of theirs, an agent elsewhere.
    pub fn busy_places(self) -> impl Iterator<Item = Place> {
        let (person, step) = (self.busy_person(), (self.organizations - SPECIAL) / self.busy_memberships());
        (0..self.busy_memberships()).map(move |n| Place {
            number: self.people - 1 + n,
            person,
            organization: SPECIAL + n * step,
            role: if n % 10 == 0 { Role::Administrator } else { Role::Agent },
            managed: false,
        })
    }
    /// How many grants a membership has: as even as it can be, and never more than there are products.
    pub const fn grants_of(self, membership: u64) -> u64 {
        let (each, left) = (self.grants / self.memberships(), self.grants % self.memberships());
        let grants = if membership < left { each + 1 } else { each };
        if grants < PRODUCTS { grants } else { PRODUCTS }
    }
}
pub const CONTRACT: &str = "contract";
pub const DISCRETIONARY: &str = "discretionary";
/// A third of the products is open, a third for members by number, the rest need an admission of their own.
pub const fn class(product: u64) -> &'static str {
    match product % 6 {
        0 | 1 => "open",
        2 | 3 => "membership",
        4 => CONTRACT,
        _ => DISCRETIONARY,
    }
}

/// What ids are of: accounts, organizations and the rest never share one.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Account,
    Person,
    Organization,
    Membership,
    Product,
    ContractType,
    Contract,
    Admission,
    Grant,
    Proof,
}
/// Ids as if all had been drawn within a second or two, a month before the first.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    first: i64,
}
impl Ids {
    pub fn before(drawn: i64) -> Self {
        const MONTH: i64 = (30 * 24 * 3_600_000) << 22;
        Self { first: (drawn - MONTH) & !0x3ff }
    }
    pub const fn from(first: i64) -> Self {
        Self { first }
    }
    pub const fn of_first(self) -> i64 {
        self.first
    }
    pub const fn of(self, kind: Kind, n: u64) -> i64 {
        self.first + (n as i64) * 1024 + kind as i64
    }
    pub fn id<T>(self, kind: Kind, n: u64) -> Id<T> {
        Id::from_i64(self.of(kind, n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn membership(size: Size, number: u64) -> Option<Place> {
        match number + 1 < size.people {
            true => Some(size.place(number)),
            false => size.busy_places().nth((number + 1 - size.people) as usize),
        }
    }
    #[test]
    fn everybody_has_a_place_and_no_organization_two_heads() {
        for size in [
            Size { people: 10_000, organizations: 1_000, grants: 50_000 },
            Size { people: 30_000, organizations: 2_000, grants: 7 },
        ] {
            let mut members: BTreeMap<u64, Vec<Place>> = BTreeMap::new();
            for number in 0..size.memberships() {
                let place = membership(size, number).unwrap();
                assert_eq!(place.number, number);
                members.entry(place.organization).or_default().push(place);
            }
            assert_eq!(membership(size, size.memberships()), None);
            assert_eq!(members.len() as u64, size.organizations);
            assert_eq!([0, 1, 2].map(|n| members[&n].len() as u64), [size.big(), 500, 50]);
            for places in members.values() {
                assert_eq!(places.iter().filter(|place| place.role == Role::Head).count(), 1);
                let mut people: Vec<u64> = places.iter().map(|place| place.person).collect();
                people.dedup();
                assert_eq!(people.len(), places.len());
            }
            assert!(!size.place(size.busy_person()).managed);
            let busy = members.values().flatten().filter(|place| place.person == size.busy_person());
            assert_eq!(busy.count() as u64, size.busy_memberships());
        }
    }
    #[test]
    fn ids_of_different_kinds_never_meet() {
        let ids = Ids::before(1 << 58);
        assert_ne!(ids.of(Kind::Account, 1), ids.of(Kind::Organization, 1));
        assert!(ids.of(Kind::Grant, 5_000_000) < 1 << 58);
    }
}
