//! What MODEL.md says of every layer, as a table of conditions.
use super::super::model::*;
use super::{NOW, THERE};
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, Audience, GrantMode, ProductState};
use identity::account::AccountState;
use kernel::Timestamp;
use std::collections::BTreeMap;

fn now_in(from: Timestamp, until: Timestamp) -> bool {
    (from.as_millis()..until.as_millis()).contains(&NOW)
}
fn person(f: &Facts) -> Option<&AccountFacts> {
    f.subject.person()
}
pub(super) fn machine(f: &Facts) -> Option<&MachineFacts> {
    match &f.subject {
        Subject::Machine(machine) => Some(machine),
        Subject::Person(_) => None,
    }
}
fn live_row(f: &Facts) -> Option<&AdmissionFacts> {
    let row = f.organization.as_ref()?.admission.as_ref()?;
    (row.state == AdmissionState::Active && now_in(row.valid_from, row.valid_until)).then_some(row)
}
fn in_zone(f: &Facts, zone: &str) -> bool {
    f.session.zones.iter().any(|own| own == zone)
}
type Condition = fn(&Facts) -> bool;
/// Layer, in whose decisions it stands, and when it holds. The oracle: every row that applies has to hold.
const TABLE: &[(LayerKind, Condition, Condition)] = &[
    (
        LayerKind::Account,
        |f| person(f).is_some(),
        |f| {
            let state = person(f).unwrap().state;
            state == AccountState::Active || state == AccountState::Unactivated && f.session.card
        },
    ),
    (LayerKind::Client, |f| machine(f).is_some(), |f| machine(f).unwrap().active),
    (LayerKind::Product, |_| true, |f| f.product.state == ProductState::Active),
    (
        LayerKind::Audience,
        |_| true,
        |f| match (f.organization.is_some(), machine(f).is_some()) {
            (true, _) => f.product.audience != Audience::Person,
            (false, true) => true,
            (false, false) => {
                f.product.audience != Audience::Organization && person(f).unwrap().owner.is_none()
            }
        },
    ),
    (
        LayerKind::Organization,
        |f| f.organization.is_some(),
        |f| f.organization.as_ref().unwrap().state == OrganizationState::Active,
    ),
    (
        LayerKind::Owner,
        |f| machine(f).is_some(),
        |f| machine(f).unwrap().owner == f.organization.as_ref().map(|o| o.id),
    ),
    (
        LayerKind::Membership,
        |f| person(f).is_some() && f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            let owner_fits = [None, Some(o.id)].contains(&person(f).unwrap().owner);
            o.membership.as_ref().is_some_and(|m| {
                owner_fits && m.state == MembershipState::Active && now_in(m.valid_from, m.valid_until)
            })
        },
    ),
    (
        LayerKind::Role,
        |f| person(f).is_some() && f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            o.membership.as_ref().is_some_and(|m| {
                let idle = m.role == Role::Administrator && !o.administrators_do_business;
                !idle && f.product.roles_allowed.contains(&m.role)
            })
        },
    ),
    (
        LayerKind::Admission,
        |f| f.organization.is_some(),
        |f| {
            let o = f.organization.as_ref().unwrap();
            let struck_off = matches!(o.registry_state, RegistryState::Revoked | RegistryState::Cancelled);
            let basis = match f.product.admission_class {
                AdmissionClass::Open => true,
                AdmissionClass::Membership => o.has_member_number,
                AdmissionClass::Discretionary => live_row(f).is_some(),
                AdmissionClass::Contract => {
                    live_row(f).and_then(|row| row.contract.as_ref()).is_some_and(|c| {
                        c.lists_product
                            && c.state == ContractState::Active
                            && now_in(c.valid_from, c.valid_until)
                    })
                }
            };
            basis && !struck_off
        },
    ),
    (
        LayerKind::Grant,
        |f| f.organization.is_some() || machine(f).is_some(),
        |f| match machine(f) {
            Some(machine) => machine.registered,
            None => {
                let grant = f.organization.as_ref().unwrap().grant.as_ref();
                f.product.grant_mode == GrantMode::EveryAgent
                    || grant
                        .is_some_and(|g| g.state == GrantState::Active && now_in(g.valid_from, g.valid_until))
            }
        },
    ),
    (
        LayerKind::RealName,
        |f| person(f).is_some(),
        |f| person(f).unwrap().level.rank() >= f.product.minimum_level.rank(),
    ),
    (LayerKind::Strength, |f| person(f).is_some(), |f| f.product.minimum_strength <= f.session.strength),
    (
        LayerKind::Network,
        |_| true,
        |f| {
            let types = f.organization.as_ref().map_or(&[][..], |o| &o.network_zones);
            f.product.network_zone.as_ref().is_none_or(|zone| in_zone(f, zone))
                && (types.is_empty() || types.iter().any(|zone| in_zone(f, zone)))
        },
    ),
];
/// What the table says of every layer, and of the whole.
pub(super) fn oracle(f: &Facts) -> (bool, BTreeMap<LayerKind, LayerState>) {
    let applies = TABLE.iter().filter(|row| row.1(f));
    let held: BTreeMap<LayerKind, bool> = applies.map(|row| (row.0, row.2(f))).collect();
    let asleep = held.get(&LayerKind::Admission) == Some(&false);
    let state = |(kind, held): (&LayerKind, &bool)| {
        let state = match held {
            true if *kind == LayerKind::Grant && asleep => LayerState::Asleep,
            true => LayerState::Met,
            false => LayerState::Missing,
        };
        (*kind, state)
    };
    (held.values().all(|held| *held), held.iter().map(state).collect())
}
/// What must be so when a code is told. A code that is not here is not told.
pub(super) fn told_truly(code: &str, f: &Facts) -> bool {
    let o = f.organization.as_ref();
    let m = o.and_then(|o| o.membership.as_ref());
    let row = o.and_then(|o| o.admission.as_ref()).filter(|row| row.state != AdmissionState::Ended);
    let contract = match row {
        Some(row) => row.contract.as_ref(),
        None => o.and_then(|o| o.signed.as_ref()),
    };
    let grant = o.and_then(|o| o.grant.as_ref()).filter(|grant| grant.state != GrantState::Ended);
    let class = f.product.admission_class;
    let (later, over) =
        (|from: Timestamp| from.as_millis() > NOW, |until: Timestamp| until.as_millis() <= NOW);
    match code {
        "decision.account_unactivated" => {
            person(f).unwrap().state == AccountState::Unactivated && !f.session.card
        }
        "decision.account_disabled" => person(f).unwrap().state == AccountState::Disabled,
        "decision.account_closed" => person(f).unwrap().state == AccountState::Closed,
        "decision.client_disabled" => !machine(f).unwrap().active,
        "decision.product_suspended" => f.product.state == ProductState::Suspended,
        "decision.product_unavailable" => {
            [ProductState::Draft, ProductState::Withdrawn].contains(&f.product.state)
        }
        "decision.audience_person_only" => o.is_some() && f.product.audience == Audience::Person,
        "decision.audience_organization_only" => o.is_none() && f.product.audience == Audience::Organization,
        "decision.account_managed" => o.is_none() && person(f).unwrap().owner.is_some(),
        "decision.organization_suspended" => o.unwrap().state == OrganizationState::Suspended,
        "decision.organization_closed" => o.unwrap().state == OrganizationState::Closed,
        "decision.owner_foreign" => machine(f).unwrap().owner != o.map(|o| o.id),
        "decision.membership_missing" => m.is_none_or(|m| m.state == MembershipState::Ended),
        "decision.membership_foreign" => person(f).unwrap().owner == Some(THERE),
        "decision.membership_suspended" => m.unwrap().state == MembershipState::Suspended,
        "decision.membership_not_yet" => later(m.unwrap().valid_from),
        "decision.membership_expired" => over(m.unwrap().valid_until),
        "decision.role_missing" => m.is_none(),
        "decision.role_administers_only" => {
            m.unwrap().role == Role::Administrator && !o.unwrap().administrators_do_business
        }
        "decision.role_not_allowed" => !f.product.roles_allowed.contains(&m.unwrap().role),
        "decision.registry_revoked" => o.unwrap().registry_state == RegistryState::Revoked,
        "decision.registry_cancelled" => o.unwrap().registry_state == RegistryState::Cancelled,
        "decision.member_number_missing" => {
            class == AdmissionClass::Membership && !o.unwrap().has_member_number
        }
        "decision.admission_missing" => class == AdmissionClass::Discretionary && row.is_none(),
        "decision.admission_suspended" => row.unwrap().state == AdmissionState::Suspended,
        "decision.admission_not_yet" => later(row.unwrap().valid_from),
        "decision.admission_expired" => over(row.unwrap().valid_until),
        "decision.contract_not_signed" => row.is_none() && contract.is_none_or(|c| !c.lists_product),
        "decision.contract_not_granted" => {
            row.is_none() && contract.is_some_and(|c| now_in(c.valid_from, c.valid_until))
        }
        "decision.contract_missing" => row.is_some() && contract.is_none(),
        "decision.contract_terminated" => contract.unwrap().state == ContractState::Terminated,
        "decision.contract_excludes_product" => !contract.unwrap().lists_product,
        "decision.contract_not_yet" => later(contract.unwrap().valid_from),
        "decision.contract_expired" => over(contract.unwrap().valid_until),
        "decision.grant_not_registered" => !machine(f).unwrap().registered,
        "decision.grant_missing" => grant.is_none(),
        "decision.grant_not_yet" => later(grant.unwrap().valid_from),
        "decision.grant_expired" => over(grant.unwrap().valid_until),
        "decision.real_name_too_low" => person(f).unwrap().level < f.product.minimum_level,
        "decision.strength_too_low" => f.session.strength < f.product.minimum_strength,
        "decision.network_outside" => true,
        _ => false,
    }
}
