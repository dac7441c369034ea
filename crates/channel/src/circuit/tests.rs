use super::{Entry, model::near, service};
use crate::gateway::{Failure, Reason};
use kernel::Id;
use platform::connector::ConnectorId;

const GATEWAY: ConnectorId = Id::from_i64(5);

async fn enter(db: &db::Db, day: &str, cap: i64) -> Entry {
    service::enter(db, GATEWAY, day.to_owned(), cap, db.clock().now()).await.unwrap()
}
async fn fail(db: &db::Db, reason: Reason) -> bool {
    let now = db.clock().now();
    db.write_unaudited("test", move |tx| service::failed_in(tx, GATEWAY, &Failure::new(reason, "said"), now))
        .await
        .unwrap()
}
async fn succeed(db: &db::Db) {
    let now = db.clock().now();
    db.write_unaudited("test", move |tx| service::succeeded_in(tx, GATEWAY, now)).await.unwrap();
}

#[tokio::test]
async fn five_failures_in_a_row_open_the_circuit_and_one_message_tries_it_later() {
    for db in
        db::testing::engines_at(kernel::Clock::fixed(kernel::Timestamp::from_millis(1_795_255_200_000))).await
    {
        for _ in 0..4 {
            assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)));
            assert!(!fail(&db, Reason::Timeout).await);
        }
        succeed(&db).await;
        for n in 0..5 {
            assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)));
            // A number that does not exist says nothing about the gateway.
            assert!(!fail(&db, Reason::Recipient).await);
            assert_eq!(fail(&db, Reason::Answer).await, n == 4);
        }
        assert_eq!(enter(&db, "d", 0).await, Entry::Open);
        db.clock().advance_seconds(61);
        assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)), "one tries");
        assert_eq!(enter(&db, "d", 0).await, Entry::Open, "the others wait for it");
        assert!(!fail(&db, Reason::Timeout).await, "it was open before");
        assert_eq!(enter(&db, "d", 0).await, Entry::Open);
        db.clock().advance_seconds(61);
        assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)));
        succeed(&db).await;
        assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)));
        assert!(matches!(enter(&db, "d", 0).await, Entry::Go(_)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_cap_holds_against_many_at_once_and_begins_anew_each_day() {
    for db in
        db::testing::engines_at(kernel::Clock::fixed(kernel::Timestamp::from_millis(1_795_255_200_000))).await
    {
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { enter(&db, "one", 10).await })
            })
            .collect();
        let mut taken = Vec::new();
        for task in tasks {
            if let Entry::Go(n) = task.await.unwrap() {
                taken.push(n);
            }
        }
        taken.sort_unstable();
        assert_eq!(taken, (1..=10).collect::<Vec<_>>());
        assert_eq!(enter(&db, "one", 10).await, Entry::Capped);
        // A refusal gives its place back, a time-out does not.
        fail(&db, Reason::Content).await;
        fail(&db, Reason::Timeout).await;
        assert_eq!(enter(&db, "one", 10).await, Entry::Go(10));
        assert_eq!(enter(&db, "one", 10).await, Entry::Capped);
        assert_eq!(enter(&db, "two", 10).await, Entry::Go(1));
        service::forget_gone(&db).await.unwrap();
        assert!(service::list(&db).await.unwrap().is_empty(), "there is no such gateway");
    }
    assert_eq!((near(1), near(10), near(100)), (1, 8, 80));
}
