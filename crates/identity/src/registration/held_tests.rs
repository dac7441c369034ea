//! Recycled numbers: who proves a phone that an account holds.
use super::tests::{begin, begin_with, code_of, code_page};
use crate::testing::{Browser, PASSWORD, PHONE, Page, Room};
use http::StatusCode;
use platform::setting::CodePolicy;

/// Registers with the right code; the answer to it.
async fn prove(browser: &mut Browser, login_name: &str) -> Page {
    let begun = begin(browser, login_name, PHONE).await;
    let (token, challenge) = code_page(browser, &begun).await;
    let code = code_of(&browser.room.clone(), PHONE).await;
    let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
    browser.post("/register/verify", &token, &members).await
}
/// "The number is mine now."
async fn take_over(browser: &mut Browser, held: &Page) -> Page {
    let page = browser.get(held.location.as_deref().unwrap()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (token, choice) = (page.value("csrf").unwrap(), page.value("choice").unwrap());
    browser.post("/register/held", &token, &[("choice", &choice)]).await
}

#[tokio::test]
async fn m01_whoever_proves_a_recycled_number_may_register_and_the_old_holder_is_told() {
    for room in Room::on_engines().await {
        let old = room.account("oldholder", Some(PHONE)).await;
        room.db().clock().advance_seconds(86_400);
        let mut browser = room.browser();
        let held = prove(&mut browser, "newholder").await;
        assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.text);
        assert!(held.location.as_deref().unwrap().starts_with("/register/held"));
        assert!(browser.session().is_none(), "proving the number alone opens nothing");
        let page = browser.get(held.location.as_deref().unwrap()).await;
        assert!(page.has("138****8000") && page.has("/recover") && page.has("/login?login_hint=13800138000"));
        assert!(!page.has("oldholder"), "whose account it is stays unsaid");
        let done = take_over(&mut browser, &held).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(browser.get("/").await.text, "newholder");
        // The number signs in to the new account alone; the old one keeps its login name.
        let mut by_phone = room.browser();
        assert_eq!(by_phone.sign_in(PHONE, PASSWORD).await.status, StatusCode::SEE_OTHER);
        assert_eq!(by_phone.get("/").await.text, "newholder");
        let mut by_name = room.browser();
        assert_eq!(by_name.sign_in("oldholder", PASSWORD).await.status, StatusCode::SEE_OTHER);
        let told: Vec<String> = room
            .db()
            .read(move |tx| tx.all("SELECT kind FROM notice WHERE account_id = $1", &[&old]))
            .await
            .unwrap();
        assert!(told.iter().any(|kind| kind == "phone_released"), "{told:?}");
        assert_eq!(room.events("account.phone_released").await, 1);
        // Used once.
        let again = take_over_raw(&mut browser, &held).await;
        assert_eq!(again.location.as_deref(), Some("/register"));
    }
}
async fn take_over_raw(browser: &mut Browser, held: &Page) -> Page {
    let choice = held.location.as_deref().unwrap().split_once('=').unwrap().1.to_owned();
    let token = token_of(browser).await;
    browser.post("/register/held", &token, &[("choice", &choice)]).await
}
async fn token_of(browser: &mut Browser) -> String {
    browser.get("/login?again=1").await.value("csrf").unwrap()
}

#[tokio::test]
async fn f12_the_choice_of_one_browser_is_none_in_another_and_ends() {
    for room in Room::on_engines().await {
        room.account("oldholder", Some(PHONE)).await;
        room.db().clock().advance_seconds(86_400);
        let mut browser = room.browser();
        let held = prove(&mut browser, "newholder").await;
        let mut thief = room.browser();
        assert_eq!(take_over_raw(&mut thief, &held).await.location.as_deref(), Some("/register"));
        assert!(thief.session().is_none());
        room.db().clock().advance_seconds(601);
        assert_eq!(take_over_raw(&mut browser, &held).await.location.as_deref(), Some("/register"));
        assert_eq!(room.events("account.phone_released").await, 0);
    }
}

#[tokio::test]
async fn a_holder_who_proved_the_number_after_the_code_was_asked_for_keeps_it() {
    for room in Room::on_engines().await {
        room.account("oldholder", Some(PHONE)).await;
        room.change(CodePolicy { resend_seconds: 10, ..CodePolicy::default() }).await;
        room.db().clock().advance_seconds(86_400);
        let (mut first, mut second) = (room.browser(), room.browser());
        let held_first = prove(&mut first, "first").await;
        room.db().clock().advance_seconds(11);
        let held_second = prove(&mut second, "second").await;
        room.db().clock().advance_seconds(1);
        let won = take_over(&mut second, &held_second).await;
        assert_eq!(won.status, StatusCode::SEE_OTHER);
        let lost = take_over(&mut first, &held_first).await;
        assert_eq!(lost.status, StatusCode::CONFLICT, "{}", lost.text);
        assert!(lost.shows("error-account-phone-just-proven") && first.session().is_none());
    }
}

/// Fifty people with a right code each, all at once: one account, one session; the others learn that it is held.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn m01_fifty_registrations_of_one_phone_have_one_winner() {
    for room in Room::on_engines().await {
        let policy = CodePolicy {
            minutes: 30,
            resend_seconds: 10,
            per_phone_hour: 100,
            per_phone_day: 200,
            per_address_hour: 1000,
            ..CodePolicy::default()
        };
        room.change(policy).await;
        let mut waiting = Vec::new();
        for n in 0..50 {
            room.db().clock().advance_seconds(11);
            let mut browser = room.browser();
            let begun = begin_with(&mut browser, &[("login_name", &format!("racer{n}"))]).await;
            let (token, challenge) = code_page(&mut browser, &begun).await;
            let code = code_of(&room, PHONE).await;
            waiting.push((browser, token, challenge, code));
        }
        let tasks: Vec<_> = waiting
            .into_iter()
            .map(|(mut browser, token, challenge, code)| {
                tokio::spawn(async move {
                    let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
                    let page = browser.post("/register/verify", &token, &members).await;
                    (browser, page)
                })
            })
            .collect();
        let (mut winners, mut held) = (0, Vec::new());
        for task in tasks {
            let (browser, page) = task.await.unwrap();
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
            if browser.session().is_some() {
                winners += 1;
            } else {
                held.push((browser, page));
            }
        }
        assert_eq!((winners, held.len()), (1, 49));
        assert_eq!(room.events("account.registered").await, 1);
        // The number was proven a moment ago, so nobody takes it over with a code from before.
        let mut taken = 0;
        for (mut browser, page) in held.into_iter().take(5) {
            taken += i32::from(take_over(&mut browser, &page).await.status == StatusCode::SEE_OTHER);
        }
        assert_eq!(taken, 0);
    }
}

#[tokio::test]
async fn changing_what_was_typed_keeps_it_but_not_the_password() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let over = [("document", "11010519491231002X"), ("document_consent", "yes"), ("return_to", "/me")];
        let begun = begin_with(&mut browser, &over).await;
        let (_, challenge) = code_page(&mut browser, &begun).await;
        let link = format!("/register?change={challenge}");
        // Whoever gets no message has a way on: another number, or a sign-in that needs none.
        let waiting = browser.get(begun.location.as_deref().unwrap()).await;
        assert!(waiting.has(&format!("id=\"other-number\" href=\"{link}\"")), "{}", waiting.text);
        assert!(waiting.has("id=\"another-way\" href=\"/login?return_to=/me\""), "{}", waiting.text);
        assert!(waiting.shows("identity-verify-nothing") && waiting.has("action=\"/register/resend\""));
        let form = browser.get(&link).await;
        for (name, value) in [
            ("name", "林知远"),
            ("login_name", "linzy"),
            ("phone", PHONE),
            ("document", "11010519491231002X"),
        ] {
            assert_eq!(form.value(name).as_deref(), Some(value), "{name}");
        }
        assert!(form.has("name=\"return_to\" value=\"/me\""));
        assert!(!form.has(PASSWORD));
        // Another browser sees an empty form.
        assert_eq!(room.browser().get(&link).await.value("login_name").as_deref(), Some(""));
    }
}
