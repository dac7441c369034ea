use super::model::{MOST, Refused, SAME_SECONDS, Wanted};
use crate::decision::{Decision, LayerKind, LayerState, SessionFacts, Space};
use crate::testing::{Town, new_product, towns};
use kernel::{Actor, Timestamp, id::ProductId};
use platform::audit;

fn actor(number: &str) -> Actor {
    Actor { request_id: number.into(), ..Actor::system() }
}
fn session() -> SessionFacts {
    SessionFacts { strength: 1, card: false, zones: vec!["office".into()] }
}
async fn note(
    town: &Town,
    number: &str,
    product: ProductId,
    decision: &Decision,
    now: Timestamp,
) -> Option<String> {
    let refused = Refused {
        account: town.agent.account,
        space: Space::Organization(town.ours),
        product,
        session: &session(),
        decision,
    };
    town.rooms.note_refusal(&actor(number), refused, now).await.unwrap()
}
async fn events(town: &Town) -> usize {
    let all = audit::service::recent(town.rooms.db(), audit::model::Before::NEWEST, 200).await.unwrap();
    all.iter().filter(|entry| entry.action == "decision.refused").count()
}

#[tokio::test]
async fn m49_the_same_refusal_is_one_record_under_its_first_number() {
    for town in towns().await {
        // The beginning of a window, so that ten minutes later is the next.
        let window = SAME_SECONDS * 1000;
        let now = Timestamp::from_millis(town.now().as_millis().div_euclid(window) * window);
        let decision = town.decision(town.agent).await;
        assert_eq!(decision.code(), "decision.contract_not_granted");
        let first = note(&town, "AAAA-BBBB-0001", town.data, &decision, now).await;
        assert_eq!(first.as_deref(), Some("AAAA-BBBB-0001"));
        for n in 2..30 {
            let again = note(&town, &format!("AAAA-BBBB-{n:04}"), town.data, &decision, now).await;
            assert_eq!(again, first, "asked again, it is the same refusal");
        }
        assert_eq!(events(&town).await, 1, "a loop floods nothing");
        let auditor = town.as_staff(town.auditor).await;
        let list = |wanted| town.rooms.refusals(&auditor, wanted, 50);
        let found = list(Wanted::of_number(" aaaabbbb0001 ")).await.unwrap();
        assert_eq!((found.len(), found[0].times), (1, 29));
        assert_eq!(found[0].session, session());
        let kinds: Vec<_> = found[0].layers.iter().map(|l| (l.kind.as_str(), l.state.as_str())).collect();
        let told: Vec<_> = decision.layers.iter().map(|l| (l.kind.as_str(), l.state.as_str())).collect();
        assert_eq!(kinds, told);
        // Other layers, or another time, are another refusal.
        town.admit(town.data).await;
        let other = town.decision(town.agent).await;
        assert_eq!(other.code(), "decision.grant_missing");
        assert_eq!(note(&town, "AAAA-BBBB-0100", town.data, &other, now).await.unwrap(), "AAAA-BBBB-0100");
        let later = now.plus_seconds(SAME_SECONDS);
        assert_eq!(note(&town, "AAAA-BBBB-0200", town.data, &other, later).await.unwrap(), "AAAA-BBBB-0200");
        assert_eq!(events(&town).await, 3);
        assert_eq!(list(Wanted::default()).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn of_many_that_come_together_one_is_recorded() {
    for town in towns().await {
        let decision = town.decision(town.agent).await;
        let (town, now) = (std::sync::Arc::new(town), Timestamp::from_millis(1_800_000_000_000));
        let tasks: Vec<_> = (0..24)
            .map(|n| {
                let (town, decision) = (std::sync::Arc::clone(&town), decision.clone());
                tokio::spawn(async move { note(&town, &format!("N-{n}"), town.data, &decision, now).await })
            })
            .collect();
        let mut numbers = std::collections::BTreeSet::new();
        for task in tasks {
            numbers.insert(task.await.unwrap().unwrap());
        }
        assert_eq!(numbers.len(), 1);
        assert_eq!(events(&town).await, 1);
        let auditor = town.as_staff(town.auditor).await;
        let all = town.rooms.refusals(&auditor, Wanted::default(), 50).await.unwrap();
        assert_eq!((all.len(), all[0].times), (1, 24));
    }
}

#[tokio::test]
async fn an_account_makes_only_so_many_records() {
    let town = towns().await.remove(0);
    let now = Timestamp::from_millis(1_800_000_000_000);
    let decision = town.decision(town.agent).await;
    let mut noted = 0;
    for n in 0..MOST + 5 {
        let product = new_product(&town.rooms, &format!("p{n}"), |_| ()).await;
        noted += i64::from(note(&town, &format!("N-{n}"), product, &decision, now).await.is_some());
    }
    assert_eq!(noted, MOST);
    assert_eq!(i64::try_from(events(&town).await).unwrap(), MOST);
    let later = now.plus_seconds(SAME_SECONDS);
    assert!(note(&town, "LATER", town.data, &decision, later).await.is_some());
}

#[tokio::test]
async fn staff_see_their_portfolio_their_products_or_everything() {
    for town in towns().await {
        let now = town.now();
        let theirs =
            new_product(&town.rooms, "theirs", |product| product.manager = Some(town.product_manager)).await;
        let others = new_product(&town.rooms, "others", |product| product.manager = Some(town.auditor)).await;
        let decision = town.decision(town.agent).await;
        for (number, product) in [("ONE", theirs), ("TWO", others)] {
            note(&town, number, product, &decision, now).await.unwrap();
        }
        let foreign = Refused {
            account: town.their_agent.account,
            space: Space::Organization(town.theirs),
            product: others,
            session: &session(),
            decision: &decision,
        };
        town.rooms.note_refusal(&actor("THREE"), foreign, now).await.unwrap();
        for (account, expected) in [
            (town.account_manager, vec!["TWO", "ONE"]),
            (town.product_manager, vec!["ONE"]),
            (town.auditor, vec!["THREE", "TWO", "ONE"]),
        ] {
            let by = town.as_staff(account).await;
            let seen = town.rooms.refusals(&by, Wanted::default(), 50).await.unwrap();
            let numbers: Vec<&str> = seen.iter().map(|refusal| refusal.number.as_str()).collect();
            assert_eq!(numbers, expected);
            // By number and by id alike.
            let all =
                town.rooms.refusals(&town.as_staff(town.auditor).await, Wanted::default(), 50).await.unwrap();
            for refusal in all {
                let number = Wanted { number: Some(refusal.number.clone()), before: None };
                let visible = expected.contains(&refusal.number.as_str());
                assert_eq!(town.rooms.refusals(&by, number, 50).await.unwrap().len(), usize::from(visible));
                let one = town.rooms.refusal(&by, refusal.id).await;
                assert_eq!(
                    one.map(|_| ()).map_err(|error| error.code),
                    if visible { Ok(()) } else { Err("refusal.unknown") }
                );
            }
        }
    }
}

#[tokio::test]
async fn the_record_keeps_what_has_changed_since() {
    for town in towns().await {
        let decision = town.decision(town.agent).await;
        note(&town, "THEN", town.data, &decision, town.now()).await.unwrap();
        town.open_for_the_agent().await;
        let by = town.as_staff(town.auditor).await;
        let refusal = town.rooms.refusals(&by, Wanted::of_number("then"), 1).await.unwrap().remove(0);
        let then = refusal.layers.iter().find(|layer| layer.kind == LayerKind::Admission.as_str()).unwrap();
        assert_eq!(then.state, LayerState::Missing.as_str());
        let now = town
            .rooms
            .decide_one(refusal.account, &refusal.session, refusal.space(), refusal.product, town.now())
            .await
            .unwrap()
            .unwrap();
        assert!(now.decision.allow);
    }
}
