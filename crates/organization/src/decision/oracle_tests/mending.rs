//! Each layer mended, by whatever means there are and by whoever is named.
use super::super::model::*;
use super::at;
use super::dice::Dice;
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{Audience, ProductState};
use identity::account::AccountState;
use identity::realname::RealNameLevel;
use kernel::Timestamp;

fn member(f: &mut Facts, role: Role) {
    let Some(o) = &mut f.organization else { return };
    let role = o.membership.as_ref().map_or(role, |m| m.role);
    o.membership = Some(MembershipFacts {
        role,
        state: MembershipState::Active,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
    });
}
fn in_force() -> ContractFacts {
    ContractFacts {
        state: ContractState::Active,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
        lists_product: true,
    }
}
fn granted() -> GrantFacts {
    GrantFacts { state: GrantState::Active, valid_from: at(0), valid_until: Timestamp::FOREVER }
}
fn admit(o: &mut OrganizationFacts) {
    let held = |row: &AdmissionFacts| row.state != AdmissionState::Ended;
    let contract = match o.admission.take().filter(held) {
        Some(row) => row.contract,
        None => o.signed.clone(),
    };
    o.admission = Some(AdmissionFacts {
        state: AdmissionState::Active,
        suspended_by: None,
        valid_from: at(0),
        valid_until: Timestamp::FOREVER,
        contract,
    });
}
pub(super) fn account(f: &mut Facts) -> Option<&mut AccountFacts> {
    match &mut f.subject {
        Subject::Person(account) => Some(account),
        Subject::Machine(_) => None,
    }
}
fn everywhere(f: &mut Facts) {
    f.session.zones = vec!["vpn".into(), "office".into()];
    if let Some(o) = &mut f.organization {
        // A type that names zones nobody stands in would keep everybody out; the random ones name these two.
        o.network_zones.retain(|zone| zone == "vpn" || zone == "office");
    }
}
/// Mends one layer by whatever means there are.
pub(super) fn mend(f: &mut Facts, kind: LayerKind) {
    match kind {
        LayerKind::Account => account(f).unwrap().state = AccountState::Active,
        LayerKind::Client => {
            if let Subject::Machine(machine) = &mut f.subject {
                machine.active = true;
            }
        }
        LayerKind::Product => f.product.state = ProductState::Active,
        LayerKind::Audience => {
            f.product.audience = Audience::Both;
            if f.organization.is_none()
                && let Some(account) = account(f)
            {
                account.owner = None;
            }
        }
        LayerKind::Organization => f.organization.as_mut().unwrap().state = OrganizationState::Active,
        LayerKind::Owner => {
            let here = f.organization.as_ref().map(|o| o.id);
            if let Subject::Machine(machine) = &mut f.subject {
                machine.owner = here;
            }
        }
        LayerKind::Membership => {
            member(f, Role::Agent);
            account(f).unwrap().owner = None;
        }
        LayerKind::Role => {
            member(f, Role::Agent);
            f.product.roles_allowed = Role::ALL.to_vec();
            f.organization.as_mut().unwrap().administrators_do_business = true;
        }
        LayerKind::Admission => {
            let o = f.organization.as_mut().unwrap();
            o.registry_state = RegistryState::Live;
            o.has_member_number = true;
            admit(o);
            o.admission.as_mut().unwrap().contract = Some(in_force());
        }
        LayerKind::Grant => match (&mut f.subject, &mut f.organization) {
            (Subject::Machine(machine), _) => machine.registered = true,
            (_, Some(o)) => o.grant = Some(granted()),
            (_, None) => {}
        },
        LayerKind::RealName => account(f).unwrap().level = RealNameLevel::Advanced,
        LayerKind::Strength => f.session.strength = 3,
        LayerKind::Network => everywhere(f),
    }
}
/// What the named person or office does about the layer, within what is theirs to change.
pub(super) fn act(f: &mut Facts, layer: &Layer, remedy: &Remedy) {
    let own = |f: &mut Facts| {
        let level = RealNameLevel::Advanced;
        f.subject = Subject::Person(AccountFacts { state: AccountState::Active, owner: None, level });
    };
    match (remedy.who, remedy.how, remedy.layer) {
        (Mender::Person, Means::Activate, _) => account(f).unwrap().state = AccountState::Active,
        (Mender::Person, Means::RaiseLevel, _) => account(f).unwrap().level = RealNameLevel::Advanced,
        (Mender::Person, Means::StepUp, _) => f.session.strength = 3,
        (_, Means::ChangeNetwork, _) => everywhere(f),
        (Mender::Person, Means::SwitchSpace, _) => {
            f.organization = match f.organization.take() {
                Some(_) => None,
                None => Some(Dice(1).organization()),
            };
        }
        (Mender::Person, Means::OwnAccount, LayerKind::Audience) => {
            own(f);
            f.organization = None;
        }
        (Mender::Person, Means::OwnAccount, _) => {
            own(f);
            member(f, Role::Agent);
        }
        (Mender::Person, Means::AskAgent | Means::AskColleague, _) => {
            let business = f.organization.as_ref().unwrap().administrators_do_business;
            let does = |role: &&Role| {
                f.product.roles_allowed.contains(role) && (**role != Role::Administrator || business)
            };
            let role = match remedy.how {
                Means::AskAgent => Role::Agent,
                _ => *Role::ALL.iter().find(does).expect("a role that the product allows"),
            };
            f.organization.as_mut().unwrap().membership.as_mut().unwrap().role = role;
        }
        (Mender::Person, Means::GrantYourself, _) | (Mender::Administrators, Means::RequestAccess, _) => {
            f.organization.as_mut().unwrap().grant = Some(granted());
        }
        (Mender::Administrators | Mender::Platform, Means::Contact, LayerKind::Account) => {
            account(f).unwrap().state = AccountState::Active;
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Product) => {
            f.product.state = ProductState::Active
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Role) => {
            f.product.roles_allowed = Role::ALL.to_vec()
        }
        (Mender::ProductManager, Means::Contact, LayerKind::Audience) => f.product.audience = Audience::Both,
        (Mender::ProductManager, Means::Contact, LayerKind::Client | LayerKind::Owner | LayerKind::Grant) => {
            mend(f, remedy.layer)
        }
        (Mender::AccountManager, Means::Contact, LayerKind::Organization) => {
            f.organization.as_mut().unwrap().state = OrganizationState::Active;
        }
        (Mender::Administrators | Mender::AccountManager, Means::Contact, LayerKind::Membership) => {
            member(f, Role::Agent);
        }
        (office, Means::Contact, LayerKind::Admission) => {
            let editor: Mender = f.product.admission_editor.into();
            let o = f.organization.as_mut().unwrap();
            match layer.code {
                "decision.admission_suspended" => {
                    assert_eq!(Some(office), layer.by.or(Some(editor)), "who suspended it resumes it");
                    o.admission.as_mut().unwrap().state = AdmissionState::Active;
                }
                code if code.starts_with("decision.admission") || code == "decision.contract_not_granted" => {
                    assert_eq!(office, editor, "admissions are the editor's");
                    admit(o);
                }
                // Register, number and contracts.
                _ => {
                    assert_eq!(office, Mender::AccountManager);
                    o.registry_state = RegistryState::Live;
                    o.has_member_number = true;
                    match o.admission.as_mut().filter(|row| row.state != AdmissionState::Ended) {
                        Some(row) => row.contract = Some(in_force()),
                        None => o.signed = Some(in_force()),
                    }
                }
            }
        }
        (who, how, kind) => panic!("nobody does that: {who} {how} {kind}"),
    }
}
