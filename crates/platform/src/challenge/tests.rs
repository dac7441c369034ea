use super::{Attempt, NewChallenge, service};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_parallel_wrong_guesses_are_counted_and_the_right_one_after_them_is_refused() {
    for db in db::testing::engines().await {
        let (id, now) = (db.draw(), db.clock().now());
        let new = NewChallenge {
            id,
            kind: "sms",
            purpose: "test",
            browser: [1; 32],
            target: None,
            code: Some("123456".into()),
            data: "kept".into(),
            attempts_allowed: 5,
            now,
            expires_at: now.plus_seconds(60),
        };
        let keyring = Arc::clone(db.keyring());
        db.write_unaudited("test", move |tx| service::open_in(tx, &keyring, &new)).await.unwrap();
        let attempt = |code: &'static str, browser: [u8; 32], now: kernel::Timestamp| {
            let (db, keyring) = (db.clone(), Arc::clone(db.keyring()));
            async move {
                db.write_unaudited("test", move |tx| {
                    service::attempt_in(tx, &keyring, id, "test", &browser, code, now)
                })
                .await
                .unwrap()
            }
        };
        assert_eq!(attempt("123456", [2; 32], now).await, Attempt::Gone, "another browser");
        assert_eq!(attempt("123456", [1; 32], now.plus_seconds(60)).await, Attempt::Gone, "too late");
        let tasks: Vec<_> = (0..32).map(|_| tokio::spawn(attempt("000000", [1; 32], now))).collect();
        let mut wrong = 0;
        for task in tasks {
            match task.await.unwrap() {
                Attempt::Wrong { .. } => wrong += 1,
                Attempt::Exhausted => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(wrong, 5);
        assert_eq!(attempt("123456", [1; 32], now).await, Attempt::Exhausted);
    }
}
