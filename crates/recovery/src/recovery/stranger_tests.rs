//! What a stranger sees, and the whole way on pages.
use super::{
    model::{Step, Way},
    service,
};
use crate::testing::{Browser, NEW, PASSWORD, Page, Room, led_to};
use http::StatusCode;
use identity::realname::RealNameLevel;
use platform::setting::{RecoveryPolicy, RecoveryWay};

/// A page without what is drawn anew each time.
fn plain(page: &Page, typed: &str) -> String {
    let mut text = page.text.replace(typed, "TYPED");
    for name in ["csrf", "captcha", "flow"] {
        while let Some(value) =
            page.value(name).filter(|value| !value.is_empty() && text.contains(value.as_str()))
        {
            text = text.replace(&value, "DRAWN");
        }
    }
    text
}
/// Everything that a stranger sees of one identifier, by every way, with wrong proofs.
async fn seen_by_a_stranger(room: &Room, typed: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut browser: Browser = room.browser();
    for (way, wrong) in [
        ("sms", vec![("code", "000000")]),
        ("mail", vec![("code", "000000")]),
        ("questions", vec![("answer_1", "a1"), ("answer_2", "b2"), ("answer_3", "c3")]),
    ] {
        let first = browser.get("/recover").await;
        seen.push(plain(&first, typed));
        let begun = browser.submit(&first, "/recover", &[("identifier", typed)]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let ways = browser.follow(&begun).await;
        seen.push(plain(&ways, typed));
        let flow = ways.value("flow").unwrap();
        let chosen = browser.submit(&ways, "/recover/way", &[("flow", &flow), ("way", way)]).await;
        let asked = browser.follow(&chosen).await;
        seen.push(if way == "questions" { String::new() } else { plain(&asked, typed) });
        let flow = asked.value("flow").unwrap();
        let mut members = vec![("flow", flow.as_str())];
        members.extend(wrong);
        for _ in 0..6 {
            let refused = browser.submit(&asked, "/recover/verify", &members).await;
            assert_ne!(refused.status, StatusCode::SEE_OTHER, "{way}");
            let text = plain(&refused, typed);
            // The questions differ by identifier, as they do between people; what is said does not.
            let errors = text.split("class=\"flash\"").nth(1).and_then(|rest| rest.split("</ul>").next());
            seen.push(if way == "questions" { errors.unwrap_or_default().to_owned() } else { text });
        }
        let resend = [("flow", flow.as_str()), ("way", way), ("again", "1")];
        let again = browser.submit(&asked, "/recover/way", &resend).await;
        seen.push(format!(
            "{} {}",
            again.status,
            if way == "questions" { String::new() } else { plain(&again, typed) }
        ));
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_known_and_unknown_identifiers_give_the_same_pages_and_the_same_rows() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let mut rows = Vec::new();
        let mut pages = Vec::new();
        // The first visit writes the counters of the source besides.
        seen_by_a_stranger(&room, "nobody.0000").await;
        for typed in [holder.login_name.as_str(), "nobody.0001"] {
            room.pass(86_400);
            let tables = ["challenge", "counter", "audit_event"];
            let mut before = Vec::new();
            for table in tables {
                before.push(room.count(table).await);
            }
            pages.push(seen_by_a_stranger(&room, typed).await);
            let mut written = Vec::new();
            for (table, before) in tables.into_iter().zip(before) {
                written.push((table, room.count(table).await - before));
            }
            rows.push(written);
        }
        let [known, unknown] = pages.as_slice() else { panic!() };
        for (at, (known, unknown)) in known.iter().zip(unknown).enumerate() {
            assert_eq!(known, unknown, "page {at}");
        }
        let [known, unknown] = rows.as_slice() else { panic!() };
        assert_eq!(known, unknown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_the_questions_of_a_stranger_look_chosen_and_own_words_stay_hidden() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let own = "第一次看海的地方";
        let ask = async |typed: &str, browser: u16| {
            let ctx = room.ctx(browser);
            let begun = room.begin(&ctx, typed).await;
            let step = room.choose(&ctx, begun, Way::Questions).await;
            let look = service::look(&room.identity, &ctx, step, &["recover.prove"]).await.unwrap().unwrap();
            look.questions
        };
        let known = ask(&holder.login_name, 1).await;
        assert_eq!(known.len(), 3);
        assert!(!known.iter().any(|text| text == own), "{known:?}");
        assert!(known.contains(&web::Lang::En.t("recovery-question-own-veiled")));
        let nobody = ask("nobody.0001", 2).await;
        assert_eq!(nobody.len(), 3);
        assert_eq!(nobody, ask("Nobody.0001", 3).await, "the same, however it is written");
        assert_ne!(nobody, ask("nobody.0002", 4).await);
        // Whoever proved something reads what they wrote.
        room.raise(&holder, RealNameLevel::Advanced).await;
        let (id, at) = (holder.account, room.now().plus_days(-400));
        room.write(move |tx| tx.run("UPDATE account SET phone_proven_at = $2 WHERE id = $1", &[&id, &at]))
            .await;
        let ctx = room.ctx(5);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let more = led_to(&room.prove(&ctx, begun, Way::Sms, &holder).await, Step::Choose);
        let step = room.choose(&ctx, more, Way::Questions).await;
        let look = service::look(&room.identity, &ctx, step, &["recover.prove"]).await.unwrap().unwrap();
        assert!(look.questions.iter().any(|text| text == own), "{:?}", look.questions);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m68_the_whole_way_on_pages_and_another_browser_is_led_to_the_beginning() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let mut old = room.browser();
        old.sign_in(&holder.login_name, PASSWORD).await;
        let mut browser = room.browser();
        // Until the door is locked, as most who come here.
        for guess in 0..6 {
            browser.sign_in(&holder.login_name, &format!("Wrong-guess-{guess}")).await;
        }
        let locked = browser.sign_in(&holder.login_name, PASSWORD).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{}", locked.text);
        let first = browser.get("/recover").await;
        let empty = browser.submit(&first, "/recover", &[("identifier", " ")]).await;
        assert!(
            empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.shows("error-signin-name-required")
        );
        let begun = browser.submit(&first, "/recover", &[("identifier", &holder.login_name)]).await;
        let ways = browser.follow(&begun).await;
        for way in Way::ALL {
            assert!(ways.shows(way.key()), "{way}");
        }
        let flow = ways.value("flow").unwrap();
        let none = browser.submit(&ways, "/recover/way", &[("flow", &flow), ("way", "carrier-pigeon")]).await;
        assert!(none.shows("error-recovery-way-required"), "{}", none.text);
        let chosen = browser.submit(&ways, "/recover/way", &[("flow", &flow), ("way", "mail")]).await;
        let asked = browser.follow(&chosen).await;
        let flow = asked.value("flow").unwrap();
        let shape = browser.submit(&asked, "/recover/verify", &[("flow", &flow), ("code", "12 34")]).await;
        assert!(shape.shows("error-code-shape"), "{}", shape.text);
        // Another message wants a captcha of its own: the first one's is used.
        room.pass(61);
        let members =
            [("flow", flow.as_str()), ("way", "mail"), ("again", "1"), ("captcha", ""), ("captcha-work", "")];
        let bare = Page { text: asked.text.replace("name=\"captcha\"", "name=\"gone\""), ..asked };
        let without = browser.submit(&bare, "/recover/way", &members).await;
        assert!(without.shows("error-captcha-missing"), "{}", without.text);
        let again = browser
            .submit(&without, "/recover/way", &[("flow", &flow), ("way", "mail"), ("again", "1")])
            .await;
        let asked = browser.follow(&again).await;
        assert!(asked.shows("recovery-code-again"), "{}", asked.text);
        let flow = asked.value("flow").unwrap();
        let code = room.message(&holder.email).await.unwrap().code.unwrap();
        let mut other = room.browser();
        other.get("/login").await;
        let stolen = other.get(&format!("/recover/verify?flow={flow}")).await;
        assert_eq!(stolen.location.as_deref(), Some("/recover"));
        let proven = browser.submit(&asked, "/recover/verify", &[("flow", &flow), ("code", &code)]).await;
        let form = browser.follow(&proven).await;
        let flow = form.value("flow").unwrap();
        let short =
            browser.submit(&form, "/recover/password", &[("flow", &flow), ("new_password", "short")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done =
            browser.submit(&form, "/recover/password", &[("flow", &flow), ("new_password", NEW)]).await;
        assert_eq!(done.location.as_deref(), Some("/login"));
        assert!(browser.signed_in().await.is_none(), "nobody is signed in by it");
        let back = old.get("/me/security-questions").await;
        assert!(back.location.is_some_and(|to| to.starts_with("/login")), "the old session is over");
        let replayed =
            browser.submit(&form, "/recover/password", &[("flow", &flow), ("new_password", PASSWORD)]).await;
        assert_eq!(replayed.location.as_deref(), Some("/recover"));
        browser.sign_in(&holder.login_name, NEW).await;
        assert!(browser.signed_in().await.is_some(), "the new password signs in at once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_closed_is_offered_to_nobody() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let open = RecoveryPolicy { ways: vec![RecoveryWay::Mail], ..RecoveryPolicy::default() };
        room.change(open).await;
        let mut browser = room.browser();
        let first = browser.get("/recover").await;
        let begun = browser.submit(&first, "/recover", &[("identifier", &holder.login_name)]).await;
        let ways = browser.follow(&begun).await;
        assert!(ways.shows(Way::Mail.key()) && !ways.shows(Way::Sms.hint_key()));
        let flow = ways.value("flow").unwrap();
        let forced = browser.submit(&ways, "/recover/way", &[("flow", &flow), ("way", "sms")]).await;
        assert!(forced.shows("error-recovery-way-required"), "{}", forced.text);
        room.change(RecoveryPolicy { ways: Vec::new(), ..RecoveryPolicy::default() }).await;
        let none = browser.get(&format!("/recover/way?flow={flow}")).await;
        assert!(none.shows("recovery-no-way") && none.shows("recovery-help-member"), "{}", none.text);
    }
}
