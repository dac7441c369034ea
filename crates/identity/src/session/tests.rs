use super::{Device, service};
use crate::testing::{PASSWORD, Room};
use http::StatusCode;
use proptest::prelude::*;

#[tokio::test]
async fn a_session_ends_by_idleness_at_its_absolute_end_and_by_hand() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let clock = room.db().clock().clone();
        clock.advance_seconds(59 * 60);
        assert_eq!(browser.get("/").await.status, StatusCode::OK, "a visit keeps it awake");
        clock.advance_seconds(59 * 60);
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
        clock.advance_seconds(61 * 60);
        assert_eq!(browser.get("/?x=1").await.location.as_deref(), Some("/login?return_to=/%3Fx%3D1"));
        browser.sign_in("linzy", PASSWORD).await;
        for _ in 0..12 {
            clock.advance_seconds(59 * 60);
            browser.get("/").await;
        }
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
        clock.advance_seconds(20 * 60);
        assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "twelve hours at most");
    }
}

#[tokio::test]
async fn who_signs_in_again_in_the_same_browser_stays_in_the_session() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        room.account("other", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let (first, token) = (browser.signed_in().await.unwrap(), browser.session().unwrap().clone());
        let clock = room.db().clock().clone();
        // Idle for long, so that pages ask to sign in; what products were told of the session goes on.
        clock.advance_seconds(2 * 3600);
        assert!(browser.signed_in().await.is_none());
        browser.sign_in("linzy", PASSWORD).await;
        let again = browser.signed_in().await.unwrap();
        assert_eq!(again.session, first.session);
        assert!(again.authenticated_at > first.authenticated_at);
        assert_ne!(browser.session(), Some(&token), "under a new token");
        let mut thief = room.browser();
        thief.cookies.insert("fujie-8080".into(), token);
        assert!(thief.signed_in().await.is_none(), "whoever has seen the old one has nothing");
        // Twelve hours count from the last sign-in.
        clock.advance_seconds(11 * 3600);
        browser.sign_in("linzy", PASSWORD).await;
        assert_eq!(browser.signed_in().await.unwrap().session, first.session);
        // Somebody else at the same browser ends it.
        clock.advance_seconds(2 * 3600);
        browser.sign_in("other", PASSWORD).await;
        assert_ne!(browser.signed_in().await.unwrap().session, first.session);
        let live: Vec<(i64, Option<i64>)> = room
            .db()
            .read(|tx| tx.all("SELECT ended_at, severed_at FROM session WHERE ended_at IS NOT NULL", &[]))
            .await
            .unwrap();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].1, None, "as by signing out");
        // One that ran out is over.
        let before = browser.signed_in().await.unwrap().session;
        clock.advance_seconds(13 * 3600);
        browser.sign_in("other", PASSWORD).await;
        assert_ne!(browser.signed_in().await.unwrap().session, before);
    }
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner_alone() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        room.account("other", None).await;
        let (mut here, mut there, mut stranger) = (room.browser(), room.browser(), room.browser());
        here.sign_in("linzy", PASSWORD).await;
        there.sign_in("linzy", PASSWORD).await;
        stranger.sign_in("other", PASSWORD).await;
        let me = here.signed_in().await.unwrap();
        let list = service::list(&room.identity, &me, room.now()).await.unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list.iter().filter(|card| card.current).count(), 1);
        let theirs = stranger.signed_in().await.unwrap();
        assert!(!service::revoke(&room.identity, &me, theirs.session, room.now()).await.unwrap());
        assert_eq!(stranger.get("/").await.status, StatusCode::OK);
        let other = list.iter().find(|card| !card.current).unwrap().id;
        assert!(service::revoke(&room.identity, &me, other, room.now()).await.unwrap());
        assert!(!service::revoke(&room.identity, &me, other, room.now()).await.unwrap(), "once");
        assert_eq!(there.get("/").await.status, StatusCode::SEE_OTHER);
        there.sign_in("linzy", PASSWORD).await;
        assert_eq!(service::revoke_others(&room.identity, &me, room.now()).await.unwrap(), 1);
        assert_eq!(there.get("/").await.status, StatusCode::SEE_OTHER);
        service::end(&room.identity, &me, room.now()).await.unwrap();
        assert_eq!(here.get("/").await.status, StatusCode::SEE_OTHER);
        assert_eq!(room.events("session.ended").await, 1);
        let told = room
            .concerning(me.account, &["session.revoked", "session.others_revoked", "session.ended"])
            .await;
        assert_eq!(told, ["session.ended", "session.others_revoked", "session.revoked"]);
    }
}

#[tokio::test]
async fn a_new_password_rotates_the_token_of_this_session_and_ends_the_others() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut here, mut there) = (room.browser(), room.browser());
        here.sign_in("linzy", PASSWORD).await;
        there.sign_in("linzy", PASSWORD).await;
        let (seen, old) = (here.signed_in().await.unwrap(), here.session().unwrap().clone());
        let token = here.get("/me/password").await.value("csrf").unwrap();
        let members = |current| [("current_password", current), ("new_password", "lantern over water 1")];
        let wrong = here.post("/me/password", &token, &members("no such password")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(there.signed_in().await.is_some() && here.session() == Some(&old), "nothing has changed yet");
        let done = here.post("/me/password", &token, &members(PASSWORD)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(here.signed_in().await.unwrap().session, seen.session, "the session goes on");
        assert_ne!(here.session(), Some(&old));
        assert_eq!(there.get("/").await.status, StatusCode::SEE_OTHER);
        // Whoever has seen the old token has nothing, not even for the forms of the pages that it brought.
        let mut thief = room.browser();
        thief.cookies.insert("fujie-8080".into(), old);
        assert!(thief.signed_in().await.is_none());
        let late = here.post("/me/password", &token, &members("lantern over water 1")).await;
        assert_eq!(late.status, StatusCode::FORBIDDEN, "{}", late.text);
        let sessions = "SELECT CAST(COUNT(*) AS BIGINT) FROM session WHERE ended_at IS NULL";
        let live: i64 = room.db().read(|tx| tx.one(sessions, &[])).await.unwrap();
        assert_eq!(live, 1);
    }
}

#[tokio::test]
async fn only_the_hash_of_a_token_is_stored() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let token = browser.session().unwrap().clone();
        let stored: Vec<u8> =
            room.db().read(|tx| tx.one("SELECT token_hash FROM session", &[])).await.unwrap();
        assert_eq!((stored.len(), token.len()), (32, 43));
        browser.cookies.insert("fujie-8080".into(), "A".repeat(43));
        assert!(browser.signed_in().await.is_none());
    }
}

#[test]
fn devices_are_named_in_words_that_people_know() {
    for (agent, browser, system) in [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome",
            "Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge", "Windows"),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0",
            "WeChat",
            "Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari",
            "iPhone",
        ),
        ("curl/8.0", "", ""),
    ] {
        assert_eq!(Device::of(agent), Device { browser, system });
    }
    assert_eq!(Device::of("Firefox/130 Linux").words(web::Lang::En), "Firefox on Linux");
    assert_eq!(Device::of("").words(web::Lang::En), "Unknown device");
}

proptest! {
    #[test]
    fn any_user_agent_is_some_device(text in "\\PC{0,400}") {
        prop_assert!(super::model::clean_user_agent(&text).chars().count() <= 300);
        prop_assert!(!Device::of(&text).words(web::Lang::Zh).is_empty());
    }
    #[test]
    fn what_is_encoded_for_a_query_decodes_to_itself(text in "\\PC{0,60}") {
        let encoded = super::encoded(&text);
        prop_assert!(encoded.is_ascii() && !encoded.contains(['&', '=', '#', ' ', '+']));
    }
}
