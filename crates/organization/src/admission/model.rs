use crate::contract::Contract;
use crate::decision::Layer;
use crate::product::{AdmissionEditor, Product};
use kernel::{
    Timestamp,
    id::{AccountId, AdmissionId, ContractId, ProductId},
};
use platform::document::{Subject, Upload};

db::text_enum! {
    pub enum AdmissionState {
        Active = "active",
        /// By staff, until they resume it.
        Suspended = "suspended",
        Ended = "ended",
    }
}
db::text_enum! {
    /// What an admission rests on. Open products and those by member number need no row.
    pub enum AdmissionBasis {
        Contract = "contract",
        Discretionary = "discretionary",
    }
}

/// Files that say why an organization was admitted, those that came later included.
pub const MOST_EVIDENCE: usize = 8;
/// Words of a reason.
pub const REASON_MAX: usize = 200;

#[derive(Clone, Debug)]
pub struct Admission {
    pub id: AdmissionId,
    pub basis: AdmissionBasis,
    pub contract: Option<ContractId>,
    pub state: AdmissionState,
    /// The office that suspended it, while it is suspended.
    pub suspended_by: Option<AdmissionEditor>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub granted_by: Option<AccountId>,
    /// Why it was given.
    pub note: Option<String>,
    /// Why it was suspended, resumed or ended last.
    pub state_reason: Option<String>,
    /// Counts its changes.
    pub rev: i64,
}
impl Admission {
    /// The row that its evidence belongs to.
    pub fn evidence(id: AdmissionId) -> Subject {
        Subject::of("admission", id)
    }
    /// What a form remembers of the admission that it showed; empty where there was none.
    pub fn seen(there: Option<&Self>) -> String {
        there.map(|there| format!("{}.{}", there.id, there.rev)).unwrap_or_default()
    }
}

#[derive(Clone, Debug)]
pub struct NewAdmission {
    pub id: AdmissionId,
    pub product: ProductId,
    /// For products of the contract class; None takes the newest contract in force that lists the product.
    pub contract: Option<ContractId>,
    pub valid_until: Timestamp,
    pub note: Option<String>,
}
/// What a form at the desk adds.
#[derive(Clone, Debug, Default)]
pub struct Admitting {
    /// None: from now on.
    pub valid_from: Option<Timestamp>,
    pub evidence: Option<Upload>,
    /// [`Admission::seen`] of the form; None takes whatever is there.
    pub seen: Option<String>,
}

db::text_enum! {
    /// What happens to an admission that is there.
    pub enum AdmissionChange {
        Suspend = "suspend",
        Resume = "resume",
        End = "end",
    }
}
impl AdmissionChange {
    /// Of the audit record.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Suspend => "admission.suspended",
            Self::Resume => "admission.resumed",
            Self::End => "admission.ended",
        }
    }
}

/// One product as the page of the organization's permissions shows it: its row, if any, and how the first half stands.
#[derive(Clone, Debug)]
pub struct AdmissionLine {
    pub product: Product,
    pub admission: Option<Admission>,
    pub contract: Option<Contract>,
    pub layer: Layer,
    /// Members who use the product by a grant, or every agent where none is needed: of the newest [`COUNTED`].
    pub members: i64,
    /// The organization has more members than were looked at.
    pub more_members: bool,
}
/// So many members are counted: more would be read at every look at a list.
pub const COUNTED: i64 = 1000;
impl AdmissionLine {
    /// The number of members, with a `+` where there may be more.
    pub fn members_shown(&self) -> String {
        format!("{}{}", self.members, if self.more_members { "+" } else { "" })
    }
}
