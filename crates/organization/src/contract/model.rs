use crate::organization_type::Words;
use kernel::{
    Timestamp,
    id::{ContractId, ContractTypeId},
};

db::text_enum! {
    pub enum ContractState {
        Active = "active",
        Terminated = "terminated",
    }
}

#[derive(Clone, Debug)]
pub struct ContractType {
    pub id: ContractTypeId,
    pub code: String,
    pub name: Words,
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub id: ContractId,
    pub type_id: ContractTypeId,
    pub type_name: Words,
    pub number: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub state: ContractState,
}
impl Contract {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == ContractState::Active && self.valid_from <= now && now < self.valid_until
    }
}
