//! The two halves of the tally: the organization is admitted, and this member, or this machine, was granted.
use super::facts::{AdmissionFacts, ContractFacts, Facts, MachineFacts, OrganizationFacts, Standing};
use super::layer::{Layer, LayerKind, LayerState, Period, met, missing, period};
use super::remedy::Mender;
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::organization::RegistryState;
use crate::product::{AdmissionClass, GrantMode};
use kernel::Timestamp;

/// The first half of the tally. `signed` matters only without an admission.
pub fn admission(
    class: AdmissionClass,
    standing: Standing,
    admission: Option<&AdmissionFacts>,
    signed: Option<&ContractFacts>,
    now: Timestamp,
) -> Layer {
    use LayerKind::Admission as Kind;
    // Struck off by the authority: whatever the basis is, it sleeps until the register says otherwise.
    let layer = match (standing.registry_state, class) {
        (RegistryState::Revoked, _) => missing(Kind, "decision.registry_revoked"),
        (RegistryState::Cancelled, _) => missing(Kind, "decision.registry_cancelled"),
        (_, AdmissionClass::Open) => met(Kind, "decision.admission_open"),
        (_, AdmissionClass::Membership) if standing.has_member_number => {
            met(Kind, "decision.admission_membership")
        }
        (_, AdmissionClass::Membership) => missing(Kind, "decision.member_number_missing"),
        (_, AdmissionClass::Discretionary) => match live(admission) {
            None => missing(Kind, "decision.admission_missing"),
            Some(row) => admission_row(row, now, || met(Kind, "decision.admission_discretionary")),
        },
        (_, AdmissionClass::Contract) => match live(admission) {
            None => ungranted(signed, now),
            Some(row) => admission_row(row, now, || match &row.contract {
                None => missing(Kind, "decision.contract_missing"),
                Some(contract) => by_contract(contract, now),
            }),
        },
    };
    Layer { basis: Some(class), ..layer }
}
fn live(admission: Option<&AdmissionFacts>) -> Option<&AdmissionFacts> {
    admission.filter(|admission| admission.state != AdmissionState::Ended)
}
fn admission_row(admission: &AdmissionFacts, now: Timestamp, basis: impl FnOnce() -> Layer) -> Layer {
    use LayerKind::Admission as Kind;
    if admission.state == AdmissionState::Suspended {
        let by = admission.suspended_by.map(Mender::from);
        return Layer { by, ..missing(Kind, "decision.admission_suspended") };
    }
    match period(admission.valid_from, admission.valid_until, now) {
        Period::Before => missing(Kind, "decision.admission_not_yet").until(admission.valid_from),
        Period::After => missing(Kind, "decision.admission_expired").until(admission.valid_until),
        Period::Within => {
            let layer = basis();
            match layer.state {
                LayerState::Met => {
                    let end = layer.until.unwrap_or(Timestamp::FOREVER).min(admission.valid_until);
                    layer.until(end)
                }
                LayerState::Asleep | LayerState::Missing => layer,
            }
        }
    }
}
/// Without an admission: either nothing was signed, or what was signed was not granted.
fn ungranted(signed: Option<&ContractFacts>, now: Timestamp) -> Layer {
    use LayerKind::Admission as Kind;
    let Some(contract) = signed.filter(|contract| contract.lists_product) else {
        return missing(Kind, "decision.contract_not_signed");
    };
    let layer = by_contract(contract, now);
    match layer.state {
        LayerState::Met => missing(Kind, "decision.contract_not_granted"),
        LayerState::Asleep | LayerState::Missing => layer,
    }
}
fn by_contract(contract: &ContractFacts, now: Timestamp) -> Layer {
    use LayerKind::Admission as Kind;
    if contract.state == ContractState::Terminated {
        return missing(Kind, "decision.contract_terminated");
    }
    if !contract.lists_product {
        return missing(Kind, "decision.contract_excludes_product");
    }
    match period(contract.valid_from, contract.valid_until, now) {
        Period::Before => missing(Kind, "decision.contract_not_yet").until(contract.valid_from),
        Period::Within => met(Kind, "decision.admission_contract").until(contract.valid_until),
        Period::After => missing(Kind, "decision.contract_expired").until(contract.valid_until),
    }
}

pub(super) fn grant(facts: &Facts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Grant as Kind;
    if facts.product.grant_mode == GrantMode::EveryAgent {
        return met(Kind, "decision.grant_by_mode");
    }
    let live = organization.grant.as_ref().filter(|grant| grant.state != GrantState::Ended);
    let Some(grant) = live else { return missing(Kind, "decision.grant_missing") };
    match period(grant.valid_from, grant.valid_until, facts.now) {
        Period::Before => missing(Kind, "decision.grant_not_yet").until(grant.valid_from),
        Period::Within => met(Kind, "decision.grant_active").until(grant.valid_until),
        Period::After => missing(Kind, "decision.grant_expired").until(grant.valid_until),
    }
}
pub(super) fn asleep_unless(admitted: bool, layer: Layer) -> Layer {
    match layer.state {
        LayerState::Met if !admitted => {
            Layer { state: LayerState::Asleep, code: "decision.grant_asleep", ..layer }
        }
        _ => layer,
    }
}

pub(super) fn registration(machine: &MachineFacts) -> Layer {
    use LayerKind::Grant as Kind;
    if machine.registered {
        met(Kind, "decision.grant_by_registration")
    } else {
        missing(Kind, "decision.grant_not_registered")
    }
}
