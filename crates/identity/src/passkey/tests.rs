use crate::{
    account::{self, AccountState},
    testing::{Browser, PASSWORD, Page, Room},
};
use factor::passkey::{Added, Answer, PasskeyId, Registration, service as passkey};
use http::StatusCode;
use kernel::id::AccountId;
use platform::setting::{CaptchaPolicy, CaptchaStrategy};
use serde_json::Value;
use std::sync::Arc;
use testkit::passkey::SoftPasskey;

const ORIGIN: &str = "http://localhost:8080";

async fn rooms() -> Vec<Room> {
    let rooms = Room::on_engines().await;
    for room in &rooms {
        room.change(CaptchaPolicy { strategy: CaptchaStrategy::Never, ..CaptchaPolicy::default() }).await;
    }
    rooms
}
/// Registers a key for the account, as its own pages do.
async fn key_for(room: &Room, account: AccountId) -> (PasskeyId, SoftPasskey) {
    let ctx = room.ctx([9; 32]);
    let ceremony = passkey::begin_registration(room.db(), &ctx, account, "l", "L").await.unwrap();
    let (key, credential) = SoftPasskey::create(ORIGIN, &ceremony.public_key, false).unwrap();
    let answer = Answer { challenge: ceremony.challenge, credential };
    let made = passkey::finish_registration(room.db(), &ctx, account, &answer).await.unwrap();
    let Registration::Right(fresh) = made else { panic!("{made:?}") };
    let (keyring, now, id) = (Arc::clone(room.db().keyring()), room.now(), room.db().draw());
    let added = room
        .db()
        .write_unaudited("test", move |tx| passkey::add_in(tx, &keyring, account, id, &fresh, "Laptop", now))
        .await
        .unwrap();
    assert_eq!(added, Added::Done);
    (id, key)
}
/// What the script does: asks, lets the device sign, sends the form.
async fn signed(browser: &mut Browser, key: &mut SoftPasskey, form: &Page, path: &str, second: &str) -> Page {
    let token = form.value("csrf").unwrap();
    let asked = browser.post(&format!("{path}/begin"), &token, &[("second", second)]).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let ceremony: Value = serde_json::from_str(&asked.text).unwrap();
    let credential = key.sign(&ceremony["publicKey"]).unwrap();
    let challenge = ceremony["challenge"].as_str().unwrap();
    let members =
        [("challenge", challenge), ("credential", &credential), ("second", second), ("return_to", "/seen")];
    browser.post(path, &token, &members).await
}
async fn set_state(room: &Room, account: AccountId, state: AccountState) {
    let now = room.now();
    room.db()
        .write_unaudited("test", move |tx| account::service::set_state_in(tx, account, state, now))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_alone_begins_a_session_of_two_factors() {
    for room in rooms().await {
        let account = room.account("linzy", None).await;
        let (id, mut key) = key_for(&room, account).await;
        let mut browser = room.browser();
        let form = browser.get("/login/passkey").await;
        assert!(form.shows("identity-passkey-lead"), "{}", form.text);
        let done = signed(&mut browser, &mut key, &form, "/login/passkey", "").await;
        assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/seen")));
        let who = browser.signed_in().await.unwrap();
        assert_eq!((who.account, who.strength), (account, 3));
        assert_eq!(who.methods, ["hwk", "user", "mfa"]);
        assert_eq!(room.events("session.begun").await, 1);
        // The same answer again, in a browser of its own: the ceremony is another's.
        let mut other = room.browser();
        let form = other.get("/login/passkey").await;
        let (token, nonsense) = (form.value("csrf").unwrap(), [("challenge", "x"), ("credential", "{}")]);
        let refused = other.post("/login/passkey", &token, &nonsense).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.shows("error-passkey-over"), "{}", refused.text);
        assert!(other.signed_in().await.is_none());
        // Suspended: said, since the key has proven whose account it is.
        set_state(&room, account, AccountState::Disabled).await;
        let form = other.get("/login/passkey").await;
        let refused = signed(&mut other, &mut key, &form, "/login/passkey", "").await;
        assert!(refused.has("This account is suspended"), "{}", refused.text);
        assert!(other.signed_in().await.is_none());
        set_state(&room, account, AccountState::Active).await;
        // A copy of the key is refused and recorded.
        key.count = 0;
        let form = other.get("/login/passkey").await;
        let refused = signed(&mut other, &mut key, &form, "/login/passkey", "").await;
        assert!(refused.shows("error-passkey-refused"), "{}", refused.text);
        assert!(room.events("session.begin").await >= 2);
        // Removed.
        room.db().write_unaudited("test", move |tx| passkey::remove_in(tx, account, id)).await.unwrap();
        key.count = 50;
        let form = other.get("/login/passkey").await;
        let refused = signed(&mut other, &mut key, &form, "/login/passkey", "").await;
        assert!(refused.shows("error-passkey-unknown"), "{}", refused.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_password_the_own_passkey_is_the_second_step_and_no_other() {
    for room in rooms().await {
        let (mine, theirs) = (room.account("linzy", None).await, room.account("chensq", None).await);
        let (_, mut key) = key_for(&room, mine).await;
        let (_, mut other) = key_for(&room, theirs).await;
        let mut browser = room.browser();
        let asked = browser.sign_in("linzy", PASSWORD).await;
        let path = asked.location.unwrap();
        assert!(path.starts_with("/login/second?"), "{path}");
        assert!(browser.signed_in().await.is_none());
        let form = browser.get(&path).await;
        assert!(form.shows("identity-passkey-second-submit"), "{}", form.text);
        let second = form.value("second").unwrap();
        let refused = signed(&mut browser, &mut other, &form, "/login/second/passkey", &second).await;
        let back = browser.get(&refused.location.unwrap()).await;
        assert!(back.shows("error-passkey-unknown"), "{}", back.text);
        assert!(browser.signed_in().await.is_none());
        let done = signed(&mut browser, &mut key, &back, "/login/second/passkey", &second).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let who = browser.signed_in().await.unwrap();
        assert_eq!((who.account, who.strength), (mine, 3));
        assert!(who.methods.iter().any(|method| method == "pwd"), "{:?}", who.methods);
        // The step is done: it begins no other session.
        let mut again = room.browser();
        let form = again.get("/login").await;
        let token = form.value("csrf").unwrap();
        let gone = again.post("/login/second/passkey/begin", &token, &[("second", &second)]).await;
        assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_way_in_is_known() {
    for room in rooms().await {
        let account = room.account("linzy", None).await;
        let keyring = Arc::clone(room.db().keyring());
        let other = async |room: &Room| {
            let keyring = Arc::clone(&keyring);
            room.db().read(move |tx| super::service::other_way_in(tx, &keyring, account)).await.unwrap()
        };
        key_for(&room, account).await;
        assert!(other(&room).await, "a password");
        room.db()
            .write_unaudited("test", move |tx| {
                tx.run("DELETE FROM password WHERE account_id = $1", &[&account])
            })
            .await
            .unwrap();
        assert!(!other(&room).await, "nothing but one key");
        key_for(&room, account).await;
        assert!(other(&room).await, "another key");
    }
}
