//! Facts from the store: a person in many organizations, and machines.
use super::model::{LayerKind, MachineFacts, SessionFacts, Space};
use super::service::{FEW, InSpace, SPACES_SHOWN, decide_few_in};
use crate::membership::Role;
use crate::product::{AdmissionClass, GrantMode};
use crate::testing::{Town, new_organization, new_product, towns};
use kernel::id::ProductId;

/// Open to every agent of an organization that is a member.
async fn for_members(town: &Town) -> ProductId {
    new_product(&town.rooms, "quotes", |product| {
        product.admission_class = AdmissionClass::Membership;
        product.grant_mode = GrantMode::EveryAgent;
    })
    .await
}

#[tokio::test]
async fn a_person_in_many_organizations_is_shown_the_first_that_open_the_product() {
    for town in towns().await {
        let person = town.self_owned("guanbinqi").await;
        let product = for_members(&town).await;
        let mut last = None;
        for n in 0..SPACES_SHOWN + 3 {
            let organization =
                new_organization(&town.rooms, town.public, &format!("行 {n}"), Some(town.account_manager))
                    .await;
            town.join(organization, Role::Agent, person).await;
            last = Some(organization);
        }
        let last = last.unwrap();
        let number = Some("0427".to_owned());
        let system = crate::Operator::installation();
        town.rooms.set_member_number(&system, last, number, town.now()).await.unwrap();
        let session = SessionFacts { strength: 1, ..SessionFacts::default() };
        let spaces = town.rooms.decide_spaces(person, &session, product, None, town.now()).await.unwrap();
        assert_eq!(spaces.len(), SPACES_SHOWN + 1, "the personal space, and so many others");
        assert_eq!(spaces[1].space, Space::Organization(last), "what opens comes first");
        assert!(spaces[1].decision.allow && !spaces[2].decision.allow);
        let wished = spaces.last().unwrap().space.organization();
        let spaces = town.rooms.decide_spaces(person, &session, product, wished, town.now()).await.unwrap();
        assert_eq!(spaces[1].space.organization(), wished, "the wished one before");
        let elsewhere =
            |except| town.rooms.decide_elsewhere(person, &session, product, except, 3, town.now());
        let (open, more) = elsewhere(Space::Organization(wished.unwrap())).await.unwrap();
        assert_eq!((open.len(), more), (1, false));
        assert_eq!(open[0].space, Space::Organization(last));
        assert!(elsewhere(Space::Organization(last)).await.unwrap().0.is_empty());
    }
}

/// However many are open, visited or wished: the order is that of a plain sort of all of them.
#[tokio::test]
async fn the_spaces_shown_are_the_first_of_all_spaces_sorted() {
    for town in towns().await {
        let person = town.self_owned("guanbinqi").await;
        let product = for_members(&town).await;
        let mut all = Vec::new();
        for n in 0..SPACES_SHOWN + 9 {
            let name = format!("行 {n}");
            let id = new_organization(&town.rooms, town.public, &name, Some(town.account_manager)).await;
            town.join(id, Role::Agent, person).await;
            all.push(id);
        }
        let visited = |n: usize| if n % 7 == 3 { n as i64 * 1000 % 17 + 1 } else { 0 };
        for (n, id) in all.iter().copied().enumerate().filter(|(n, _)| visited(*n) > 0) {
            let at = visited(n);
            let insert = "INSERT INTO space_visit (account_id, organization_id, at) VALUES ($1, $2, $3)";
            town.rooms
                .db()
                .write_unaudited("visits of the test", move |tx: &mut db::Tx<'_>| {
                    let values: [&dyn db::Param; 3] = [&person, &id, &at];
                    tx.run(insert, &values)
                })
                .await
                .unwrap();
        }
        let session = SessionFacts { strength: 1, ..SessionFacts::default() };
        // Scattered, so that neither the open nor the closed ones come first.
        let place = |n: usize| n * 23 % all.len();
        let mut numbered = 0;
        for open in [0, 3, 20, SPACES_SHOWN, SPACES_SHOWN + 5] {
            for n in numbered..open {
                let (id, number) = (all[place(n)], Some(format!("{n:04}")));
                let by = crate::Operator::installation();
                town.rooms.set_member_number(&by, id, number, town.now()).await.unwrap();
            }
            numbered = open;
            let opens = |n: usize| (0..open).any(|other| place(other) == n);
            for wished in [None, Some(0), Some(3), Some(all.len() - 1)] {
                let mut sorted: Vec<usize> = (0..all.len()).collect();
                sorted.sort_by_key(|n| (Some(*n) != wished, !opens(*n), -visited(*n), *n));
                let expected: Vec<Space> =
                    sorted.iter().take(SPACES_SHOWN).map(|n| Space::Organization(all[*n])).collect();
                let wished = wished.map(|n| all[n]);
                let found =
                    town.rooms.decide_spaces(person, &session, product, wished, town.now()).await.unwrap();
                let found: Vec<Space> = found.iter().skip(1).map(|found| found.space).collect();
                assert_eq!(found, expected, "{open} open, wished {wished:?}");

                let except = Space::Organization(all[3]);
                let (found, more) = town
                    .rooms
                    .decide_elsewhere(person, &session, product, except, 3, town.now())
                    .await
                    .unwrap();
                let mut sorted: Vec<usize> =
                    (0..all.len()).filter(|n| opens(*n) && Space::Organization(all[*n]) != except).collect();
                sorted.sort_by_key(|n| (-visited(*n), *n));
                assert_eq!(more, sorted.len() > 3);
                let expected: Vec<Space> =
                    sorted.iter().take(3).map(|n| Space::Organization(all[*n])).collect();
                assert_eq!(found.iter().map(|found| found.space).collect::<Vec<_>>(), expected);
            }
        }
    }
}

/// Inside a transaction the same is decided about the same spaces, unless there are many.
#[tokio::test]
async fn few_spaces_are_decided_inside_a_transaction_as_outside() {
    for town in towns().await {
        let person = town.self_owned("guanbinqi").await;
        let product = for_members(&town).await;
        let session = SessionFacts { strength: 1, ..SessionFacts::default() };
        let mut all = Vec::new();
        for n in 0..FEW + 2 {
            let outside =
                town.rooms.decide_spaces(person, &session, product, None, town.now()).await.unwrap();
            let (facts, now) = (session.clone(), town.now());
            let inside = town.rooms.db().read(move |tx| decide_few_in(tx, person, &facts, product, now));
            let inside = inside.await.unwrap();
            assert_eq!(inside.is_some(), all.len() <= FEW, "{n}");
            let said = |spaces: Vec<InSpace>| {
                let mut said: Vec<String> = spaces
                    .into_iter()
                    .map(|found| format!("{:?} {:?} {:?}", found.space, found.membership, found.decision))
                    .collect();
                said.sort();
                said
            };
            if let Some(inside) = inside {
                assert_eq!(inside.first().unwrap().space, Space::Personal);
                assert_eq!(said(inside), said(outside), "{n}");
            }
            let name = format!("行 {n}");
            let id = new_organization(&town.rooms, town.public, &name, Some(town.account_manager)).await;
            town.join(id, Role::Agent, person).await;
            all.push(id);
            let by = crate::Operator::installation();
            match n % 3 {
                0 => town.rooms.set_member_number(&by, id, Some(format!("{n:04}")), now).await.unwrap(),
                1 => town
                    .rooms
                    .db()
                    .write_unaudited("a closed one of the test", move |tx: &mut db::Tx<'_>| {
                        tx.run("UPDATE organization SET state = 'closed' WHERE id = $1", &[&id])
                    })
                    .await
                    .map(drop)
                    .unwrap(),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn a_machine_passes_the_same_decision_for_its_owner() {
    for town in towns().await {
        let machine = |owner| MachineFacts { active: true, owner, registered: true };
        let decide = async |machine| {
            let decided =
                town.rooms.decide_machines(vec![(machine, town.data)], Vec::new(), town.now()).await;
            decided.map(|mut decisions| decisions.remove(0))
        };
        let ours = decide(machine(Some(town.ours))).await.unwrap().unwrap();
        assert_eq!(ours.code(), "decision.contract_not_granted");
        town.admit(town.data).await;
        let ours = decide(machine(Some(town.ours))).await.unwrap().unwrap();
        assert!(ours.allow, "{ours:?}");
        let kinds: Vec<LayerKind> = ours.layers.iter().map(|layer| layer.kind).collect();
        assert!(kinds.contains(&LayerKind::Client) && kinds.contains(&LayerKind::Owner));
        assert!(!kinds.contains(&LayerKind::Account) && !kinds.contains(&LayerKind::Membership));
        let theirs = decide(machine(Some(town.theirs))).await.unwrap().unwrap();
        assert_eq!(theirs.code(), "decision.contract_not_signed", "each owner needs an admission of its own");
        assert!(decide(machine(None)).await.unwrap().unwrap().allow, "the platform's own");
        let disabled = MachineFacts { active: false, ..machine(Some(town.ours)) };
        assert_eq!(decide(disabled).await.unwrap().unwrap().code(), "decision.client_disabled");
        let unregistered = MachineFacts { registered: false, ..machine(Some(town.ours)) };
        assert_eq!(decide(unregistered).await.unwrap().unwrap().code(), "decision.grant_not_registered");
    }
}

/// One statement for all: each for its own owner at its own product, in the order in which they were named.
#[tokio::test]
async fn m49_machines_of_many_owners_are_decided_together() {
    for town in towns().await {
        let open =
            new_product(&town.rooms, "open", |product| product.admission_class = AdmissionClass::Open).await;
        town.admit(town.data).await;
        let machine = |owner, product| (MachineFacts { active: true, owner, registered: true }, product);
        let nowhere = kernel::id::OrganizationId::from_i64(5);
        let unknown = kernel::id::ProductId::from_i64(5);
        let decided = town
            .rooms
            .decide_machines(
                vec![
                    machine(Some(town.theirs), town.data),
                    machine(None, open),
                    machine(Some(town.ours), town.data),
                    machine(Some(town.theirs), open),
                    machine(Some(nowhere), open),
                    machine(Some(town.ours), unknown),
                    machine(None, town.data),
                    machine(Some(town.ours), town.data),
                ],
                Vec::new(),
                town.now(),
            )
            .await
            .unwrap();
        let codes: Vec<_> = decided.iter().map(|one| one.as_ref().map(|decision| decision.code())).collect();
        assert_eq!(
            codes,
            [
                Some("decision.contract_not_signed"),
                Some("decision.allowed"),
                Some("decision.allowed"),
                Some("decision.allowed"),
                Some("decision.owner_foreign"),
                None,
                Some("decision.allowed"),
                Some("decision.allowed"),
            ]
        );
        assert!(town.rooms.decide_machines(Vec::new(), Vec::new(), town.now()).await.unwrap().is_empty());
    }
}
