//! What a stranger sees, and the whole way on pages.
use super::{
    model::{Moved, Step, Way},
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

/// The page of the ways, as a stranger sees it, and the questions that are shown after it, if there are any.
async fn ways_and_questions(room: &Room, typed: &str) -> (String, Option<Vec<String>>) {
    let mut browser = room.browser();
    let first = browser.get("/recover").await;
    let begun = browser.submit(&first, "/recover", &[("identifier", typed)]).await;
    let ways = browser.follow(&begun).await;
    // Without a way there is no form.
    let Some(flow) = ways.value("flow") else { return (plain(&ways, typed), None) };
    let members = [("flow", flow.as_str()), ("way", "questions")];
    let chosen = browser.submit(&ways, "/recover/way", &members).await;
    let asked = match &chosen.location {
        Some(_) => Some(browser.follow(&chosen).await),
        None => None,
    };
    let labels = asked.map(|page| {
        let labels = page.text.split("<label for=\"answer_").skip(1);
        labels.map(|rest| rest.split("</label>").next().unwrap_or_default().to_owned()).collect()
    });
    (plain(&ways, typed), labels)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_two_names_of_one_account_show_no_more_than_two_of_nobody() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let names = [holder.login_name.as_str(), "nobody.0001"];
        let others = [holder.phone.as_str(), "13800139999", "11010519491231002X"];
        let (mut by_name, mut by_other) = (Vec::new(), Vec::new());
        for typed in names {
            let (ways, questions) = ways_and_questions(&room, typed).await;
            assert_eq!(questions.unwrap().len(), 3, "{typed}: whoever knows the name is asked");
            by_name.push(ways);
        }
        for typed in others {
            let (ways, questions) = ways_and_questions(&room, typed).await;
            // The same three under two names would say that both are of one account, and that it has some.
            assert_eq!(questions, None, "{typed}");
            assert!(
                ways.contains(&web::Lang::En.t("recovery-questions-by-name")),
                "what to do instead: {ways}"
            );
            by_other.push(ways);
            let ctx = room.ctx(7);
            let begun = room.begin(&ctx, typed).await;
            let forced = service::choose(&room.identity, &ctx, begun, Way::Questions).await.unwrap();
            assert_eq!(forced, Moved::Gone, "{typed}");
        }
        assert_eq!(by_name[0], by_name[1]);
        assert!(!by_name[0].contains("way-login-name"), "{}", by_name[0]);
        assert!(by_other.iter().all(|page| *page == by_other[0]));

        // After a proof the holder is asked whatever they typed first.
        room.raise(&holder, RealNameLevel::Advanced).await;
        let (id, at) = (holder.account, room.now().plus_days(-400));
        room.write(move |tx| tx.run("UPDATE account SET phone_proven_at = $2 WHERE id = $1", &[&id, &at]))
            .await;
        let ctx = room.ctx(8);
        let begun = room.begin(&ctx, &holder.phone).await;
        let more = led_to(&room.prove(&ctx, begun, Way::Sms, &holder).await, Step::Choose);
        led_to(&room.prove(&ctx, more, Way::Questions, &holder).await, Step::Password);

        // Where the platform offers nothing else, the page does not say that recovery is closed.
        room.change(RecoveryPolicy { ways: vec![RecoveryWay::Questions], ..RecoveryPolicy::default() }).await;
        let (ways, _) = ways_and_questions(&room, &holder.phone).await;
        assert!(
            ways.contains("id=\"way-login-name\"") && !ways.contains(&web::Lang::En.t("recovery-no-way"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m70_of_several_connectors_at_alipay_the_one_that_was_linked_leads_back() {
    for room in Room::on_engines().await {
        let holder = room.holder(1).await;
        let second = room.another_alipay("Alipay of the west").await;
        let id = holder.account;
        room.write(move |tx| {
            let moved = "UPDATE external_identity SET connector_id = $2 WHERE account_id = $1";
            tx.run(moved, &[&id, &second])
        })
        .await;
        let mut pages = Vec::new();
        for typed in [holder.login_name.as_str(), "nobody.0001"] {
            let mut browser = room.browser();
            let first = browser.get("/recover").await;
            let begun = browser.submit(&first, "/recover", &[("identifier", typed)]).await;
            let ways = browser.follow(&begun).await;
            let flow = ways.value("flow").unwrap();
            let members = [("flow", flow.as_str()), ("way", "alipay")];
            let chosen = browser.submit(&ways, "/recover/way", &members).await;
            let asked = browser.follow(&chosen).await;
            assert!(asked.shows("recovery-alipay-several"), "{} {}", asked.status, asked.text);
            for connector in [room.alipay, second] {
                assert!(asked.text.contains(&format!("id=\"recover-alipay-{connector}\"")), "{}", asked.text);
            }
            pages.push(plain(&asked, typed));
            // What is no connector at Alipay leads nowhere else.
            let flow = asked.value("flow").unwrap();
            let nothing = room.db().draw::<platform::connector::model::ConnectorId>().to_string();
            let members = [("flow", flow.as_str()), ("way", "alipay"), ("connector", nothing.as_str())];
            let again = browser.submit(&asked, "/recover/way", &members).await;
            let asked = browser.follow(&again).await;
            assert!(asked.shows("recovery-alipay-several"), "{} {}", asked.status, asked.text);
            let (flow, chosen) = (asked.value("flow").unwrap(), second.to_string());
            let members = [("flow", flow.as_str()), ("way", "alipay"), ("connector", chosen.as_str())];
            let gone = browser.submit(&asked, "/recover/way", &members).await;
            let to = gone.location.unwrap_or_else(|| panic!("{} {}", gone.status, gone.text));
            assert!(to.starts_with("https://openauth.alipay.com/") && to.contains(&chosen), "{to}");
        }
        assert_eq!(pages[0], pages[1], "which one an account has is not said");

        let ctx = room.ctx(1);
        let begun = room.begin(&ctx, &holder.login_name).await;
        let step = room.choose(&ctx, begun, Way::Alipay).await;
        let result = room.alipay_result_at(second, &ctx, step, &holder.subject).await;
        let moved = service::alipay_proof(&room.identity, &ctx, step, result).await.unwrap();
        led_to(&moved, Step::Password);
        assert_eq!(room.events("recovery.alipay").await, 0, "nothing was refused on the way");

        // With one alone there is nothing to choose.
        let first = room.alipay;
        room.write(move |tx| tx.run("UPDATE connector SET enabled = $2 WHERE id = $1", &[&first, &false]))
            .await;
        let mut browser = room.browser();
        let page = browser.get("/recover").await;
        let begun = browser.submit(&page, "/recover", &[("identifier", &holder.login_name)]).await;
        let ways = browser.follow(&begun).await;
        let flow = ways.value("flow").unwrap();
        let gone = browser.submit(&ways, "/recover/way", &[("flow", &flow), ("way", "alipay")]).await;
        assert!(gone.location.unwrap().starts_with("https://openauth.alipay.com/"));
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
