//! When the end of a membership, a grant, a contract or an admission is told of before it comes, and in which rounds.

/// So many days before, once each. The nearest first: who hears of the last day is not told of the last month as well.
const DAYS: [i64; 3] = [1, 7, 30];
/// So many are looked for at once: however many end on one day, all are warned before the next distance.
pub const ROUND: i64 = 200;

/// Where a look at what ends soon has come to.
#[derive(Default)]
pub struct Rounds {
    distance: usize,
    warned: u64,
}
impl Rounds {
    /// The distance of the next round in days; none when everybody was warned.
    pub fn days(&self) -> Option<i64> {
        DAYS.get(self.distance).copied()
    }
    /// What a round found, of one kind at most [`ROUND`], and how many of it were warned of. The same distance comes
    /// again while rounds come back full; what stays unwarned although it was tried waits for the next look.
    pub fn done(&mut self, found: usize, warned: u64) {
        self.warned += warned;
        if warned == 0 || (found as i64) < ROUND {
            self.distance += 1;
        }
    }
    pub fn warned(&self) -> u64 {
        self.warned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_round_is_followed_by_another_at_the_same_distance() {
        let mut rounds = Rounds::default();
        let mut seen = Vec::new();
        for (found, warned) in [(200, 200), (200, 7), (3, 3), (200, 0), (0, 0)] {
            seen.push(rounds.days());
            rounds.done(found, warned);
        }
        seen.push(rounds.days());
        assert_eq!(seen, [Some(1), Some(1), Some(1), Some(7), Some(30), None]);
        assert_eq!(rounds.warned(), 210);
    }
}
