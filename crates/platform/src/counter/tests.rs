use super::{Limit, service};

const LIMIT: Limit = Limit { scope: "test", most: 5, seconds: 60 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_parallel_hits_are_counted_one_by_one() {
    for db in db::testing::engines().await {
        let now = db.clock().now();
        let mut tasks = Vec::new();
        for _ in 0..32 {
            let db = db.clone();
            tasks.push(tokio::spawn(async move { service::hit(&db, LIMIT, b"k".to_vec(), now).await }));
        }
        let mut allowed = 0;
        for task in tasks {
            allowed += i32::from(task.await.unwrap().unwrap().allowed());
        }
        assert_eq!(allowed, 5);
        assert!(service::peek(&db, LIMIT, b"k".to_vec(), now).await.unwrap().exhausted());
    }
}

#[tokio::test]
async fn a_window_ends() {
    for db in db::testing::engines().await {
        let now = db.clock().now();
        for n in 1..=6 {
            assert_eq!(service::hit(&db, LIMIT, b"k".to_vec(), now).await.unwrap().n, n);
        }
        assert_eq!(service::hit(&db, LIMIT, b"k".to_vec(), now.plus_seconds(60)).await.unwrap().n, 1);
        assert_eq!(service::peek(&db, LIMIT, b"other".to_vec(), now).await.unwrap().n, 0);
    }
}
