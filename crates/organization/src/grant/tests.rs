//! Both halves, their lapses and races; invariant 1: nothing says yes unless everything fits now.
use super::{Cell, Change, Step, Wish};
use crate::admission::NewAdmission;
use crate::authority::Operator;
use crate::contract::NewContract;
use crate::decision::{LayerKind, LayerState, SessionFacts, Space};
use crate::membership::Role;
use crate::organization::OrganizationState;
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use crate::testing::{Town, new_product, towns, towns_at};
use kernel::{Clock, Timestamp};

fn new_admission(town: &Town, valid_until: Timestamp) -> NewAdmission {
    NewAdmission {
        id: town.rooms.db().draw(),
        product: town.data,
        contract: None,
        valid_until,
        note: Some("核验".into()),
    }
}

#[tokio::test]
async fn m44_m48_admission_and_grant_open_the_product_and_either_alone_does_not() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let grant = || town.rooms.grant(by.clone(), town.ours, town.cell(), Timestamp::FOREVER, town.now());
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_not_granted");
        assert_eq!(grant().await.unwrap_err().code, "grant.admission_missing");
        town.admit(town.data).await;
        assert_eq!(town.decision(town.agent).await.code(), "decision.grant_missing");
        assert!(grant().await.unwrap());
        assert!(!grant().await.unwrap(), "granting twice is the same grant");
        assert!(town.decision(town.agent).await.allow);
        assert!(town.rooms.revoke(by.clone(), town.ours, town.cell(), town.now()).await.unwrap());
        assert!(!town.rooms.revoke(by.clone(), town.ours, town.cell(), town.now()).await.unwrap());
        assert!(!town.decision(town.agent).await.allow);
    }
}
#[tokio::test]
async fn m45_the_three_classes_hold_only_while_their_basis_holds() {
    let clock = Clock::fixed(Timestamp::from_millis(1_790_000_000_000));
    for town in towns_at(clock.clone()).await {
        town.open_for_the_agent().await;
        assert!(town.decision(town.agent).await.allow);
        // The contract ends: the grant sleeps; it wakes with another contract.
        town.rooms.terminate_contract(&Operator::installation(), town.ours, town.contract).await.unwrap();
        let asleep = town.decision(town.agent).await;
        assert_eq!(asleep.code(), "decision.contract_terminated");
        assert_eq!(asleep.layer(LayerKind::Grant).unwrap().state, LayerState::Asleep);
        let types = town.rooms.contract_types().await.unwrap();
        let again = NewContract {
            id: town.rooms.db().draw(),
            type_id: types[0].id,
            number: "CT-2".into(),
            valid_from: town.now(),
            valid_until: town.now().plus_days(10),
        };
        town.rooms.sign_contract(&Operator::installation(), town.ours, again, town.now()).await.unwrap();
        town.admit(town.data).await;
        assert!(town.decision(town.agent).await.allow, "the grant woke");
        // Expiry is evaluated when read.
        clock.advance_seconds(10 * 86_400);
        assert_eq!(town.decision(town.agent).await.code(), "decision.contract_expired");

        let by_number = new_product(&town.rooms, "gateway-test", |product| {
            product.admission_class = AdmissionClass::Membership;
            product.grant_mode = GrantMode::EveryAgent;
        })
        .await;
        let code = |product| {
            let town = &town;
            async move { town.decision_on(town.agent, product).await.code() }
        };
        assert_eq!(code(by_number).await, "decision.member_number_missing");
        let system = Operator::installation();
        let number = |number: Option<&str>| {
            town.rooms.set_member_number(&system, town.ours, number.map(str::to_owned), town.now())
        };
        number(Some("0427")).await.unwrap();
        assert_eq!(code(by_number).await, "decision.allowed");
        number(None).await.unwrap();
        assert_eq!(code(by_number).await, "decision.member_number_missing");

        let by_decision = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = AdmissionClass::Discretionary;
            product.grant_mode = GrantMode::EveryAgent;
        })
        .await;
        assert_eq!(code(by_decision).await, "decision.admission_missing");
        town.admit(by_decision).await;
        assert_eq!(code(by_decision).await, "decision.allowed");
        let refused = town
            .rooms
            .admit(
                Operator::installation(),
                town.ours,
                NewAdmission { product: by_number, ..new_admission(&town, Timestamp::FOREVER) },
                town.now(),
            )
            .await;
        assert_eq!(refused.unwrap_err().code, "admission.not_needed");
    }
}
#[tokio::test]
async fn invariant_1_every_way_of_taking_something_away_closes_the_gate_at_once() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let (rooms, now) = (&town.rooms, town.now());
        let system = Operator::installation();
        let allowed = || async { town.decision(town.agent).await.allow };
        assert!(allowed().await);
        rooms.set_organization_state(&system, town.ours, OrganizationState::Suspended, now).await.unwrap();
        assert!(!allowed().await);
        rooms.set_organization_state(&system, town.ours, OrganizationState::Active, now).await.unwrap();
        assert!(allowed().await);
        rooms.set_product_state(&system, town.data, ProductState::Suspended).await.unwrap();
        assert!(!allowed().await);
        rooms.set_product_state(&system, town.data, ProductState::Active).await.unwrap();
        assert!(allowed().await);
        let organization = rooms.organization(town.ours).await.unwrap();
        let admissions = rooms.admissions(&organization, now).await.unwrap();
        let admission = admissions.lines[0].admission.clone().unwrap().id;
        rooms.set_admission_suspended(system.clone(), town.ours, admission, true, now).await.unwrap();
        assert!(!allowed().await);
        rooms.set_admission_suspended(system.clone(), town.ours, admission, false, now).await.unwrap();
        assert!(allowed().await);
        rooms.end_admission(system.clone(), town.ours, admission, now).await.unwrap();
        assert!(!allowed().await);
        town.admit(town.data).await;
        assert!(allowed().await);
        rooms
            .set_member_suspended(system.clone(), town.ours, town.agent.membership, true, "", now)
            .await
            .unwrap();
        assert!(!allowed().await);
        rooms.set_member_suspended(system, town.ours, town.agent.membership, false, "", now).await.unwrap();
        assert!(allowed().await);
    }
}
#[tokio::test]
async fn invariant_1_a_revocation_that_was_acknowledged_is_seen_by_every_later_decision() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let by = town.as_administrator(town.administrator).await;
        for _ in 0..10 {
            let asking: Vec<_> = (0..4)
                .map(|_| {
                    let (rooms, agent, data, now) = (town.rooms.clone(), town.agent, town.data, town.now());
                    tokio::spawn(async move {
                        let session = SessionFacts { strength: 1, ..SessionFacts::default() };
                        let space = Space::Organization(agent.organization);
                        rooms.decide_one(agent.account, &session, space, data, now).await.unwrap()
                    })
                })
                .collect();
            town.rooms.revoke(by.clone(), town.ours, town.cell(), town.now()).await.unwrap();
            assert!(!town.decision(town.agent).await.allow, "asked after the acknowledgment");
            for task in asking {
                task.await.unwrap();
            }
            town.rooms
                .grant(by.clone(), town.ours, town.cell(), Timestamp::FOREVER, town.now())
                .await
                .unwrap();
            assert!(town.decision(town.agent).await.allow);
        }
    }
}
#[tokio::test]
async fn f10_grants_stay_inside_the_organization_and_below_the_own_role() {
    for town in towns().await {
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let grant = |membership| {
            let cell = Cell { membership, product: town.data };
            town.rooms.grant(by.clone(), town.ours, cell, Timestamp::FOREVER, town.now())
        };
        assert_eq!(grant(town.their_agent.membership).await.unwrap_err().code, "membership.unknown");
        assert_eq!(grant(town.administrator.membership).await.unwrap_err().code, "membership.role_too_high");
        let foreign = Cell { membership: town.their_agent.membership, product: town.data };
        let wish = Wish { cell: foreign, shown: false, seen: None, wanted: true, until: None };
        let batch = town.rooms.plan_grants(&by, vec![wish], town.now()).await;
        assert_eq!(batch.unwrap_err().code, "membership.unknown");
        let change = Change { cell: foreign, step: Step::Give { until: None } };
        let batch = town.rooms.save_grants(by.clone(), town.ours, vec![change], town.now()).await;
        assert_eq!(batch.unwrap_err().code, "membership.unknown");
        let reach = town.rooms.grant(by.clone(), town.theirs, foreign, Timestamp::FOREVER, town.now()).await;
        assert_eq!(reach.unwrap_err().code, "organization.unknown");
        assert!(!town.decision_on(town.their_agent, town.data).await.allow);
    }
}
#[tokio::test]
async fn m48_what_needs_no_grant_or_suits_no_role_is_not_granted() {
    for town in towns().await {
        let by = town.as_administrator(town.administrator).await;
        let open = new_product(&town.rooms, "library", |product| {
            product.admission_class = AdmissionClass::Open;
            product.grant_mode = GrantMode::EveryAgent;
        })
        .await;
        let heads = new_product(&town.rooms, "seals", |product| {
            product.admission_class = AdmissionClass::Open;
            product.roles_allowed = vec![Role::LegalRepresentative];
        })
        .await;
        for (product, code) in [(open, "grant.not_needed"), (heads, "grant.role_not_allowed")] {
            let cell = Cell { membership: town.agent.membership, product };
            let refused = town.rooms.grant(by.clone(), town.ours, cell, Timestamp::FOREVER, town.now()).await;
            assert_eq!(refused.unwrap_err().code, code);
        }
        assert!(town.decision_on(town.agent, open).await.allow, "every agent needs no grant");
    }
}
#[tokio::test]
async fn m45_admissions_are_edited_by_whom_the_product_says() {
    for town in towns().await {
        let now = town.now();
        let manager = town.as_staff(town.account_manager).await;
        let products = town.as_staff(town.product_manager).await;
        let administrator = town.as_administrator(town.administrator).await;
        let admit = |by: crate::Authority, product| {
            let new = NewAdmission { product, ..new_admission(&town, Timestamp::FOREVER) };
            town.rooms.admit(by, town.ours, new, now)
        };
        let refused = admit(administrator.clone().into(), town.data).await.unwrap_err();
        assert_eq!(refused.code, "admission.editor");
        let refused = admit(products.clone().into(), town.data).await.unwrap_err();
        assert_eq!(refused.code, "staff.role_required");
        admit(manager.clone().into(), town.data).await.unwrap();
        let twice = admit(manager.clone().into(), town.data).await.unwrap_err();
        assert_eq!(twice.code, "admission.exists");
        let by_product = new_product(&town.rooms, "quotes", |product| {
            product.admission_class = AdmissionClass::Discretionary;
            product.admission_editor = AdmissionEditor::ProductManager;
        })
        .await;
        assert_eq!(admit(manager.into(), by_product).await.unwrap_err().code, "staff.role_required");
        admit(products.into(), by_product).await.unwrap();
        let by_administrator = new_product(&town.rooms, "customs", |product| {
            product.admission_class = AdmissionClass::Discretionary;
            product.admission_editor = AdmissionEditor::OrganizationAdministrator;
        })
        .await;
        admit(administrator.into(), by_administrator).await.unwrap();
    }
}
#[tokio::test]
async fn the_spaces_of_a_person_are_decided_in_one_round_and_foreign_ones_are_unknown() {
    for town in towns().await {
        let person = town.self_owned("songyuan").await;
        let here = town.join(town.ours, Role::Agent, person).await;
        town.join(town.theirs, Role::Agent, person).await;
        town.admit(town.data).await;
        let by = town.as_administrator(town.administrator).await;
        let cell = Cell { membership: here.membership, product: town.data };
        town.rooms.grant(by, town.ours, cell, Timestamp::FOREVER, town.now()).await.unwrap();
        let session = SessionFacts { strength: 1, ..SessionFacts::default() };
        let spaces = town.rooms.decide_spaces(person, &session, town.data, None, town.now()).await.unwrap();
        let seen: Vec<_> = spaces.iter().map(|there| (there.space, there.decision.allow)).collect();
        assert_eq!(
            seen,
            [
                (Space::Personal, false),
                (Space::Organization(town.ours), true),
                (Space::Organization(town.theirs), false)
            ]
        );
        let nowhere = Space::Organization(kernel::Id::from_i64(1));
        assert!(
            town.rooms.decide_one(person, &session, nowhere, town.data, town.now()).await.unwrap().is_none()
        );
        let outsider = Space::Organization(town.theirs);
        let outside = town
            .rooms
            .decide_one(town.agent.account, &session, outsider, town.data, town.now())
            .await
            .unwrap();
        assert_eq!(
            outside.unwrap().decision.layer(LayerKind::Membership).unwrap().state,
            LayerState::Missing
        );
        let personal = new_product(&town.rooms, "library", |product| {
            product.admission_class = AdmissionClass::Open;
            product.audience = Audience::Both;
        })
        .await;
        let catalog = town.rooms.decide_catalog(person, &session, Space::Personal, town.now()).await.unwrap();
        let open: Vec<_> = catalog.iter().filter(|(_, decision)| decision.allow).map(|(id, _)| *id).collect();
        assert_eq!(open, [personal]);
    }
}
