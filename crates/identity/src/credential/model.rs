//! Passwords as typed, rules for new ones, and the stored form with its parameters (PHC string).
use super::strength;
use data_encoding::BASE64_NOPAD;
use kernel::{Error, Result, Secret};
use platform::setting::PasswordPolicy;
use unicode_normalization::UnicodeNormalization;

/// After normalization; longer input is refused before it costs a hash.
pub const MAX_BYTES: usize = 256;
/// Those that every list of leaked passwords begins with, Chinese favourites included; compared without case.
const COMMONEST: &str = include_str!("commonest.txt");

/// A password in NFKC, so that full-width letters typed by an input method are the same password.
#[derive(Clone, Debug)]
pub struct Password(Secret);
impl Password {
    /// Errors at `field`: `password.required`, `password.too_long`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::invalid("password.required").at(field));
        }
        if text.len() > 4 * MAX_BYTES {
            return Err(Error::invalid("password.too_long").at(field));
        }
        let normal: String = text.nfkc().collect();
        if normal.len() > MAX_BYTES {
            return Err(Error::invalid("password.too_long").at(field));
        }
        Ok(Self(Secret::new(normal)))
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
    /// A new password: long enough, none of the commonest, mixed as the policy asks, and hard to guess for somebody who
    /// knows `own`: name, login name, phone, document number, organization, as they are written.
    /// The estimate takes milliseconds: [`super::service::check_new`] runs it beside the requests.
    pub fn check_new(&self, field: &'static str, policy: &PasswordPolicy, own: &[&str]) -> Result<()> {
        let text = self.0.expose();
        let count = text.chars().count();
        if count < policy.minimum_length {
            return Err(Error::invalid("password.too_short")
                .at(field)
                .arg("least", policy.minimum_length.to_string()));
        }
        let folded = text.to_lowercase();
        if own.iter().any(|word| !word.is_empty() && folded == word.to_lowercase()) {
            return Err(Error::invalid("password.same_as_identifier").at(field));
        }
        let first = text.chars().next();
        if COMMONEST.lines().any(|line| line == folded) || text.chars().all(|c| Some(c) == first) {
            return Err(Error::invalid("password.common").at(field));
        }
        let has = |wanted: fn(&char) -> bool| text.chars().any(|c| wanted(&c));
        if policy.letters_and_digits && !(has(|c| c.is_alphabetic()) && has(|c| c.is_numeric())) {
            return Err(Error::invalid("password.letters_and_digits").at(field));
        }
        if strength::classes(text) < policy.classes {
            return Err(Error::invalid("password.classes")
                .at(field)
                .arg("least", policy.classes.to_string()));
        }
        if policy.strength > 0 {
            let found = strength::of(text, &strength::words(own));
            if found.score < policy.strength {
                let code = if found.personal { "password.personal" } else { "password.weak" };
                return Err(Error::invalid(code).at(field));
            }
        }
        Ok(())
    }
}

/// Parameters of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameters {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}
impl From<&PasswordPolicy> for Parameters {
    fn from(policy: &PasswordPolicy) -> Self {
        Self { memory_kib: policy.memory_kib, passes: policy.passes, lanes: policy.lanes }
    }
}

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phc {
    pub parameters: Parameters,
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}
impl Phc {
    /// None for anything but Argon2id of version 19 with sane parameters.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let mut costs = costs.split(',');
        let mut cost = |name: &str| -> Option<u32> { costs.next()?.strip_prefix(name)?.parse().ok() };
        let parameters = Parameters { memory_kib: cost("m=")?, passes: cost("t=")?, lanes: cost("p=")? };
        let sane = (8..=1_048_576).contains(&parameters.memory_kib)
            && (1..=20).contains(&parameters.passes)
            && (1..=16).contains(&parameters.lanes)
            && parameters.memory_kib >= 8 * parameters.lanes
            && costs.next().is_none();
        let salt = BASE64_NOPAD.decode(salt.as_bytes()).ok().filter(|salt| (8..=64).contains(&salt.len()))?;
        let hash =
            BASE64_NOPAD.decode(hash.as_bytes()).ok().filter(|hash| (16..=64).contains(&hash.len()))?;
        sane.then_some(Self { parameters, salt, hash })
    }
}
impl std::fmt::Display for Phc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Parameters { memory_kib, passes, lanes } = self.parameters;
        let (salt, hash) = (BASE64_NOPAD.encode(&self.salt), BASE64_NOPAD.encode(&self.hash));
        write!(f, "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")
    }
}

/// What an administrator hands out: easy to read out and to type, 12 characters, about 58 bits.
pub fn draw_temporary(rng: &kernel::Rng) -> String {
    const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    (0..12)
        .map(|_| char::from(ALPHABET.get(rng.below(ALPHABET.len() as u32) as usize).copied().unwrap_or(b'a')))
        .collect()
}
