use super::{model::Before, service};
use kernel::{Actor, Event, Id};

#[tokio::test]
async fn the_operation_record_pages_backwards() {
    for db in db::testing::engines().await {
        let organization = Id::from_i64(5);
        for n in 0..3 {
            let actor = Actor { request_id: format!("request-{n}"), ..Actor::system() };
            db.write(move |_| Ok(((), vec![Event::done(&actor, "test.done").of(organization)])))
                .await
                .unwrap();
        }
        let first = service::of_organization(&db, organization, Before::NEWEST, 2).await.unwrap();
        assert_eq!(first.len(), 2);
        assert_eq!(first[0].request_id, "request-2");
        let before = Before { at: first[1].at, id: first[1].id };
        let second = service::of_organization(&db, organization, before, 2).await.unwrap();
        assert_eq!(second.len(), 1);
        assert_eq!(second[0].request_id, "request-0");
        assert_eq!(service::of_request(&db, "request-1".into()).await.unwrap().len(), 1);
        assert_eq!(service::recent(&db, Before::NEWEST, 9).await.unwrap().len(), 3);
        assert!(service::of_organization(&db, Id::from_i64(6), Before::NEWEST, 9).await.unwrap().is_empty());
    }
}
