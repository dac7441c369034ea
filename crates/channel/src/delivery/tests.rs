use super::{Delivered, DeliveryState, model::spellings, service};
use crate::gateway::smpp::Receipt;
use kernel::Id;
use platform::{Channel, connector::ConnectorId};

fn taken(db: &db::Db, connector: ConnectorId, provider_id: &str) -> Delivered {
    Delivered {
        id: db.draw(),
        outbox_id: db.draw(),
        connector_id: connector,
        gateway: "G".into(),
        channel: Channel::Sms,
        recipient: "138****8000".into(),
        purpose: "register".into(),
        lang: "en".into(),
        state: DeliveryState::Taken,
        reason: None,
        said: None,
        provider_id: Some(provider_id.into()),
        at: db.clock().now(),
        receipt_at: None,
    }
}

#[tokio::test]
async fn a_receipt_finds_its_message_however_the_number_is_written() {
    for db in
        db::testing::engines_at(kernel::Clock::fixed(kernel::Timestamp::from_millis(1_795_255_200_000))).await
    {
        let (one, two) = (Id::from_i64(1), Id::from_i64(2));
        for row in [taken(&db, one, "0000001F"), taken(&db, two, "31"), taken(&db, one, "x-9")] {
            db.write_unaudited("test", move |tx| service::record_in(tx, &row)).await.unwrap();
        }
        for (id, state) in
            [("0000000031", "DELIVRD"), ("x-9", "ENROUTE"), ("nobody", "DELIVRD"), ("X-9", "REJECTD")]
        {
            service::receipt(&db, one, Receipt { message_id: id.into(), state: state.into() }).await.unwrap();
        }
        let states = |rows: Vec<Delivered>| rows.iter().map(|row| row.state).collect::<Vec<_>>();
        let of_one = service::list(&db, Some(Channel::Sms), Some(one), None, 10).await.unwrap();
        assert_eq!(states(of_one.clone()), [DeliveryState::Lost, DeliveryState::Arrived], "newest first");
        assert_eq!(of_one[0].said.as_deref(), Some("REJECTD"));
        let of_two = service::list(&db, None, Some(two), None, 10).await.unwrap();
        assert_eq!(states(of_two), [DeliveryState::Taken], "another gateway's message");
        // A second receipt of the same message changes nothing.
        service::receipt(&db, one, Receipt { message_id: "1f".into(), state: "UNDELIV".into() })
            .await
            .unwrap();
        let page = service::list(&db, None, None, Some(of_one[0].id), 1).await.unwrap();
        assert_eq!(page.len(), 1);
        assert!(service::list(&db, Some(Channel::Mail), None, None, 10).await.unwrap().is_empty());
        db.clock().advance_seconds(31 * 86_400);
        service::forget_old(&db).await.unwrap();
        assert!(service::list(&db, None, None, None, 10).await.unwrap().is_empty());
    }
}

#[test]
fn an_id_is_known_in_both_bases() {
    assert!(spellings("31").contains(&"1f".to_owned()) && spellings("31").contains(&"49".to_owned()));
    assert!(spellings("0000001f").contains(&"31".to_owned()));
    assert!(spellings("").contains(&String::new()));
}
