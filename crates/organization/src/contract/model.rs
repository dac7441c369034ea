use crate::organization_type::Words;
use kernel::{
    Timestamp,
    id::{AccountId, ContractId, ContractTypeId, OrganizationId},
};
use platform::document::{Card, Subject};

db::text_enum! {
    pub enum ContractState {
        Active = "active",
        Terminated = "terminated",
    }
}
db::text_enum! {
    /// What happened to a contract.
    pub enum ContractStep {
        Signed = "signed",
        /// Another period follows; between the two there is no gap.
        Renewed = "renewed",
        /// The period is another one from now on.
        Amended = "amended",
        Terminated = "terminated",
    }
}
impl ContractStep {
    /// Of the audit record.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Signed => "contract.signed",
            Self::Renewed => "contract.renewed",
            Self::Amended => "contract.amended",
            Self::Terminated => "contract.terminated",
        }
    }
}

/// Scans of one contract: the paper itself, and what was signed later.
pub const MOST_SCANS: usize = 8;

#[derive(Clone, Debug)]
pub struct ContractType {
    pub id: ContractTypeId,
    pub code: String,
    pub name: Words,
}

#[derive(Clone, Debug)]
pub struct NewContract {
    pub id: ContractId,
    pub type_id: ContractTypeId,
    pub number: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub id: ContractId,
    pub organization: OrganizationId,
    pub type_id: ContractTypeId,
    pub type_name: Words,
    pub number: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub state: ContractState,
    /// Counts its changes: whoever acts on an older one is told.
    pub rev: i64,
}
impl Contract {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == ContractState::Active && self.valid_from <= now && now < self.valid_until
    }
    /// The row that its scans belong to.
    pub fn scans(id: ContractId) -> Subject {
        Subject::of("contract", id)
    }
}

/// Another period.
#[derive(Clone, Debug)]
pub struct NewPeriod {
    /// The contract as the form showed it.
    pub rev: i64,
    /// `Renewed` or `Amended`.
    pub step: ContractStep,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub reason: String,
}

/// One line of a contract's history, oldest first.
#[derive(Clone, Debug)]
pub struct PeriodRecord {
    pub step: ContractStep,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub reason: Option<String>,
    pub by: Option<AccountId>,
    pub at: Timestamp,
}

/// A product that rests on a contract, and how many members use it by that.
#[derive(Clone, Debug)]
pub struct Resting {
    pub product: Words,
    pub members: i64,
}

/// A contract with everything that its page shows.
#[derive(Clone, Debug)]
pub struct Shown {
    pub contract: Contract,
    pub history: Vec<PeriodRecord>,
    /// For whoever may amend it; empty for others.
    pub scans: Vec<Card>,
    /// Products that are closed with it.
    pub resting: Vec<Resting>,
}
