use crate::{
    account::{self, AccountState, Identifier, NewSelfOwned},
    credential::{Password, model::Parameters},
    testing::{BITS, PASSWORD, PHONE, Room},
};
use http::StatusCode;
use kernel::{LoginName, Mobile, ResidentId, Timestamp};
use platform::setting::{CaptchaPolicy, CaptchaStrategy, SignInPolicy};
use proptest::prelude::*;
use std::sync::Arc;

const DOCUMENT: &str = "11010519491231002X";

async fn without_captcha() -> Vec<Room> {
    let rooms = Room::on_engines().await;
    for room in &rooms {
        room.change(CaptchaPolicy { strategy: CaptchaStrategy::Never, ..CaptchaPolicy::default() }).await;
    }
    rooms
}

#[tokio::test]
async fn m04_login_name_and_proven_phone_sign_in() {
    for room in without_captcha().await {
        room.account("linzy", Some(PHONE)).await;
        for name in ["linzy", " LinZY ", "ｌｉｎｚｙ", PHONE, "+86 138-0013-8000"] {
            let mut browser = room.browser();
            let done = browser.sign_in(name, PASSWORD).await;
            assert_eq!((done.status, done.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")), "{name}");
            assert_eq!(browser.get("/").await.text, "linzy");
        }
    }
}

#[tokio::test]
async fn m04_a_document_that_fits_several_accounts_lets_the_person_choose() {
    for room in without_captcha().await {
        let keyring = Arc::clone(room.db().keyring());
        let hash = room.hash(PASSWORD).await;
        for login_name in ["first", "second"] {
            let new = NewSelfOwned {
                id: room.db().draw(),
                sub: room.db().rng().short_token(),
                login_name: LoginName::parse(login_name).unwrap(),
                name: "林知远".into(),
                phone: None,
                document: Some(ResidentId::parse(DOCUMENT, 20261121).unwrap()),
                password_hash: hash.clone(),
                now: room.now(),
            };
            let keyring = Arc::clone(&keyring);
            room.db()
                .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
                .await
                .unwrap();
        }
        let mut browser = room.browser();
        let choose = browser.sign_in(DOCUMENT, PASSWORD).await;
        let path = choose.location.unwrap();
        assert!(path.starts_with("/login/choose?"), "{path}");
        assert!(browser.session().is_none());
        let page = browser.get(&path).await;
        assert!(page.has("first") && page.has("second"));
        let (token, choice) = (page.value("csrf").unwrap(), page.value("choice").unwrap());
        let account = page.value("account").unwrap();
        let members = [("choice", choice.as_str()), ("account", account.as_str()), ("return_to", "/me")];
        let mut stranger = room.browser();
        let form = stranger.get("/login").await;
        let refused = stranger.post("/login/choose", &form.value("csrf").unwrap(), &members).await;
        assert!(refused.location.unwrap().starts_with("/login?"), "another browser cannot choose");
        let done = browser.post("/login/choose", &token, &members).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
        assert_eq!(browser.get("/").await.text, "first");
        let form = browser.get("/login?again=1").await;
        let again = browser.post("/login/choose", &form.value("csrf").unwrap(), &members).await;
        assert!(again.location.unwrap().starts_with("/login?"), "a choice is consumed once");
    }
}

#[tokio::test]
async fn f13_the_sixth_password_is_refused_even_when_right_and_only_from_that_source() {
    for room in without_captcha().await {
        room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        for _ in 0..5 {
            assert_eq!(
                browser.sign_in("linzy", "wrong password").await.status,
                StatusCode::UNPROCESSABLE_ENTITY
            );
        }
        let sixth = browser.sign_in("linzy", PASSWORD).await;
        assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(browser.session().is_none());
        assert!(sixth.has("Too many wrong passwords"));
        // A stranger's wrong guesses lock out nobody elsewhere, and the window ends.
        let mut elsewhere = room.browser_at([10, 1, 2, 3]);
        assert_eq!(elsewhere.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        room.db().clock().advance_seconds(15 * 60);
        assert_eq!(browser.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert_eq!(room.events("session.begun").await, 2);
    }
}

#[tokio::test]
async fn f13_many_sources_that_guess_together_shut_out_strangers_but_not_the_holder() {
    for room in without_captcha().await {
        room.account("linzy", None).await;
        let policy = SignInPolicy { wrong_from_strangers: 10, ..SignInPolicy::default() };
        room.change(policy).await;
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        for source in 0..10 {
            let wrong = room.browser_at([10, 0, 0, source]).sign_in("linzy", "wrong password").await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let guess = room.browser_at([10, 0, 0, 99]).sign_in("linzy", PASSWORD).await;
        assert_eq!(guess.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn f13_one_password_tried_on_many_accounts_shuts_out_the_source() {
    for room in without_captcha().await {
        room.account("linzy", None).await;
        room.change(SignInPolicy { wrong_from_source: 10, ..SignInPolicy::default() }).await;
        let mut sprayer = room.browser_at([10, 1, 2, 3]);
        for n in 0..10 {
            let wrong = sprayer.sign_in(&format!("person{n}"), "Summer2026").await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(sprayer.sign_in("linzy", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn hammering_at_a_locked_door_does_not_fill_the_record() {
    for room in without_captcha().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        for _ in 0..5 {
            browser.sign_in("linzy", "wrong password").await;
        }
        let before = room.events("session.begin").await;
        for _ in 0..9 {
            assert_eq!(browser.sign_in("linzy", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(room.events("session.begin").await - before, 4, "the 1st, 2nd, 4th and 8th refusal");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_many_guesses_at_once_gain_nothing() {
    for room in without_captcha().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        let form = browser.get("/login").await;
        let token = form.value("csrf").unwrap();
        let mut tasks = Vec::new();
        for _ in 0..32 {
            let (mut browser, token) = (browser.clone(), token.clone());
            tasks.push(tokio::spawn(async move {
                let members = [("login-name", "linzy"), ("login-password", "wrong password")];
                browser.post("/login", &token, &members).await.status
            }));
        }
        let mut counted = 0;
        for task in tasks {
            counted += i32::from(task.await.unwrap() == StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(counted, 5, "five are compared, the others refused");
        let right = [("login-name", "linzy"), ("login-password", PASSWORD)];
        assert_eq!(browser.post("/login", &token, &right).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

/// Keeps every thread that hashes busy for a moment, so that what is asked now is answered later.
fn keep_hashing(room: &Room) -> Vec<tokio::task::JoinHandle<()>> {
    let heavy = Parameters { memory_kib: 128 * 1024, passes: 4, lanes: 1 };
    (0..8)
        .map(|_| {
            let identity = room.identity.clone();
            tokio::spawn(async move {
                let password = Password::parse("password", PASSWORD).unwrap();
                // On a machine that is busy anyway some of these are refused: the others do.
                if let Err(error) = identity.passwords().hash(&password, heavy).await {
                    assert_eq!(error.code, "signin.busy");
                }
            })
        })
        .collect()
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f20_a_password_reset_while_the_old_one_is_compared_wins() {
    for room in without_captcha().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let temporary = room.hash("another password").await;
        let mut browser = room.browser();
        let form = browser.get("/login").await;
        let token = form.value("csrf").unwrap();
        let busy = keep_hashing(&room);
        let pending = tokio::spawn(async move {
            let members = [("login-name", "linzy"), ("login-password", PASSWORD)];
            let page = browser.post("/login", &token, &members).await;
            (browser, page)
        });
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let now = room.now();
        room.db()
            .write_unaudited("test", move |tx| {
                account::service::reset_password_in(tx, account, &temporary, now)
            })
            .await
            .unwrap();
        assert!(!pending.is_finished(), "the reset must come while the password is compared");
        let (mut browser, page) = pending.await.unwrap();
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(browser.session().is_none() && browser.signed_in().await.is_none());
        for task in busy {
            task.await.unwrap();
        }
    }
}
#[tokio::test]
async fn f20_a_choice_ends_with_the_password_that_opened_it() {
    for room in without_captcha().await {
        let keyring = Arc::clone(room.db().keyring());
        let hash = room.hash(PASSWORD).await;
        let mut ids = Vec::new();
        for login_name in ["first", "second"] {
            let new = NewSelfOwned {
                id: room.db().draw(),
                sub: room.db().rng().short_token(),
                login_name: LoginName::parse(login_name).unwrap(),
                name: "林知远".into(),
                phone: None,
                document: Some(ResidentId::parse(DOCUMENT, 20261121).unwrap()),
                password_hash: hash.clone(),
                now: room.now(),
            };
            ids.push(new.id);
            let keyring = Arc::clone(&keyring);
            room.db()
                .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
                .await
                .unwrap();
        }
        let mut browser = room.browser();
        let path = browser.sign_in(DOCUMENT, PASSWORD).await.location.unwrap();
        let page = browser.get(&path).await;
        let (token, choice) = (page.value("csrf").unwrap(), page.value("choice").unwrap());
        let (account, now, hash) = (ids[0], room.now(), room.hash("another password").await);
        room.db()
            .write_unaudited("test", move |tx| account::service::reset_password_in(tx, account, &hash, now))
            .await
            .unwrap();
        let account = account.to_string();
        let members = [("choice", choice.as_str()), ("account", account.as_str())];
        let late = browser.post("/login/choose", &token, &members).await;
        assert!(late.location.unwrap().starts_with("/login?"));
        assert!(browser.session().is_none());
    }
}

#[tokio::test]
async fn f23_an_unknown_account_gets_the_same_words_and_the_same_path() {
    for room in without_captcha().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let unproven = room.account("other", None).await;
        set_state(&room, unproven, AccountState::Disabled).await;
        let mut pages = Vec::new();
        for name in ["linzy", "nobody", PHONE, "13900139000", "other", DOCUMENT, "no account at all", "<b>"] {
            let mut browser = room.browser_at([10, 0, 0, pages.len() as u8]);
            let page = browser.sign_in(name, "wrong password").await;
            let typed = page.value("login-name").unwrap();
            let error = page.text.lines().find(|l| l.contains("login-password-e")).unwrap().to_owned();
            let token = page.value("csrf").unwrap();
            pages.push((page.status, page.text.replace(&token, "").replace(&typed, "").len(), error));
        }
        let first = &pages[0];
        for page in &pages {
            assert_eq!((page.0, &page.2), (first.0, &first.2));
            assert!(page.1.abs_diff(first.1) < 40, "the pages differ in the request id at most");
        }
        // Only the right password learns that an account is suspended.
        let mut browser = room.browser();
        assert!(browser.sign_in("other", PASSWORD).await.has("suspended"));
        set_state(&room, account, AccountState::Closed).await;
        let closed = browser.sign_in("linzy", PASSWORD).await;
        assert!(closed.has("not correct"), "a closed account is as good as none");
    }
}
async fn set_state(room: &Room, account: kernel::id::AccountId, state: AccountState) {
    let now = room.now();
    room.db()
        .write_unaudited("test", move |tx| account::service::set_state_in(tx, account, state, now))
        .await
        .unwrap();
}

#[tokio::test]
async fn m05_three_failures_of_the_address_or_the_account_ask_for_a_captcha() {
    for room in Room::on_engines().await {
        room.change(SignInPolicy { wrong_passwords: 50, ..SignInPolicy::default() }).await;
        room.account("linzy", None).await;
        let mut browser = room.browser();
        assert!(!browser.get("/login").await.has("captcha-answer"));
        for _ in 0..3 {
            browser.sign_in("linzy", "wrong password").await;
        }
        let form = browser.get("/login").await;
        assert!(form.has("id=\"captcha-answer\""), "the address has failed three times");
        // Elsewhere the empty form asks nothing, but this account does.
        let mut elsewhere = room.browser_at([10, 0, 0, 1]);
        assert!(!elsewhere.get("/login").await.has("captcha-answer"));
        let asked = elsewhere.sign_in("linzy", PASSWORD).await;
        assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.shows("error-captcha-now-wanted") && asked.has("captcha-answer"));
        assert_eq!(asked.value("login-name").as_deref(), Some("linzy"), "what was typed is kept");
        assert!(!asked.has(PASSWORD), "but no secret");
        let (token, captcha) = (asked.value("csrf").unwrap(), asked.value("captcha").unwrap());
        let wrong = [
            ("login-name", "linzy"),
            ("login-password", PASSWORD),
            ("captcha", captcha.as_str()),
            ("captcha-answer", "?????"),
        ];
        let page = elsewhere.post("/login", &token, &wrong).await;
        assert!(page.shows("error-captcha-wrong"));
        let captcha = page.value("captcha").unwrap();
        let work = crate::captcha::model::do_work(&captcha, BITS);
        let right = [
            ("login-name", "linzy"),
            ("login-password", PASSWORD),
            ("captcha", captcha.as_str()),
            ("captcha-work", work.as_str()),
        ];
        assert_eq!(elsewhere.post("/login", &token, &right).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn m05_strategies_always_and_risk() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let policy = |strategy| CaptchaPolicy { strategy, ..CaptchaPolicy::default() };
        room.change(policy(CaptchaStrategy::Always)).await;
        let mut browser = room.browser();
        assert!(browser.get("/login").await.has("captcha-answer"));
        assert_eq!(browser.sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        room.change(policy(CaptchaStrategy::Risk)).await;
        // From where it signed in before nothing is asked; from elsewhere the account and nobody look alike.
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        for name in ["linzy", "nobody"] {
            let asked = room.browser_at([10, 0, 0, 1]).sign_in(name, PASSWORD).await;
            assert!(asked.shows("error-captcha-now-wanted"), "{name}");
        }
    }
}

#[tokio::test]
async fn f17_the_session_rotates_and_return_to_stays_on_this_site() {
    for room in without_captcha().await {
        room.account("linzy", None).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let first = browser.session().unwrap().clone();
        let back = browser.get("/login?return_to=/me").await;
        assert_eq!(back.location.as_deref(), Some("/me"), "who is signed in is led on");
        assert!(browser.get("/login?again=1").await.shows("identity-login-again"));
        assert!(browser.get("/login?again=1&strength=3").await.shows("identity-login-hardware"));
        let form = browser.get("/login?again=1&return_to=//evil.test").await;
        let token = form.value("csrf").unwrap();
        for (return_to, expected) in [
            ("//evil.test/", "/"),
            ("https://evil.test/", "/"),
            ("/\\evil.test", "/"),
            ("javascript:alert(1)", "/"),
            ("/login?return_to=/login", "/"),
            ("/consent?flow=abc&x=%2F", "/consent?flow=abc&x=%2F"),
        ] {
            let mut browser = browser.clone();
            let members = [("login-name", "linzy"), ("login-password", PASSWORD), ("return_to", return_to)];
            let done = browser.post("/login", &token, &members).await;
            assert_eq!(done.location.as_deref(), Some(expected), "{return_to}");
            assert_ne!(browser.session().unwrap(), &first);
        }
        browser.cookies.insert("fujie-8080".into(), first);
        assert!(browser.get("/").await.location.unwrap().starts_with("/login"), "the old token is dead");
    }
}

#[tokio::test]
async fn bad_input_comes_back_with_a_message_at_its_field() {
    for room in without_captcha().await {
        let mut browser = room.browser();
        let token = browser.get("/login").await.value("csrf").unwrap();
        let empty = browser.post("/login", &token, &[]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.shows("error-signin-name-required") && empty.shows("error-password-required"));
        let long = "x".repeat(5000);
        let page = browser.post("/login", &token, &[("login-name", &long), ("login-password", &long)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.shows("error-password-too-long"));
        for (body, status) in [
            ("csrf=stale&login-name=linzy".to_owned(), StatusCode::FORBIDDEN),
            (format!("csrf={token}&login-name=a&login-name=b"), StatusCode::BAD_REQUEST),
            (format!("csrf={token}&login-name=%00"), StatusCode::BAD_REQUEST),
            (format!("csrf={token}&login-name=%FF"), StatusCode::BAD_REQUEST),
            (format!("csrf={token}&login-name={}", "y".repeat(70_000)), StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let page = browser.post_raw("/login", body).await;
            assert_eq!(page.status, status);
            assert!(page.has("error-code") && !page.has("panicked"));
        }
        assert_eq!(browser.get("/login?return_to=%00").await.status, StatusCode::BAD_REQUEST);
        let script = browser.get("/login?login_hint=%22%3E%3Cscript%3E").await;
        assert!(!script.has("\"><script>"));
    }
}

#[tokio::test]
async fn a_temporary_password_must_be_changed_and_expires() {
    for room in without_captcha().await {
        let account = room.account("linzy", None).await;
        let (hash, now) = (room.hash("temporary pass").await, room.now());
        room.db()
            .write_unaudited("test", move |tx| account::service::reset_password_in(tx, account, &hash, now))
            .await
            .unwrap();
        let mut browser = room.browser();
        let done = browser.sign_in("linzy", "temporary pass").await;
        assert_eq!(done.location.as_deref(), Some("/me/password?return_to=/"));
        assert_eq!(browser.get("/me").await.location.as_deref(), Some("/me/password?return_to=/me"));
        let form = browser.get("/me/password?return_to=/me").await;
        assert!(form.shows("identity-password-forced"));
        let token = form.value("csrf").unwrap();
        let change = |new: &'static str| {
            [("current_password", "temporary pass"), ("new_password", new), ("return_to", "/me")]
        };
        assert!(browser.post("/me/password", &token, &change("short")).await.has("too short"));
        assert!(browser.post("/me/password", &token, &change("12345678")).await.has("too common"));
        assert!(
            browser.post("/me/password", &token, &change("temporary pass")).await.has("equals the current")
        );
        let mut other = room.browser();
        other.sign_in("linzy", "temporary pass").await;
        let changed = browser.post("/me/password", &token, &change(PASSWORD)).await;
        assert_eq!(changed.location.as_deref(), Some("/me"));
        assert_eq!(browser.get("/me").await.text, "linzy");
        assert!(other.get("/me").await.location.unwrap().starts_with("/login"), "other sessions end");
        let (hash, now) = (room.hash("temporary pass").await, room.now());
        room.db()
            .write_unaudited("test", move |tx| account::service::reset_password_in(tx, account, &hash, now))
            .await
            .unwrap();
        assert!(browser.get("/me").await.location.is_some(), "a reset ends every session");
        room.db().clock().advance_seconds(15 * 86_400);
        assert!(room.browser().sign_in("linzy", "temporary pass").await.has("expired"));
    }
}

#[tokio::test]
async fn a_hash_with_older_parameters_is_renewed_at_sign_in() {
    for room in without_captcha().await {
        let account = room.account("linzy", None).await;
        let policy = platform::setting::PasswordPolicy { memory_kib: 128, passes: 2, ..Default::default() };
        room.change(policy).await;
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
        let stored =
            room.db().read(move |tx| crate::credential::store::find(tx, account)).await.unwrap().unwrap();
        assert!(stored.hash.starts_with("$argon2id$v=19$m=128,t=2,p=1$"), "{}", stored.hash);
        assert_eq!(room.browser().sign_in("linzy", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

proptest! {
    #[test]
    fn any_text_names_one_kind_of_account_or_none(text in "\\PC{0,70}") {
        let now = Timestamp::from_millis(1_795_000_000_000);
        if let Some(identifier) = Identifier::parse(&text, now) {
            let again = Identifier::parse(identifier.normalized(), now).unwrap();
            prop_assert_eq!(again.normalized(), identifier.normalized());
        }
    }
    #[test]
    fn wherever_return_to_points_it_is_a_path_of_this_site(text in "(/|//|\\\\|https?:|javascript:)?\\PC{0,40}") {
        let target = super::pages::target(&text);
        prop_assert!(target.starts_with('/') && !target.starts_with("//") && !target.contains('\\'));
        prop_assert!(target.is_ascii());
    }
    #[test]
    fn a_phone_is_never_a_login_name(digits in "1[3-9][0-9]{9}") {
        prop_assert!(LoginName::parse(&digits).is_err());
        prop_assert!(Mobile::parse(&digits).is_ok());
    }
}
