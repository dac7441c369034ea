use super::{
    model::{Answer, Tried},
    service,
};
use crate::{
    account::{self, AccountState},
    challenge::ChallengeId,
    testing::{App, Browser, PASSWORD, PHONE, Page, Room},
};
use http::{HeaderMap, StatusCode};
use kernel::id::AccountId;
use platform::setting::{SecondFactorDemand, SecondFactorPolicy};

/// The page of the second step after the right password.
async fn reach(browser: &mut Browser, name: &str) -> Page {
    let first = browser.sign_in(name, PASSWORD).await;
    let location = first.location.expect("the first step leads on");
    assert!(location.starts_with("/login/second?"), "{location}");
    assert!(browser.session().is_none(), "no session before the second step");
    browser.get(&location).await
}
async fn answer(browser: &mut Browser, page: &Page, means: &str, code: &str) -> Page {
    send(browser, page, &[("means", means), ("code", code)]).await
}
async fn send(browser: &mut Browser, page: &Page, members: &[(&str, &str)]) -> Page {
    let (csrf, challenge) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
    let mut all = vec![("challenge", challenge.as_str())];
    all.extend_from_slice(members);
    browser.post("/login/second", &csrf, &all).await
}
async fn with_app(room: &Room) -> (AccountId, App) {
    let account = room.account("linzy", Some(PHONE)).await;
    let app = room.app_for(account).await;
    (account, app)
}

#[tokio::test]
async fn a_right_password_leads_to_the_code_of_the_app() {
    for room in Room::on_engines().await {
        let (account, app) = with_app(&room).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        assert!(page.has("linzy") && page.shows("identity-second-totp"));
        let wrong = answer(&mut browser, &page, "totp", &app.wrong(room.now())).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.has("id=\"code-e\"") && browser.session().is_none());
        let done = answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert_eq!(done.location.as_deref(), Some("/"));
        let me = browser.signed_in().await.unwrap();
        assert_eq!((me.account, me.strength), (account, 2));
        assert_eq!(me.methods, ["pwd", "otp", "mfa"]);
        // The same code, within its step, opens nothing else.
        let mut second = room.browser();
        let page = reach(&mut second, "linzy").await;
        let replayed = answer(&mut second, &page, "totp", &app.code(room.now())).await;
        assert!(replayed.shows("error-totp-used") && second.session().is_none(), "{}", replayed.text);
        assert_eq!(room.events("session.second_step").await, 4, "two steps that waited, two wrong answers");
    }
}

#[tokio::test]
async fn a_code_by_sms_is_one_factor_too() {
    for room in Room::on_engines().await {
        let (_, app) = with_app(&room).await;
        let mut browser = room.browser();
        let form = browser.get("/login/sms").await;
        let sent = browser.post_solved("/login/sms", &form, &[("phone", PHONE)]).await;
        let page = browser.get(&sent.location.unwrap()).await;
        let code = room.message(PHONE).await.unwrap().code.unwrap();
        let (csrf, id) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
        let first = browser.post("/login/sms/verify", &csrf, &[("challenge", &id), ("code", &code)]).await;
        let page = browser.get(&first.location.unwrap()).await;
        assert!(page.shows("identity-second-totp") && browser.session().is_none());
        answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert_eq!(browser.signed_in().await.unwrap().methods, ["sms", "otp", "mfa"]);
    }
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    for room in Room::on_engines().await {
        let (account, _) = with_app(&room).await;
        let codes = room.recovery_codes_for(account).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        let challenge = page.value("challenge").unwrap();
        let link = format!("/login/second?challenge={challenge}&amp;means=recovery");
        assert!(page.has(&link), "{}", page.text);
        let page = browser.get(&link.replace("&amp;", "&")).await;
        assert!(!page.has("name=\"remember\""), "a code on paper is no reason to remember a browser");
        let done = answer(&mut browser, &page, "recovery", &codes[0].to_lowercase()).await;
        assert_eq!(done.location.as_deref(), Some("/"));
        let mut second = room.browser();
        let page = reach(&mut second, "linzy").await;
        assert!(answer(&mut second, &page, "recovery", &codes[0]).await.has("id=\"code-e\""));
        assert!(second.session().is_none());
        assert_eq!(answer(&mut second, &page, "recovery", &codes[1]).await.location.as_deref(), Some("/"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_guesses_at_the_second_step_are_counted_apart_and_end_it() {
    for room in Room::on_engines().await {
        let (_, app) = with_app(&room).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        let wrong = app.wrong(room.now());
        let guesses = (0..20).map(|_| {
            let (mut browser, id, csrf, wrong) = (
                browser.clone(),
                page.value("challenge").unwrap(),
                page.value("csrf").unwrap(),
                wrong.clone(),
            );
            tokio::spawn(async move {
                let members = [("challenge", id.as_str()), ("means", "totp"), ("code", wrong.as_str())];
                browser.post("/login/second", &csrf, &members).await.status
            })
        });
        for guess in guesses.collect::<Vec<_>>() {
            let status = guess.await.unwrap();
            assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{status}");
        }
        // Not even the right code counts now, neither here nor at a new second step.
        let late = answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert!(late.location.unwrap().starts_with("/login?"));
        let page = reach(&mut browser, "linzy").await;
        let locked = answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(browser.session().is_none());
        // The password was never locked by it, and when the window is over the code counts again.
        room.db().clock().advance_seconds(16 * 60);
        let page = reach(&mut browser, "linzy").await;
        assert!(answer(&mut browser, &page, "totp", &app.code(room.now())).await.location.is_some());
        assert!(browser.session().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_one_second_step_makes_one_session() {
    for room in Room::on_engines().await {
        let (account, _) = with_app(&room).await;
        let codes = room.recovery_codes_for(account).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        let id: ChallengeId = page.value("challenge").unwrap().parse().unwrap();
        // Five right answers at once, each by itself good.
        let tasks = codes.into_iter().take(5).map(|code| {
            let (mut browser, csrf, id) = (browser.clone(), page.value("csrf").unwrap(), id.to_string());
            tokio::spawn(async move {
                let members = [("challenge", id.as_str()), ("means", "recovery"), ("code", code.as_str())];
                let page = browser.post("/login/second", &csrf, &members).await;
                (page.location, browser.session().is_some())
            })
        });
        let mut sessions = 0;
        for task in tasks.collect::<Vec<_>>() {
            let (_, begun) = task.await.unwrap();
            sessions += i64::from(begun);
        }
        assert_eq!(sessions, 1);
        assert_eq!(room.events("session.begun").await, 1);
    }
}

#[tokio::test]
async fn f20_the_second_step_ends_with_what_the_first_one_proved() {
    for room in Room::on_engines().await {
        let (account, app) = with_app(&room).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        // In another browser there is nothing to answer.
        let ctx = room.ctx([3; 32]);
        let code = factor::totp::Code::parse("code", &app.code(room.now())).unwrap();
        let id = page.value("challenge").unwrap().parse().unwrap();
        let stolen =
            service::answer(&room.identity, &ctx, &HeaderMap::new(), id, Answer::Totp(code), false).await;
        assert!(matches!(stolen.unwrap(), Tried::Gone));
        // A new password meanwhile.
        let (hash, now) = (room.hash("another password 7").await, room.now());
        room.db()
            .write_unaudited("test", move |tx| account::service::reset_password_in(tx, account, &hash, now))
            .await
            .unwrap();
        let late = answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert!(late.location.unwrap().starts_with("/login?") && browser.session().is_none());
        // Suspended meanwhile.
        let mut browser = room.browser();
        let first = browser.sign_in("linzy", "another password 7").await;
        let page = browser.get(&first.location.unwrap()).await;
        let now = room.now();
        room.db()
            .write_unaudited("test", move |tx| {
                account::service::set_state_in(tx, account, AccountState::Disabled, now)
            })
            .await
            .unwrap();
        room.db().clock().advance_seconds(60);
        answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert!(browser.session().is_none());
    }
}
#[tokio::test]
async fn the_second_step_waits_for_ten_minutes() {
    for room in Room::on_engines().await {
        let (_, app) = with_app(&room).await;
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        room.db().clock().advance_seconds(601);
        answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        assert!(browser.session().is_none());
        assert!(browser.get("/login").await.shows("identity-second-over"));
        for odd in ["/login/second", "/login/second?challenge=x", "/login/second?challenge=0000000000001"] {
            assert!(browser.get(odd).await.location.unwrap().starts_with("/login?"), "{odd}");
        }
    }
}

/// Signs in with the code of the app, and has the browser remembered.
async fn remembered(room: &Room, app: &App) -> Browser {
    let mut browser = room.browser();
    let page = reach(&mut browser, "linzy").await;
    let code = app.code(room.now());
    let done = send(&mut browser, &page, &[("means", "totp"), ("code", &code), ("remember", "1")]).await;
    assert_eq!(done.location.as_deref(), Some("/"));
    browser
}
/// Whether the right password signs in by itself.
async fn skips(browser: &Browser) -> bool {
    let mut browser = browser.clone();
    browser.cookies.remove("fujie-8080");
    let location = browser.sign_in("linzy", PASSWORD).await.location.unwrap();
    assert_eq!(browser.session().is_some(), location == "/");
    location == "/"
}

#[tokio::test]
async fn a_remembered_browser_skips_the_second_step_and_stays_one_factor_strong() {
    for room in Room::on_engines().await {
        let (_, app) = with_app(&room).await;
        let before = room.browser();
        let mut browser = remembered(&room, &app).await;
        assert_eq!(browser.signed_in().await.unwrap().strength, 2);
        assert!(skips(&browser).await && !skips(&before).await);
        let mut again = browser.clone();
        again.cookies.remove("fujie-8080");
        again.sign_in("linzy", PASSWORD).await;
        let me = again.signed_in().await.unwrap();
        assert_eq!((me.strength, me.methods), (1, vec!["pwd".to_owned()]));
        room.db().clock().advance_seconds(31 * 86_400);
        assert!(!skips(&browser).await, "thirty days");
    }
}
#[tokio::test]
async fn trust_ends_by_hand_by_policy_and_with_the_password() {
    for room in Room::on_engines().await {
        let (account, app) = with_app(&room).await;
        let mut browser = remembered(&room, &app).await;
        let me = browser.signed_in().await.unwrap();
        assert!(skips(&browser).await);
        crate::device::service::forget_all(&room.identity, &me, room.now()).await.unwrap();
        assert!(!skips(&browser).await, "forgotten by hand");

        room.db().clock().advance_seconds(60);
        let browser = remembered(&room, &app).await;
        assert!(skips(&browser).await);
        let (hash, now) = (room.hash(PASSWORD).await, room.now());
        room.db()
            .write_unaudited("test", move |tx| {
                crate::credential::service::set_in(tx, account, &hash, false, now)
            })
            .await
            .unwrap();
        assert!(!skips(&browser).await, "a new password");

        room.db().clock().advance_seconds(60);
        let days = async |remember_days| {
            room.change(SecondFactorPolicy { remember_days, ..SecondFactorPolicy::default() }).await;
            room.db().clock().advance_seconds(2);
        };
        let listed = async || {
            let ctx = room.ctx([0; 32]);
            let list = crate::device::service::list(&room.identity, &ctx, &HeaderMap::new(), &me).await;
            list.unwrap().iter().filter(|card| card.trusted_until.is_some()).count()
        };
        let before = remembered(&room, &app).await;
        room.db().clock().advance_seconds(6 * 86_400);
        days(7).await;
        assert!(skips(&before).await && listed().await == 1, "six days of seven");
        room.db().clock().advance_seconds(86_400);
        assert!(!skips(&before).await, "thirty days were promised, seven are allowed");
        assert_eq!(listed().await, 0, "nor does the list say otherwise");

        let before = remembered(&room, &app).await;
        assert!(skips(&before).await);
        days(0).await;
        assert!(!skips(&before).await, "trust that was given ends too");
        let mut browser = room.browser();
        let page = reach(&mut browser, "linzy").await;
        assert!(!page.has("name=\"remember\""));
        let code = app.code(room.now());
        send(&mut browser, &page, &[("means", "totp"), ("code", &code), ("remember", "1")]).await;
        assert!(!skips(&browser).await, "nobody is remembered where the policy says so");
    }
}
#[tokio::test]
async fn f17_a_device_cookie_seen_before_is_worth_nothing_once_the_browser_is_remembered() {
    for room in Room::on_engines().await {
        let (_, app) = with_app(&room).await;
        let mut browser = room.browser();
        // The holder signed in here before, and somebody copied the cookie then.
        let page = reach(&mut browser, "linzy").await;
        answer(&mut browser, &page, "totp", &app.code(room.now())).await;
        let mut thief = room.browser();
        thief.cookies.insert("fujie-8080-device".into(), browser.cookies["fujie-8080-device"].clone());
        browser.cookies.remove("fujie-8080");
        room.db().clock().advance_seconds(60);
        let page = reach(&mut browser, "linzy").await;
        let code = app.code(room.now());
        send(&mut browser, &page, &[("means", "totp"), ("code", &code), ("remember", "1")]).await;
        assert!(skips(&browser).await && !skips(&thief).await);
        // Trust is one account's.
        let other = room.account("other", None).await;
        room.app_for(other).await;
        browser.cookies.remove("fujie-8080");
        reach(&mut browser, "other").await;
    }
}

#[tokio::test]
async fn where_the_policy_says_so_staff_reach_the_desk_with_two_factors_alone() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        appoint(&room, account).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        assert_eq!(browser.get("/desk").await.status, StatusCode::OK, "optional by default");
        let required = SecondFactorPolicy { staff: SecondFactorDemand::Required, ..Default::default() };
        room.change(required).await;
        room.db().clock().advance_seconds(2);
        let enroll = browser.get("/desk?x=1").await.location.unwrap();
        assert_eq!(enroll, "/me/authenticator?return_to=/desk%3Fx%3D1");
        assert_eq!(browser.get("/").await.status, StatusCode::OK, "only the desk asks");
        let app = room.app_for(account).await;
        prove_at_the_desk(&mut browser, &app).await;
    }
}
#[tokio::test]
async fn a_code_by_sms_beside_the_password_is_no_second_factor_of_staff() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        appoint(&room, account).await;
        let required = SecondFactorPolicy { staff: SecondFactorDemand::Required, ..Default::default() };
        room.change(required).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        // What other actions take for two factors.
        let page = browser.get("/me/verify?need=strong&return_to=/desk").await;
        let sent = browser.post_solved("/me/verify/sms", &page, &[("need", "strong")]).await;
        let page = browser.get(&sent.location.unwrap()).await;
        let code = room.message(PHONE).await.unwrap().code.unwrap();
        let (csrf, id) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
        let members = [("means", "sms"), ("challenge", id.as_str()), ("code", &code), ("return_to", "/desk")];
        assert_eq!(browser.post("/me/verify", &csrf, &members).await.location.as_deref(), Some("/desk"));
        assert_eq!(browser.signed_in().await.unwrap().strength, 2);
        let enroll = browser.get("/desk").await.location.unwrap();
        assert_eq!(enroll, "/me/authenticator?return_to=/desk");
        let page = browser.get("/me/verify?need=factor&return_to=/desk").await;
        assert!(page.shows("identity-verify-again-none"), "no SMS is offered: {}", page.text);
        let app = room.app_for(account).await;
        prove_at_the_desk(&mut browser, &app).await;
    }
}
async fn appoint(room: &Room, account: AccountId) {
    let now = room.now();
    room.db()
        .write(move |tx| {
            let actor = kernel::Actor::anonymous(None, "test".into());
            let role = platform::StaffRole::Auditor;
            let event = platform::staff::service::appoint_in(tx, &actor, account, role, None, now)?;
            Ok(((), vec![event]))
        })
        .await
        .unwrap();
}
/// The desk asks for the app that the account has, and opens.
async fn prove_at_the_desk(browser: &mut Browser, app: &App) {
    let prove = browser.get("/desk").await.location.unwrap();
    assert_eq!(prove, "/me/verify?need=factor&return_to=/desk");
    let page = browser.get(&prove).await;
    let (csrf, code) = (page.value("csrf").unwrap(), app.code(browser.room.now()));
    let members = [("means", "totp"), ("code", code.as_str()), ("return_to", "/desk")];
    assert_eq!(browser.post("/me/verify", &csrf, &members).await.location.as_deref(), Some("/desk"));
    assert_eq!(browser.get("/desk").await.status, StatusCode::OK);
}
