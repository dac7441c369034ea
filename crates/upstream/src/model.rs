//! What goes to a provider, what comes back, and what can be wrong with it.
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, future::Future, pin::Pin};
use url::Url;
use web::OutboundError;

/// Work that may call out.
pub type Working<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// One configured provider.
pub trait Connector: Send + Sync {
    /// Where the browser is sent.
    fn authorize<'a>(&'a self, flow: &'a Flow, now: Timestamp) -> Working<'a, Url>;
    /// Who came back. `query` was matched to `flow` by its state, which was used up.
    fn exchange<'a>(&'a self, query: &'a Query, flow: &'a Flow, now: Timestamp) -> Working<'a, Person>;
    /// What staff see who ask whether the configuration works.
    fn probe(&self, now: Timestamp) -> Working<'_, Vec<Finding>>;
}

/// One round trip; all three secrets are drawn for it alone.
#[derive(Clone)]
pub struct Flow {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub redirect_uri: String,
    /// The person proves it anew: a sign-in at the provider from before this moment does not do. Only for providers that
    /// [`crate::proves_fresh`] names; the others know no such wish and let a session that stands open pass in silence.
    pub fresh: Option<Timestamp>,
}
impl Flow {
    /// `BASE64URL(SHA256(verifier))` (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        use sha2::Digest as _;
        data_encoding::BASE64URL_NOPAD.encode(&sha2::Sha256::digest(self.verifier.as_bytes()))
    }
}

/// The query of the callback, as it came. A member that comes twice has no value: nobody may choose between them.
#[derive(Clone)]
pub struct Query(Vec<(String, String)>);
impl Query {
    pub fn parse(raw: &str) -> Self {
        let pairs = url::form_urlencoded::parse(raw.as_bytes()).take(32);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
    pub fn state(&self) -> Option<&str> {
        self.get("state")
    }
}
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Who somebody is at the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// With its kind and the realm that it is unique in, so that two kinds or two realms never mean the same:
    /// `open_id 2021… 074a1C…`.
    pub subject: String,
    /// Other names of the same person there, under which an older link may stand.
    pub alt_subjects: Vec<String>,
    pub display_name: Option<String>,
    /// Only where the provider vouches for it.
    pub certified: Option<Certified>,
    /// To fill in a form with; it proves nothing.
    pub phone: Option<String>,
}
impl Person {
    pub fn subject_of(kind: &str, realm: &str, value: &str) -> String {
        format!("{kind} {realm} {value}")
    }
}
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}
/// Name and number of a resident identity card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    pub name: String,
    pub document: String,
}
impl fmt::Debug for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certified(…)")
    }
}

/// Why nobody came back. No variant carries a secret or personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The person said no at the provider.
    Denied,
    /// Not reached, or not in time.
    Unreachable(OutboundError),
    /// The provider refused; its own code, for staff.
    Refused(String),
    /// What came could not be verified: wrong signature, nonce, issuer, audience … Nothing of it is believed.
    Untrusted(&'static str),
    /// The configuration does not allow it.
    Config(&'static str),
}
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("denied"),
            Self::Unreachable(error) => write!(f, "unreachable: {error}"),
            Self::Refused(code) => write!(f, "refused: {code}"),
            Self::Untrusted(what) => write!(f, "not trusted: {what}"),
            Self::Config(what) => write!(f, "configuration: {what}"),
        }
    }
}
impl std::error::Error for Fault {}
impl From<OutboundError> for Fault {
    fn from(error: OutboundError) -> Self {
        Self::Unreachable(error)
    }
}
/// A provider's error code as it may be logged: printable and short, whatever was sent.
pub(crate) fn refused(code: &str) -> Fault {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    Fault::Refused(code.chars().filter(plain).take(80).collect())
}

/// One line of a test at the desk: what was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `discovery`, `keys`, `private_key` …
    pub what: &'static str,
    pub good: bool,
    /// An address, a size, a vendor's code.
    pub detail: String,
}
impl Finding {
    pub(crate) fn new(what: &'static str, good: bool, detail: impl Into<String>) -> Self {
        Self { what, good, detail: detail.into() }
    }
}

/// A secret inside a stored configuration: readable by serde, never by `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);
impl Hidden {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}
