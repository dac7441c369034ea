use super::{Product, ProductState};
use crate::Operator;
use crate::testing::{Town, new_product, towns};
use kernel::{Kind, id::ProductId};

async fn owned(town: &Town, code: &str) -> ProductId {
    let own = town.product_manager;
    new_product(&town.rooms, code, move |product| product.manager = Some(own)).await
}
async fn changed(town: &Town, id: ProductId, change: impl Fn(&mut Product)) -> Product {
    let mut product = town.rooms.product(id).await.unwrap();
    change(&mut product);
    product
}

#[tokio::test]
async fn m50_a_product_manager_edits_the_own_products_and_sees_no_others() {
    for town in towns().await {
        let rooms = &town.rooms;
        let own = owned(&town, "own").await;
        let other = town.account_manager;
        let foreign = new_product(rooms, "foreign", move |product| product.manager = Some(other)).await;
        let manager = town.as_staff(town.product_manager).await;
        let codes: Vec<String> =
            rooms.products_at_desk(&manager).await.unwrap().into_iter().map(|product| product.code).collect();
        assert!(
            codes.contains(&"own".into()) && codes.contains(&"market-data".into()),
            "one without a manager: {codes:?}"
        );
        assert!(!codes.contains(&"foreign".into()));
        let unseen = rooms.product_at_desk(&manager, foreign, town.now()).await.unwrap_err();
        assert_eq!(unseen.kind, Kind::NotFound);
        let all = rooms.products_at_desk(&town.as_staff(town.account_manager).await).await.unwrap();
        assert_eq!(all.len(), 3);

        let seen = rooms.product_at_desk(&manager, own, town.now()).await.unwrap();
        let new = changed(&town, own, |product| {
            product.minimum_strength = 2;
            product.network_zone = Some("office".into());
            product.category = "trade".into();
        })
        .await;
        rooms.change_product(&manager, seen.rev, new.clone()).await.unwrap();
        let after = rooms.product(own).await.unwrap();
        assert_eq!((after.minimum_strength, after.network_zone.as_deref()), (2, Some("office")));
        let lost = rooms.change_product(&manager, seen.rev, new).await.unwrap_err();
        assert_eq!(lost.code, "product.changed_meanwhile");
        let rev = seen.rev + 1;
        let taken = changed(&town, own, |product| product.code = "foreign".into()).await;
        assert_eq!(rooms.change_product(&manager, rev, taken).await.unwrap_err().code, "product.code_taken");
        let weak = changed(&town, own, |product| product.minimum_strength = 4).await;
        assert_eq!(
            rooms.change_product(&manager, rev, weak).await.unwrap_err().field,
            Some("minimum_strength")
        );
        for by in [town.as_staff(town.account_manager).await, town.as_staff(town.auditor).await] {
            let same = rooms.product(own).await.unwrap();
            assert_eq!(rooms.change_product(&by, rev, same).await.unwrap_err().kind, Kind::Forbidden);
        }
        let theirs = rooms.product(foreign).await.unwrap();
        assert_eq!(rooms.change_product(&manager, 0, theirs).await.unwrap_err().kind, Kind::Forbidden);
        // Handed over: no longer the first one's.
        let system = Operator::installation();
        let unfit = rooms.set_product_manager(&system, own, Some(town.auditor)).await.unwrap_err();
        assert_eq!(unfit.code, "product.manager_unfit");
        assert_eq!(rooms.set_product_manager(&manager, own, None).await.unwrap_err().kind, Kind::Forbidden);
        rooms.set_product_manager(&system, foreign, Some(town.product_manager)).await.unwrap();
        assert!(rooms.product_at_desk(&manager, foreign, town.now()).await.is_ok());
    }
}

#[tokio::test]
async fn m50_a_product_goes_from_draft_to_withdrawn_and_each_step_once() {
    for town in towns().await {
        use ProductState::{Active, Draft, Suspended, Withdrawn};
        let (rooms, manager) = (&town.rooms, town.as_staff(town.product_manager).await);
        let own = town.product_manager;
        let id = new_product(rooms, "cycle", move |product| {
            product.state = Draft;
            product.manager = Some(own);
        })
        .await;
        for (to, code) in [
            (Suspended, Some("product.transition")),
            (Active, None),
            (Draft, Some("product.transition")),
            (Suspended, None),
            (Active, None),
            (Withdrawn, None),
            (Active, Some("product.transition")),
            (Suspended, Some("product.transition")),
            (Draft, None),
        ] {
            let done = rooms.set_product_state(&manager, id, to).await;
            assert_eq!(done.err().map(|error| error.code), code, "to {to:?}");
        }
        // What it would do to people is counted before.
        town.open_for_the_agent().await;
        let reach = rooms.product_at_desk(&manager, town.data, town.now()).await.unwrap().reach;
        assert_eq!((reach.admitted, reach.granted, reach.waiting, reach.shortcuts), (1, 1, 0, 0));
    }
}

#[tokio::test]
async fn m50_of_editors_at_once_one_wins_and_the_others_are_told() {
    for town in towns().await {
        let id = owned(&town, "raced").await;
        let by = town.as_staff(town.product_manager).await;
        let rev = town.rooms.product_at_desk(&by, id, town.now()).await.unwrap().rev;
        let mut tasks = Vec::new();
        for n in 1..=24_i64 {
            let new = changed(&town, id, |product| product.minimum_strength = n % 3 + 1).await;
            let (rooms, by) = (town.rooms.clone(), by.clone());
            tasks.push(tokio::spawn(async move { rooms.change_product(&by, rev, new).await }));
        }
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => won += 1,
                Err(error) => assert_eq!(error.code, "product.changed_meanwhile"),
            }
        }
        assert_eq!(won, 1);
    }
}
