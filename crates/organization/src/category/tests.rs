use crate::Operator;
use crate::organization_type::Words;
use crate::testing::{Town, new_product, towns};
use kernel::Kind;

async fn order(town: &Town) -> Vec<String> {
    town.rooms.categories().await.unwrap().into_iter().map(|category| category.code).collect()
}

#[tokio::test]
async fn m50_categories_are_rows_with_an_order_that_staff_keep() {
    for town in towns().await {
        let (rooms, by, now) = (&town.rooms, Operator::installation(), town.now());
        let mut ids = Vec::new();
        for code in ["trade", "service", "report"] {
            let id = rooms.db().draw();
            rooms.create_category(&by, id, code, &Words::new("类", "Kind"), now).await.unwrap();
            rooms.create_category(&by, id, code, &Words::new("类", "Kind"), now).await.unwrap();
            ids.push(id);
        }
        assert_eq!(order(&town).await, ["trade", "service", "report"]);
        let taken =
            rooms.create_category(&by, rooms.db().draw(), "trade", &Words::new("类", "Kind"), now).await;
        assert_eq!(taken.unwrap_err().code, "category.code_taken");
        let bad =
            rooms.create_category(&by, rooms.db().draw(), "Trade!", &Words::new("类", "Kind"), now).await;
        assert_eq!(bad.unwrap_err().code, "category.code");
        rooms.move_category(&by, ids[2], true).await.unwrap();
        rooms.move_category(&by, ids[0], true).await.unwrap();
        assert_eq!(order(&town).await, ["trade", "report", "service"], "at the edge it stays");
        rooms.rename_category(&by, ids[1], 1, &Words::new("技术服务", "Services")).await.unwrap();
        let lost = rooms.rename_category(&by, ids[1], 1, &Words::new("旧", "Old")).await.unwrap_err();
        assert_eq!(lost.code, "category.changed_meanwhile");

        new_product(rooms, "quotes", |product| product.category = "trade".into()).await;
        assert_eq!(rooms.delete_category(&by, ids[0]).await.unwrap_err().code, "category.in_use");
        rooms.delete_category(&by, ids[2]).await.unwrap();
        assert_eq!(rooms.delete_category(&by, ids[2]).await.unwrap_err().kind, Kind::NotFound);
        assert_eq!(order(&town).await, ["trade", "service"]);

        // Sixteen who move at once leave a whole order.
        let moves = (0..16).map(|n| {
            let (rooms, by, id) = (rooms.clone(), by.clone(), ids[n % 2]);
            tokio::spawn(async move { rooms.move_category(&by, id, n % 3 == 0).await })
        });
        for done in moves.collect::<Vec<_>>() {
            done.await.unwrap().unwrap();
        }
        assert_eq!(order(&town).await.len(), 2);
        for role in [town.product_manager, town.account_manager, town.auditor] {
            let by = town.as_staff(role).await;
            assert_eq!(rooms.move_category(&by, ids[0], true).await.unwrap_err().kind, Kind::Forbidden);
        }
    }
}
