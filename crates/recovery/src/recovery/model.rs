//! The steps as a state machine: what was proven, what the policy still wants, where a flow stands. Pure.
use kernel::{Timestamp, id::AccountId};
use platform::{
    challenge::ChallengeId,
    setting::{RecoveryPolicy, model::ProofLevel},
};
use serde::{Deserialize, Serialize};

db::text_enum!(
    /// How somebody proves to be the holder.
    pub enum Way {
        Sms = "sms",
        Mail = "mail",
        Questions = "questions",
        Alipay = "alipay",
    }
);
impl Way {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sms => "recovery-way-sms",
            Self::Mail => "recovery-way-mail",
            Self::Questions => "recovery-way-questions",
            Self::Alipay => "recovery-way-alipay",
        }
    }
    pub const fn hint_key(self) -> &'static str {
        match self {
            Self::Sms => "recovery-way-sms-hint",
            Self::Mail => "recovery-way-mail-hint",
            Self::Questions => "recovery-way-questions-hint",
            Self::Alipay => "recovery-way-alipay-hint",
        }
    }
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Sms => "phone",
            Self::Mail => "mail",
            Self::Questions => "help",
            Self::Alipay => "link",
        }
    }
    /// Whether choosing it sends a message.
    pub const fn sends(self) -> bool {
        matches!(self, Self::Sms | Self::Mail)
    }
    /// Whether the platform offers it; never a question of the account.
    pub fn offered(self, policy: &RecoveryPolicy) -> bool {
        policy.ways.iter().any(|way| way.as_str() == self.as_str())
    }
    /// Up to which level it is enough alone.
    const fn alone_up_to(self, policy: &RecoveryPolicy) -> i64 {
        match self {
            Self::Sms => policy.sms_alone.rank(),
            Self::Mail => policy.mail_alone.rank(),
            Self::Questions => policy.questions_alone.rank(),
            Self::Alipay => policy.alipay_alone.rank(),
        }
    }
    const fn bit(self) -> u8 {
        match self {
            Self::Sms => 1,
            Self::Mail => 2,
            Self::Questions => 4,
            Self::Alipay => 8,
        }
    }
}

/// Ways that were proven, each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways(u8);
impl Ways {
    pub const fn has(self, way: Way) -> bool {
        self.0 & way.bit() != 0
    }
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    #[must_use]
    const fn with(self, way: Way) -> Self {
        Self(self.0 | way.bit())
    }
    pub fn names(self) -> Vec<&'static str> {
        Way::ALL.iter().filter(|way| self.has(**way)).map(|way| way.as_str()).collect()
    }
}

/// What decides how much is wanted, as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Of the real name, 0 to 3.
    pub level: i64,
    /// When a code last reached the holder at the bound number.
    pub phone_proven_at: Option<Timestamp>,
    /// The platform's staff prove themselves twice at every level.
    pub staff: bool,
    pub second_factor: bool,
}
impl Standing {
    /// Whether these ways are enough under this policy.
    pub fn satisfied_by(&self, ways: Ways, policy: &RecoveryPolicy, now: Timestamp) -> bool {
        if ways.count() >= 2 {
            return true;
        }
        let Some(way) = Way::ALL.iter().copied().find(|way| ways.has(*way)) else { return false };
        let known_number = self.phone_proven_at.is_some_and(|at| now < at.plus_days(policy.phone_days));
        let recycled = way == Way::Sms && self.level >= rank(policy.phone_days_from) && !known_number;
        self.level <= way.alone_up_to(policy) && !self.staff && !recycled
    }
}

const fn rank(level: ProofLevel) -> i64 {
    match level {
        ProofLevel::Primary => 1,
        ProofLevel::Intermediate => 2,
        ProofLevel::Advanced => 3,
    }
}

/// Where a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A way is to be chosen.
    Choose,
    /// One way is to be proven; codes are challenges of their own.
    Prove {
        way: Way,
        code: Option<ChallengeId>,
    },
    /// The account's second factor is asked for.
    Factor,
    Password,
}
impl Step {
    /// A row of one step answers for no other.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Choose => "recover.choose",
            Self::Prove { .. } => "recover.prove",
            Self::Factor => "recover.factor",
            Self::Password => "recover.password",
        }
    }
    pub const fn path(self) -> &'static str {
        match self {
            Self::Choose => "/recover/way",
            Self::Prove { .. } => "/recover/verify",
            Self::Factor => "/recover/factor",
            Self::Password => "/recover/password",
        }
    }
}

/// One person's way back, as it is sealed between two steps. Only the functions below make the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// As it was typed, shown again.
    typed: String,
    /// Whether that is a login name in shape; nothing is said of whether somebody has it.
    #[serde(default)]
    by_login_name: bool,
    /// Under which its tries are counted: a MAC of the identifier in one spelling.
    counted: [u8; 32],
    /// An id that no row has, if nobody has the identifier: everything that follows runs all the same.
    account: AccountId,
    step: Step,
    proven: Ways,
    factor: bool,
    /// One message may be sent for the captcha of the first page.
    prepaid: bool,
}
impl Flow {
    pub fn begun(typed: String, by_login_name: bool, counted: [u8; 32], account: AccountId) -> Self {
        let (step, proven) = (Step::Choose, Ways::default());
        Self { typed, by_login_name, counted, account, step, proven, factor: false, prepaid: true }
    }
    pub fn typed(&self) -> &str {
        &self.typed
    }
    pub fn counted(&self) -> &[u8; 32] {
        &self.counted
    }
    pub fn account(&self) -> AccountId {
        self.account
    }
    pub fn step(&self) -> Step {
        self.step
    }
    pub fn proven(&self) -> Ways {
        self.proven
    }
    /// Whether a message is covered by the captcha of the first page.
    pub fn prepaid(&self) -> bool {
        self.prepaid
    }
    /// The way that waits for its proof.
    pub fn way(&self) -> Option<Way> {
        match self.step {
            Step::Prove { way, .. } => Some(way),
            Step::Choose | Step::Factor | Step::Password => None,
        }
    }
    /// Whether this way may be chosen here: none twice, none once enough was proven, and no questions for a stranger who
    /// typed anything but a login name.
    pub fn may_choose(&self, way: Way, policy: &RecoveryPolicy) -> bool {
        let open = matches!(self.step, Step::Choose | Step::Prove { .. });
        let hidden = way == Way::Questions && self.wants_login_name(policy);
        open && !self.proven.has(way) && way.offered(policy) && !hidden
    }
    /// Whether the questions are there for a login name alone. An account has one of these, yet its questions are the same
    /// under its phone and its document, where nobody's differ: shown for those too, they would tell which belong together,
    /// and that somebody has them. Whoever proved something knows that.
    pub fn wants_login_name(&self, policy: &RecoveryPolicy) -> bool {
        !self.by_login_name && self.proven.is_empty() && Way::Questions.offered(policy)
    }
    /// From the choice, or from another way that did not work out. None where [`Self::may_choose`] says no.
    #[must_use]
    pub fn choosing(&self, way: Way, code: Option<ChallengeId>, policy: &RecoveryPolicy) -> Option<Self> {
        let prepaid = self.prepaid && code.is_none();
        let step = Step::Prove { way, code };
        self.may_choose(way, policy).then(|| Self { step, prepaid, ..self.clone() })
    }
    /// The way that waits was proven. None unless it is this one that waits.
    #[must_use]
    pub fn proved(
        &self,
        way: Way,
        standing: &Standing,
        policy: &RecoveryPolicy,
        now: Timestamp,
    ) -> Option<Self> {
        let waits = self.way() == Some(way);
        waits.then(|| Self { proven: self.proven.with(way), ..self.clone() }.onward(standing, policy, now))
    }
    /// The second factor was right. None unless it is what was asked for.
    #[must_use]
    pub fn factor_proved(
        &self,
        standing: &Standing,
        policy: &RecoveryPolicy,
        now: Timestamp,
    ) -> Option<Self> {
        let asked = self.step == Step::Factor;
        asked.then(|| Self { factor: true, ..self.clone() }.onward(standing, policy, now))
    }
    /// Where the flow stands by what is wanted now: policy, level and factors may have changed since the last step.
    #[must_use]
    pub fn onward(self, standing: &Standing, policy: &RecoveryPolicy, now: Timestamp) -> Self {
        let step = if !standing.satisfied_by(self.proven, policy, now) {
            Step::Choose
        } else if standing.second_factor && !self.factor {
            Step::Factor
        } else {
            Step::Password
        };
        Self { step, ..self }
    }
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Another step waits under this id.
    To(Step, ChallengeId),
    /// Not right; so many tries are left, where that is known.
    Wrong { left: Option<i64> },
    /// This code has had its tries: another one is needed.
    Exhausted,
    /// Right, but used before: the next code of the app.
    Used,
    /// Too many tries for this identifier, from this source, or at this factor.
    Locked { minutes: i64 },
    /// The pause between two messages.
    Wait { seconds: i64 },
    /// Another provider's account that is not bound here, or that was not signed in to.
    Foreign,
    /// The password is set.
    Done,
    /// Used, expired, or of another browser: begin again.
    Gone,
}
/// Kept with a code, so that it proves the address to which it went and no other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sent {
    pub account: AccountId,
    pub to: String,
}
