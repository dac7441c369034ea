use super::{
    ExternalProof, Linking, Purpose,
    service::{self, NewLink},
};
use crate::{
    notice::{self, Group, Reminder, Wishes},
    registration,
    testing::{Browser, PASSWORD, PHONE, Page, Room},
};
use axum::{Json, Router, extract::RawQuery, routing::get};
use http::StatusCode;
use kernel::{Actor, id::AccountId};
use platform::{
    Channel,
    challenge::ChallengeId,
    connector::{Kind, NewConnector, model::ConnectorId},
    setting::RegistrationPolicy,
    staff::PolicyEditor,
};
use serde_json::json;
use std::sync::Arc;
use upstream::{ClientAuthentication, Hidden, OidcConfig, Person, WeChatConfig};

/// A provider at which the code is the person; `fail` makes it refuse.
async fn provider() -> String {
    let token = |RawQuery(query): RawQuery| async move {
        let query = query.unwrap();
        let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
        Json(match code.as_str() {
            "fail" => json!({ "errcode": 40029, "errmsg": "invalid code" }),
            person => json!({ "access_token": "a", "openid": person }),
        })
    };
    let router = Router::new()
        .route("/sns/oauth2/access_token", get(token))
        .route("/sns/userinfo", get(|| async { Json(json!({ "nickname": "林知远" })) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}
async fn connector(room: &Room, api: &str, name: &str) -> ConnectorId {
    let config = WeChatConfig {
        app_id: "wx1".into(),
        secret: Hidden::new("s3cr3t"),
        authorize: WeChatConfig::AUTHORIZE.parse().unwrap(),
        api: api.parse().unwrap(),
    };
    add(room, WeChatConfig::PROVIDER, name, &config).await
}
async fn add<T: serde::Serialize>(room: &Room, provider: &str, name: &str, config: &T) -> ConnectorId {
    let id = room.db().draw();
    let new = NewConnector::new(id, Kind::Upstream, provider, name, true, config).unwrap();
    let editor = PolicyEditor::command_line();
    platform::connector::service::create(room.db(), &editor, new, room.now()).await.unwrap();
    id
}
/// On both engines, each with a connector.
async fn rooms() -> Vec<(Room, ConnectorId)> {
    let api = provider().await;
    let mut rooms = Vec::new();
    for room in Room::on_engines().await {
        let id = connector(&room, &api, "WeChat").await;
        rooms.push((room, id));
    }
    rooms
}
/// The state with which the browser is sent away.
fn state_of(page: &Page) -> String {
    let location = page.location.as_deref().unwrap_or_else(|| panic!("{} {}", page.status, page.text));
    assert!(location.starts_with("https://open.weixin.qq.com/connect/qrconnect?"), "{location}");
    let (_, rest) = location.split_once("&state=").unwrap();
    rest.split(['&', '#']).next().unwrap().to_owned()
}
async fn leave(browser: &mut Browser, connector: ConnectorId) -> String {
    let gone = browser.get(&format!("/login/upstream/{connector}?return_to=/me")).await;
    state_of(&gone)
}
async fn come_back(browser: &mut Browser, connector: ConnectorId, state: &str, person: &str) -> Page {
    browser.get(&format!("/login/upstream/{connector}/callback?code={person}&state={state}")).await
}
async fn visit(browser: &mut Browser, connector: ConnectorId, person: &str) -> Page {
    browser.get("/login").await;
    let state = leave(browser, connector).await;
    come_back(browser, connector, &state, person).await
}
/// Follows to the sign-in page and reads what it says.
async fn said(browser: &mut Browser, page: &Page, key: &str) {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let next = browser.get(page.location.as_deref().unwrap()).await;
    let words = web::Lang::En.ta(key, &[("provider", "WeChat")]);
    assert!(next.has(&words), "{words} is not in {}", next.text);
}
fn person(name: &str) -> Person {
    Person {
        subject: Person::subject_of("openid", "wx1", name),
        alt_subjects: Vec::new(),
        display_name: Some("林知远".into()),
        certified: None,
        phone: None,
    }
}
async fn link(room: &Room, connector: ConnectorId, account: AccountId, name: &str) -> Linking {
    let new = NewLink {
        id: room.db().draw(),
        account,
        connector,
        name: "WeChat".into(),
        person: person(name),
        tell: true,
    };
    let (identity, now) = (room.identity.clone(), room.now());
    room.db().write(move |tx| service::link_in(tx, &identity, &new, &Actor::system(), now)).await.unwrap()
}

#[tokio::test]
async fn m03_whoever_has_an_account_signs_in_to_it_once_and_is_linked() {
    for (room, connector) in rooms().await {
        room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        assert!(browser.get("/login").await.has(&format!("/login/upstream/{connector}")));
        let first = visit(&mut browser, connector, "alice").await.location.unwrap();
        let page = browser.get(&first).await;
        assert!(page.has("First time with WeChat") && page.has("林知远"), "{}", page.text);
        assert!(browser.signed_in().await.is_none(), "the provider alone signs nobody in");

        // "I already have an account".
        let ticket = first.split_once("ticket=").unwrap().1.to_owned();
        let link = format!("/login/upstream/{connector}/link?ticket={ticket}");
        assert!(page.has(&crate::session::encoded(&link)), "{}", page.text);
        let asked = browser.get(&link).await;
        assert!(asked.location.unwrap().starts_with("/login?return_to="), "nobody is signed in yet");
        browser.sign_in("linzy", PASSWORD).await;
        let page = browser.get(&link).await;
        assert!(page.has("linzy"), "{} {}", page.status, page.text);
        let form = [("ticket", ticket.as_str())];
        let done = browser
            .post(&format!("/login/upstream/{connector}/link"), &page.value("csrf").unwrap(), &form)
            .await;
        assert_eq!(done.location.as_deref(), Some("/me"), "{}", done.text);
        assert_eq!(room.events("external.linked").await, 1);
        assert!(room.message(PHONE).await.unwrap().text.contains("WeChat"), "the holder is told");

        // From now on the provider signs in.
        let mut other = room.browser();
        let back = visit(&mut other, connector, "alice").await;
        assert_eq!(back.location.as_deref(), Some("/me"), "{}", back.text);
        let signed_in = other.signed_in().await.unwrap();
        assert_eq!(
            (signed_in.login_name.as_str(), signed_in.methods.as_slice()),
            ("linzy", ["fed".to_owned()].as_slice())
        );
        // The form sent again finds nothing to use.
        let again = browser.get(&link).await;
        assert_eq!(again.location.as_deref(), Some("/login"));
    }
}

#[tokio::test]
async fn m02_a_newcomer_completes_what_the_provider_told() {
    for (room, connector) in rooms().await {
        let mut browser = room.browser();
        let first = visit(&mut browser, connector, "bob").await.location.unwrap();
        let page = browser.get(&first).await;
        let ticket = first.split_once("ticket=").unwrap().1;
        let path = format!("/register?external={ticket}");
        assert!(page.has(&path), "{}", page.text);
        let form = browser.get(&path).await;
        assert_eq!(form.value("name").as_deref(), Some("林知远"));
        assert_eq!(form.value("external").as_deref(), Some(ticket));
        assert!(form.has("name=\"return_to\" value=\"/me\""), "{}", form.text);
        let members = [
            ("name", "林知远"),
            ("login_name", "linzy"),
            ("password", PASSWORD),
            ("phone", PHONE),
            ("agree", "yes"),
            ("external", ticket),
            ("return_to", "/me"),
        ];
        let begun = browser.post_solved("/register", &form, &members).await;
        let (token, challenge) = registration::tests::code_page(&mut browser, &begun).await;
        let code = registration::tests::code_of(&room, PHONE).await;
        let members = [("challenge", challenge.as_str()), ("code", code.as_str())];
        let done = browser.post("/register/verify", &token, &members).await;
        assert_eq!(done.location.as_deref(), Some("/me"), "{}", done.text);
        assert!(room.message(PHONE).await.unwrap().code.is_some(), "no second message about the own link");

        let mut other = room.browser();
        assert_eq!(visit(&mut other, connector, "bob").await.location.as_deref(), Some("/me"));
        assert_eq!(other.signed_in().await.unwrap().login_name, "linzy");
        // Used up: neither a second account nor a link comes of it.
        let over = room.browser().get(&path).await;
        assert_eq!(over.location.as_deref(), Some("/login"));
    }
}

#[tokio::test]
async fn m02_registration_that_is_closed_leaves_the_link_alone() {
    for (room, connector) in rooms().await {
        room.change(RegistrationPolicy { open: false, ..RegistrationPolicy::default() }).await;
        let mut browser = room.browser();
        let first = visit(&mut browser, connector, "bob").await.location.unwrap();
        let page = browser.get(&first).await;
        assert!(!page.has("/register?external=") && page.shows("identity-external-closed"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_state_serves_one_answer_in_the_browser_that_began() {
    for (room, connector) in rooms().await {
        let other_provider = self::connector(&room, "http://127.0.0.1:9", "Other").await;
        let (mut one, mut two) = (room.browser(), room.browser());
        one.get("/login").await;
        two.get("/login").await;
        // Another browser, with a state that is good elsewhere: the attacker's answer signs no victim in.
        let state = leave(&mut one, connector).await;
        let page = come_back(&mut two, connector, &state, "alice").await;
        said(&mut two, &page, "identity-external-over").await;
        assert!(two.signed_in().await.is_none());
        // Another provider's address: mix-up.
        let page = come_back(&mut one, other_provider, &state, "alice").await;
        said(&mut one, &page, "identity-external-over").await;
        assert_eq!(room.events("external.state").await, 1, "a mix-up is recorded");
        let page = come_back(&mut one, connector, &state, "alice").await;
        said(&mut one, &page, "identity-external-over").await;

        // Used once.
        let state = leave(&mut one, connector).await;
        assert!(
            come_back(&mut one, connector, &state, "alice")
                .await
                .location
                .unwrap()
                .contains("/first?ticket=")
        );
        let page = come_back(&mut one, connector, &state, "alice").await;
        said(&mut one, &page, "identity-external-over").await;
        // The right id with another secret, and what is no state at all.
        let state = leave(&mut one, connector).await;
        let forged = format!("{}{}", state.split_at(13).0, "0".repeat(48));
        for state in [forged.as_str(), "", "x", "中文中文中文中文"] {
            let page = come_back(&mut one, connector, &crate::session::encoded(state), "alice").await;
            said(&mut one, &page, "identity-external-over").await;
        }
        assert!(come_back(&mut one, connector, &state, "alice").await.location.unwrap().contains("/first?"));
        // A browser that was never here keeps what it is given with the way out.
        let mut fresh = room.browser();
        let state = leave(&mut fresh, connector).await;
        assert!(
            come_back(&mut fresh, connector, &state, "alice").await.location.unwrap().contains("/first?")
        );
        // Ten minutes.
        let state = leave(&mut one, connector).await;
        room.pass(601);
        let page = come_back(&mut one, connector, &state, "alice").await;
        said(&mut one, &page, "identity-external-over").await;
    }
}

#[tokio::test]
async fn what_the_provider_says_instead_is_told_in_plain_words() {
    for (room, connector) in rooms().await {
        let mut browser = room.browser();
        browser.get("/login").await;
        let state = leave(&mut browser, connector).await;
        let page = browser.get(&format!("/login/upstream/{connector}/callback?state={state}")).await;
        assert_eq!(page.location.as_deref(), Some("/login?return_to=/me"));
        said(&mut browser, &page, "identity-external-denied").await;
        let page = visit(&mut browser, connector, "fail").await;
        said(&mut browser, &page, "identity-external-refused").await;
        assert_eq!(room.events("external.exchange").await, 1);
        let detail: String = room
            .db()
            .read(|tx| tx.one("SELECT detail FROM audit_event WHERE action = 'external.exchange'", &[]))
            .await
            .unwrap();
        assert!(detail.contains("40029") && !detail.contains("s3cr3t"), "{detail}");
        let dead = self::connector(&room, "http://127.0.0.1:9", "WeChat").await;
        let page = visit(&mut browser, dead, "alice").await;
        said(&mut browser, &page, "identity-external-unreachable").await;
    }
}

#[tokio::test]
async fn only_connectors_that_are_switched_on_are_there() {
    for (room, connector) in rooms().await {
        let editor = PolicyEditor::command_line();
        let account = room.account("linzy", Some(PHONE)).await;
        assert_eq!(link(&room, connector, account, "alice").await, Linking::Linked);
        let mut browser = room.browser();
        let state = {
            browser.get("/login").await;
            leave(&mut browser, connector).await
        };
        let found = platform::connector::service::find(room.db(), connector).await.unwrap().unwrap();
        platform::connector::service::change(
            room.db(),
            &editor,
            connector,
            found.rev,
            "WeChat",
            false,
            &found.config,
            room.now(),
        )
        .await
        .unwrap();
        assert!(service::offered(&room.identity).await.unwrap().is_empty());
        assert!(!browser.get("/login").await.has("/login/upstream/"));
        assert_eq!(come_back(&mut browser, connector, &state, "alice").await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get(&format!("/login/upstream/{connector}")).await.status, StatusCode::NOT_FOUND);
        let linked = service::linked(&room.identity, account).await.unwrap();
        assert!(!linked[0].enabled, "the link stays for when it is switched on again");
        // Removed: links go with it.
        service::remove_connector(&room.identity, &editor, connector, room.now()).await.unwrap();
        assert!(service::linked(&room.identity, account).await.unwrap().is_empty());
        assert_eq!(service::count(&room.identity, connector).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_ticket_is_worth_nothing_in_another_browser() {
    for (room, connector) in rooms().await {
        room.account("victim", Some(PHONE)).await;
        let mut attacker = room.browser();
        let first = visit(&mut attacker, connector, "mallory").await.location.unwrap();
        let ticket = first.split_once("ticket=").unwrap().1.to_owned();
        let mut victim = room.browser();
        victim.sign_in("victim", PASSWORD).await;
        let link = format!("/login/upstream/{connector}/link");
        let page = victim.get(&format!("{link}?ticket={ticket}")).await;
        assert_eq!(page.location.as_deref(), Some("/login"));
        let token = victim.get("/login?again=1").await.value("csrf").unwrap();
        let page = victim.post(&link, &token, &[("ticket", &ticket)]).await;
        assert_eq!(page.location.as_deref(), Some("/login"));
        let page = victim.get(&format!("/register?external={ticket}")).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        assert_eq!(room.events("external.linked").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_that_link_one_identity_one_wins() {
    for (room, connector) in rooms().await {
        let mut accounts = Vec::new();
        for n in 0..50 {
            accounts.push(room.account(&format!("person{n}"), None).await);
        }
        let tasks: Vec<_> = accounts
            .into_iter()
            .map(|account| {
                let room = room.clone();
                tokio::spawn(async move { link(&room, connector, account, "alice").await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Linking::Linked => won += 1,
                other => assert_eq!(other, Linking::Taken),
            }
        }
        assert_eq!(won, 1);
        assert_eq!(service::count(&room.identity, connector).await.unwrap(), 1);
        // And of fifty identities that one account links, one.
        let account = room.account("collector", None).await;
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let room = room.clone();
                tokio::spawn(async move { link(&room, connector, account, &format!("p{n}")).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Linking::Linked => won += 1,
                other => assert_eq!(other, Linking::Other),
            }
        }
        assert_eq!(won, 1);
    }
}

#[tokio::test]
async fn an_account_keeps_a_way_in_and_a_closed_one_frees_the_identity() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        assert_eq!(link(&room, connector, account, "alice").await, Linking::Linked);
        assert_eq!(link(&room, connector, account, "alice").await, Linking::Already);
        let mut browser = room.browser();
        visit(&mut browser, connector, "alice").await;
        let signed_in = browser.signed_in().await.unwrap();
        let id = service::linked(&room.identity, account).await.unwrap()[0].id;
        // Nothing else signs in.
        room.db()
            .write_unaudited("test", move |tx| {
                tx.run("DELETE FROM password WHERE account_id = $1", &[&account])?;
                tx.run("UPDATE account SET phone_proven = $2 WHERE id = $1", &[&account, &false])
            })
            .await
            .unwrap();
        let refused = service::unlink(&room.identity, &signed_in, id, room.now()).await.unwrap_err();
        assert_eq!(refused.code, "external.last_way_in");
        room.db()
            .write_unaudited("test", move |tx| {
                tx.run("UPDATE account SET phone_proven = $2 WHERE id = $1", &[&account, &true])
            })
            .await
            .unwrap();
        assert_eq!(service::unlink(&room.identity, &signed_in, id, room.now()).await.unwrap().name, "WeChat");
        let gone = service::unlink(&room.identity, &signed_in, id, room.now()).await.unwrap_err();
        assert_eq!(gone.code, "external.unknown_link");
        let sealed: Vec<u8> =
            room.db().read(|tx| tx.one("SELECT subject FROM external_identity", &[])).await.unwrap();
        assert!(sealed.is_empty(), "what named the person there is gone");

        assert_eq!(link(&room, connector, account, "alice").await, Linking::Linked);
        room.db().write_unaudited("test", move |tx| service::erase_in(tx, account)).await.unwrap();
        let other = room.account("other", None).await;
        assert_eq!(link(&room, connector, other, "alice").await, Linking::Linked);
    }
}

#[tokio::test]
async fn an_older_name_of_the_person_finds_the_link_and_gives_way() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", None).await;
        link(&room, connector, account, "alice").await;
        let newer = Person {
            subject: "unionid wx1 u1".into(),
            alt_subjects: vec![person("alice").subject],
            ..person("alice")
        };
        let (keyring, now) = (Arc::clone(room.db().keyring()), room.now());
        let found = room
            .db()
            .write_unaudited("test", move |tx| {
                let found = service::find_in(tx, &keyring, connector, &newer)?.unwrap();
                service::used_in(tx, &keyring, found.id, &newer, now)?;
                let only = Person { alt_subjects: Vec::new(), ..newer.clone() };
                service::find_in(tx, &keyring, connector, &only)
            })
            .await
            .unwrap();
        assert_eq!(found.unwrap().account, account);
    }
}

/// A round trip of a signed-in browser; where it came back to.
async fn round_trip(
    room: &Room,
    browser: &mut Browser,
    connector: ConnectorId,
    purpose: Purpose,
    who: &str,
) -> String {
    let signed_in = browser.signed_in().await;
    let ctx = room.ctx(browser.hash());
    let begun = super::flow::begin(&room.identity, &ctx, connector, purpose, signed_in.as_ref(), "/seen?x=1")
        .await
        .unwrap();
    let location = begun.headers()[http::header::LOCATION].to_str().unwrap().to_owned();
    let state = location.split_once("&state=").unwrap().1.split(['&', '#']).next().unwrap().to_owned();
    come_back(browser, connector, &state, who).await.location.unwrap()
}
async fn take(room: &Room, browser: &Browser, location: &str, purpose: Purpose) -> Option<ExternalProof> {
    let id: ChallengeId = location.split_once("external=")?.1.parse().unwrap();
    let (keyring, hash, now) = (Arc::clone(room.db().keyring()), browser.hash(), room.now());
    room.db()
        .write_unaudited("test", move |tx| service::take_result_in(tx, &keyring, id, &purpose, &hash, now))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_result_is_taken_once_for_its_purpose_in_its_browser() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        link(&room, connector, account, "alice").await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let location = round_trip(&room, &mut browser, connector, Purpose::StepUp, "alice").await;
        assert!(location.starts_with("/seen?x=1&external="), "{location}");
        let mut stranger = room.browser();
        stranger.get("/login").await;
        assert!(take(&room, &stranger, &location, Purpose::StepUp).await.is_none());
        assert!(take(&room, &browser, &location, Purpose::RealName).await.is_none());
        let proof = take(&room, &browser, &location, Purpose::StepUp).await.unwrap();
        assert_eq!((proof.account, proof.connector), (Some(account), connector));
        assert!(take(&room, &browser, &location, Purpose::StepUp).await.is_none(), "once");

        // Somebody else's identity is told as such.
        let location = round_trip(&room, &mut browser, connector, Purpose::RealName, "bob").await;
        assert_eq!(take(&room, &browser, &location, Purpose::RealName).await.unwrap().account, None);
        // Ten minutes.
        let location = round_trip(&room, &mut browser, connector, Purpose::StepUp, "alice").await;
        room.pass(601);
        assert!(take(&room, &browser, &location, Purpose::StepUp).await.is_none());

        // Recovery: nobody is signed in, and the attempt must be the same.
        let mut browser = room.browser();
        browser.get("/login").await;
        let (one, two): (ChallengeId, ChallengeId) = (room.db().draw(), room.db().draw());
        let location =
            round_trip(&room, &mut browser, connector, Purpose::Recover { challenge: one }, "alice").await;
        assert!(take(&room, &browser, &location, Purpose::Recover { challenge: two }).await.is_none());
        let location =
            round_trip(&room, &mut browser, connector, Purpose::Recover { challenge: one }, "alice").await;
        let proof = take(&room, &browser, &location, Purpose::Recover { challenge: one }).await.unwrap();
        assert_eq!(proof.account, Some(account));
    }
}

#[tokio::test]
async fn f07_an_identity_elsewhere_is_one_factor_and_the_accounts_second_is_asked_for() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let app = room.app_for(account).await;
        link(&room, connector, account, "alice").await;
        let mut browser = room.browser();
        let back = visit(&mut browser, connector, "alice").await;
        let second = back.location.unwrap();
        assert!(second.starts_with("/login/second?"), "{second}");
        assert!(browser.session().is_none() && browser.signed_in().await.is_none(), "no session before it");
        assert_eq!(room.events("session.begun").await, 0);
        let page = browser.get(&second).await;
        let (csrf, challenge) = (page.value("csrf").unwrap(), page.value("challenge").unwrap());
        let code = app.code(room.now());
        let members = [("challenge", challenge.as_str()), ("means", "totp"), ("code", code.as_str())];
        let done = browser.post("/login/second", &csrf, &members).await;
        assert_eq!(done.location.as_deref(), Some("/me"), "{}", done.text);
        let me = browser.signed_in().await.unwrap();
        assert_eq!((me.account, me.strength), (account, 2));
        assert_eq!(me.methods, ["fed", "otp", "mfa"]);
    }
}

/// To the provider from `/me/verify` and back: where that page then leads.
async fn step_up(browser: &mut Browser, connector: ConnectorId, person: &str) -> Option<String> {
    let token = browser.get("/me/verify?need=since-9999999999999&return_to=/me").await.value("csrf").unwrap();
    let members =
        [("connector", connector.to_string()), ("need", "fresh".to_owned()), ("return_to", "/me".to_owned())];
    let members: Vec<_> = members.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gone = browser.post("/me/verify/external", &token, &members).await;
    let back = come_back(browser, connector, &state_of(&gone), person).await.location.unwrap();
    assert!(back.starts_with("/me/verify?") && back.contains("external="), "{back}");
    browser.get(&back).await.location
}
const FRESH: &str = "/me/verify?need=fresh&return_to=/me&means=external";

#[tokio::test]
async fn m15_a_provider_that_lets_an_open_session_pass_proves_nobody_who_can_prove_it_otherwise() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        link(&room, connector, account, "alice").await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        room.pass(600);
        let form = "action=\"/me/verify/external\"";
        let page = browser.get(FRESH).await;
        assert!(page.has("name=\"password\"") && page.has("means=sms"), "{}", page.text);
        assert!(!page.has(form) && !page.has("means=external&amp;"), "{}", page.text);
        // Asked for by hand, it counts for nothing.
        let before = browser.signed_in().await.unwrap();
        let over = step_up(&mut browser, connector, "alice").await.unwrap();
        assert!(over.starts_with("/me/verify?"), "{over}");
        assert_eq!(browser.signed_in().await.unwrap().verified_at, before.verified_at);
        assert_eq!(room.events("session.verified").await, 0);

        // One other thing is enough: a phone, an app, a provider that says when somebody signed in there.
        let change = async |sql: &'static str| {
            room.db().write_unaudited("a test's world", move |tx| tx.run(sql, &[])).await.unwrap();
        };
        change("DELETE FROM password").await;
        assert!(!browser.get(FRESH).await.has(form), "the phone is left");
        change("UPDATE account SET phone_proven = FALSE").await;
        let page = browser.get(FRESH).await;
        assert!(page.has(form) && page.has(&connector.to_string()), "nothing is left: {}", page.text);
        let config = OidcConfig {
            issuer: "https://id.example.com".into(),
            client_id: "fujie".into(),
            secret: Hidden::new("s3cr3t"),
            scopes: String::new(),
            authentication: ClientAuthentication::ClientSecretBasic,
        };
        let sure = add(&room, OidcConfig::PROVIDER, "Province portal", &config).await;
        assert_eq!(link(&room, sure, account, "alice").await, Linking::Linked);
        let page = browser.get(FRESH).await;
        assert!(page.has(form) && page.has(&sure.to_string()), "{}", page.text);
        assert!(!page.has(&connector.to_string()), "{}", page.text);
        assert!(step_up(&mut browser, connector, "alice").await.unwrap().starts_with("/me/verify?"));
        change("UPDATE connector SET enabled = FALSE WHERE provider = 'oidc'").await;

        // The last resort: or nobody could ever add another.
        let strange = step_up(&mut browser, connector, "bob").await;
        assert_eq!(strange, None, "somebody else is told so on the page");
        assert_eq!(step_up(&mut browser, connector, "alice").await.as_deref(), Some("/me"));
        assert_eq!(browser.signed_in().await.unwrap().verified_at, room.now());
        let app = room.app_for(account).await;
        room.pass(600);
        assert!(!browser.get(FRESH).await.has(form), "not beside an app: {}", app.code(room.now()));
    }
}

#[tokio::test]
async fn m18_a_link_made_or_ended_is_told_on_every_proven_channel_whatever_is_wished() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let keyring = Arc::clone(room.db().keyring());
        let (sealed, index) = (
            keyring.seal("account.email", account.as_i64(), "lin@example.com"),
            keyring.blind("email", "lin@example.com"),
        );
        room.db()
            .write_unaudited("test", move |tx| {
                let proven =
                    "UPDATE account SET email = $2, email_index = $3, email_proven = $4 WHERE id = $1";
                tx.run(proven, &[&account, &sealed, &index, &true])
            })
            .await
            .unwrap();
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let me = browser.signed_in().await.unwrap();
        let reminders = vec![Reminder { group: Group::Security, channel: Channel::Sms, on: false }];
        notice::service::set_wishes(&room.identity, &me, Wishes { reminders, lang: None }).await.unwrap();
        link(&room, connector, account, "alice").await;
        let id = service::linked(&room.identity, account).await.unwrap()[0].id;
        service::unlink(&room.identity, &me, id, room.now()).await.unwrap();
        room.identity.outbox().drain().await.unwrap();
        let sent = room.identity.outbox().local_outbox().unwrap().list();
        for purpose in ["notice.identity_linked", "notice.identity_unlinked"] {
            for channel in Channel::ALL {
                let told = sent.iter().filter(|m| m.purpose == purpose && m.channel == *channel).count();
                assert_eq!(told, 1, "{purpose} by {channel}");
            }
        }
    }
}

#[tokio::test]
async fn linking_belongs_to_the_account_that_asked_for_it() {
    for (room, connector) in rooms().await {
        let account = room.account("linzy", Some(PHONE)).await;
        let mut browser = room.browser();
        browser.sign_in("linzy", PASSWORD).await;
        let location = round_trip(&room, &mut browser, connector, Purpose::Link, "alice").await;
        assert_eq!(location, "/seen?x=1");
        assert_eq!(service::linked(&room.identity, account).await.unwrap().len(), 1);
        // A second account cannot take it.
        room.account("other", None).await;
        let mut other = room.browser();
        other.sign_in("other", PASSWORD).await;
        round_trip(&room, &mut other, connector, Purpose::Link, "alice").await;
        assert_eq!(service::count(&room.identity, connector).await.unwrap(), 1);
        assert!(other.get("/login?again=1").await.has("is linked to another account"));
    }
}

#[test]
fn sign_in_leads_back_to_the_page_that_links() {
    let target = crate::signin::pages::target;
    assert_eq!(
        target("/login/upstream/0000000000001/link?ticket=x"),
        "/login/upstream/0000000000001/link?ticket=x"
    );
    assert_eq!(target("/login/upstream/0000000000001?return_to=/me"), "/");
    assert_eq!(target("/login/upstream/0000000000001/callback?code=x"), "/");
}

#[tokio::test]
async fn round_trips_are_counted_by_source() {
    for (room, connector) in rooms().await {
        let mut browser = room.browser_at([10, 0, 0, 9]);
        browser.get("/login").await;
        for _ in 0..300 {
            leave(&mut browser, connector).await;
        }
        let page = browser.get(&format!("/login/upstream/{connector}")).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        let mut elsewhere = room.browser_at([10, 0, 0, 10]);
        elsewhere.get("/login").await;
        leave(&mut elsewhere, connector).await;
    }
}
