//! What an action needs, what a session lacks, and how the gap may be closed.
use crate::external::Linked;
use kernel::Timestamp;

/// Minutes for which a proof stays fresh.
pub const FRESH_MINUTES: i64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The person proved a moment ago to be there; with the second factor if the account has one.
    Fresh,
    /// Two factors, a moment ago, whatever the account has.
    Strong,
    /// As `Strong`, one of them cryptographic: a password beside a code by SMS is not enough.
    Factor,
    /// As `Fresh`, by a proof that was given since.
    Since(Timestamp),
}
/// As it stands in an address.
impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fresh => f.write_str("fresh"),
            Self::Strong => f.write_str("strong"),
            Self::Factor => f.write_str("factor"),
            Self::Since(at) => write!(f, "since-{}", at.as_millis()),
        }
    }
}
impl Need {
    pub fn parse(text: &str) -> Self {
        match text {
            "strong" => return Self::Strong,
            "factor" => return Self::Factor,
            _ => {}
        }
        let since = text.strip_prefix("since-").and_then(|millis| millis.parse().ok());
        since.map_or(Self::Fresh, |millis| Self::Since(Timestamp::from_millis(millis)))
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
/// How somebody who is signed in proves to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Password,
    Totp,
    Passkey,
    Sms,
    External,
    Recovery,
}
impl Means {
    const ALL: [Self; 6] =
        [Self::Password, Self::Totp, Self::Passkey, Self::Sms, Self::External, Self::Recovery];
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Sms => "sms",
            Self::External => "external",
            Self::Recovery => "recovery",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|means| means.as_str() == text)
    }
    /// Key of the link that leads to it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Password => "identity-verify-again-use-password",
            Self::Totp => "identity-second-use-totp",
            Self::Passkey => "identity-second-use-passkey",
            Self::Sms => "identity-verify-again-use-sms",
            Self::External => "identity-verify-again-use-external",
            Self::Recovery => "identity-second-use-recovery",
        }
    }
}
/// What the page may ask of this session.
#[derive(Clone, Debug)]
pub struct Offered {
    pub lack: Lack,
    /// The handiest first; none if the account lacks what is needed.
    pub means: Vec<Means>,
    pub phone_masked: Option<String>,
    pub linked: Vec<Linked>,
}
impl Offered {
    /// Those that the page does not show.
    pub fn others(&self, shown: &Option<Means>) -> Vec<Means> {
        self.means.iter().copied().filter(|means| Some(*means) != *shown).collect()
    }
}

/// `strength` is the session's, 1 to 3; `factor`: it proved a cryptographic one.
pub fn lack(
    need: Need,
    strength: i64,
    factor: bool,
    verified_at: Timestamp,
    has_second_factor: bool,
    now: Timestamp,
) -> Lack {
    let wants_second = matches!(need, Need::Strong | Need::Factor) || has_second_factor;
    let short = (wants_second && strength < 2) || (need == Need::Factor && !factor);
    let stale = match need {
        Need::Since(at) => verified_at < at,
        Need::Fresh | Need::Strong | Need::Factor => verified_at.plus_seconds(FRESH_MINUTES * 60) <= now,
    };
    if short {
        Lack::Second
    } else if stale {
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
            (Need::Factor, 1, fresh, true, Lack::Second),
            (Need::Factor, 2, fresh, true, Lack::Nothing),
            (Need::Factor, 2, stale, true, Lack::Any),
            (Need::Since(fresh), 1, fresh, false, Lack::Nothing),
            (Need::Since(fresh.plus_seconds(1)), 1, fresh, false, Lack::Any),
            (Need::Since(stale), 1, stale, true, Lack::Second),
        ] {
            let found = lack(need, strength, strength >= 2, at, second, now);
            assert_eq!(found, lacks, "{need:?} {strength} {second}");
            assert_eq!(Need::parse(&need.to_string()), need);
        }
        // Two factors, and none of them cryptographic.
        assert_eq!(lack(Need::Factor, 2, false, fresh, false, now), Lack::Second);
        assert_eq!(lack(Need::Strong, 2, false, fresh, false, now), Lack::Nothing);
    }
}
