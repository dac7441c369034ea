//! The sections, their defaults and their bounds.
use super::network::NetworkPolicy;
use super::section::{Member, Section, SectionInfo, Shape, number, set_section, values_of};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

/// All sections as one request sees them.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    pub captcha: CaptchaPolicy,
    pub password: PasswordPolicy,
    pub session: SessionPolicy,
    pub sign_in: SignInPolicy,
    pub code: CodePolicy,
    pub registration: RegistrationPolicy,
    pub real_name: RealNamePolicy,
    pub profile: ProfilePolicy,
    pub second_factor: SecondFactorPolicy,
    pub recovery: RecoveryPolicy,
    pub application: ApplicationPolicy,
    pub network: NetworkPolicy,
    pub keys: KeyPolicy,
}

macro_rules! sections { ($($type:ident $field:ident $key:literal { $($member:ident: $shape:expr),* $(,)? })*) => {
    $( impl Section for $type {
        const KEY: &'static str = $key;
        const MEMBERS: &'static [Member] = &[$( Member { name: stringify!($member), shape: $shape } ),*];
        fn put(self, policies: &mut Policies) { policies.$field = self; }
        fn of(policies: &Policies) -> &Self { &policies.$field }
    } )*
    impl Policies {
        /// In the order of the desk.
        pub const SECTIONS: &'static [SectionInfo] = &[$( SectionInfo {
            key: $key,
            members: $type::MEMBERS,
            values: |policies| values_of(&policies.$field),
            read: set_section::<$type>,
        } ),*];
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
    CaptchaPolicy captcha "captcha" {
        strategy: Shape::Choice(&["always", "after_failures", "risk", "never"]),
        after_failures: number(1, 100), work_bits: number(8, 24), minutes: number(1, 60),
    }
    PasswordPolicy password "password" {
        minimum_length: number(6, 64), classes: number(1, 4), letters_and_digits: Shape::Flag, strength: number(0, 4),
        history: number(0, 24), max_age_days: number(0, 730), staff_max_age_days: number(0, 730),
        memory_kib: number(8, 1_048_576), passes: number(1, 20), lanes: number(1, 1),
    }
    SessionPolicy session "session" {
        idle_minutes: number(1, 43_200), absolute_minutes: number(5, 129_600),
        staff_idle_minutes: number(1, 43_200), staff_absolute_minutes: number(5, 129_600),
    }
    SignInPolicy sign_in "sign_in" {
        wrong_passwords: number(1, 100), window_minutes: number(1, 1440),
        wrong_from_strangers: number(10, 100_000), wrong_from_source: number(10, 1_000_000),
        reset_password_days: number(1, 90),
    }
    CodePolicy code "code" {
        minutes: number(1, 30), attempts: number(1, 10), resend_seconds: number(10, 600), per_phone_hour: number(1, 100),
        per_phone_day: number(1, 200), per_address_hour: number(1, 100_000), wrong_per_target: number(5, 1000),
    }
    RegistrationPolicy registration "registration" {
        open: Shape::Flag, terms_version: Shape::Text { most: 32 }, privacy_version: Shape::Text { most: 32 },
    }
    SecondFactorPolicy second_factor "second_factor" {
        staff: Shape::Choice(&["optional", "required"]), administrators: Shape::Choice(&["optional", "required"]),
        remember_days: number(0, 90),
    }
    RealNamePolicy real_name "real_name" {
        two_element: PROOF_LEVELS, three_element: PROOF_LEVELS, bank_card: PROOF_LEVELS, certified: PROOF_LEVELS,
        counter: PROOF_LEVELS,
        online_days: number(1, 3650), counter_days: number(1, 7300),
        per_account_day: number(1, 100), per_document_day: number(1, 100),
        least_age: number(0, 18), documents_kept_days: number(0, 365),
    }
    RecoveryPolicy recovery "recovery" {
        ways: Shape::Several(&["sms", "mail", "questions", "alipay"]),
        sms_alone: ALONE, mail_alone: ALONE, questions_alone: ALONE, alipay_alone: ALONE,
        phone_days: number(1, 3650), phone_days_from: PROOF_LEVELS,
        step_minutes: number(2, 30), wrong_answers: number(1, 20), wrong_codes_day: number(5, 200),
        begun_per_source_hour: number(1, 10_000),
    }
    ProfilePolicy profile "profile" {
        self_owned: PROFILE_FIELDS, administrator: PROFILE_FIELDS, agent: PROFILE_FIELDS, closing_days: number(0, 90),
    }
    ApplicationPolicy application "application" {
        agent_level: PROOF_LEVELS, open_per_person: number(1, 100), per_person_day: number(1, 100),
        per_organization_day: number(1, 10_000),
    }
    NetworkPolicy network "network" { zones: Shape::Text { most: 2000 } }
    KeyPolicy keys "keys" { rotate_days: number(7, 365) }
}

impl Policies {
    /// What holds between members. Errors: `setting.idle_too_long`, `setting.staff_longer`, `setting.hour_over_day`,
    /// `setting.network_zones`.
    pub(super) fn check(&self) -> Result<()> {
        self.network.parse()?;
        let session = &self.session;
        if session.idle_minutes > session.absolute_minutes {
            return Err(Error::invalid("setting.idle_too_long").at("idle_minutes"));
        }
        if session.staff_idle_minutes > session.idle_minutes {
            return Err(Error::invalid("setting.staff_longer").at("staff_idle_minutes"));
        }
        if session.staff_absolute_minutes > session.absolute_minutes {
            return Err(Error::invalid("setting.staff_longer").at("staff_absolute_minutes"));
        }
        if self.code.per_phone_hour > self.code.per_phone_day {
            return Err(Error::invalid("setting.hour_over_day").at("per_phone_hour"));
        }
        Ok(())
    }
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

/// Length, strength and lists, as NIST SP 800-63B asks; classes, history and age, as GB/T 22239 does; Argon2id parameters
/// for new hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordPolicy {
    pub minimum_length: usize,
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    /// Letters and digits both wanted.
    pub letters_and_digits: bool,
    /// How many of capital letters, small letters, digits and other characters a new password mixes.
    pub classes: u32,
    /// Least score of zxcvbn, 0 to 4; 2 takes a million guesses, 3 a hundred million.
    pub strength: u32,
    /// So many of the last passwords may not come back; 0 asks for none.
    pub history: u32,
    /// A password older than this is changed at the next sign-in by password; 0 lets it be.
    pub max_age_days: i64,
    pub staff_max_age_days: i64,
}
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            minimum_length: 8,
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
            letters_and_digits: false,
            classes: 1,
            strength: 2,
            history: 0,
            max_age_days: 0,
            staff_max_age_days: 0,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionPolicy {
    pub idle_minutes: i64,
    pub absolute_minutes: i64,
    /// For the platform's own people, never longer than everybody's.
    pub staff_idle_minutes: i64,
    pub staff_absolute_minutes: i64,
}
impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            idle_minutes: 60,
            absolute_minutes: 12 * 60,
            staff_idle_minutes: 30,
            staff_absolute_minutes: 12 * 60,
        }
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
    /// Wrong codes a day for one number or address, over all codes and purposes; then none is taken until the next day.
    pub wrong_per_target: i64,
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
            wrong_per_target: 30,
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

db::text_enum!(
    /// Ways back to a lost password.
    pub enum RecoveryWay {
        Sms = "sms",
        Mail = "mail",
        Questions = "questions",
        Alipay = "alipay",
    }
);
db::text_enum!(
    /// Up to which real-name level one way alone is enough.
    pub enum AloneUpTo {
        /// Another way is always asked besides.
        Never = "never",
        Unverified = "unverified",
        Primary = "primary",
        Intermediate = "intermediate",
        Advanced = "advanced",
    }
);
impl AloneUpTo {
    /// As levels are counted, 0 to 3; -1 is no level.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Never => -1,
            Self::Unverified => 0,
            Self::Primary => 1,
            Self::Intermediate => 2,
            Self::Advanced => 3,
        }
    }
}
const ALONE: Shape = Shape::Choice(&["never", "unverified", "primary", "intermediate", "advanced"]);

/// Ways back to a lost password. Two ways together always suffice; a second factor of the account is asked for besides,
/// whatever is set here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RecoveryPolicy {
    /// Which are offered; to everybody the same.
    pub ways: Vec<RecoveryWay>,
    pub sms_alone: AloneUpTo,
    pub mail_alone: AloneUpTo,
    pub questions_alone: AloneUpTo,
    pub alipay_alone: AloneUpTo,
    /// A number that its holder has not confirmed for so many days does not suffice alone from that level on: it may have
    /// been given to somebody else.
    pub phone_days: i64,
    pub phone_days_from: ProofLevel,
    /// Each step must be taken within so many minutes.
    pub step_minutes: i64,
    /// Wrong answers to the security questions of one account or one identifier within an hour; a day allows three times as
    /// many.
    pub wrong_answers: i64,
    /// Wrong codes for one identifier a day, counted apart from answers and from passwords.
    pub wrong_codes_day: i64,
    /// Recoveries that one source begins within an hour.
    pub begun_per_source_hour: i64,
}
impl Default for RecoveryPolicy {
    fn default() -> Self {
        Self {
            ways: RecoveryWay::ALL.to_vec(),
            sms_alone: AloneUpTo::Advanced,
            mail_alone: AloneUpTo::Advanced,
            questions_alone: AloneUpTo::Intermediate,
            alipay_alone: AloneUpTo::Advanced,
            phone_days: 180,
            phone_days_from: ProofLevel::Intermediate,
            step_minutes: 10,
            wrong_answers: 5,
            wrong_codes_day: 20,
            begun_per_source_hour: 60,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorDemand {
    /// Whoever has one is asked for it.
    Optional,
    /// Whoever has none sets one up first.
    Required,
}
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SecondFactorPolicy {
    pub staff: SecondFactorDemand,
    /// Of organizations, their legal representatives included.
    pub administrators: SecondFactorDemand,
    /// How long a browser may be remembered in place of the second step; 0 offers it to nobody.
    pub remember_days: i64,
}
impl Default for SecondFactorPolicy {
    fn default() -> Self {
        Self {
            staff: SecondFactorDemand::Optional,
            administrators: SecondFactorDemand::Optional,
            remember_days: 30,
        }
    }
}

/// What a proof can be worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofLevel {
    Primary,
    Intermediate,
    Advanced,
}
const PROOF_LEVELS: Shape = Shape::Choice(&["primary", "intermediate", "advanced"]);

/// Which real-name level each method gives and for how long; how often one may try; who is too young.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RealNamePolicy {
    /// Name and number.
    pub two_element: ProofLevel,
    /// Name, number and mobile.
    pub three_element: ProofLevel,
    pub bank_card: ProofLevel,
    /// An identity that Alipay or another upstream provider certified.
    pub certified: ProofLevel,
    pub counter: ProofLevel,
    pub online_days: i64,
    pub counter_days: i64,
    pub per_account_day: i64,
    pub per_document_day: i64,
    /// Younger people are refused; 0 refuses nobody.
    pub least_age: i64,
    /// Images handed in at the counter are erased so long after the decision.
    pub documents_kept_days: i64,
}
impl Default for RealNamePolicy {
    fn default() -> Self {
        Self {
            two_element: ProofLevel::Primary,
            three_element: ProofLevel::Intermediate,
            bank_card: ProofLevel::Intermediate,
            certified: ProofLevel::Intermediate,
            counter: ProofLevel::Advanced,
            online_days: 730,
            counter_days: 1825,
            per_account_day: 5,
            per_document_day: 5,
            least_age: 14,
            documents_kept_days: 30,
        }
    }
}

db::text_enum!(
    /// A field of the own account that its holder may be let change.
    pub enum ProfileField {
        Name = "name",
        LoginName = "login_name",
        Phone = "phone",
        Email = "email",
        Employer = "employer",
    }
);
const PROFILE_FIELDS: Shape = Shape::Several(&["name", "login_name", "phone", "email", "employer"]);

/// Which fields people change themselves, by role and ownership; how long a closed account can be taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfilePolicy {
    pub self_owned: Vec<ProfileField>,
    /// Accounts of an organization whose holder administers it.
    pub administrator: Vec<ProfileField>,
    /// Its other accounts.
    pub agent: Vec<ProfileField>,
    pub closing_days: i64,
}
impl Default for ProfilePolicy {
    fn default() -> Self {
        let all = ProfileField::ALL.to_vec();
        // Where an operator works is what the organization that owns the account says.
        let agent = all.iter().copied().filter(|field| *field != ProfileField::Employer).collect();
        Self { self_owned: all.clone(), administrator: all, agent, closing_days: 15 }
    }
}

/// Applications of people to organizations that they only type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationPolicy {
    /// Real-name level without which nobody applies to be an agent: the same whichever organization is typed.
    pub agent_level: ProofLevel,
    pub open_per_person: i64,
    pub per_person_day: i64,
    /// Of everybody together, for one code.
    pub per_organization_day: i64,
}
impl Default for ApplicationPolicy {
    fn default() -> Self {
        Self {
            agent_level: ProofLevel::Primary,
            open_per_person: 10,
            per_person_day: 10,
            per_organization_day: 100,
        }
    }
}

/// What signs for products: a key signs for so many days before the next one is made by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyPolicy {
    pub rotate_days: i64,
}
impl Default for KeyPolicy {
    fn default() -> Self {
        Self { rotate_days: 90 }
    }
}
