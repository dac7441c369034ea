//! Kinds of notices, their groups, their arguments, and what a holder wishes.
use kernel::{Id, Timestamp, clock::Zone, id::mark};
use platform::Channel;
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

macro_rules! kinds { ($($(#[$meta:meta])* $kind:ident = $text:literal in $group:ident / $purpose:literal),* $(,)?) => {
    db::text_enum!(
        /// One sort of notice. Its words are `identity-notice-{kind}` and `identity-notice-{kind}-text`.
        pub enum Kind { $($(#[$meta])* $kind = $text),* }
    );
    impl Kind {
        pub const fn group(self) -> Group { match self { $(Self::$kind => Group::$group),* } }
        /// Names the template of a gateway that sends approved texts alone.
        pub const fn purpose(self) -> &'static str { match self { $(Self::$kind => $purpose),* } }
    }
} }
kinds!(
    PasswordChanged = "password_changed" in Security / "notice.password_changed",
    /// An administrator handed out a new one.
    PasswordReset = "password_reset" in Security / "notice.password_reset",
    Recovered = "recovered" in Security / "notice.recovered",
    PhoneBound = "phone_bound" in Security / "notice.phone_bound",
    PhoneChanged = "phone_changed" in Security / "notice.phone_changed",
    /// An administrator set or removed it.
    PhoneSet = "phone_set" in Security / "notice.phone_set",
    /// Somebody else proved the number: it no longer signs in here.
    PhoneReleased = "phone_released" in Security / "notice.phone_released",
    EmailBound = "email_bound" in Security / "notice.email_bound",
    EmailChanged = "email_changed" in Security / "notice.email_changed",
    LoginNameChanged = "login_name_changed" in Security / "notice.login_name_changed",
    FactorAdded = "factor_added" in Security / "notice.factor_added",
    FactorRemoved = "factor_removed" in Security / "notice.factor_removed",
    IdentityLinked = "identity_linked" in Security / "notice.identity_linked",
    IdentityUnlinked = "identity_unlinked" in Security / "notice.identity_unlinked",
    QuestionsSet = "questions_set" in Security / "notice.questions_set",
    QuestionsRemoved = "questions_removed" in Security / "notice.questions_removed",
    RealNameProven = "real_name_proven" in Security / "notice.real_name_proven",
    RealNameRemoved = "real_name_removed" in Security / "notice.real_name_removed",
    DisputeOpened = "dispute_opened" in Security / "notice.dispute_opened",
    DisputeDecided = "dispute_decided" in Security / "notice.dispute_decided",
    Closing = "closing" in Security / "notice.closing",
    ClosingUndone = "closing_undone" in Security / "notice.closing_undone",
    DataTaken = "data_taken" in Security / "notice.data_taken",
    NewDevice = "new_device" in SignIn / "notice.new_device",
    AccessRequested = "access_requested" in Requests / "notice.access_requested",
    RequestApproved = "request_approved" in Decisions / "notice.request_approved",
    RequestRejected = "request_rejected" in Decisions / "notice.request_rejected",
    ProofApproved = "proof_approved" in Decisions / "notice.proof_approved",
    ProofRejected = "proof_rejected" in Decisions / "notice.proof_rejected",
    GrantGiven = "grant_given" in Access / "notice.grant_given",
    GrantRevoked = "grant_revoked" in Access / "notice.grant_revoked",
    MembershipSuspended = "membership_suspended" in Access / "notice.membership_suspended",
    MembershipResumed = "membership_resumed" in Access / "notice.membership_resumed",
    MembershipEnded = "membership_ended" in Access / "notice.membership_ended",
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
}
impl Notice {
    pub fn new(kind: Kind) -> Self {
        Self { kind, args: Map::new(), lang: None }
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
    if let Some(at) = value.get("at").and_then(Value::as_i64) {
        return Timestamp::from_millis(at).local_minute(zone);
    }
    value.as_str().unwrap_or_default().to_owned()
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
