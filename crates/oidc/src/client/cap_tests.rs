use super::{Algorithm, NewClient, Settings, keeper, keeper_tests::developer, service::create_client};
use crate::house::{CALLBACK, House, houses};
use organization::Operator;

fn new(house: &House) -> NewClient {
    NewClient {
        id: house.db.draw(),
        product: house.client.product,
        name: "行情站点".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        settings: Settings::default(),
    }
}

#[tokio::test]
async fn an_organization_keeps_so_many_clients_of_a_product_and_no_more() {
    for house in houses(true).await {
        let (db, product, desk) = (&house.db, house.client.product, Operator::installation());
        keeper::entrust(db, &desk, product, (None, Some(house.organization))).await.unwrap();
        let developer = developer(&house).await;
        for _ in 0..50 {
            create_client(db, &developer, new(&house)).await.unwrap();
        }
        // Switched off is still there.
        house.change("UPDATE client SET state = 'paused' WHERE developer_organization_id IS NOT NULL").await;
        let refused = create_client(db, &developer, new(&house)).await.unwrap_err();
        assert_eq!(refused.code, "client.too_many");
        assert_eq!(house.openid.kept_clients(&developer).await.unwrap().len(), 50);
        // The desk is not held up, and by taking one over it makes room.
        create_client(db, &desk, new(&house)).await.unwrap();
        let one = house.openid.kept_clients(&developer).await.unwrap().remove(0);
        keeper::hand_over(db, &desk, (product, one.id, one.keeping.rev), false).await.unwrap();
        create_client(db, &developer, new(&house)).await.unwrap();
    }
}
