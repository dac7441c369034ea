//! `decide` by table, layer by layer, and against an oracle that was written from MODEL.md and not from the code.
use super::model::*;
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{Timestamp, id::OrganizationId};

const ORGANIZATION: OrganizationId = OrganizationId::from_i64(7);
const NOW: i64 = 1_000;
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Everything fits: an agent of an exchange member, contract, grant.
fn fitting() -> Facts {
    Facts {
        subject: Subject::Person(AccountFacts {
            state: AccountState::Active,
            owner: Some(ORGANIZATION),
            level: RealNameLevel::Intermediate,
        }),
        organization: Some(OrganizationFacts {
            id: ORGANIZATION,
            state: OrganizationState::Active,
            has_member_number: true,
            registry_state: RegistryState::Live,
            administrators_do_business: false,
            network_zones: vec![],
            membership: Some(MembershipFacts {
                role: Role::Agent,
                state: MembershipState::Active,
                valid_from: at(0),
                valid_until: Timestamp::FOREVER,
            }),
            admission: Some(AdmissionFacts {
                state: AdmissionState::Active,
                suspended_by: None,
                valid_from: at(0),
                valid_until: at(5_000),
                contract: Some(ContractFacts {
                    state: ContractState::Active,
                    valid_from: at(0),
                    valid_until: at(4_000),
                    lists_product: true,
                }),
            }),
            signed: None,
            grant: Some(GrantFacts {
                state: GrantState::Active,
                valid_from: at(0),
                valid_until: Timestamp::FOREVER,
            }),
        }),
        product: ProductFacts {
            state: ProductState::Active,
            audience: Audience::Organization,
            admission_class: AdmissionClass::Contract,
            admission_editor: AdmissionEditor::AccountManager,
            grant_mode: GrantMode::Explicit,
            roles_allowed: vec![Role::Agent],
            minimum_level: RealNameLevel::Primary,
            minimum_strength: 1,
            network_zone: None,
        },
        session: SessionFacts { strength: 1, card: false, zones: vec![] },
        now: at(NOW),
    }
}
fn account(facts: &mut Facts) -> &mut AccountFacts {
    match &mut facts.subject {
        Subject::Person(account) => account,
        Subject::Machine(_) => unreachable!("a person's facts"),
    }
}
fn organization(facts: &mut Facts) -> &mut OrganizationFacts {
    facts.organization.as_mut().unwrap()
}
fn contract(facts: &mut Facts) -> &mut ContractFacts {
    organization(facts).admission.as_mut().unwrap().contract.as_mut().unwrap()
}

#[test]
fn m44_m48_both_halves_fit_and_the_gate_opens() {
    let decision = decide(&fitting());
    assert!(decision.allow, "{decision:?}");
    assert_eq!(decision.code(), "decision.allowed");
    assert!(decision.remedies.is_empty());
    assert_eq!(decision.layers.len(), 11);
    // The admission ends with its contract, before its own end.
    assert_eq!(decision.layer(LayerKind::Admission).unwrap().until, Some(at(4_000)));
}

type Change = fn(&mut Facts);
type Denial = (Change, &'static str, Option<(Mender, Means)>);
/// change, code of the first missing layer, who mends it and how
const DENIALS: &[Denial] = &[
    (
        |f| account(f).state = AccountState::Disabled,
        "decision.account_disabled",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| account(f).state = AccountState::Closed,
        "decision.account_closed",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| account(f).state = AccountState::Unactivated,
        "decision.account_unactivated",
        Some((Mender::Person, Means::Activate)),
    ),
    (
        |f| f.product.state = ProductState::Draft,
        "decision.product_unavailable",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| f.product.state = ProductState::Withdrawn,
        "decision.product_unavailable",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| f.product.state = ProductState::Suspended,
        "decision.product_suspended",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| f.product.audience = Audience::Person,
        "decision.audience_person_only",
        Some((Mender::Person, Means::OwnAccount)),
    ),
    (
        |f| organization(f).state = OrganizationState::Suspended,
        "decision.organization_suspended",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).state = OrganizationState::Closed,
        "decision.organization_closed",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).membership = None,
        "decision.membership_missing",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| account(f).owner = Some(OrganizationId::from_i64(8)),
        "decision.membership_foreign",
        Some((Mender::Person, Means::OwnAccount)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().state = MembershipState::Suspended,
        "decision.membership_suspended",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().state = MembershipState::Ended,
        "decision.membership_missing",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().valid_from = at(NOW + 1),
        "decision.membership_not_yet",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().valid_until = at(NOW),
        "decision.membership_expired",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().role = Role::Administrator,
        "decision.role_administers_only",
        Some((Mender::Person, Means::AskAgent)),
    ),
    (
        |f| organization(f).membership.as_mut().unwrap().role = Role::LegalRepresentative,
        "decision.role_not_allowed",
        Some((Mender::Person, Means::AskAgent)),
    ),
    (
        |f| organization(f).admission = None,
        "decision.contract_not_signed",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_editor = AdmissionEditor::ProductManager;
            let admission = organization(f).admission.take();
            organization(f).signed = admission.unwrap().contract;
        },
        "decision.contract_not_granted",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| {
            let admission = organization(f).admission.take();
            organization(f).signed = admission.unwrap().contract;
            organization(f).signed.as_mut().unwrap().valid_until = at(NOW);
        },
        "decision.contract_expired",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_editor = AdmissionEditor::OrganizationAdministrator;
            let admission = organization(f).admission.as_mut().unwrap();
            admission.state = AdmissionState::Suspended;
            admission.suspended_by = Some(AdmissionEditor::ProductManager);
        },
        "decision.admission_suspended",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| {
            organization(f).membership.as_mut().unwrap().role = Role::LegalRepresentative;
            organization(f).membership.as_mut().unwrap().valid_until = at(NOW);
        },
        "decision.membership_expired",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).admission.as_mut().unwrap().state = AdmissionState::Suspended,
        "decision.admission_suspended",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).admission.as_mut().unwrap().state = AdmissionState::Ended,
        "decision.contract_not_signed",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).admission.as_mut().unwrap().valid_from = at(NOW + 1),
        "decision.admission_not_yet",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).admission.as_mut().unwrap().valid_until = at(NOW),
        "decision.admission_expired",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).admission.as_mut().unwrap().contract = None,
        "decision.contract_missing",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| contract(f).state = ContractState::Terminated,
        "decision.contract_terminated",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| contract(f).lists_product = false,
        "decision.contract_excludes_product",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| contract(f).valid_from = at(NOW + 1),
        "decision.contract_not_yet",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| contract(f).valid_until = at(NOW),
        "decision.contract_expired",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_class = AdmissionClass::Membership;
            organization(f).has_member_number = false;
        },
        "decision.member_number_missing",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| organization(f).registry_state = RegistryState::Revoked,
        "decision.registry_revoked",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_class = AdmissionClass::Open;
            f.product.admission_editor = AdmissionEditor::OrganizationAdministrator;
            organization(f).registry_state = RegistryState::Cancelled;
        },
        "decision.registry_cancelled",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_class = AdmissionClass::Discretionary;
            organization(f).admission = None;
        },
        "decision.admission_missing",
        Some((Mender::AccountManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_class = AdmissionClass::Discretionary;
            f.product.admission_editor = AdmissionEditor::ProductManager;
            organization(f).admission = None;
        },
        "decision.admission_missing",
        Some((Mender::ProductManager, Means::Contact)),
    ),
    (
        |f| {
            f.product.admission_class = AdmissionClass::Discretionary;
            f.product.admission_editor = AdmissionEditor::OrganizationAdministrator;
            organization(f).admission = None;
        },
        "decision.admission_missing",
        Some((Mender::Administrators, Means::Contact)),
    ),
    (
        |f| organization(f).grant = None,
        "decision.grant_missing",
        Some((Mender::Administrators, Means::RequestAccess)),
    ),
    (
        |f| organization(f).grant.as_mut().unwrap().state = GrantState::Ended,
        "decision.grant_missing",
        Some((Mender::Administrators, Means::RequestAccess)),
    ),
    (
        |f| organization(f).grant.as_mut().unwrap().valid_from = at(NOW + 1),
        "decision.grant_not_yet",
        Some((Mender::Administrators, Means::RequestAccess)),
    ),
    (
        |f| organization(f).grant.as_mut().unwrap().valid_until = at(NOW),
        "decision.grant_expired",
        Some((Mender::Administrators, Means::RequestAccess)),
    ),
    (
        |f| {
            organization(f).grant = None;
            organization(f).membership.as_mut().unwrap().role = Role::LegalRepresentative;
            f.product.roles_allowed.push(Role::LegalRepresentative);
        },
        "decision.grant_missing",
        Some((Mender::Person, Means::GrantYourself)),
    ),
    (
        |f| f.product.minimum_level = RealNameLevel::Advanced,
        "decision.real_name_too_low",
        Some((Mender::Person, Means::RaiseLevel)),
    ),
    (|f| f.product.minimum_strength = 2, "decision.strength_too_low", Some((Mender::Person, Means::StepUp))),
    (
        |f| f.product.network_zone = Some("vpn".into()),
        "decision.network_outside",
        Some((Mender::Person, Means::ChangeNetwork)),
    ),
    (
        |f| organization(f).network_zones = vec!["office".into()],
        "decision.network_outside",
        Some((Mender::Person, Means::ChangeNetwork)),
    ),
    (
        |f| {
            f.organization = None;
        },
        "decision.audience_organization_only",
        Some((Mender::Person, Means::SwitchSpace)),
    ),
    (
        |f| {
            f.organization = None;
            f.product.audience = Audience::Both;
        },
        "decision.account_managed",
        Some((Mender::Person, Means::SwitchSpace)),
    ),
];

#[test]
fn m49_each_layer_denies_with_its_code_and_names_who_can_mend_it() {
    for (number, (change, code, remedy)) in DENIALS.iter().enumerate() {
        let mut facts = fitting();
        change(&mut facts);
        let decision = decide(&facts);
        assert!(!decision.allow, "{number} {code}");
        assert_eq!(decision.code(), *code, "{number}");
        let first = decision.first_missing().unwrap().kind;
        let found = decision.remedies.iter().find(|r| r.layer == first).map(|r| (r.who, r.how));
        assert_eq!(found, *remedy, "{number} {code}");
    }
}

const PERMISSIONS: &[(&str, Change)] = &[
    ("an unactivated account inside its card's session", |f| {
        account(f).state = AccountState::Unactivated;
        f.session.card = true;
    }),
    ("an open product needs no admission", |f| {
        f.product.admission_class = AdmissionClass::Open;
        organization(f).admission = None;
    }),
    ("a member number admits by itself", |f| {
        f.product.admission_class = AdmissionClass::Membership;
        organization(f).admission = None;
    }),
    ("discretion needs no contract", |f| {
        f.product.admission_class = AdmissionClass::Discretionary;
        organization(f).admission.as_mut().unwrap().contract = None;
    }),
    ("every agent needs no grant", |f| {
        f.product.grant_mode = GrantMode::EveryAgent;
        organization(f).grant = None;
    }),
    ("an administrator where the type lets them do business", |f| {
        organization(f).administrators_do_business = true;
        organization(f).membership.as_mut().unwrap().role = Role::Administrator;
        f.product.roles_allowed.push(Role::Administrator);
    }),
    ("a self-owned account in an organization", |f| account(f).owner = None),
    ("a product for both in the personal space", |f| {
        account(f).owner = None;
        f.organization = None;
        f.product.audience = Audience::Both;
    }),
    ("a product for persons in the personal space", |f| {
        account(f).owner = None;
        f.organization = None;
        f.product.audience = Audience::Person;
    }),
    ("inside the zone of the product and one of the type", |f| {
        f.product.network_zone = Some("vpn".into());
        organization(f).network_zones = vec!["office".into(), "vpn".into()];
        f.session.zones = vec!["vpn".into()];
    }),
];

#[test]
fn what_fits_in_another_way_is_allowed_too() {
    for (name, change) in PERMISSIONS {
        let mut facts = fitting();
        change(&mut facts);
        let decision = decide(&facts);
        assert!(decision.allow, "{name}: {decision:?}");
    }
}

#[test]
fn m44_a_grant_sleeps_while_the_admission_lapses_and_wakes_with_it() {
    let mut facts = fitting();
    contract(&mut facts).valid_until = at(NOW);
    let lapsed = decide(&facts);
    assert_eq!(lapsed.layer(LayerKind::Grant).unwrap().state, LayerState::Asleep);
    assert_eq!((lapsed.organization_half(), lapsed.member_half()), (Some(false), Some(true)));
    assert!(!lapsed.can_request_access());
    contract(&mut facts).valid_until = at(NOW + 1);
    assert!(decide(&facts).allow);
}

#[test]
fn m43_an_administrator_who_only_administers_is_not_told_to_ask_for_a_grant() {
    let mut facts = fitting();
    organization(&mut facts).membership.as_mut().unwrap().role = Role::Administrator;
    organization(&mut facts).grant = None;
    let decision = decide(&facts);
    assert!(!decision.can_request_access(), "{decision:?}");
}
