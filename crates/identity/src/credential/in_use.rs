//! With which parameters the stored hashes were made. Whoever is unknown costs what somebody known costs, and known ones keep
//! the parameters of their day until they sign in again: so a stand-in takes a set that is in use, always the same for a name.
use super::model::{Parameters, Phc};
use db::Tx;
use kernel::{Result, id::AccountId};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Shares are kept in sixteenths: a sample that wavers must not move names from one set to another.
const SLOTS: usize = 16;
/// Stored hashes that are looked at.
const SAMPLE: i64 = 64;
/// A share changes with the sign-ins of days.
const FRESH: Duration = Duration::from_secs(600);

/// Of a sample: how many hashes have which parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InUse(BTreeMap<Parameters, usize>);
impl InUse {
    /// What is no Argon2id is left out: hashes of earlier systems are compared in a time of their own.
    pub fn of<'h>(stored: impl IntoIterator<Item = &'h str>) -> Self {
        let mut sets = BTreeMap::new();
        for phc in stored.into_iter().filter_map(Phc::parse) {
            *sets.entry(phc.parameters).or_insert(0) += 1;
        }
        Self(sets)
    }
    /// With sets that the sample missed, which hardly anybody has any more.
    fn with<'s>(mut self, rare: impl IntoIterator<Item = &'s Parameters>) -> Self {
        for set in rare {
            self.0.entry(*set).or_insert(1);
        }
        self
    }
    /// For a name of which `key` is a keyed hash. As hashes are renewed names go over to `current`, each once, as those who
    /// are known do.
    pub fn stand_in(&self, key: &[u8; 32], current: Parameters) -> Parameters {
        let slots = self.slots(current);
        let place = usize::from(key[0]) % SLOTS;
        slots.get(place).copied().unwrap_or(current)
    }
    /// Older sets first. Each has a slot at least: who is the last of a set must not be the only one.
    fn slots(&self, current: Parameters) -> Vec<Parameters> {
        let total = self.0.values().sum::<usize>().max(1);
        let mut slots = Vec::with_capacity(SLOTS);
        for (set, n) in self.0.iter().filter(|(set, _)| **set != current) {
            let share = ((n * SLOTS + total / 2) / total).max(1);
            slots.extend(std::iter::repeat_n(*set, share));
        }
        let commonest = self.0.iter().max_by_key(|(_, n)| **n).map(|(set, _)| *set);
        let in_use = self.0.contains_key(&current);
        slots.truncate(if in_use { SLOTS - 1 } else { SLOTS });
        slots.resize(SLOTS, if in_use { current } else { commonest.unwrap_or(current) });
        slots
    }
}

/// From where on a sample looks for its hashes: evenly over the time in which accounts were made, and the same next time.
pub fn points(first: AccountId, last: AccountId) -> impl Iterator<Item = AccountId> {
    let (first, span) = (first.as_i64(), last.as_i64().saturating_sub(first.as_i64()).max(0));
    (0..=SAMPLE).map(move |n| AccountId::from_i64(first + span / SAMPLE * n + span % SAMPLE * n / SAMPLE))
}

/// Reads a sample of stored hashes.
pub type Sample = fn(&mut Tx<'_>) -> Result<Vec<String>>;
/// What was found of each kind of hash, and when.
#[derive(Debug, Default)]
pub(crate) struct Sampled(Mutex<HashMap<&'static str, Found>>);
#[derive(Debug)]
struct Found {
    at: Instant,
    in_use: Arc<InUse>,
    /// What samples missed and somebody turned out to have; kept as long as the process, so that no name changes sides.
    rare: BTreeSet<Parameters>,
}
impl Sampled {
    /// The last finding, and whether another is due: then this asker alone is told so.
    pub(crate) fn find(&self, kind: &'static str) -> (Option<Arc<InUse>>, bool) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = found.get_mut(kind) else { return (None, true) };
        let due = found.at.elapsed() >= FRESH;
        if due {
            found.at = Instant::now();
        }
        (Some(Arc::clone(&found.in_use)), due)
    }
    pub(crate) fn keep(&self, kind: &'static str, in_use: InUse) -> Arc<InUse> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rare = found.remove(kind).map(|before| before.rare).unwrap_or_default();
        let in_use = Arc::new(in_use.with(&rare));
        found.insert(kind, Found { at: Instant::now(), in_use: Arc::clone(&in_use), rare });
        in_use
    }
    /// Somebody has this hash: if the sample missed its set, names that nobody has cost as much from now on.
    pub(crate) fn meet(&self, kind: &'static str, stored: &str) {
        let Some(phc) = Phc::parse(stored) else { return };
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = found.get_mut(kind) else { return };
        if !found.in_use.0.contains_key(&phc.parameters) && found.rare.len() < SLOTS {
            found.rare.insert(phc.parameters);
            found.in_use = Arc::new(InUse::clone(&found.in_use).with(&found.rare));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Parameters = Parameters { memory_kib: 8, passes: 1, lanes: 1 };
    const NEW: Parameters = Parameters { memory_kib: 16, passes: 1, lanes: 1 };
    const NEXT: Parameters = Parameters { memory_kib: 64, passes: 2, lanes: 1 };

    fn in_use(sets: &[(Parameters, usize)]) -> InUse {
        let stored: Vec<String> = sets
            .iter()
            .flat_map(|(parameters, n)| {
                let phc = Phc { parameters: *parameters, salt: vec![1; 16], hash: vec![2; 32] };
                std::iter::repeat_n(phc.to_string(), *n)
            })
            .collect();
        InUse::of(stored.iter().map(String::as_str).chain(["md5$nothing of ours", ""]))
    }
    fn names() -> impl Iterator<Item = [u8; 32]> {
        (0..=255).map(|n| [n; 32])
    }

    #[test]
    fn an_unknown_name_costs_what_a_known_one_does_and_always_the_same() {
        let found = in_use(&[(OLD, 48), (NEW, 16)]);
        let mut drawn = BTreeMap::new();
        for name in names() {
            let one = found.stand_in(&name, NEW);
            assert_eq!(one, found.stand_in(&name, NEW), "the same name, the same work");
            *drawn.entry(one).or_insert(0) += 1;
        }
        assert_eq!(drawn, BTreeMap::from([(OLD, 192), (NEW, 64)]), "by the shares of those who are known");
    }
    #[test]
    fn after_a_change_at_the_desk_nobody_has_the_new_parameters_and_no_stand_in_either() {
        let found = in_use(&[(OLD, 30), (NEW, 34)]);
        assert!(names().all(|name| found.stand_in(&name, NEXT) != NEXT));
        assert!(names().all(|name| InUse::default().stand_in(&name, NEXT) == NEXT), "nobody to be taken for");
    }
    #[test]
    fn names_go_over_to_the_new_parameters_once_and_the_last_of_a_set_is_never_alone() {
        let mut before = in_use(&[(OLD, 64)]);
        for renewed in 1..=64 {
            let after = in_use(&[(OLD, 64 - renewed), (NEW, renewed)]);
            for name in names() {
                if before.stand_in(&name, NEW) == NEW {
                    assert_eq!(after.stand_in(&name, NEW), NEW, "no way back");
                }
            }
            assert_eq!(names().any(|name| after.stand_in(&name, NEW) == OLD), renewed < 64);
            assert!(names().any(|name| after.stand_in(&name, NEW) == NEW));
            before = after;
        }
    }
    #[test]
    fn who_is_missed_by_the_sample_is_not_alone_once_somebody_asks() {
        let sampled = Sampled::default();
        sampled.keep("password", in_use(&[(NEW, 64)]));
        let costs_old = || {
            let found = sampled.find("password").0.unwrap();
            names().filter(|name| found.stand_in(name, NEW) == OLD).count()
        };
        assert_eq!(costs_old(), 0);
        sampled.meet("password", "md5$nothing of ours");
        let stored = Phc { parameters: OLD, salt: vec![1; 16], hash: vec![2; 32] }.to_string();
        sampled.meet("password", &stored);
        assert_eq!(costs_old(), 256 / SLOTS);
        sampled.keep("password", in_use(&[(NEW, 64)]));
        assert_eq!(costs_old(), 256 / SLOTS, "and the same after the next sample");
    }
    #[test]
    fn a_sample_looks_from_the_first_to_the_last() {
        let places: Vec<i64> =
            points(AccountId::from_i64(100), AccountId::from_i64(6500)).map(|id| id.as_i64()).collect();
        assert_eq!((places.len(), places.first(), places.last()), (65, Some(&100), Some(&6500)));
        assert!(points(AccountId::from_i64(7), AccountId::from_i64(7)).all(|id| id.as_i64() == 7));
    }
    #[test]
    fn one_asker_alone_looks_anew() {
        let sampled = Sampled::default();
        assert_eq!(sampled.find("password"), (None, true));
        sampled.keep("password", in_use(&[(OLD, 1)]));
        let (found, due) = sampled.find("password");
        assert_eq!((found.as_deref(), due), (Some(&in_use(&[(OLD, 1)])), false));
    }
}
