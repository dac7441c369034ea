use super::{MOST_SHORTCUTS, Step, forget_in, list_in, model::key};
use crate::Operator;
use crate::decision::Space;
use crate::product::ProductState;
use crate::testing::{Town, new_product, towns};
use identity::session::SignedIn;
use kernel::id::ProductId;

async fn shortcuts(town: &Town, who: &SignedIn, space: Space) -> Vec<ProductId> {
    let (account, key) = (who.account, key(space));
    let tiles = town.rooms.db().read(move |tx| list_in(tx, account, key, 50)).await.unwrap();
    tiles.into_iter().filter(|tile| tile.place.is_some()).map(|tile| tile.product).collect()
}

#[tokio::test]
async fn m51_a_star_makes_a_shortcut_of_one_space_and_the_order_is_the_persons_own() {
    for town in towns().await {
        let rooms = &town.rooms;
        let who = town.signed_in(town.agent.account).await;
        let (ours, theirs) = (Space::Organization(town.ours), Space::Organization(town.theirs));
        let mut ids = Vec::new();
        for n in 0..4 {
            let id = new_product(rooms, &format!("p{n}"), |_| {}).await;
            rooms.star_product(&who, ours, id, true).await.unwrap();
            rooms.star_product(&who, ours, id, true).await.unwrap();
            ids.push(id);
        }
        assert_eq!(shortcuts(&town, &who, ours).await, ids);
        assert!(
            shortcuts(&town, &who, theirs).await.is_empty()
                && shortcuts(&town, &who, Space::Personal).await.is_empty()
        );
        let other = town.signed_in(town.their_agent.account).await;
        assert!(shortcuts(&town, &other, ours).await.is_empty(), "another person's are their own");

        rooms.move_shortcut(&who, ours, ids[3], Step::Up).await.unwrap();
        rooms.move_shortcut(&who, ours, ids[0], Step::Up).await.unwrap();
        assert_eq!(shortcuts(&town, &who, ours).await, [ids[0], ids[1], ids[3], ids[2]]);
        // A withdrawn product is not shown, and a step goes over it.
        rooms.set_product_state(&Operator::installation(), ids[1], ProductState::Withdrawn).await.unwrap();
        rooms.move_shortcut(&who, ours, ids[3], Step::Up).await.unwrap();
        assert_eq!(shortcuts(&town, &who, ours).await, [ids[3], ids[0], ids[2]]);
        rooms.star_product(&who, ours, ids[0], false).await.unwrap();
        assert_eq!(shortcuts(&town, &who, ours).await, [ids[3], ids[2]]);
        assert_eq!(
            rooms.move_shortcut(&who, ours, ids[0], Step::Up).await.unwrap_err().code,
            "product.unknown",
            "no star, no place"
        );
        let draft = new_product(rooms, "draft", |product| product.state = ProductState::Draft).await;
        assert_eq!(rooms.star_product(&who, ours, draft, true).await.unwrap_err().code, "product.unknown");

        // What was opened stands behind the shortcuts, the last first, and is no shortcut by that.
        for (n, id) in [(1, draft), (2, town.data)] {
            rooms.remember_opened(who.account, ours, id, town.now().plus_seconds(n)).await.unwrap();
        }
        assert_eq!(shortcuts(&town, &who, ours).await, [ids[3], ids[2]]);
        let (account, key) = (who.account, key(ours));
        let tiles = rooms.db().read(move |tx| list_in(tx, account, key, 50)).await.unwrap();
        assert_eq!(tiles.iter().map(|tile| tile.product).collect::<Vec<_>>(), [ids[3], ids[2], town.data]);
        rooms.db().write_unaudited("test", move |tx| forget_in(tx, account)).await.unwrap();
        assert!(shortcuts(&town, &who, ours).await.is_empty());
    }
}

#[tokio::test]
async fn m51_however_many_tabs_star_at_once_the_bound_holds_and_places_are_whole() {
    for town in towns().await {
        let rooms = &town.rooms;
        let who = town.signed_in(town.agent.account).await;
        let space = Space::Organization(town.ours);
        let mut ids = Vec::new();
        for n in 0..MOST_SHORTCUTS + 6 {
            ids.push(new_product(rooms, &format!("p{n}"), |_| {}).await);
        }
        let tasks: Vec<_> = ids
            .iter()
            .map(|id| {
                let (rooms, who, id) = (rooms.clone(), who.clone(), *id);
                tokio::spawn(async move { rooms.star_product(&who, space, id, true).await })
            })
            .collect();
        let mut refused = 0;
        for task in tasks {
            if let Err(error) = task.await.unwrap() {
                assert_eq!(error.code, "product.shortcuts_full");
                refused += 1;
            }
        }
        assert_eq!(refused, 6);
        let kept = shortcuts(&town, &who, space).await;
        assert_eq!(kept.len(), MOST_SHORTCUTS);
        // One that went makes room: who sees 23 is not told that there are 24.
        let late = *ids.iter().find(|id| !kept.contains(id)).unwrap();
        assert_eq!(
            rooms.star_product(&who, space, late, true).await.unwrap_err().code,
            "product.shortcuts_full"
        );
        rooms.set_product_state(&Operator::installation(), kept[5], ProductState::Withdrawn).await.unwrap();
        rooms.star_product(&who, space, late, true).await.unwrap();
        let shown = shortcuts(&town, &who, space).await;
        assert_eq!((shown.len(), shown.last()), (MOST_SHORTCUTS, Some(&late)));
        rooms.star_product(&who, space, kept[5], false).await.unwrap();
    }
}
