//! The sections, their defaults and their bounds.
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

/// One row of `setting`.
pub trait Section: Clone + Default + Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {
    const KEY: &'static str;
    /// Error: `setting.out_of_bounds` at the member.
    fn check(&self) -> Result<()>;
    fn put(self, policies: &mut Policies);
    fn of(policies: &Policies) -> &Self;
}

/// All sections as one request sees them.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub captcha: CaptchaPolicy,
    pub password: PasswordPolicy,
    pub session: SessionPolicy,
    pub sign_in: SignInPolicy,
    pub code: CodePolicy,
    pub registration: RegistrationPolicy,
}

macro_rules! sections { ($($type:ident $field:ident $key:literal { $($member:ident $range:expr),* $(,)? })*) => {
    $( impl Section for $type {
        const KEY: &'static str = $key;
        fn check(&self) -> Result<()> {
            $( if !$range.contains(&self.$member) {
                return Err(Error::invalid("setting.out_of_bounds").at(stringify!($member))
                    .arg("least", $range.start().to_string()).arg("most", $range.end().to_string()));
            } )*
            Ok(())
        }
        fn put(self, policies: &mut Policies) { policies.$field = self; }
        fn of(policies: &Policies) -> &Self { &policies.$field }
    } )*
    impl Policies {
        /// A stored row. Unknown keys belong to rooms above and are left alone.
        pub(super) fn read_row(&mut self, key: &str, value: &str) -> Result<()> {
            match key {
                $( $key => self.$field = serde_json::from_str(value)
                    .map_err(|e| Error::internal("setting.unreadable").because(e))?, )*
                _ => {}
            }
            Ok(())
        }
    }
} }
sections! {
    CaptchaPolicy captcha "captcha" { after_failures (1..=100), work_bits (8..=24), minutes (1..=60) }
    PasswordPolicy password "password" {
        minimum_length (6..=64), memory_kib (8..=1_048_576), passes (1..=20), lanes (1..=1),
    }
    SessionPolicy session "session" { idle_minutes (1..=43_200), absolute_minutes (5..=129_600) }
    SignInPolicy sign_in "sign_in" {
        wrong_passwords (1..=100), window_minutes (1..=1440), wrong_from_strangers (10..=100_000),
        wrong_from_source (10..=1_000_000),
        reset_password_days (1..=90),
    }
    CodePolicy code "code" {
        minutes (1..=30), attempts (1..=10), resend_seconds (10..=600), per_phone_hour (1..=100),
        per_phone_day (1..=200), per_address_hour (1..=100_000),
    }
    RegistrationPolicy registration "registration" {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptchaStrategy {
    Always,
    AfterFailures,
    /// A source that the account has not used before, or many failures.
    Risk,
    Never,
}
/// Governs sign-in; forms that send an SMS to a typed number always ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct CaptchaPolicy {
    pub strategy: CaptchaStrategy,
    pub after_failures: i64,
    /// Leading zero bits of the proof of work.
    pub work_bits: u32,
    pub minutes: i64,
}
impl Default for CaptchaPolicy {
    fn default() -> Self {
        Self { strategy: CaptchaStrategy::AfterFailures, after_failures: 3, work_bits: 14, minutes: 10 }
    }
}

/// Length and a list of the commonest, as NIST SP 800-63B asks; Argon2id parameters for new hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordPolicy {
    pub minimum_length: usize,
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    /// Letters and digits both wanted (等保 presets ask for it).
    pub letters_and_digits: bool,
}
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { minimum_length: 8, memory_kib: 19 * 1024, passes: 2, lanes: 1, letters_and_digits: false }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionPolicy {
    pub idle_minutes: i64,
    pub absolute_minutes: i64,
}
impl Default for SessionPolicy {
    fn default() -> Self {
        Self { idle_minutes: 60, absolute_minutes: 12 * 60 }
    }
}

/// Wrong passwords for one identifier from one source within the window; then the password is refused until it ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInPolicy {
    pub wrong_passwords: i64,
    pub window_minutes: i64,
    /// Wrong passwords a day for one identifier from all sources together that it never signed in from. More than one
    /// source can reach by itself, so that one stranger cannot shut anybody out.
    pub wrong_from_strangers: i64,
    /// Wrong passwords from one source in the window, whatever the identifiers: somebody tries one password on many.
    pub wrong_from_source: i64,
    /// How long a password that an administrator handed out is good for.
    pub reset_password_days: i64,
}
impl Default for SignInPolicy {
    fn default() -> Self {
        Self {
            wrong_passwords: 5,
            window_minutes: 15,
            wrong_from_strangers: 1000,
            wrong_from_source: 300,
            reset_password_days: 14,
        }
    }
}

/// One-time codes by SMS and mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct CodePolicy {
    pub minutes: i64,
    pub attempts: i64,
    pub resend_seconds: i64,
    pub per_phone_hour: i64,
    pub per_phone_day: i64,
    pub per_address_hour: i64,
}
impl Default for CodePolicy {
    fn default() -> Self {
        Self {
            minutes: 5,
            attempts: 5,
            resend_seconds: 60,
            per_phone_hour: 5,
            per_phone_day: 10,
            per_address_hour: 60,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationPolicy {
    pub open: bool,
    /// Whoever registers accepts these versions, and that is recorded.
    pub terms_version: String,
    pub privacy_version: String,
}
impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self { open: true, terms_version: "2026-11".into(), privacy_version: "2026-11".into() }
    }
}
