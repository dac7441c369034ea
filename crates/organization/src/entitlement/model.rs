//! The small things that the index is made of: periods kept once, numbers in place of ids, several facts in one word.
use kernel::Timestamp;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A period with the state of its row. Many rows share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Term {
    from: i64,
    until: i64,
    /// Position in the state's own list of values, and what else the row says.
    pub state: u8,
}
impl Term {
    pub fn from(&self) -> Timestamp {
        Timestamp::from_millis(self.from)
    }
    pub fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.until)
    }
    pub fn holds(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now.as_millis())
    }
}

/// Bits of a number of a term.
pub(super) const TERM_BITS: u32 = 20;
/// The number of a term that found no place: whoever meets it asks the database.
pub(super) const UNKNOWN_TERM: u32 = (1 << TERM_BITS) - 1;
/// What began this long ago has begun for good; how long ago matters to nobody, and the same beginning is kept once.
const SETTLED_SECONDS: i64 = 60;

/// All periods that occur, each once.
#[derive(Default)]
pub(super) struct Terms {
    list: Vec<Term>,
    numbers: HashMap<Term, u32>,
}
impl Terms {
    pub fn number(&mut self, from: Timestamp, until: Timestamp, state: u8, now: Timestamp) -> u32 {
        let begun = from <= now.plus_seconds(-SETTLED_SECONDS);
        let term = Term { from: if begun { 0 } else { from.as_millis() }, until: until.as_millis(), state };
        if let Some(number) = self.numbers.get(&term) {
            return *number;
        }
        let number = self.list.len() as u32;
        if number >= UNKNOWN_TERM {
            return UNKNOWN_TERM;
        }
        self.list.push(term);
        self.numbers.insert(term, number);
        number
    }
    /// None: the database knows.
    pub fn get(&self, number: u32) -> Option<&Term> {
        self.list.get(number as usize)
    }
    pub fn bytes(&self) -> usize {
        self.list.capacity() * size_of::<Term>()
            + self.numbers.capacity() * (size_of::<Term>() + size_of::<u32>() + 1)
    }
}

/// Where a value stands in the list of all values, and back.
pub(super) fn place<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter().position(|one| one == value).unwrap_or(usize::MAX) as u8
}
pub(super) fn at<T: Copy>(all: &[T], place: u8) -> Option<T> {
    all.get(usize::from(place)).copied()
}

/// Ids as keys: they are ours, nobody chooses them to collide.
#[derive(Clone, Copy, Default)]
pub(super) struct IdHasher(u64);
impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
}
pub(super) type ById<V> = HashMap<i64, V, BuildHasherDefault<IdHasher>>;

/// Ids of one kind, each with a number of its own from 0.
#[derive(Default)]
pub(super) struct Numbers(ById<u32>);
impl Numbers {
    pub fn get(&self, id: i64) -> Option<u32> {
        self.0.get(&id).copied()
    }
    /// The number, and whether it is new.
    pub fn draw(&mut self, id: i64) -> (u32, bool) {
        let next = self.0.len() as u32;
        let number = *self.0.entry(id).or_insert(next);
        (number, number == next)
    }
    pub fn bytes(&self) -> usize {
        self.0.capacity() * 17
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_long_ago_is_one_term_and_what_is_to_come_is_exact() {
        let (mut terms, now) = (Terms::default(), Timestamp::from_millis(1_800_000_000_000));
        let until = now.plus_days(1);
        let old = terms.number(now.plus_days(-9), until, 0, now);
        assert_eq!(terms.number(now.plus_days(-8), until, 0, now), old);
        assert_ne!(terms.number(now.plus_days(-8), until, 1, now), old);
        let coming = terms.number(now.plus_seconds(5), until, 0, now);
        let term = terms.get(coming).copied().unwrap();
        assert_eq!((term.from(), term.until()), (now.plus_seconds(5), until));
        assert!(!term.holds(now) && term.holds(now.plus_seconds(5)) && !term.holds(until));
        assert!(terms.get(UNKNOWN_TERM).is_none());
    }
    #[test]
    fn terms_without_a_place_are_asked_for() {
        let (mut terms, now) = (Terms::default(), Timestamp::from_millis(0));
        for n in 0..i64::from(UNKNOWN_TERM) + 5 {
            terms.number(now, Timestamp::from_millis(n), 0, now);
        }
        assert_eq!(terms.number(now, Timestamp::from_millis(-1), 0, now), UNKNOWN_TERM);
        assert_eq!(terms.number(now, Timestamp::from_millis(3), 0, now), 3);
    }
}
