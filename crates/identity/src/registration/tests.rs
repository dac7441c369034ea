use crate::testing::{BITS, Browser, PASSWORD, PHONE, Page, Room};
use http::StatusCode;
use platform::setting::{CodePolicy, RegistrationPolicy};

/// The first step as a person with a script would take it.
pub(crate) async fn begin(browser: &mut Browser, login_name: &str, phone: &str) -> Page {
    begin_with(browser, &[("login_name", login_name), ("phone", phone)]).await
}
pub(crate) async fn begin_with(browser: &mut Browser, over: &[(&str, &str)]) -> Page {
    let form = browser.get("/register").await;
    let (token, captcha) = (form.value("csrf").unwrap(), form.value("captcha").unwrap());
    let work = crate::captcha::model::do_work(&captcha, BITS);
    let mut members = vec![
        ("name", "林知远"),
        ("login_name", "linzy"),
        ("password", PASSWORD),
        ("phone", PHONE),
        ("agree", "yes"),
        ("captcha", captcha.as_str()),
        ("captcha-work", work.as_str()),
    ];
    for (name, value) in over {
        members.retain(|(known, _)| known != name);
        members.push((name, value));
    }
    browser.post("/register", &token, &members).await
}
/// Sends a code; the page that asks for it and its challenge.
pub(crate) async fn code_page(browser: &mut Browser, begun: &Page) -> (String, String) {
    let path = begun.location.clone().unwrap_or_else(|| panic!("{} {}", begun.status, begun.text));
    let page = browser.get(&path).await;
    (page.value("csrf").unwrap(), page.value("challenge").unwrap())
}
/// "Send again" of that page, with what a script works out.
async fn send_again(browser: &mut Browser, token: &str, challenge: &str) -> Page {
    let page = browser.get(&format!("/register/verify?challenge={challenge}")).await;
    let captcha = page.value("captcha").unwrap();
    let work = crate::captcha::model::do_work(&captcha, BITS);
    let members = [("challenge", challenge), ("captcha", captcha.as_str()), ("captcha-work", work.as_str())];
    browser.post("/register/resend", token, &members).await
}
pub(crate) async fn code_of(room: &Room, phone: &str) -> String {
    room.message(phone).await.unwrap().code.unwrap()
}

#[tokio::test]
async fn m01_a_person_registers_with_an_sms_code_and_is_signed_in() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let begun = begin_with(&mut browser, &[("return_to", "/me"), ("phone", "+86 138 0013 8000")]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let (token, challenge) = code_page(&mut browser, &begun).await;
        let code = code_of(&room, PHONE).await;
        assert!(room.message(PHONE).await.unwrap().text.contains(&code));
        let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
        let done = browser.post("/register/verify", &token, &members).await;
        assert_eq!(done.location.as_deref(), Some("/me"), "{}", done.text);
        assert_eq!(browser.get("/").await.text, "linzy");
        assert_eq!(room.browser().sign_in(PHONE, PASSWORD).await.status, StatusCode::SEE_OTHER);
        let accepted: Vec<String> = room
            .db()
            .read(|tx| tx.all("SELECT document FROM acceptance ORDER BY document", &[]))
            .await
            .unwrap();
        assert_eq!(accepted, ["privacy", "terms"]);
        assert_eq!(room.events("account.registered").await, 1);
    }
}

#[tokio::test]
async fn m01_the_sixth_code_is_refused_even_when_right() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let begun = begin(&mut browser, "linzy", PHONE).await;
        let (token, challenge) = code_page(&mut browser, &begun).await;
        let code = code_of(&room, PHONE).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for left in [4, 3, 2, 1, 0] {
            let members = [("challenge", challenge.as_str()), ("code", wrong)];
            let page = browser.post("/register/verify", &token, &members).await;
            if left > 1 {
                assert!(page.has(&format!("You have {left} more attempts")), "{left}");
            }
        }
        let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
        let sixth = browser.post("/register/verify", &token, &members).await;
        assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(sixth.shows("error-code-exhausted"));
        assert!(browser.session().is_none());
        // A new code has attempts of its own, once the pause is over.
        let early = send_again(&mut browser, &token, &challenge).await;
        assert_eq!(early.status, StatusCode::TOO_MANY_REQUESTS);
        room.db().clock().advance_seconds(61);
        let resent = send_again(&mut browser, &token, &challenge).await;
        assert_eq!(resent.status, StatusCode::SEE_OTHER);
        let fresh = code_of(&room, PHONE).await;
        if fresh != code {
            let old = browser.post("/register/verify", &token, &members).await;
            assert!(old.has("not correct"), "the earlier code is dead");
        }
        let members = [("challenge", challenge.as_str()), ("code", fresh.as_str())];
        let done = browser.post("/register/verify", &token, &members).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
}

#[tokio::test]
async fn m05_another_code_has_a_captcha_before_it_too() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let begun = begin(&mut browser, "linzy", PHONE).await;
        let (token, challenge) = code_page(&mut browser, &begun).await;
        let first = code_of(&room, PHONE).await;
        room.db().clock().advance_seconds(61);
        let without = browser.post("/register/resend", &token, &[("challenge", &challenge)]).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(without.shows("error-captcha-missing"), "{}", without.text);
        let of_registration = browser.get("/register").await.value("captcha").unwrap();
        let work = crate::captcha::model::do_work(&of_registration, BITS);
        let members =
            [("challenge", challenge.as_str()), ("captcha", &of_registration), ("captcha-work", &work)];
        let borrowed = browser.post("/register/resend", &token, &members).await;
        assert_eq!(
            borrowed.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "an answer for one is none for the other"
        );
        let words = [("challenge", challenge.as_str()), ("captcha-way", "words")];
        let asked = browser.post("/register/resend", &token, &words).await;
        assert!(asked.shows("identity-captcha-question-label"), "{}", asked.text);
        assert_eq!(code_of(&room, PHONE).await, first, "nothing was sent");
        assert_eq!(send_again(&mut browser, &token, &challenge).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_a_code_used_by_many_at_once_has_one_winner() {
    for room in Room::on_engines().await {
        room.change(CodePolicy { attempts: 10, ..CodePolicy::default() }).await;
        let mut browser = room.browser();
        let begun = begin(&mut browser, "linzy", PHONE).await;
        let (token, challenge) = code_page(&mut browser, &begun).await;
        let code = code_of(&room, PHONE).await;
        let mut tasks = Vec::new();
        for _ in 0..32 {
            let (mut browser, token) = (browser.clone(), token.clone());
            let (challenge, code) = (challenge.clone(), code.clone());
            tasks.push(tokio::spawn(async move {
                let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
                browser.post("/register/verify", &token, &members).await;
                browser.session().is_some()
            }));
        }
        let mut winners = 0;
        for task in tasks {
            winners += i32::from(task.await.unwrap());
        }
        assert_eq!(winners, 1);
        assert_eq!(room.events("account.registered").await, 1);
    }
}

#[tokio::test]
async fn f23_before_the_proof_a_held_number_is_answered_like_a_free_one() {
    for room in Room::on_engines().await {
        room.account("known", Some(PHONE)).await;
        let mut stranger = room.browser();
        let begun = begin(&mut stranger, "linzy", PHONE).await;
        let mut other = room.browser();
        let free = begin(&mut other, "linzy2", "13900139000").await;
        assert_eq!(begun.status, free.status);
        let (token, challenge) = code_page(&mut stranger, &begun).await;
        let same = stranger.get(&begun.location.unwrap()).await;
        let page = other.get(&free.location.unwrap()).await;
        let plain = |page: &Page, phone: &str| {
            let mut text = page.text.replace(phone, "");
            for name in ["csrf", "challenge", "return_to"] {
                text = text.replace(&page.value(name).unwrap_or_default(), "");
            }
            text
        };
        assert_eq!(plain(&same, "138****8000").len(), plain(&page, "139****9000").len());
        let (told, free) = (room.message(PHONE).await.unwrap(), room.message("13900139000").await.unwrap());
        let code = told.code.unwrap();
        assert_eq!(told.text.replace(&code, ""), free.text.replace(&free.code.unwrap(), ""));
        for guess in ["000000", "123456"].into_iter().filter(|guess| *guess != code) {
            let members = [("challenge", challenge.as_str()), ("code", guess)];
            assert!(stranger.post("/register/verify", &token, &members).await.has("not correct"));
        }
    }
}

#[tokio::test]
async fn f12_a_code_of_one_browser_is_none_in_another() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let begun = begin(&mut browser, "linzy", PHONE).await;
        let (_, challenge) = code_page(&mut browser, &begun).await;
        let code = code_of(&room, PHONE).await;
        let mut thief = room.browser();
        let token = thief.get("/login").await.value("csrf").unwrap();
        let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
        let page = thief.post("/register/verify", &token, &members).await;
        assert_eq!(page.location.as_deref(), Some("/register"));
        assert!(thief.session().is_none());
    }
}

#[tokio::test]
async fn a_login_name_taken_meanwhile_is_said_and_nothing_is_half_written() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let begun = begin(&mut browser, "linzy", PHONE).await;
        let (token, challenge) = code_page(&mut browser, &begun).await;
        room.account("linzy", None).await;
        let code = code_of(&room, PHONE).await;
        let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
        let page = browser.post("/register/verify", &token, &members).await;
        assert_eq!(page.status, StatusCode::CONFLICT);
        assert!(page.shows("error-account-login-name-taken") && browser.session().is_none());
        let taken = begin(&mut browser, "linzy", PHONE).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        assert_eq!(taken.value("name").as_deref(), Some("林知远"), "what was typed is kept");
    }
}

#[tokio::test]
async fn messages_to_one_number_are_limited() {
    for room in Room::on_engines().await {
        room.change(CodePolicy { per_phone_hour: 2, ..CodePolicy::default() }).await;
        let mut sent = 0;
        for n in 0..4 {
            room.db().clock().advance_seconds(61);
            let begun = begin(&mut room.browser(), &format!("linzy{n}"), PHONE).await;
            sent += i32::from(begun.status == StatusCode::SEE_OTHER);
            assert!(n < 2 || begun.has("Too many codes were sent"));
        }
        assert_eq!(sent, 2);
        let soon = begin(&mut room.browser(), "other", "13900139000").await;
        assert_eq!(soon.status, StatusCode::SEE_OTHER, "another number is not held back");
    }
}

#[tokio::test]
async fn every_mistake_of_the_form_is_told_at_once() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let form = browser.get("/register").await;
        let token = form.value("csrf").unwrap();
        let members = [
            ("name", "7"),
            ("login_name", "1"),
            ("password", "12345678"),
            ("phone", "123"),
            ("document", "110105194912310021"),
            ("captcha", &form.value("captcha").unwrap()),
            ("captcha-answer", "ABC"),
        ];
        let page = browser.post("/register", &token, &members).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for key in [
            "error-account-name-shape",
            "error-login-name-shape",
            "error-password-common",
            "error-mobile-invalid",
            "error-resident-id-invalid",
            "error-registration-document-consent",
            "error-registration-agree",
        ] {
            assert!(page.shows(key), "{key}");
        }
        assert_eq!(page.value("captcha"), form.value("captcha"), "the captcha is not used up");
        let unsolved = begin_with(&mut browser, &[("captcha-work", "1")]).await;
        assert!(unsolved.shows("error-captcha-wrong"), "no SMS without a captcha, whatever the strategy");
        assert!(room.message(PHONE).await.is_none());
        let document =
            begin_with(&mut browser, &[("document", "11010519491231002X"), ("document_consent", "yes")])
                .await;
        assert_eq!(document.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn closed_registration_is_closed_everywhere() {
    for room in Room::on_engines().await {
        room.change(RegistrationPolicy { open: false, ..RegistrationPolicy::default() }).await;
        let mut browser = room.browser();
        let login = browser.get("/login").await;
        assert!(!login.has("/register"));
        assert_eq!(browser.get("/register").await.status, StatusCode::FORBIDDEN);
        let token = login.value("csrf").unwrap();
        assert_eq!(browser.post("/register", &token, &[]).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_accepted_texts_can_be_read() {
    let room = Room::over(db::testing::sqlite().await).await;
    for path in ["/terms", "/privacy"] {
        let page = room.browser().get(path).await;
        assert!(page.status == StatusCode::OK && page.has("2026-11"), "{path}");
    }
}

#[tokio::test]
async fn f23_login_names_cannot_be_tried_one_after_the_other() {
    for room in Room::on_engines().await {
        room.account("taken", None).await;
        let mut browser = room.browser();
        let mut told = 0;
        for _ in 0..20 {
            let page = begin(&mut browser, "taken", "13900139000").await;
            if page.status == StatusCode::TOO_MANY_REQUESTS {
                break;
            }
            assert_eq!(page.status, StatusCode::CONFLICT);
            told += 1;
        }
        assert_eq!(told, 10, "then neither a taken nor a free name is answered from there");
        assert_eq!(begin(&mut browser, "free", PHONE).await.status, StatusCode::TOO_MANY_REQUESTS);
        let mut elsewhere = room.browser_at([10, 1, 2, 3]);
        assert_eq!(begin(&mut elsewhere, "free", PHONE).await.status, StatusCode::SEE_OTHER);
    }
}
