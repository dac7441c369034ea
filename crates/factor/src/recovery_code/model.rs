//! A code as it is printed and as it is typed.
use kernel::{Error, Result, Rng, text};

/// Codes of one set.
pub const SET: usize = 10;
/// 50 bits.
const LENGTH: usize = 10;
/// Crockford's base32: no letter that reads like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);
impl Code {
    pub(super) fn draw(rng: &Rng) -> Self {
        let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().map_or('0', char::from);
        Self(rng.bytes::<LENGTH>().into_iter().map(letter).collect())
    }
    /// Blanks, dashes, small letters, and letters that read like digits are welcome. Error: `recovery_code.shape`.
    pub fn parse(field: &'static str, typed: &str) -> Result<Self> {
        let code: String = text::normalize(typed)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '–' | '—'))
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        if code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte)) {
            Ok(Self(code))
        } else {
            Err(Error::invalid("recovery_code.shape").at(field))
        }
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
    /// `ABCDE-FGHJK`.
    pub fn printed(&self) -> String {
        let (head, tail) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{head}-{tail}")
    }
}
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What came of a code at sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Used up by this very try.
    Right {
        /// Codes that remain.
        remaining: i64,
    },
    /// Unknown, or used before: which, is not said.
    Wrong {
        left: i64,
    },
    Locked {
        minutes: i64,
    },
}
impl Verdict {
    /// What the person is told, at `field`; None if it was right.
    pub fn error(&self, field: &'static str) -> Option<Error> {
        Some(match self {
            Self::Right { .. } => return None,
            Self::Wrong { left } => {
                Error::invalid("recovery_code.wrong").at(field).arg("left", left.max(&0).to_string())
            }
            Self::Locked { minutes } => {
                Error::too_many("recovery_code.locked").at(field).arg("minutes", minutes.max(&1).to_string())
            }
        })
    }
}
