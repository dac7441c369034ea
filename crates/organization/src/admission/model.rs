use crate::contract::Contract;
use crate::decision::Layer;
use crate::product::Product;
use kernel::{
    Timestamp,
    id::{AdmissionId, ContractId},
};

db::text_enum! {
    pub enum AdmissionState {
        Active = "active",
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

#[derive(Clone, Debug)]
pub struct Admission {
    pub id: AdmissionId,
    pub basis: AdmissionBasis,
    pub contract: Option<ContractId>,
    pub state: AdmissionState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub note: Option<String>,
}

/// One product as the page of the organization's permissions shows it: its row, if any, and how the first half stands.
#[derive(Clone, Debug)]
pub struct AdmissionLine {
    pub product: Product,
    pub admission: Option<Admission>,
    pub contract: Option<Contract>,
    pub layer: Layer,
}
