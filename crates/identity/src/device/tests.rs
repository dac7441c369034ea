use super::service;
use crate::testing::{PASSWORD, PHONE, Room};

async fn notices(room: &Room) -> i64 {
    room.db()
        .read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM notice WHERE kind = 'new_device'", &[]))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_sign_in_from_a_new_browser_is_told_and_the_first_of_all_is_not() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let mut first = room.browser();
        first.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, 0, "the first sign-in of all");
        first.cookies.remove("fujie-8080");
        first.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, 0, "the same browser");
        // The same address is no excuse: the browser is another one.
        let mut second = room.browser();
        second.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, 1);
        assert!(room.message(PHONE).await.unwrap().text.contains("127.0.0.1"));
        second.cookies.remove("fujie-8080");
        second.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, 1, "known from now on");
        // Another account in a browser that is known for this one.
        room.account("other", None).await;
        second.cookies.remove("fujie-8080");
        second.sign_in("other", PASSWORD).await;
        second.cookies.remove("fujie-8080");
        second.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, 1);
    }
}

#[tokio::test]
async fn browsers_are_listed_and_forgotten_by_their_owner_alone() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        room.account("other", None).await;
        let (mut here, mut there, mut stranger) = (room.browser(), room.browser(), room.browser());
        here.sign_in("linzy", PASSWORD).await;
        there.sign_in("linzy", PASSWORD).await;
        stranger.sign_in("other", PASSWORD).await;
        let me = here.signed_in().await.unwrap();
        let ctx = room.ctx([0; 32]);
        let mut headers = http::HeaderMap::new();
        let cookie = format!("fujie-8080-device={}", here.cookies["fujie-8080-device"]);
        headers.insert(http::header::COOKIE, cookie.parse().unwrap());
        let list = service::list(&room.identity, &ctx, &headers, &me).await.unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list.iter().filter(|card| card.current).count(), 1);
        let other = list.iter().find(|card| !card.current).unwrap().id;
        let theirs = stranger.signed_in().await.unwrap();
        assert!(!service::forget(&room.identity, &theirs, other, room.now()).await.unwrap());
        assert!(service::forget(&room.identity, &me, other, room.now()).await.unwrap());
        assert!(!service::forget(&room.identity, &me, other, room.now()).await.unwrap(), "once");
        assert_eq!(room.events("device.forgotten").await, 1);
        assert_eq!(room.concerning(me.account, &["device.forgotten"]).await, ["device.forgotten"]);
        // A forgotten browser is a new one.
        let before = notices(&room).await;
        there.cookies.remove("fujie-8080");
        there.sign_in("linzy", PASSWORD).await;
        assert_eq!(notices(&room).await, before + 1);
        assert_eq!(service::forget_all(&room.identity, &me, room.now()).await.unwrap(), 2);
        assert!(service::list(&room.identity, &ctx, &headers, &me).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sign_ins_of_one_browser_at_once_make_one_row() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let me = browser.signed_in().await.unwrap();
        service::forget_all(&room.identity, &me, room.now()).await.unwrap();
        let tasks = (0..8).map(|_| {
            let mut browser = browser.clone();
            browser.cookies.remove("fujie-8080");
            tokio::spawn(async move { browser.sign_in("linzy", PASSWORD).await.location })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert!(task.await.unwrap().is_some());
        }
        let live: i64 = room
            .db()
            .read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM device WHERE ended_at IS NULL", &[]))
            .await
            .unwrap();
        assert_eq!((live, notices(&room).await), (1, 1));
    }
}

#[tokio::test]
async fn only_the_hash_of_a_device_token_is_stored_and_old_rows_go() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let token = browser.cookies["fujie-8080-device"].clone();
        let stored: Vec<u8> =
            room.db().read(|tx| tx.one("SELECT token_hash FROM device", &[])).await.unwrap();
        assert_eq!(stored, kernel::TokenHash::of(&token).0);
        room.db().clock().advance_seconds(401 * 86_400);
        service::tidy_up(room.db()).await.unwrap();
        let left: i64 =
            room.db().read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM device", &[])).await.unwrap();
        assert_eq!(left, 0);
    }
}
