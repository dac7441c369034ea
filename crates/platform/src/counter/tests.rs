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

#[tokio::test]
async fn several_counters_are_counted_and_looked_at_together_as_each_alone() {
    const SCOPES: [&str; 7] = ["t.one", "t.two", "t.three", "t.four", "t.five", "t.six", "t.seven"];
    for db in db::testing::engines().await {
        let now = db.clock().now();
        let limits = [(0, 1, 10), (1, 2, 60), (2, 3, 120), (3, 4, 600), (4, 5, 3600), (5, 6, 9), (6, 7, 9)]
            .map(|(at, most, seconds): (usize, i64, i64)| Limit { scope: SCOPES[at], most, seconds });
        let [a, b, c, d, e, f, g] = limits;
        let hit = |now| {
            db.write_unaudited("test", move |tx| {
                let (one, two): (&[u8], &[u8]) = (b"k", b"other");
                service::hit_five_in(tx, [(a, one), (b, two), (c, one), (d, two), (e, one)], now)
            })
        };
        let peek = |now| {
            db.read(move |tx| {
                let (one, two): (&[u8], &[u8]) = (b"k", b"other");
                let looked = [(f, one), (a, one), (b, two), (c, one), (d, two), (e, one), (g, two)];
                service::peek_seven_in(tx, looked, now)
            })
        };
        assert!(hit(now).await.unwrap().iter().all(|hit| hit.n == 1 && hit.allowed()));
        let again = hit(now.plus_seconds(5)).await.unwrap();
        assert_eq!(again.map(|hit| hit.n), [2; 5]);
        assert_eq!(again.map(|hit| hit.until), [10, 60, 120, 600, 3600].map(|end| now.plus_seconds(end)));
        assert_eq!(again.map(|hit| hit.allowed()), [false, true, true, true, true]);
        // The first window is over, the others go on.
        let later = now.plus_seconds(10);
        assert_eq!(peek(later).await.unwrap().map(|hit| hit.n), [0, 0, 2, 2, 2, 2, 0]);
        let third = hit(later).await.unwrap();
        assert_eq!(third.map(|hit| hit.n), [1, 3, 3, 3, 3]);
        assert_eq!(third.map(|hit| hit.until)[..2], [later.plus_seconds(10), now.plus_seconds(60)]);
        let seen = peek(later).await.unwrap();
        assert_eq!(seen.map(|hit| hit.exhausted()), [false, true, true, true, false, false, false]);
        assert_eq!(service::peek(&db, a, b"other".to_vec(), later).await.unwrap().n, 0, "another key");
    }
}
