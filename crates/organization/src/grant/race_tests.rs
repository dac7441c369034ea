//! Two administrators at one grant: whoever comes second is told what the other made of it, and nothing is overwritten.
use super::{Cell, Change, Saved, Wish};
use crate::testing::{Town, towns};
use kernel::Timestamp;

fn wish(town: &Town, seen: Option<Timestamp>, wanted: bool, until: Option<Timestamp>) -> Wish {
    let cell = Cell { membership: town.agent.membership, product: town.data };
    Wish { cell, shown: true, seen, wanted, until }
}
async fn planned(town: &Town, wish: Wish) -> Vec<Change> {
    let by = town.as_administrator(town.administrator).await;
    let plan = town.rooms.plan_grants(&by, vec![wish], town.now()).await.unwrap();
    assert!(plan.stale.is_empty() && plan.refused.is_empty(), "{plan:?}");
    plan.changes.iter().map(|planned| planned.change).collect()
}
async fn save(town: &Town, changes: Vec<Change>) -> Saved {
    let by = town.as_administrator(town.administrator).await;
    town.rooms.save_grants(by, town.ours, changes, town.now()).await.unwrap()
}
async fn end_of(town: &Town) -> Timestamp {
    let held = town.rooms.held_grants(town.ours, vec![town.agent.membership], town.now()).await.unwrap();
    held[0].until
}

#[tokio::test]
async fn m48_of_two_new_ends_the_second_learns_of_the_first() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let before = end_of(&town).await;
        let (sooner, later) = (town.now().plus_days(10), town.now().plus_days(20));
        let first = planned(&town, wish(&town, None, true, Some(sooner))).await;
        let second = planned(&town, wish(&town, None, true, Some(later))).await;
        let ending = planned(&town, wish(&town, None, false, None)).await;
        assert_eq!(save(&town, first).await, Saved::Done { given: 0, moved: 1, ended: 0 });
        for changes in [second, ending] {
            let Saved::Stale(stale) = save(&town, changes).await else { panic!("it was not told") };
            assert_eq!((stale[0].until, stale[0].by), (Some(sooner), Some(town.administrator.account)));
        }
        assert_eq!(end_of(&town).await, sooner, "the first is not overwritten");
        // A form that still shows the old end is told before it plans anything.
        let by = town.as_administrator(town.administrator).await;
        let old = wish(&town, Some(before), true, Some(later));
        let plan = town.rooms.plan_grants(&by, vec![old], town.now()).await.unwrap();
        assert!(plan.changes.is_empty());
        assert_eq!(plan.stale[0].until, Some(sooner));
        // One that shows the new end goes on.
        let changes = planned(&town, wish(&town, Some(sooner), true, Some(later))).await;
        assert_eq!(save(&town, changes).await, Saved::Done { given: 0, moved: 1, ended: 0 });
    }
}
#[tokio::test]
async fn m48_of_parallel_new_ends_exactly_one_is_written() {
    for town in towns().await {
        town.open_for_the_agent().await;
        let by = town.as_administrator(town.administrator).await;
        let mut plans = Vec::new();
        for days in 1..=8 {
            plans.push(planned(&town, wish(&town, None, true, Some(town.now().plus_days(days)))).await);
        }
        let tasks: Vec<_> = plans
            .into_iter()
            .map(|changes| {
                let (rooms, by, ours, now) = (town.rooms.clone(), by.clone(), town.ours, town.now());
                tokio::spawn(async move { rooms.save_grants(by, ours, changes, now).await })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += usize::from(matches!(task.await.unwrap().unwrap(), Saved::Done { moved: 1, .. }));
        }
        assert_eq!(done, 1);
    }
}
