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
db::row!(Proof { id, account, method, provider, level, proven_at, expires_at });
