use super::{
    model::{Before, Filter},
    service, store,
};
use kernel::{Actor, ActorKind, Event, Id, id::AccountId};

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

#[tokio::test]
async fn an_organizations_record_shows_one_persons_doings_without_what_servers_do_for_them() {
    for db in db::testing::engines().await {
        let (organization, person, other) = (Id::from_i64(5), Id::from_i64(7), Id::from_i64(8));
        let acts = [
            (ActorKind::Account, person, "person.did"),
            (ActorKind::Account, other, "other.did"),
            (ActorKind::Client, person, "client.did"),
        ];
        for (kind, account, action) in acts {
            let actor = Actor { kind, account: Some(account), ..Actor::system() };
            db.write(move |_| Ok(((), vec![Event::done(&actor, action).of(organization)]))).await.unwrap();
        }
        let of = async |actor: Option<AccountId>| {
            let filter = Filter { actor, ..Filter::default() };
            let told = service::of_organization_filtered(&db, organization, filter, Before::NEWEST, 9).await;
            told.unwrap().into_iter().map(|entry| entry.action).collect::<Vec<_>>()
        };
        assert_eq!(of(Some(person)).await, ["person.did"]);
        assert_eq!(of(None).await, ["other.did", "person.did"]);
    }
}
#[tokio::test]
async fn one_persons_doings_are_found_without_walking_through_everybodys() {
    let db = db::testing::engines().await.remove(0);
    let plan = async |actor: Option<AccountId>| {
        let plan: Vec<(i64, i64, i64, String)> = db
            .read(move |tx| {
                let (organization, limit) = (Id::from_i64(5), 9);
                let filter = Filter { actor, ..Filter::default() };
                let query = store::filtered(&organization, &filter, &Before::NEWEST, &limit);
                tx.all(&format!("EXPLAIN QUERY PLAN {}", query.sql()), query.params())
            })
            .await
            .unwrap();
        plan.into_iter().map(|step| step.3).collect::<Vec<_>>().join("; ")
    };
    let (one, all) = (plan(Some(Id::from_i64(7))).await, plan(None).await);
    assert!(one.contains("audit_event_actor") && !one.contains("B-TREE"), "{one}");
    assert!(all.contains("audit_event_organization") && !all.contains("B-TREE"), "{all}");
}
