//! Key, code, and what came of a try.
use super::picture;
use kernel::{Error, Id, Result, Rng, Timestamp, id::mark, text};
use totp_rs::Builder;
use zeroize::Zeroizing;

pub type AuthenticatorId = Id<mark::Authenticator>;

/// Apps of one account.
pub const MOST: i64 = 5;
/// RFC 4226 recommends 160 bits.
const KEY_BYTES: usize = 20;
const STEP_SECONDS: u64 = 30;
/// Characters of a name.
pub const NAME_LENGTH: usize = 40;

/// The secret that app and server share.
pub struct Key(Zeroizing<Vec<u8>>);
impl Key {
    pub(super) fn draw(rng: &Rng) -> Self {
        Self(Zeroizing::new(rng.bytes::<KEY_BYTES>().to_vec()))
    }
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
    fn builder(&self) -> Builder {
        Builder::new().with_secret(self.0.to_vec()).with_skew(1).with_step_duration(STEP_SECONDS)
    }
    /// The step whose code this is: the present one, the one before or the one after.
    pub(super) fn step_of(&self, code: &Code, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.as_seconds()).ok()?;
        let step = self.builder().build_noncompliant().check(&code.0, seconds)?;
        i64::try_from(step).ok()
    }
    /// What an app would show, for tests.
    #[cfg(test)]
    pub(super) fn code_at(&self, digits: u8, seconds: u64) -> String {
        self.builder().with_digits(digits).build_noncompliant().generate(seconds).to_string()
    }
    /// For typing: groups of four.
    fn typed(&self) -> String {
        let text = data_encoding::BASE32_NOPAD.encode(&self.0);
        let groups: Vec<String> =
            text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        groups.join(" ")
    }
    /// `otpauth://totp/…`, for the QR code. A colon would end the issuer's part.
    fn address(&self, issuer: &str, account: &str) -> Result<String> {
        let plain = |text: &str| text.replace(':', " ");
        self.builder()
            .with_issuer(Some(plain(issuer)))
            .with_account_name(plain(account))
            .build()
            .and_then(|totp| totp.to_url())
            .map_err(|error| Error::internal("totp.address").because(format!("{error:?}")))
    }
}

/// A new app before its first code.
pub struct Offer {
    pub id: AuthenticatorId,
    /// The secret, sealed for this row: the form brings it back, nothing is stored until a code was right.
    pub sealed: String,
    /// For typing it in.
    pub typed: String,
    /// `otpauth:` for the app on this very device.
    pub address: String,
    /// The QR code as the path of an SVG, and how many modules it is wide.
    pub picture: (String, usize),
}
impl Offer {
    pub(super) fn new(
        id: AuthenticatorId,
        sealed: String,
        key: &Key,
        issuer: &str,
        account: &str,
    ) -> Result<Self> {
        let address = key.address(issuer, account)?;
        Ok(Self { id, sealed, typed: key.typed(), picture: picture::path(&address)?, address })
    }
}

/// Six digits as they were typed: full-width digits and blanks are welcome.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub(super) String);
impl Code {
    /// Error: `totp.code_shape`.
    pub fn parse(field: &'static str, typed: &str) -> Result<Self> {
        let code: String = text::normalize(typed).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(code))
        } else {
            Err(Error::invalid("totp.code_shape").at(field))
        }
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
    Right(AuthenticatorId),
    Wrong {
        left: i64,
    },
    /// Right, but it counted before: the app's next one is wanted.
    Used,
    Locked {
        minutes: i64,
    },
}
impl Verdict {
    /// What the person is told, at `field`; None if it was right.
    pub fn error(&self, field: &'static str) -> Option<Error> {
        Some(match self {
            Self::Right(_) => return None,
            Self::Wrong { left } => {
                Error::invalid("totp.wrong").at(field).arg("left", left.max(&0).to_string())
            }
            Self::Used => Error::invalid("totp.used").at(field),
            Self::Locked { minutes } => {
                Error::too_many("totp.locked").at(field).arg("minutes", minutes.max(&1).to_string())
            }
        })
    }
}

/// What came of adding an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    Done,
    /// The form was sent twice.
    Already,
    WrongCode,
    /// There are [`MOST`].
    TooMany,
}

/// An app in the person's own list.
#[derive(Clone, Debug)]
pub struct AuthenticatorCard {
    pub id: AuthenticatorId,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}
