//! Password hashes that other systems made. Compared, never made here; the first right password is hashed anew by Argon2id.
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use kernel::{Error, Result};

const PREFIX: &str = "$former$";
/// Dearer ones would let whoever imports slow every sign-in down, and would answer later than a wrong password may.
const MOST_BCRYPT_COST: u32 = 12;
const MOST_ROUNDS: u32 = 600_000;

db::text_enum!(
    pub enum Scheme {
        /// Its own text, `$2b$…`, holds salt and cost.
        Bcrypt = "bcrypt",
        Pbkdf2Sha1 = "pbkdf2-sha1",
        Pbkdf2Sha256 = "pbkdf2-sha256",
        Pbkdf2Sha512 = "pbkdf2-sha512",
        /// GB/T 32905, over salt and password in this order.
        Sm3SaltFirst = "sm3-salt-first",
        Sm3SaltLast = "sm3-salt-last",
        Md5SaltFirst = "md5-salt-first",
        Md5SaltLast = "md5-salt-last",
    }
);

/// One hash with what is needed to compare it.
#[derive(Clone, PartialEq, Eq)]
pub struct FormerHash {
    scheme: Scheme,
    rounds: u32,
    salt: Vec<u8>,
    /// The text itself for bcrypt.
    hash: Vec<u8>,
}
impl std::fmt::Debug for FormerHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FormerHash({})", self.scheme.as_str())
    }
}
impl FormerHash {
    /// From the columns of an import. `salt` is the text itself, or `hex:…` or `base64:…`; `hash` is hexadecimal or base64.
    /// Errors: `former.scheme`, `former.hash`, `former.salt`, `former.rounds`.
    pub fn new(scheme: &str, hash: &str, salt: &str, rounds: &str) -> Result<Self> {
        let wrong = |code| Error::invalid(code);
        let scheme = scheme.trim().to_lowercase().parse::<Scheme>().map_err(|_| wrong("former.scheme"))?;
        let hash = hash.trim();
        if scheme == Scheme::Bcrypt {
            let found = Self { scheme, rounds: 0, salt: Vec::new(), hash: hash.as_bytes().to_vec() };
            return if found.is_sane() { Ok(found) } else { Err(wrong("former.hash")) };
        }
        let salt = match salt.trim() {
            text if text.starts_with("hex:") => decoded_hex(text.trim_start_matches("hex:")),
            text if text.starts_with("base64:") => decoded_base64(text.trim_start_matches("base64:")),
            text => Some(text.as_bytes().to_vec()),
        };
        let salt = salt.filter(|salt| salt.len() <= 128).ok_or_else(|| wrong("former.salt"))?;
        let wide = scheme.width();
        let hash = decoded_hex(hash)
            .filter(|bytes| bytes.len() == wide)
            .or_else(|| decoded_base64(hash).filter(|bytes| bytes.len() == wide))
            .ok_or_else(|| wrong("former.hash"))?;
        let rounds = if scheme.is_pbkdf2() {
            let rounds = rounds.trim().parse().ok().filter(|n| (1..=MOST_ROUNDS).contains(n));
            rounds.ok_or_else(|| wrong("former.rounds"))?
        } else {
            1
        };
        Ok(Self { scheme, rounds, salt, hash })
    }
    /// Whether a stored form is one of these.
    pub fn is(stored: &str) -> bool {
        stored.starts_with(PREFIX)
    }
    pub fn parse(stored: &str) -> Option<Self> {
        let mut parts = stored.strip_prefix(PREFIX)?.split('$');
        let (scheme, rounds) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let salt = BASE64_NOPAD.decode(parts.next()?.as_bytes()).ok()?;
        let hash = BASE64_NOPAD.decode(parts.next()?.as_bytes()).ok()?;
        let found = Self { scheme, rounds, salt, hash };
        (parts.next().is_none() && found.is_sane()).then_some(found)
    }
    fn is_sane(&self) -> bool {
        match self.scheme {
            Scheme::Bcrypt => {
                let cost = std::str::from_utf8(&self.hash).ok().and_then(bcrypt_cost);
                cost.is_some_and(|cost| cost <= MOST_BCRYPT_COST)
            }
            scheme => self.hash.len() == scheme.width() && (1..=MOST_ROUNDS).contains(&self.rounds),
        }
    }
    /// Takes as long as the other system chose: call it beside the requests.
    pub fn matches(&self, password: &[u8]) -> bool {
        let made = match self.scheme {
            Scheme::Bcrypt => {
                return std::str::from_utf8(&self.hash)
                    .is_ok_and(|text| bcrypt::verify(password, text).unwrap_or(false));
            }
            Scheme::Pbkdf2Sha1 => self.pbkdf2::<sha1::Sha1>(password),
            Scheme::Pbkdf2Sha256 => self.pbkdf2::<sha2::Sha256>(password),
            Scheme::Pbkdf2Sha512 => self.pbkdf2::<sha2::Sha512>(password),
            Scheme::Sm3SaltFirst => digest::<sm3::Sm3>(&self.salt, password),
            Scheme::Sm3SaltLast => digest::<sm3::Sm3>(password, &self.salt),
            Scheme::Md5SaltFirst => digest::<md5::Md5>(&self.salt, password),
            Scheme::Md5SaltLast => digest::<md5::Md5>(password, &self.salt),
        };
        kernel::secret::equal(&made, &self.hash)
    }
    fn pbkdf2<D>(&self, password: &[u8]) -> Vec<u8>
    where
        D: hmac::EagerHash<Core: Sync>,
    {
        let mut out = vec![0; self.hash.len()];
        pbkdf2::pbkdf2_hmac::<D>(password, &self.salt, self.rounds, &mut out);
        out
    }
}
impl std::fmt::Display for FormerHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (salt, hash) = (BASE64_NOPAD.encode(&self.salt), BASE64_NOPAD.encode(&self.hash));
        write!(f, "{PREFIX}{}${}${salt}${hash}", self.scheme.as_str(), self.rounds)
    }
}
impl Scheme {
    const fn is_pbkdf2(self) -> bool {
        matches!(self, Self::Pbkdf2Sha1 | Self::Pbkdf2Sha256 | Self::Pbkdf2Sha512)
    }
    /// Bytes of the hash.
    const fn width(self) -> usize {
        match self {
            Self::Bcrypt => 60,
            Self::Pbkdf2Sha1 => 20,
            Self::Pbkdf2Sha256 | Self::Sm3SaltFirst | Self::Sm3SaltLast => 32,
            Self::Pbkdf2Sha512 => 64,
            Self::Md5SaltFirst | Self::Md5SaltLast => 16,
        }
    }
}

/// `$2b$10$` and 53 characters.
fn bcrypt_cost(text: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|head| text.strip_prefix(head))?;
    let (cost, tail) = rest.split_once('$')?;
    (text.len() == 60 && tail.len() == 53).then(|| cost.parse().ok()).flatten()
}
fn digest<D: sha2::Digest>(first: &[u8], last: &[u8]) -> Vec<u8> {
    D::new().chain_update(first).chain_update(last).finalize().to_vec()
}
fn decoded_hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}
fn decoded_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).or_else(|_| BASE64_NOPAD.decode(text.as_bytes())).ok()
}
