use super::{
    Need,
    model::{Lack, Means},
    service, verify,
};
use crate::testing::{Browser, PASSWORD, PHONE, Page, Room};
use http::StatusCode;

const STRONG: &str = "/me/verify?need=strong&return_to=/me";
const FRESH: &str = "/me/verify?need=fresh&return_to=/me";

async fn signed_in(room: &Room, name: &str) -> Browser {
    let mut browser = room.browser();
    let done = browser.sign_in(name, PASSWORD).await;
    assert!(browser.session().is_some(), "{:?}", done.location);
    browser
}
async fn submit(browser: &mut Browser, page: &Page, members: &[(&str, &str)]) -> Page {
    let need = page.value("need").unwrap();
    let mut all = vec![("need", need.as_str()), ("return_to", "/me")];
    all.extend_from_slice(members);
    browser.post("/me/verify", &page.value("csrf").unwrap(), &all).await
}

#[tokio::test]
async fn a_fresh_proof_is_asked_for_after_ten_minutes_and_the_session_rotates() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let mut browser = signed_in(&room, "linzy").await;
        assert_eq!(browser.get(FRESH).await.location.as_deref(), Some("/me"), "nothing lacks");
        room.db().clock().advance_seconds(600);
        let page = browser.get(FRESH).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.has("means=sms") && page.has("name=\"password\"") && !page.has("means=totp"));
        let before = browser.session().unwrap().clone();
        let wrong =
            submit(&mut browser, &page, &[("means", "password"), ("password", "mistyped secret")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.has("password-e") && !wrong.has("mistyped secret"), "{}", wrong.text);
        let done = submit(&mut browser, &page, &[("means", "password"), ("password", PASSWORD)]).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
        let after = browser.session().unwrap().clone();
        assert_ne!(before, after);
        let me = browser.signed_in().await.unwrap();
        assert_eq!((me.verified_at, me.strength), (room.now(), 1));
        let mut old = browser.clone();
        old.cookies.insert("fujie-8080".into(), before);
        assert!(old.signed_in().await.is_none(), "f17: the old token is dead");
        assert_eq!(browser.get(FRESH).await.location.as_deref(), Some("/me"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_wrong_passwords_have_one_count_of_the_session_and_the_source() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = signed_in(&room, "linzy").await;
        room.db().clock().advance_seconds(600);
        let page = browser.get(FRESH).await;
        let guesses = (0..12).map(|_| {
            let (mut browser, csrf) = (browser.clone(), page.value("csrf").unwrap());
            tokio::spawn(async move {
                let members = [("means", "password"), ("password", "wrong password")];
                browser.post("/me/verify", &csrf, &members).await.status
            })
        });
        let mut wrong = 0;
        for guess in guesses.collect::<Vec<_>>() {
            match guess.await.unwrap() {
                StatusCode::UNPROCESSABLE_ENTITY => wrong += 1,
                status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
            }
        }
        assert_eq!(wrong, 5);
        let locked = submit(&mut browser, &page, &[("means", "password"), ("password", PASSWORD)]).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
        // Neither is there another guess beside, nor in another place, nor from another address.
        let form = browser.get("/me/password").await;
        let members = [("current_password", PASSWORD), ("new_password", "lantern over water 1")];
        let change = browser.post("/me/password", &form.value("csrf").unwrap(), &members).await;
        assert_eq!(change.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(room.browser().sign_in("linzy", PASSWORD).await.location.is_none(), "as a wrong one");
        browser.move_to([10, 0, 0, 8]);
        let moved = submit(&mut browser, &page, &[("means", "password"), ("password", PASSWORD)]).await;
        assert_eq!(moved.status, StatusCode::TOO_MANY_REQUESTS);
        // The holder, elsewhere, is shut out of nothing but that.
        let mut elsewhere = room.browser_at([10, 0, 0, 9]);
        elsewhere.sign_in("linzy", PASSWORD).await;
        assert!(elsewhere.session().is_some());
        room.db().clock().advance_seconds(16 * 60);
        let done = submit(&mut browser, &page, &[("means", "password"), ("password", PASSWORD)]).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
    }
}

#[tokio::test]
async fn the_app_makes_two_factors_and_no_sms_stands_in_for_it() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        // Signed in before the app was added: one factor.
        let mut browser = signed_in(&room, "linzy").await;
        let app = room.app_for(account).await;
        let codes = room.recovery_codes_for(account).await;
        let page = browser.get(FRESH).await;
        assert!(page.shows("identity-verify-again-lead-second") && page.shows("identity-second-totp"));
        assert!(!page.has("means=sms") && !page.has("name=\"password\""));
        // Asked for by hand, an SMS is sent, but its code counts for nothing.
        let me = browser.signed_in().await.unwrap();
        let ctx = room.ctx([4; 32]);
        let sent = verify::send_sms(&room.identity, &ctx, &me).await.unwrap().unwrap();
        let crate::code::Sent::Sent(id) = sent else { panic!("{sent:?}") };
        let code = room.message(PHONE).await.unwrap().code.unwrap();
        let outcome = verify::by_sms(&room.identity, &ctx, &me, id, &code).await.unwrap();
        assert!(matches!(outcome, verify::Verified::Gone), "{outcome:?}");
        assert_eq!(browser.signed_in().await.unwrap().strength, 1);
        let wrong = submit(&mut browser, &page, &[("means", "totp"), ("code", &app.wrong(room.now()))]).await;
        assert!(wrong.has("code-e"));
        let code = app.code(room.now());
        let done = submit(&mut browser, &page, &[("means", "totp"), ("code", &code)]).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
        let me = browser.signed_in().await.unwrap();
        assert_eq!((me.strength, me.methods), (2, vec!["pwd".into(), "otp".into(), "mfa".into()]));
        // Stale, it may be renewed by any of the own factors.
        room.db().clock().advance_seconds(600);
        let page = browser.get(STRONG).await;
        for means in ["sms", "totp", "recovery"] {
            assert!(page.has(&format!("means={means}")), "{means}");
        }
        let replayed = submit(&mut browser, &page, &[("means", "totp"), ("code", &code)]).await;
        assert!(replayed.has("code-e"), "ten minutes old");
        let done = submit(&mut browser, &page, &[("means", "recovery"), ("code", &codes[0])]).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
    }
}

#[tokio::test]
async fn without_a_second_factor_a_code_by_sms_is_the_second_kind() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let bare = room.account("bare", None).await;
        let mut browser = signed_in(&room, "linzy").await;
        let page = browser.get(STRONG).await;
        assert!(page.has("138****8000") && !page.has("name=\"password\""));
        let members = [("need", "strong"), ("return_to", "/me")];
        let sent = browser.post_solved("/me/verify/sms", &page, &members).await;
        let location = sent.location.unwrap();
        assert!(location.starts_with("/me/verify?means=sms&challenge="), "{location}");
        let page = browser.get(&location).await;
        let code = room.message(PHONE).await.unwrap().code.unwrap();
        let challenge = page.value("challenge").unwrap();
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let sms = |code: &str| vec![("means", "sms".to_owned()), ("code", code.to_owned())];
        for (code, location) in [(wrong, None), (code.as_str(), Some("/me"))] {
            let mut members = vec![("challenge", challenge.as_str())];
            let typed = sms(code);
            members.extend(typed.iter().map(|(name, value)| (*name, value.as_str())));
            assert_eq!(submit(&mut browser, &page, &members).await.location.as_deref(), location);
        }
        assert_eq!(browser.signed_in().await.unwrap().methods, ["pwd", "sms"]);
        // Nothing to prove it with: the page says what to do.
        let mut other = signed_in(&room, "bare").await;
        let page = other.get(STRONG).await;
        assert!(page.shows("identity-verify-again-none") && page.has("href=\"/me/authenticator\""));
        let me = other.signed_in().await.unwrap();
        assert_eq!(me.account, bare);
        let ctx = room.ctx([1; 32]);
        let offered = verify::offered(&room.identity, &ctx, &me, Need::Strong).await.unwrap();
        assert_eq!((offered.lack, offered.means), (Lack::Second, Vec::<Means>::new()));
        assert_eq!(service::lacking(&room.identity, &ctx, &me, Need::Fresh).await.unwrap(), Lack::Nothing);
    }
}

#[tokio::test]
async fn every_message_has_a_captcha_before_it_and_return_to_stays_here() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let mut browser = signed_in(&room, "linzy").await;
        room.db().clock().advance_seconds(600);
        let page = browser.get("/me/verify?means=sms&return_to=//evil.test").await;
        assert!(page.has("name=\"return_to\" value=\"/\"><input type=\"hidden\" name=\"cancel\""));
        let csrf = page.value("csrf").unwrap();
        assert!(browser.post("/me/verify/sms", &csrf, &[]).await.shows("error-captcha-missing"));
        assert!(room.message(PHONE).await.is_none());
        for odd in [vec![("means", "sms")], vec![("means", "passkey")], vec![], vec![("means", "x")]] {
            let over = browser.post("/me/verify", &csrf, &odd).await;
            assert!(over.location.unwrap().starts_with("/me/verify?"), "{odd:?}");
        }
        let members = [("means", "password"), ("password", PASSWORD), ("return_to", "https://evil.test/")];
        assert_eq!(browser.post("/me/verify", &csrf, &members).await.location.as_deref(), Some("/"));
        assert!(room.browser().get(FRESH).await.location.unwrap().starts_with("/login?"));
    }
}

#[tokio::test]
async fn whoever_does_not_want_to_prove_anything_goes_where_the_action_says() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut browser = signed_in(&room, "linzy").await;
        room.db().clock().advance_seconds(600);
        let link = |id: &str, to: &str| format!("id=\"verify-{id}\" href=\"{to}\"");
        assert!(browser.get(FRESH).await.has(&link("cancel", "/me")));
        for name in ["cancel", "without"] {
            let asked = browser.get(&format!("{FRESH}&{name}=%2Fme%2Fsessions%3Fx%3D1%26y%3D2")).await;
            // It is there after a slip too.
            let place = asked.value(name).unwrap().replace("&#38;", "&");
            let members = [("means", "password"), ("password", "mistyped secret"), (name, place.as_str())];
            let wrong = submit(&mut browser, &asked, &members).await;
            for page in [asked, wrong] {
                assert!(page.has(&link(name, "/me/sessions?x=1&#38;y=2")), "{}", page.text);
            }
            let elsewhere = browser.get(&format!("{FRESH}&{name}=https%3A%2F%2Fevil.test")).await;
            assert!(elsewhere.has(&link(name, "/")), "{}", elsewhere.text);
        }
        let both = browser.get(&format!("{FRESH}&without=%2Fme%2Fsessions")).await;
        assert!(!both.has("verify-cancel"), "one way out is enough");
    }
}

#[tokio::test]
async fn what_would_not_make_a_second_kind_is_not_asked_for() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let mut browser = signed_in(&room, "linzy").await;
        let change = async |sql: &'static str| {
            room.db().write_unaudited("a test's world", move |tx| tx.run(sql, &[])).await.unwrap();
        };
        // Begun at another provider, whose word is one factor: a password and a code by SMS are two.
        change("UPDATE session SET methods = 'fed'").await;
        let page = browser.get(STRONG).await;
        assert!(page.has("name=\"password\"") && page.has("means=sms"), "{}", page.text);
        change("DELETE FROM password").await;
        let page = browser.get(STRONG).await;
        assert!(page.has("/me/authenticator") && !page.has("sms-send"), "{}", page.text);
    }
}
