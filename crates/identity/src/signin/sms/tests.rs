use super::{model::Verified, service};
use crate::{
    account::{self, AccountState},
    captcha::{self, Input, Purpose, Way},
    challenge::{Attempt, ChallengeId},
    code::Sent,
    realname::RealNameLevel,
    signin::Next,
    testing::{Browser, PASSWORD, PHONE, Page, Room},
};
use http::StatusCode;
use kernel::{Mobile, id::AccountId};
use platform::setting::{CaptchaPolicy, CaptchaStrategy};

/// Asks for a code; the page that then asks for it.
async fn ask(browser: &mut Browser, phone: &str) -> Page {
    let form = browser.get("/login/sms?return_to=/me").await;
    let members = [("phone", phone), ("return_to", "/me")];
    let sent = browser.post_solved("/login/sms", &form, &members).await;
    match sent.location {
        Some(location) => browser.get(&location).await,
        None => sent,
    }
}
async fn answer(browser: &mut Browser, page: &Page, code: &str) -> Page {
    let (csrf, challenge) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
    browser.post("/login/sms/verify", &csrf, &[("challenge", &challenge), ("code", code)]).await
}
async fn code_for(room: &Room, phone: &str) -> String {
    room.message(phone).await.unwrap().code.unwrap()
}
fn other(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

#[tokio::test]
async fn m04_a_code_by_sms_signs_in_once() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        let page = ask(&mut browser, "138 0013 8000").await;
        assert!(page.has("138****8000") && page.has("data-countdown=\"60\""));
        // A message that does not come holds nobody up.
        assert!(page.has("id=\"another-way\" href=\"/login?return_to=/me\""), "{}", page.text);
        let code = code_for(&room, PHONE).await;
        let wrong = answer(&mut browser, &page, other(&code)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.has("4 more attempts"), "{}", wrong.text);
        assert!(answer(&mut browser, &page, "12").await.shows("error-code-shape"));
        let done = answer(&mut browser, &page, &code).await;
        assert_eq!(done.location.as_deref(), Some("/me"));
        let me = browser.signed_in().await.unwrap();
        assert_eq!((me.account, me.methods, me.strength), (account, vec!["sms".to_owned()], 1));
        // The code is used up, here and elsewhere.
        let mut copy = browser.clone();
        copy.cookies.remove("fujie-8080");
        let again = copy.get("/login/sms").await.value("csrf").unwrap();
        let challenge = page.value("challenge").unwrap();
        let late =
            copy.post("/login/sms/verify", &again, &[("challenge", &challenge), ("code", &code)]).await;
        assert_eq!(late.location.as_deref(), Some("/login/sms"));
    }
}

#[tokio::test]
async fn a_changed_password_beside_the_code_is_no_second_factor_of_an_account_that_has_one() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        let page = ask(&mut browser, PHONE).await;
        answer(&mut browser, &page, &code_for(&room, PHONE).await).await;
        room.app_for(account).await;
        let csrf = browser.get("/me/password").await.value("csrf").unwrap();
        let members = [("current_password", PASSWORD), ("new_password", "lantern over water 1")];
        let done = browser.post("/me/password", &csrf, &members).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(browser.signed_in().await.unwrap().strength, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_fifty_uses_of_one_code_make_one_session() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let ctx = room.ctx([7; 32]);
        let phone = Mobile::parse(PHONE).unwrap();
        let view = captcha::service::ask(&room.identity, &ctx, Purpose::SignIn, Way::Picture).await.unwrap();
        let work = captcha::model::do_work(&view.token, view.bits);
        let input = Input { token: view.token, answer: String::new(), work };
        let answered = captcha::service::look(&room.identity, &ctx, Purpose::SignIn, &input).await.unwrap();
        let answered = answered.unwrap();
        let begun = service::start(&room.identity, &ctx, answered.clone(), phone.clone(), "/".into()).await;
        let sent = begun.unwrap();
        let again = service::start(&room.identity, &ctx, answered, phone, "/".into()).await;
        assert_eq!(again.unwrap_err().code, "captcha.stale", "one answer, one code");
        let Sent::Sent(id) = sent else { panic!("{sent:?}") };
        let code = code_for(&room, PHONE).await;
        let uses = (0..50).map(|_| {
            let (room, ctx, code) = (room.clone(), ctx.clone(), code.clone());
            tokio::spawn(async move {
                service::verify(&room.identity, &ctx, &http::HeaderMap::new(), id, &code).await
            })
        });
        let mut winners = 0;
        for used in uses.collect::<Vec<_>>() {
            match used.await.unwrap().unwrap() {
                Verified::Next { next: Next::Done(_), .. } => winners += 1,
                Verified::Not(Attempt::Gone | Attempt::Exhausted) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(winners, 1);
        assert_eq!(room.events("session.begun").await, 1);
    }
}

#[tokio::test]
async fn f23_a_number_without_an_account_gets_the_same_answers_and_no_message() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let mut pages = Vec::new();
        for phone in [PHONE, "13900139000"] {
            let mut browser = room.browser_at([10, 0, 0, pages.len() as u8]);
            let page = ask(&mut browser, phone).await;
            let wrong = answer(&mut browser, &page, "000000").await;
            let plain = |page: &Page| {
                let mut text = page.text.clone();
                for name in ["csrf", "challenge", "captcha"] {
                    let value = page.value(name).unwrap();
                    text = text.replace(&value, "");
                }
                text.replace("138****8000", "").replace("139****9000", "")
            };
            pages.push((page.status, plain(&page), wrong.status, plain(&wrong)));
        }
        let differ = |a: &str, b: &str| {
            a.lines().zip(b.lines()).filter(|(a, b)| a != b).map(|(a, _)| a.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((pages[0].0, pages[0].2), (pages[1].0, pages[1].2));
        assert!(differ(&pages[0].1, &pages[1].1).is_empty(), "{:?}", differ(&pages[0].1, &pages[1].1));
        assert!(differ(&pages[0].3, &pages[1].3).is_empty(), "{:?}", differ(&pages[0].3, &pages[1].3));
        assert!(room.message(PHONE).await.is_some());
        assert!(room.message("13900139000").await.is_none());
    }
}

#[tokio::test]
async fn m05_every_message_asks_for_a_captcha_whatever_the_strategy() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        room.change(CaptchaPolicy { strategy: CaptchaStrategy::Never, ..CaptchaPolicy::default() }).await;
        let mut browser = room.browser();
        let form = browser.get("/login/sms").await;
        let token = form.value("csrf").unwrap();
        let bare = browser.post("/login/sms", &token, &[("phone", PHONE)]).await;
        assert!(bare.shows("error-captcha-missing") && bare.value("phone").as_deref() == Some(PHONE));
        let page = ask(&mut browser, PHONE).await;
        let (csrf, id) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
        let again = browser.post("/login/sms/resend", &csrf, &[("challenge", &id)]).await;
        assert!(again.shows("error-captcha-missing"));
        let early = browser.post_solved("/login/sms/resend", &page, &[("challenge", &id)]).await;
        assert_eq!(early.status, StatusCode::TOO_MANY_REQUESTS, "a minute between two messages");
        room.db().clock().advance_seconds(61);
        let page = browser.get(&format!("/login/sms/verify?challenge={id}")).await;
        let first = code_for(&room, PHONE).await;
        let sent = browser.post_solved("/login/sms/resend", &page, &[("challenge", &id)]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let second = code_for(&room, PHONE).await;
        if first != second {
            assert!(
                answer(&mut browser, &page, &first).await.has("more attempt"),
                "only the last one counts"
            );
        }
        assert_eq!(answer(&mut browser, &page, &second).await.status, StatusCode::SEE_OTHER);
        assert!(!form.has("13800138000"));
    }
}

#[tokio::test]
async fn f20_a_code_does_not_outlive_its_account_or_its_number() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        let page = ask(&mut browser, PHONE).await;
        let now = room.now();
        room.db()
            .write_unaudited("test", move |tx| {
                account::service::set_state_in(tx, account, AccountState::Disabled, now)
            })
            .await
            .unwrap();
        let code = code_for(&room, PHONE).await;
        let refused = answer(&mut browser, &page, &code).await;
        assert_eq!(refused.location.as_deref(), Some("/login?return_to=/me"));
        assert!(browser.get("/login").await.has("suspended"), "the holder of the number may know");
        assert!(browser.session().is_none());

        let mover = room.account("mover", Some("13900139000")).await;
        let page = ask(&mut browser, "13900139000").await;
        let keyring = std::sync::Arc::clone(room.db().keyring());
        room.db()
            .write_unaudited("test", move |tx| {
                let phone = Mobile::parse("13700137000")?;
                account::service::set_phone_in(tx, &keyring, mover, Some(&phone)).map(drop)
            })
            .await
            .unwrap();
        let code = code_for(&room, "13900139000").await;
        assert_eq!(answer(&mut browser, &page, &code).await.location.as_deref(), Some("/login/sms"));
        assert!(browser.session().is_none());
    }
}

#[tokio::test]
async fn a_number_that_nobody_confirmed_for_long_opens_no_verified_account() {
    for room in Room::on_engines().await {
        let verified = room.account("linzy", Some(PHONE)).await;
        room.account("other", Some("13900139000")).await;
        prove(&room, verified).await;
        room.db().clock().advance_seconds(181 * 86_400);
        let mut browser = room.browser();
        let page = ask(&mut browser, PHONE).await;
        let code = code_for(&room, PHONE).await;
        let refused = answer(&mut browser, &page, &code).await;
        assert_eq!(refused.location.as_deref(), Some("/login?return_to=/me"));
        assert!(browser.get("/login").await.shows("identity-login-sms-unconfirmed"));
        let mut other = room.browser();
        let page = ask(&mut other, "13900139000").await;
        let code = code_for(&room, "13900139000").await;
        assert_eq!(answer(&mut other, &page, &code).await.location.as_deref(), Some("/me"));
        // Signing in confirms the number again.
        prove(&room, other.signed_in().await.unwrap().account).await;
        room.db().clock().advance_seconds(100 * 86_400);
        let mut third = room.browser();
        let page = ask(&mut third, "13900139000").await;
        let code = code_for(&room, "13900139000").await;
        assert_eq!(answer(&mut third, &page, &code).await.location.as_deref(), Some("/me"));
        assert!(
            room.browser().sign_in("linzy", PASSWORD).await.location.is_some(),
            "the password still does"
        );
    }
}
#[tokio::test]
async fn a_number_alone_opens_no_desk() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let now = room.now();
        room.db()
            .write(move |tx| {
                let (actor, role) = (kernel::Actor::system(), platform::StaffRole::Auditor);
                let event = platform::staff::service::appoint_in(tx, &actor, account, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        let mut browser = room.browser();
        let page = ask(&mut browser, PHONE).await;
        let code = code_for(&room, PHONE).await;
        let refused = answer(&mut browser, &page, &code).await;
        assert_eq!(refused.location.as_deref(), Some("/login?return_to=/me"));
        assert!(browser.signed_in().await.is_none());
        assert!(browser.get("/login").await.shows("identity-login-sms-staff"));
        room.browser().sign_in("linzy", PASSWORD).await.location.expect("the password does");
    }
}
async fn prove(room: &Room, account: AccountId) {
    let (id, now) = (room.db().draw(), room.now());
    let proof = crate::realname::Proof {
        id,
        account,
        method: "counter".into(),
        provider: "desk".into(),
        level: RealNameLevel::Intermediate,
        proven_at: now,
        expires_at: now.plus_days(3650),
    };
    room.db()
        .write_unaudited("test", move |tx| crate::realname::service::prove_in(tx, &proof))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_belongs_to_the_browser_that_asked() {
    for room in Room::on_engines().await {
        room.account("linzy", Some(PHONE)).await;
        let page = ask(&mut room.browser(), PHONE).await;
        let code = code_for(&room, PHONE).await;
        let id: ChallengeId = page.value("challenge").unwrap().parse().unwrap();
        let ctx = room.ctx([9; 32]);
        let stolen = service::verify(&room.identity, &ctx, &http::HeaderMap::new(), id, &code).await.unwrap();
        assert!(matches!(stolen, Verified::Not(Attempt::Gone)), "{stolen:?}");
    }
}
