use super::{
    Delivered, DeliveryState, Filter,
    model::{index_of, recipient, spellings},
    service,
};
use crate::gateway::smpp::Receipt;
use kernel::Id;
use platform::{Channel, connector::ConnectorId};

fn taken(db: &db::Db, connector: ConnectorId, provider_id: &str) -> Delivered {
    Delivered {
        id: db.draw(),
        outbox_id: db.draw(),
        connector_id: Some(connector),
        gateway: "G".into(),
        channel: Channel::Sms,
        recipient: "138****8000".into(),
        to_index: index_of(db.keyring(), "+8613800138000"),
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
        let of_one = service::list(
            &db,
            Filter { channel: Some(Channel::Sms), connector: Some(one), ..Filter::default() },
            None,
            10,
        )
        .await
        .unwrap();
        assert_eq!(states(of_one.clone()), [DeliveryState::Lost, DeliveryState::Arrived], "newest first");
        assert_eq!(of_one[0].said.as_deref(), Some("REJECTD"));
        let of_two =
            service::list(&db, Filter { connector: Some(two), ..Filter::default() }, None, 10).await.unwrap();
        assert_eq!(states(of_two), [DeliveryState::Taken], "another gateway's message");
        // A second receipt of the same message changes nothing.
        service::receipt(&db, one, Receipt { message_id: "1f".into(), state: "UNDELIV".into() })
            .await
            .unwrap();
        let page = service::list(&db, Filter::default(), Some(of_one[0].id), 1).await.unwrap();
        assert_eq!(page.len(), 1);
        assert!(
            service::list(&db, Filter { channel: Some(Channel::Mail), ..Filter::default() }, None, 10)
                .await
                .unwrap()
                .is_empty()
        );
        db.clock().advance_seconds(31 * 86_400);
        service::forget_old(&db).await.unwrap();
        assert!(service::list(&db, Filter::default(), None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn staff_finds_what_one_number_got_in_a_state_on_certain_days() {
    for db in
        db::testing::engines_at(kernel::Clock::fixed(kernel::Timestamp::from_millis(1_795_255_200_000))).await
    {
        let began = db.clock().now();
        let (one, gateway) = (db.keyring(), Id::from_i64(1));
        let mails = index_of(one, "Lin@Example.cn");
        for day in 0..3 {
            let sms = taken(&db, gateway, &format!("s{day}"));
            let mail = Delivered {
                channel: Channel::Mail,
                to_index: mails.clone(),
                state: DeliveryState::Failed,
                ..taken(&db, gateway, &format!("m{day}"))
            };
            for row in [sms, mail] {
                db.write_unaudited("test", move |tx| service::record_in(tx, &row)).await.unwrap();
            }
            db.clock().advance_seconds(86_400);
        }
        let found = async |filter: Filter, before| {
            let rows = service::list(&db, filter, before, 10).await.unwrap();
            rows.into_iter().map(|row| row.provider_id.unwrap()).collect::<Vec<_>>()
        };
        let to = |typed: &str| Some(index_of(one, &recipient(typed).unwrap()));
        let of_mail = Filter { to_index: to("lin@EXAMPLE.cn"), ..Filter::default() };
        assert_eq!(
            found(of_mail.clone(), None).await,
            ["m2", "m1", "m0"],
            "mailboxes are not told apart by case"
        );
        let of_number = Filter { to_index: to("138 0013 8000"), ..Filter::default() };
        assert_eq!(found(of_number, None).await, ["s2", "s1", "s0"]);
        assert!(found(Filter { to_index: to("13900139000"), ..Filter::default() }, None).await.is_empty());
        let failed = Filter { state: Some(DeliveryState::Failed), ..Filter::default() };
        assert_eq!(found(failed.clone(), None).await, ["m2", "m1", "m0"]);
        let day = |day: i64| Some(began.plus_days(day));
        let second = Filter { from: day(1), until: day(2), ..Filter::default() };
        assert_eq!(found(second.clone(), None).await, ["m1", "s1"], "the end is the next day's beginning");
        assert_eq!(found(Filter { state: failed.state, ..second }, None).await, ["m1"]);
        let newest = service::list(&db, of_mail.clone(), None, 1).await.unwrap();
        assert_eq!(found(of_mail, Some(newest[0].id)).await, ["m1", "m0"], "the next page keeps the filter");
        assert!(found(Filter { until: day(0), ..Filter::default() }, None).await.is_empty());
    }
}

#[test]
fn a_recipient_is_a_number_or_an_address() {
    assert_eq!(recipient(" +86 138-0013-8000 ").unwrap(), "+8613800138000");
    assert_eq!(recipient("Lin@Example.CN").unwrap(), "Lin@example.cn");
    for wrong in ["", "138****8000", "lin@", "linzy"] {
        assert_eq!(recipient(wrong).unwrap_err().field, Some("to"), "{wrong}");
    }
}

#[test]
fn an_id_is_known_in_both_bases() {
    assert!(spellings("31").contains(&"1f".to_owned()) && spellings("31").contains(&"49".to_owned()));
    assert!(spellings("0000001f").contains(&"31".to_owned()));
    assert!(spellings("").contains(&String::new()));
}
