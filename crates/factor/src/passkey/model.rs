//! Ceremonies, their answers, and a key in the person's own list.
use kernel::{
    Error, Id, Result, Timestamp,
    id::{AccountId, mark},
};
use platform::challenge::ChallengeId;
use webauthn_rs::prelude::Passkey;

pub type PasskeyId = Id<mark::Passkey>;

/// Keys of one account.
pub const MOST: i64 = 10;
/// Characters of a name.
pub const NAME_LENGTH: usize = 40;
/// How long the device may take.
pub const MINUTES: i64 = 10;

/// A ceremony that waits for the device: `web::json` of it is what the script wants.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Ceremony {
    pub challenge: ChallengeId,
    /// `publicKey` of `navigator.credentials`, bytes as base64url.
    #[serde(rename = "publicKey")]
    pub public_key: serde_json::Value,
}

/// What the script put into the form.
#[derive(Clone)]
pub struct Answer {
    pub challenge: ChallengeId,
    /// The credential as JSON.
    pub credential: String,
}
impl Answer {
    /// Error: `passkey.over` for a form that no script filled in.
    pub fn parse(challenge: &str, credential: &str) -> Result<Self> {
        let challenge = challenge.parse().map_err(|_| Error::invalid("passkey.over"))?;
        Ok(Self { challenge, credential: credential.to_owned() })
    }
}
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({})", self.challenge)
    }
}

/// A key that proved itself, before it is stored.
#[derive(Clone, Debug)]
pub struct Fresh {
    pub(super) passkey: Passkey,
    pub(super) user_handle: Vec<u8>,
    pub(super) transports: String,
    /// Whether it travels between the person's devices.
    pub synced: bool,
}
#[derive(Clone, Debug)]
pub enum Registration {
    Right(Box<Fresh>),
    /// The ceremony expired, was answered before, or belongs to another browser or account.
    Over,
    /// For the audit: what did not fit.
    Refused(String),
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    Done,
    /// The key is registered: the form was sent twice, or another account has it.
    Already,
    /// There are [`MOST`].
    TooMany,
}

/// A key that signed, before its counter is stored.
#[derive(Clone, Debug)]
pub struct Asserted {
    pub id: PasskeyId,
    pub account: AccountId,
    pub synced: bool,
    pub(super) passkey: Passkey,
    pub(super) count: i64,
}
impl Asserted {
    /// RFC 8176. A key that stays in its hardware is `hwk`, one that is synchronised is `swk`; the device verified the
    /// person, so either is `mfa`.
    pub fn methods(&self) -> Vec<&'static str> {
        vec![if self.synced { "swk" } else { "hwk" }, "user", "mfa"]
    }
}
#[derive(Clone, Debug)]
pub enum Assertion {
    Right(Box<Asserted>),
    /// The ceremony expired, was answered before, or belongs to another browser.
    Over,
    /// No account here has this key, or not the one that is asked for: it was removed, say.
    Unknown,
    /// For the audit: what did not fit, and of which account.
    Refused(AccountId, String),
}
impl Assertion {
    /// What the person is told; None if it was right.
    pub fn error(&self) -> Option<Error> {
        Some(match self {
            Self::Right(_) => return None,
            Self::Over => Error::invalid("passkey.over"),
            Self::Unknown => Error::invalid("passkey.unknown"),
            Self::Refused(..) => Error::invalid("passkey.refused"),
        })
    }
}

/// A key in the person's own list.
#[derive(Clone, Debug)]
pub struct PasskeyCard {
    pub id: PasskeyId,
    pub name: String,
    pub synced: bool,
    /// Whether it is in the device that it was made on, as far as the browser says.
    pub built_in: bool,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
