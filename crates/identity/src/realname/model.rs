//! Levels in their order, and one proof.
use kernel::{
    Id, Timestamp,
    id::{AccountId, mark},
};

db::text_enum!(
    /// 未实名, 初级, 中级, 高级.
    pub enum RealNameLevel {
        Unverified = "unverified",
        Primary = "primary",
        Intermediate = "intermediate",
        Advanced = "advanced",
    }
);
impl RealNameLevel {
    /// As statements count it: 0 to 3.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Unverified => 0,
            Self::Primary => 1,
            Self::Intermediate => 2,
            Self::Advanced => 3,
        }
    }
    pub const fn from_rank(rank: i64) -> Self {
        match rank {
            1 => Self::Primary,
            2 => Self::Intermediate,
            3 => Self::Advanced,
            _ => Self::Unverified,
        }
    }
    /// Key of the level's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unverified => "identity-level-unverified",
            Self::Primary => "identity-level-primary",
            Self::Intermediate => "identity-level-intermediate",
            Self::Advanced => "identity-level-advanced",
        }
    }
}

/// One verification, in force within `[proven_at, expires_at)` unless revoked.
#[derive(Clone, Debug)]
pub struct Proof {
    pub id: Id<mark::IdentityProof>,
    pub account: AccountId,
    /// `face`, `bank_card`, `id_document`, `demo` …
    pub method: String,
    pub provider: String,
    pub level: RealNameLevel,
    pub proven_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What the method answered, beside the proof: enough to show later what was relied on, without keeping the answer.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// `match`, `approved`, `certified` …
    pub result: Option<String>,
    /// SHA-256 of the answer's exact bytes.
    pub response_hash: Option<Vec<u8>>,
}

/// A proof as it is shown, one that no longer counts included.
#[derive(Clone, Debug)]
pub struct ProofRecord {
    pub id: Id<mark::IdentityProof>,
    pub method: String,
    pub provider: String,
    pub level: RealNameLevel,
    pub proven_at: Timestamp,
    pub expires_at: Timestamp,
    pub result: Option<String>,
    pub revoked_at: Option<Timestamp>,
    /// `unbound`, `dispute` …
    pub revoked_because: Option<String>,
}
impl ProofRecord {
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.proven_at <= now && now < self.expires_at
    }
}
db::row!(ProofRecord {
    id,
    method,
    provider,
    level,
    proven_at,
    expires_at,
    result,
    revoked_at,
    revoked_because,
});

/// What became of binding an account to a natural person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The account is this person's.
    Bound,
    /// Another open account of the same kind is.
    HeldBy(AccountId),
    /// The account was proven as somebody else's before.
    AnotherPerson,
}

db::row!(Proof { id, account, method, provider, level, proven_at, expires_at });
