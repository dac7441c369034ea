//! Kinds of notices, their groups, their arguments, and what a holder wishes.
use kernel::{
    Id, Timestamp,
    clock::Zone,
    id::{ProductId, mark},
};
use platform::{Channel, Purpose};
use serde_json::{Map, Value, json};
use web::Lang;

pub type NoticeId = Id<mark::Notice>;

db::text_enum!(
    /// What a holder switches on and off together.
    pub enum Group {
        /// Changes of the own account. At least one proven channel always carries them.
        Security = "security",
        /// A sign-in from a device that the account has not used before.
        SignIn = "sign_in",
        /// For whoever administers: somebody asks for access.
        Requests = "requests",
        /// For whoever asked: what was decided.
        Decisions = "decisions",
        /// Grants and memberships given, suspended, taken away.
        Access = "access",
        /// What products send.
        Products = "products",
    }
);
impl Group {
    /// Before the holder said anything: security by every way, the everyday by mail, which disturbs nobody.
    pub const fn default_on(self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::Security | Self::SignIn, _) | (_, Channel::Mail) => true,
            (_, Channel::Sms) => false,
        }
    }
}

macro_rules! kinds { ($($(#[$meta:meta])* $kind:ident = $text:literal in $group:ident),* $(,)?) => {
    db::text_enum!(
        /// One sort of notice. Its words are `identity-notice-{kind}` and `identity-notice-{kind}-text`.
        pub enum Kind { $($(#[$meta])* $kind = $text),* }
    );
    impl Kind {
        pub const fn group(self) -> Group { match self { $(Self::$kind => Group::$group),* } }
        /// Names the template of a gateway that sends approved texts alone.
        pub const fn purpose(self) -> Purpose {
            match self {
                $(Self::$kind => {
                    platform::purpose!(const PURPOSE = concat!("notice.", $text), Words by Sms, Mail);
                    PURPOSE
                })*
            }
        }
    }
} }
kinds!(
    PasswordChanged = "password_changed" in Security,
    /// An administrator handed out a new one.
    PasswordReset = "password_reset" in Security,
    Recovered = "recovered" in Security,
    PhoneBound = "phone_bound" in Security,
    PhoneChanged = "phone_changed" in Security,
    /// An administrator set or removed it.
    PhoneSet = "phone_set" in Security,
    /// Somebody else proved the number: it no longer signs in here.
    PhoneReleased = "phone_released" in Security,
    EmailBound = "email_bound" in Security,
    EmailChanged = "email_changed" in Security,
    LoginNameChanged = "login_name_changed" in Security,
    FactorAdded = "factor_added" in Security,
    FactorRemoved = "factor_removed" in Security,
    IdentityLinked = "identity_linked" in Security,
    IdentityUnlinked = "identity_unlinked" in Security,
    QuestionsSet = "questions_set" in Security,
    QuestionsRemoved = "questions_removed" in Security,
    RealNameProven = "real_name_proven" in Security,
    RealNameRemoved = "real_name_removed" in Security,
    DisputeOpened = "dispute_opened" in Security,
    DisputeDecided = "dispute_decided" in Security,
    Closing = "closing" in Security,
    ClosingUndone = "closing_undone" in Security,
    DataTaken = "data_taken" in Security,
    NewDevice = "new_device" in SignIn,
    AccessRequested = "access_requested" in Requests,
    RequestApproved = "request_approved" in Decisions,
    RequestRejected = "request_rejected" in Decisions,
    /// For those who can decide it.
    ApplicationReceived = "application_received" in Requests,
    ApplicationReturned = "application_returned" in Decisions,
    ApplicationApproved = "application_approved" in Decisions,
    ApplicationRejected = "application_rejected" in Decisions,
    ApplicationExpired = "application_expired" in Decisions,
    /// The register names another head: to everybody whom it concerns.
    HeadChanged = "head_changed" in Access,
    /// To the new head: administrators wait to be confirmed.
    HeadGiven = "head_given" in Access,
    AdministratorConfirmed = "administrator_confirmed" in Access,
    ProofApproved = "proof_approved" in Decisions,
    ProofRejected = "proof_rejected" in Decisions,
    /// What was asked or approved proved nothing after all; it says why, and what to do.
    ProofFailed = "proof_failed" in Decisions,
    /// To the claimant: another account has the identity, and it is looked into.
    ProofDisputed = "proof_disputed" in Decisions,
    GrantGiven = "grant_given" in Access,
    GrantRevoked = "grant_revoked" in Access,
    /// It ends in 30, 7 or 1 days.
    GrantExpiring = "grant_expiring" in Access,
    /// The same for those who can renew it, all of one day at once.
    GrantsExpiring = "grants_expiring" in Access,
    MembershipSuspended = "membership_suspended" in Access,
    MembershipResumed = "membership_resumed" in Access,
    MembershipEnded = "membership_ended" in Access,
    /// A material or a registration of the organization ends soon.
    RecordExpiring = "record_expiring" in Access,
    /// The register says something else of the organization than its record.
    RegistryDiffers = "registry_differs" in Requests,
    /// The register struck the organization off: its admissions sleep.
    RegistryHeld = "registry_held" in Access,
    RegistryReleased = "registry_released" in Access,
    MembershipRenewed = "membership_renewed" in Access,
    /// It ends in 30, 7 or 1 days.
    MembershipExpiring = "membership_expiring" in Access,
    AdmissionGiven = "admission_given" in Access,
    AdmissionSuspended = "admission_suspended" in Access,
    AdmissionResumed = "admission_resumed" in Access,
    AdmissionEnded = "admission_ended" in Access,
    /// They end in 30, 7 or 1 days.
    AdmissionExpiring = "admission_expiring" in Access,
    ContractExpiring = "contract_expiring" in Access,
    /// The same for those who can renew it.
    MemberExpiring = "member_expiring" in Access,
    /// A login of an earlier system opens this account from now on.
    FormerMerged = "former_merged" in Security,
    FormerParted = "former_parted" in Security,
    RoleChanged = "role_changed" in Access,
    /// To a number that may belong to no account: a link to answer by.
    Invited = "invited" in Access,
    InvitationAccepted = "invitation_accepted" in Decisions,
    InvitationDeclined = "invitation_declined" in Decisions,
    /// To the holder's number: the link that opens the account.
    AccountHandedOut = "account_handed_out" in Security,
    /// A product's own message; its text stands on a page of its own.
    ProductMessage = "product_message" in Products,
);
impl Kind {
    /// `identity-notice-password-changed`.
    pub fn title_key(self) -> String {
        format!("identity-notice-{}", self.as_str().replace('_', "-"))
    }
    pub fn text_key(self) -> String {
        format!("{}-text", self.title_key())
    }
}

/// Something to tell one account. `login_name` and `at` are arguments of every text and are filled in when it is told.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: Kind,
    pub(super) args: Map<String, Value>,
    /// Of the SMS and mail, where the holder chose none.
    pub(super) lang: Option<Lang>,
    /// The product that speaks; none for the platform itself.
    pub(super) product: Option<ProductId>,
}
impl Notice {
    pub fn new(kind: Kind) -> Self {
        Self { kind, args: Map::new(), lang: None, product: None }
    }
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), Value::String(value.into()));
        self
    }
    /// A name that the platform keeps in both languages: of a product, of a type.
    #[must_use]
    pub fn words(mut self, name: &str, zh: &str, en: &str) -> Self {
        self.args.insert(name.to_owned(), json!({ "zh": zh, "en": en }));
        self
    }
    /// A text of the locales: `identity-factor-totp`.
    #[must_use]
    pub fn key(mut self, name: &str, key: &str) -> Self {
        self.args.insert(name.to_owned(), json!({ "key": key }));
        self
    }
    /// A moment, shown in the platform's zone.
    #[must_use]
    pub fn time(mut self, name: &str, at: Timestamp) -> Self {
        self.args.insert(name.to_owned(), json!({ "at": at.as_millis() }));
        self
    }
    /// An end, shown as the last day that it still includes in the platform's zone.
    #[must_use]
    pub fn last_day(mut self, name: &str, until: Timestamp) -> Self {
        self.args.insert(name.to_owned(), json!({ "until": until.as_millis() }));
        self
    }
    /// Where the message leads: a path of this site.
    #[must_use]
    pub fn leads_to(self, href: &str) -> Self {
        self.arg("href", href)
    }
    #[must_use]
    pub fn in_language(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }
}

/// Title and text of a kind with its arguments, in a language.
pub(super) fn words(
    kind: Kind,
    args: &Map<String, Value>,
    lang: Lang,
    zone: &Zone,
) -> (String, String, Option<String>) {
    let values: Vec<(String, String)> =
        args.iter().map(|(name, value)| (name.clone(), in_words(value, lang, zone))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let href = args.get("href").and_then(Value::as_str).and_then(web::local_path).map(str::to_owned);
    (lang.ta(&kind.title_key(), &pairs), lang.ta(&kind.text_key(), &pairs), href)
}
fn in_words(value: &Value, lang: Lang, zone: &Zone) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let own = match lang {
        Lang::Zh => text("zh"),
        Lang::En => text("en"),
    };
    if let Some(own) = own {
        return own.to_owned();
    }
    if let Some(key) = text("key") {
        return lang.t(key);
    }
    let moment = |name: &str| value.get(name).and_then(Value::as_i64).map(Timestamp::from_millis);
    if let Some(at) = moment("at") {
        return at.local_minute(zone);
    }
    if let Some(until) = moment("until") {
        return until.last_day(zone);
    }
    value.as_str().unwrap_or_default().to_owned()
}

/// Which messages a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageFilter {
    pub unread: bool,
    pub from: From,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    #[default]
    Everybody,
    Platform,
    Product(ProductId),
}

/// A message as its holder reads it.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: NoticeId,
    pub kind: Kind,
    pub title: String,
    pub text: String,
    pub href: Option<String>,
    pub at: Timestamp,
    pub read: bool,
}

/// One switch of `/me/reminders`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    pub group: Group,
    pub channel: Channel,
    pub on: bool,
}

/// What a holder set, with the defaults where nothing was set.
#[derive(Clone, Debug)]
pub struct Wishes {
    pub reminders: Vec<Reminder>,
    /// Language of SMS and mail.
    pub lang: Option<Lang>,
}
impl Wishes {
    pub fn on(&self, group: Group, channel: Channel) -> bool {
        self.reminders
            .iter()
            .find(|reminder| reminder.group == group && reminder.channel == channel)
            .map_or_else(|| group.default_on(channel), |reminder| reminder.on)
    }
}
