//! Disputes and their states.
use crate::case::CaseId;
use kernel::{
    Id, Timestamp,
    id::{AccountId, PersonId, mark},
};

pub type DisputeId = Id<mark::Dispute>;
pub const STATEMENT_MAX: usize = 1000;
pub const REASON_MAX: usize = 500;

db::text_enum!(
    pub enum DisputeState {
        Open = "open",
        /// One reviewer proposed a verdict; another confirms it or sends it back.
        Proposed = "proposed",
        Decided = "decided",
        /// The claimant gave up.
        Withdrawn = "withdrawn",
    }
);
impl DisputeState {
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Proposed)
    }
    pub const fn key(self) -> &'static str {
        match self {
            Self::Open => "verification-dispute-open",
            Self::Proposed => "verification-dispute-proposed",
            Self::Decided => "verification-dispute-decided",
            Self::Withdrawn => "verification-dispute-withdrawn",
        }
    }
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Open => "wait",
            Self::Proposed => "info",
            Self::Decided => "ok",
            Self::Withdrawn => "",
        }
    }
}
db::text_enum!(
    pub enum Verdict {
        /// The identity stays with the account that has it.
        Keep = "keep",
        /// It goes to the account that claims it; the holder's proofs are revoked.
        Move = "move",
        /// As `Keep`, and both accounts are the same person, who lost the factors of the holder: those are removed.
        Restore = "restore",
    }
);
impl Verdict {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Keep => "verification-verdict-keep",
            Self::Move => "verification-verdict-move",
            Self::Restore => "verification-verdict-restore",
        }
    }
}

/// On which side of a dispute an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Claimant,
    Holder,
}

#[derive(Clone, Debug)]
pub struct Dispute {
    pub id: DisputeId,
    pub case: CaseId,
    pub person: PersonId,
    pub claimant: AccountId,
    pub holder: AccountId,
    pub state: DisputeState,
    pub verdict: Option<Verdict>,
    pub reason: Option<String>,
    pub first_by: Option<AccountId>,
    pub first_at: Option<Timestamp>,
    pub decided_by: Option<AccountId>,
    pub decided_at: Option<Timestamp>,
    pub created_at: Timestamp,
}
impl Dispute {
    /// None for everybody else.
    pub fn side_of(&self, account: AccountId) -> Option<Side> {
        if account == self.claimant {
            Some(Side::Claimant)
        } else if account == self.holder {
            Some(Side::Holder)
        } else {
            None
        }
    }
}
