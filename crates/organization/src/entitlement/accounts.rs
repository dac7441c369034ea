//! People: found by the subject that products know them by, each with memberships and grants. Those that were there when
//! the index was read lie in sorted arrays side by side, a few words each; whoever changed since lies in a map before them.
use super::model::{IdHasher, TERM_BITS, UNKNOWN_TERM, at, place};
use crate::membership::Role;
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::Timestamp;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, RandomState};
use std::hint::black_box;
use std::ops::Range;

const STATES: [AccountState; 4] =
    [AccountState::Active, AccountState::Unactivated, AccountState::Disabled, AccountState::Closed];

/// 128 bits of a keyed hash: subjects are compared by them alone.
pub(super) type Key = (u64, u64);

/// The keys of the hash, drawn with each index: nobody can make two subjects meet.
#[derive(Clone, Default)]
pub(super) struct Keys(RandomState, RandomState);
impl Keys {
    pub fn of(&self, subject: &str) -> Key {
        (self.0.hash_one(subject), self.1.hash_one(subject))
    }
}

/// A membership: whose, the number of its organization, its period and role, and where its grants begin.
#[derive(Clone, Copy)]
pub(super) struct Seat {
    pub organization: u32,
    /// Number of the term; role; whether the account is owned by another organization.
    packed: u32,
    grants: u32,
}
impl Seat {
    pub fn new(organization: u32, term: u32, role: Role, foreign: bool, grants: usize) -> Self {
        let role = u32::from(place(Role::ALL, &role));
        let packed = term | role << TERM_BITS | u32::from(foreign) << (TERM_BITS + 2);
        Self { organization, packed, grants: grants as u32 }
    }
    pub const fn term(&self) -> u32 {
        self.packed & UNKNOWN_TERM
    }
    pub fn role(&self) -> Option<Role> {
        at(Role::ALL, self.role_place())
    }
    pub const fn role_place(&self) -> u8 {
        (self.packed >> TERM_BITS & 3) as u8
    }
    pub const fn foreign(&self) -> bool {
        self.packed >> (TERM_BITS + 2) & 1 == 1
    }
}

/// A product's number and a term's in one word.
pub(super) const fn grant(product: u32, term: u32) -> u32 {
    product << TERM_BITS | term
}
/// Products that find a place in a grant; questions about others go to the database.
pub(super) const MOST_PRODUCTS: u32 = (1 << (32 - TERM_BITS)) - 1;

/// A real-name level that ends.
#[derive(Clone, Copy)]
pub(super) struct Rung {
    /// Of the account in the arrays.
    slot: u32,
    pub level: u8,
    pub until: i64,
}
impl Rung {
    pub const fn new(level: u8, until: i64) -> Self {
        Self { slot: 0, level, until }
    }
}

/// An account by itself. `seats` has one more at its end, which says where the last grants end.
pub(super) struct Account {
    bits: u8,
    rungs: Box<[Rung]>,
    seats: Box<[Seat]>,
    grants: Box<[u32]>,
}
const MANAGED: u8 = 1 << 2;
const RUNGS: u8 = 1 << 5;
const BITS: u32 = 6;

impl Account {
    /// `level` holds for good, `rungs` above it for a while.
    pub fn new(
        state: AccountState,
        managed: bool,
        level: u8,
        rungs: Vec<Rung>,
        mut seats: Vec<Seat>,
        grants: Vec<u32>,
    ) -> Self {
        let bits = place(&STATES, &state)
            | if managed { MANAGED } else { 0 }
            | (level & 3) << 3
            | if rungs.is_empty() { 0 } else { RUNGS };
        seats.push(Seat { organization: u32::MAX, packed: 0, grants: grants.len() as u32 });
        Self { bits, rungs: rungs.into(), seats: seats.into(), grants: grants.into() }
    }
    fn person(&self) -> Person<'_> {
        Person { bits: self.bits, rungs: &self.rungs, seats: &self.seats, grants: &self.grants }
    }
}

/// An account, wherever it lies.
pub(super) struct Person<'a> {
    bits: u8,
    rungs: &'a [Rung],
    seats: &'a [Seat],
    grants: &'a [u32],
}
impl<'a> Person<'a> {
    pub fn state(&self) -> Option<AccountState> {
        at(&STATES, self.bits & 3)
    }
    pub const fn is_active(&self) -> bool {
        // The first of `STATES`.
        self.bits & 3 == 0
    }
    pub const fn managed(&self) -> bool {
        self.bits & MANAGED != 0
    }
    pub fn level(&self, now: Timestamp) -> RealNameLevel {
        let for_good = self.bits >> 3 & 3;
        let now = now.as_millis();
        let ending = self.rungs.iter().filter(|rung| rung.until > now).map(|rung| rung.level).max();
        RealNameLevel::from_rank(i64::from(for_good.max(ending.unwrap_or(0))))
    }
    /// The membership in an organization, with its grants.
    pub fn seat(&self, organization: u32) -> Option<(Seat, &'a [u32])> {
        let mine = self.seats.len().saturating_sub(1);
        let index = self.seats.iter().take(mine).position(|seat| seat.organization == organization)?;
        let (seat, next) = (self.seats.get(index)?, self.seats.get(index + 1)?);
        let grants = self.grants.get(seat.grants as usize..next.grants as usize)?;
        Some((*seat, grants))
    }
}

/// The term of the grant of a product.
pub(super) fn find_grant(grants: &[u32], product: u32) -> Option<u32> {
    grants.iter().find(|grant| **grant >> TERM_BITS == product).map(|grant| grant & UNKNOWN_TERM)
}

/// Accounts that do not change any more, in the order in which they were read.
#[derive(Default)]
pub(super) struct Accounts {
    /// Where the accounts of each value of the first bits begin.
    buckets: Vec<u32>,
    shift: u32,
    keys: Vec<u64>,
    slots: Vec<u32>,
    /// Number of the first seat, and the bits of the account; one more at the end.
    heads: Vec<u32>,
    seats: Vec<Seat>,
    grants: Vec<u32>,
    rungs: Vec<Rung>,
    /// Whoever changed since.
    later: HashMap<Key, Account, BuildHasherDefault<IdHasher>>,
}
impl Accounts {
    pub fn get(&self, key: Key) -> Option<Person<'_>> {
        if !self.later.is_empty()
            && let Some(account) = self.later.get(&key)
        {
            return Some(account.person());
        }
        let slot = *self.slots.get(self.position(key, self.bucket(key)?)?)?;
        let (head, next) = (*self.heads.get(slot as usize)?, *self.heads.get(slot as usize + 1)?);
        let bits = (head & ((1 << BITS) - 1)) as u8;
        let rungs = if bits & RUNGS == 0 { &[] } else { self.rungs_of(slot) };
        let seats = self.seats.get((head >> BITS) as usize..=(next >> BITS) as usize)?;
        Some(Person { bits, rungs, seats, grants: &self.grants })
    }
    fn bucket(&self, key: Key) -> Option<Range<usize>> {
        let bucket = (key.0 >> self.shift) as usize;
        Some(*self.buckets.get(bucket)? as usize..*self.buckets.get(bucket + 1)? as usize)
    }
    fn position(&self, key: Key, bucket: Range<usize>) -> Option<usize> {
        let within = self.keys.get(bucket.clone())?.iter().position(|known| *known == key.1)?;
        Some(bucket.start + within)
    }
    /// Reads ahead what will be asked of all of these, one step for all before the next: among a million accounts each step
    /// waits for memory, and waits that do not depend on one another pass at the same time.
    pub fn read_ahead(&self, keys: &[Key]) {
        let buckets: Vec<_> = keys.iter().map(|key| self.bucket(*key).unwrap_or_default()).collect();
        let ends = buckets.iter().flat_map(|bucket| [bucket.start, bucket.end.saturating_sub(1)]);
        black_box(ends.filter_map(|end| self.keys.get(end)).fold(0, |all, key| all ^ key));
        let found = keys.iter().zip(buckets).filter_map(|(key, bucket)| self.position(*key, bucket));
        let found: Vec<_> = found.collect();
        let slots: Vec<_> = found.into_iter().filter_map(|place| self.slots.get(place)).copied().collect();
        let heads: Vec<_> = slots.into_iter().filter_map(|slot| self.heads.get(slot as usize)).collect();
        let seats: Vec<_> =
            heads.into_iter().filter_map(|head| self.seats.get((*head >> BITS) as usize)).collect();
        let grants = seats.into_iter().filter_map(|seat| self.grants.get(seat.grants as usize));
        black_box(grants.fold(0, |all, grant| all ^ grant));
    }
    fn rungs_of(&self, slot: u32) -> &[Rung] {
        let start = self.rungs.partition_point(|rung| rung.slot < slot);
        let end = self.rungs.partition_point(|rung| rung.slot <= slot);
        self.rungs.get(start..end).unwrap_or(&[])
    }
    pub fn put(&mut self, key: Key, account: Account) {
        self.later.insert(key, account);
    }
    pub fn changed(&self) -> usize {
        self.later.len()
    }
    pub fn len(&self) -> usize {
        self.slots.len()
    }
    pub fn grants(&self) -> usize {
        self.grants.len()
    }
    pub fn bytes(&self) -> usize {
        let words =
            self.buckets.capacity() + self.slots.capacity() + self.heads.capacity() + self.grants.capacity();
        words * 4
            + self.keys.capacity() * 8
            + self.seats.capacity() * size_of::<Seat>()
            + self.rungs.capacity() * size_of::<Rung>()
            + self.later.capacity() * (size_of::<(Key, Account)>() + 1)
    }
}

/// Accounts as they are read.
#[derive(Default)]
pub(super) struct Builder {
    keys: Vec<Key>,
    accounts: Accounts,
    /// More seats than the heads can number.
    overflow: bool,
}
impl Builder {
    pub fn push(&mut self, key: Key, account: &Account) {
        let to = &mut self.accounts;
        let (slot, before) = (self.keys.len() as u32, to.grants.len() as u32);
        self.overflow |= to.seats.len() >= 1 << (32 - BITS);
        to.heads.push((to.seats.len() as u32) << BITS | u32::from(account.bits));
        let mine = account.seats.len().saturating_sub(1);
        let seats = account.seats.iter().take(mine);
        to.seats.extend(seats.map(|seat| Seat { grants: seat.grants + before, ..*seat }));
        to.grants.extend_from_slice(&account.grants);
        to.rungs.extend(account.rungs.iter().map(|rung| Rung { slot, ..*rung }));
        self.keys.push(key);
    }
    /// None if it cannot be told apart what was read: then another key is drawn.
    pub fn finish(self) -> Option<Accounts> {
        let Self { keys, mut accounts, overflow } = self;
        if overflow {
            return None;
        }
        accounts.heads.push((accounts.seats.len() as u32) << BITS);
        accounts.seats.push(Seat { organization: u32::MAX, packed: 0, grants: accounts.grants.len() as u32 });
        // About eight accounts share a bucket: a cache line of keys.
        let bits = (keys.len() / 8).next_power_of_two().ilog2().max(1);
        accounts.shift = 64 - bits;
        let bucket = |key: &Key| (key.0 >> accounts.shift) as usize;
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        let key_of = |slot: u32| keys.get(slot as usize).copied().unwrap_or_default();
        order.sort_unstable_by_key(|slot| {
            let key = key_of(*slot);
            (bucket(&key), key.1)
        });
        let mut buckets = vec![0u32; (1usize << bits) + 1];
        for key in &keys {
            if let Some(count) = buckets.get_mut(bucket(key) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut buckets {
            sum += *count;
            *count = sum;
        }
        let same = |pair: &[u32]| match *pair {
            [a, b] => {
                let (a, b) = (key_of(a), key_of(b));
                bucket(&a) == bucket(&b) && a.1 == b.1
            }
            _ => false,
        };
        if order.windows(2).any(same) {
            return None;
        }
        accounts.buckets = buckets;
        accounts.keys = order.iter().map(|slot| key_of(*slot).1).collect();
        accounts.slots = order;
        accounts.heads.shrink_to_fit();
        accounts.seats.shrink_to_fit();
        accounts.grants.shrink_to_fit();
        accounts.rungs.shrink_to_fit();
        Some(accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u32) -> Account {
        let seats = (0..n % 3)
            .map(|s| Seat::new(s * 7, n % 50, Role::Administrator, s == 1, (s * 2) as usize))
            .collect();
        let grants = (0..(n % 3) * 2).map(|g| grant(g, n % 50)).collect();
        let rungs = if n.is_multiple_of(4) { vec![Rung::new(3, i64::from(n))] } else { Vec::new() };
        Account::new(AccountState::Disabled, n.is_multiple_of(2), 1, rungs, seats, grants)
    }
    fn is_it(person: &Person<'_>, n: u32) {
        assert_eq!(person.state(), Some(AccountState::Disabled));
        assert_eq!(person.managed(), n.is_multiple_of(2));
        let before = person.level(Timestamp::from_millis(i64::from(n) - 1));
        assert_eq!(before == RealNameLevel::Advanced, n.is_multiple_of(4), "{n}");
        assert_eq!(person.level(Timestamp::from_millis(i64::from(n))), RealNameLevel::Primary);
        for s in 0..3 {
            let seat = person.seat(s * 7);
            assert_eq!(seat.is_some(), s < n % 3);
            let Some((seat, grants)) = seat else { continue };
            assert_eq!(
                (seat.term(), seat.role(), seat.foreign()),
                (n % 50, Some(Role::Administrator), s == 1)
            );
            assert_eq!(grants.len(), 2);
            assert_eq!(find_grant(grants, s * 2 + 1), Some(n % 50));
            assert_eq!(find_grant(grants, s * 2 + 2), None);
        }
    }
    #[test]
    fn everybody_is_found_as_they_are_and_nobody_else() {
        for count in [0u32, 1, 7, 5_000] {
            let (keys, mut builder) = (Keys::default(), Builder::default());
            for n in 0..count {
                builder.push(keys.of(&format!("subject-{n}")), &account(n));
            }
            let mut accounts = builder.finish().unwrap();
            assert_eq!(accounts.len(), count as usize);
            for n in 0..count {
                is_it(&accounts.get(keys.of(&format!("subject-{n}"))).unwrap(), n);
            }
            for stranger in ["", "subject-", "subject-5001", "Subject-1"] {
                assert!(accounts.get(keys.of(stranger)).is_none());
            }
            accounts.put(keys.of("subject-0"), account(8));
            accounts.put(keys.of("new"), account(5));
            is_it(&accounts.get(keys.of("subject-0")).unwrap(), 8);
            is_it(&accounts.get(keys.of("new")).unwrap(), 5);
        }
    }
    #[test]
    fn two_that_cannot_be_told_apart_are_no_index() {
        let mut builder = Builder::default();
        builder.push((1, 1), &account(1));
        builder.push((1, 1), &account(2));
        assert!(builder.finish().is_none());
    }
    #[test]
    fn a_seat_and_its_grant_are_sixteen_bytes() {
        assert_eq!(size_of::<Seat>(), 12);
        assert_eq!(size_of_val(&grant(1, 1)), 4);
    }
}
