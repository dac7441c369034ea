//! `decide`: the one place that says who may do what. Pure: the same facts give the same answer, without clock or store.
mod facts;
mod halves;
mod layer;
mod remedy;

pub use facts::{
    AccountFacts, AdmissionFacts, ContractFacts, Facts, GrantFacts, MachineFacts, MembershipFacts,
    OrganizationFacts, ProductFacts, SessionFacts, Space, Standing, Subject,
};
pub use halves::admission;
pub use layer::{Layer, LayerKind, LayerState};
pub use remedy::{Means, Mender, Remedy};

use halves::{asleep_unless, grant, registration};
use layer::{
    account_state, audience, client, membership, network, organization_state, owner, product, real_name,
    role, strength,
};
use remedy::remedy;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub allow: bool,
    /// In the order in which a person would clear them.
    pub layers: Vec<Layer>,
    pub remedies: Vec<Remedy>,
}
impl Decision {
    /// The first reason against, or `decision.allowed`.
    pub fn code(&self) -> &'static str {
        self.first_missing().map_or("decision.allowed", |layer| layer.code)
    }
    pub fn first_missing(&self) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.state == LayerState::Missing)
    }
    pub fn layer(&self, kind: LayerKind) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.kind == kind)
    }
    pub fn is_missing(&self, kind: LayerKind) -> bool {
        self.layer(kind).is_some_and(|layer| layer.state == LayerState::Missing)
    }
    /// The left half of the tally: the organization may. None in the personal space.
    pub fn organization_half(&self) -> Option<bool> {
        self.layer(LayerKind::Admission).map(|layer| layer.state == LayerState::Met)
    }
    /// The right half: this member may, on its own account.
    pub fn member_half(&self) -> Option<bool> {
        self.layer(LayerKind::Grant).map(|layer| layer.state != LayerState::Missing)
    }
    /// Something is missing, and it is the grant that a click can ask for.
    pub fn can_request_access(&self) -> bool {
        self.remedies.iter().any(|remedy| remedy.how == Means::RequestAccess)
    }
}

pub fn decide(facts: &Facts) -> Decision {
    let mut layers = match &facts.subject {
        Subject::Person(account) => of_person(facts, account),
        Subject::Machine(machine) => of_machine(facts, machine),
    };
    layers.push(network(facts));
    let remedies = layers
        .iter()
        .filter(|layer| layer.state == LayerState::Missing)
        .filter_map(|layer| remedy(facts, layer))
        .collect();
    Decision { allow: layers.iter().all(|layer| layer.state == LayerState::Met), layers, remedies }
}

fn of_person(facts: &Facts, account: &AccountFacts) -> Vec<Layer> {
    let mut layers = Vec::with_capacity(11);
    layers.extend([account_state(facts, account), product(facts), audience(facts)]);
    if let Some(organization) = &facts.organization {
        let admission = organization.admission(facts.product.admission_class, facts.now);
        layers.extend([
            organization_state(organization),
            membership(facts, account, organization),
            role(facts, organization),
            admission,
            asleep_unless(admission.state == LayerState::Met, grant(facts, organization)),
        ]);
    }
    layers.extend([real_name(facts, account), strength(facts)]);
    layers
}

/// Both halves here too: the owner is admitted, and the client was registered for the product.
fn of_machine(facts: &Facts, machine: &MachineFacts) -> Vec<Layer> {
    let mut layers = Vec::with_capacity(8);
    layers.extend([client(machine), product(facts), audience(facts)]);
    let owner = owner(machine, facts.organization.as_ref());
    match &facts.organization {
        Some(organization) => {
            let admission = organization.admission(facts.product.admission_class, facts.now);
            layers.extend([
                organization_state(organization),
                owner,
                admission,
                asleep_unless(admission.state == LayerState::Met, registration(machine)),
            ]);
        }
        None => layers.extend([owner, registration(machine)]),
    }
    layers
}
