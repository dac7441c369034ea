//! Methods, their needs, their worth.
use identity::realname::RealNameLevel;
use kernel::Timestamp;
use platform::setting::{ProofLevel, RealNamePolicy};

db::text_enum!(
    pub enum Method {
        /// Name and number against an authoritative register.
        TwoElement = "two_element",
        /// Name, number and mobile, at a carrier.
        ThreeElement = "three_element",
        /// Name, number, mobile and bank card, at a bank network.
        BankCard = "bank_card",
        /// An identity that an upstream provider (Alipay) certified.
        Certified = "certified",
        /// Documents seen by two members of staff.
        Counter = "counter",
    }
);
db::text_enum!(
    /// One case of each lane may be open at a time.
    pub enum Lane {
        Online = "online",
        Counter = "counter",
    }
);
impl Method {
    /// Those that a verifier can be set up for.
    pub const CHECKS: [Self; 3] = [Self::TwoElement, Self::ThreeElement, Self::BankCard];

    pub const fn lane(self) -> Lane {
        match self {
            Self::Counter => Lane::Counter,
            _ => Lane::Online,
        }
    }
    pub const fn wants_mobile(self) -> bool {
        matches!(self, Self::ThreeElement | Self::BankCard)
    }
    pub const fn wants_card(self) -> bool {
        matches!(self, Self::BankCard)
    }
    /// Key of the method's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::TwoElement => "verification-method-two-element",
            Self::ThreeElement => "verification-method-three-element",
            Self::BankCard => "verification-method-bank-card",
            Self::Certified => "verification-method-certified",
            Self::Counter => "verification-method-counter",
        }
    }
    /// Key of the words on what it takes.
    pub const fn needs_key(self) -> &'static str {
        match self {
            Self::TwoElement => "verification-needs-two-element",
            Self::ThreeElement => "verification-needs-three-element",
            Self::BankCard => "verification-needs-bank-card",
            Self::Certified => "verification-needs-certified",
            Self::Counter => "verification-needs-counter",
        }
    }
    pub fn level(self, policy: &RealNamePolicy) -> RealNameLevel {
        let level = match self {
            Self::TwoElement => policy.two_element,
            Self::ThreeElement => policy.three_element,
            Self::BankCard => policy.bank_card,
            Self::Certified => policy.certified,
            Self::Counter => policy.counter,
        };
        match level {
            ProofLevel::Primary => RealNameLevel::Primary,
            ProofLevel::Intermediate => RealNameLevel::Intermediate,
            ProofLevel::Advanced => RealNameLevel::Advanced,
        }
    }
    pub fn expires_at(self, policy: &RealNamePolicy, now: Timestamp) -> Timestamp {
        now.plus_days(match self.lane() {
            Lane::Online => policy.online_days,
            Lane::Counter => policy.counter_days,
        })
    }
}
/// Key of a stored method's name; proofs of demonstrations and imports have methods of their own.
pub fn key_of(method: &str) -> &'static str {
    method.parse::<Method>().map_or("verification-method-other", Method::key)
}
