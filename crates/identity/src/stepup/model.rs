//! What an action needs, and what a session lacks. Pure.
use kernel::Timestamp;

/// Minutes for which a proof stays fresh.
pub const FRESH_MINUTES: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The person proved a moment ago to be there; with the second factor if the account has one.
    Fresh,
    /// Two factors, a moment ago, whatever the account has.
    Strong,
}
impl Need {
    /// As it stands in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Strong => "strong",
        }
    }
    pub fn parse(text: &str) -> Self {
        if text == "strong" { Self::Strong } else { Self::Fresh }
    }
}

/// What is still missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    Nothing,
    /// Any factor of the account, again.
    Any,
    /// A factor of another kind than the session began with.
    Second,
}
/// `strength` is the session's, 1 to 3.
pub fn lack(
    need: Need,
    strength: i64,
    verified_at: Timestamp,
    has_second_factor: bool,
    now: Timestamp,
) -> Lack {
    let wants_second = need == Need::Strong || has_second_factor;
    if wants_second && strength < 2 {
        Lack::Second
    } else if verified_at.plus_seconds(FRESH_MINUTES * 60) <= now {
        Lack::Any
    } else {
        Lack::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_asked() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let (fresh, stale) = (now.plus_seconds(-599), now.plus_seconds(-600));
        for (need, strength, at, second, lacks) in [
            (Need::Fresh, 1, fresh, false, Lack::Nothing),
            (Need::Fresh, 1, stale, false, Lack::Any),
            (Need::Fresh, 1, fresh, true, Lack::Second),
            (Need::Fresh, 2, fresh, true, Lack::Nothing),
            (Need::Fresh, 2, stale, true, Lack::Any),
            (Need::Strong, 1, fresh, false, Lack::Second),
            (Need::Strong, 2, fresh, false, Lack::Nothing),
            (Need::Strong, 3, stale, true, Lack::Any),
        ] {
            assert_eq!(lack(need, strength, at, second, now), lacks, "{need:?} {strength} {second}");
        }
    }
}
