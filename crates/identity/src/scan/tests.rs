use super::{
    model::{self, Code, State},
    service::{self, Decided},
};
use crate::{
    session,
    testing::{Browser, PASSWORD, Page, Room},
};
use http::StatusCode;
use proptest::prelude::*;

/// The desktop's page, and the path that its picture opens.
async fn shown(desktop: &mut Browser) -> (Page, String) {
    let page = desktop.get("/login/scan?return_to=/me").await;
    let (_, rest) = page.text.split_once(":8080/scan/").unwrap_or_else(|| panic!("{}", page.text));
    let token = rest.split('"').next().unwrap().to_owned();
    (page, format!("/scan/{token}"))
}
async fn phone(room: &Room) -> Browser {
    let mut phone = room.browser_at([10, 0, 0, 9]);
    phone.sign_in("linzy", PASSWORD).await;
    phone
}
async fn decide(phone: &mut Browser, path: &str, verdict: &str) -> Page {
    let page = phone.get(path).await;
    let csrf = page.value("csrf").unwrap_or_default();
    phone.post(path, &csrf, &[("verdict", verdict)]).await
}
async fn finish(desktop: &mut Browser, page: &Page) -> Page {
    let (csrf, scan) = (page.value("csrf").unwrap(), page.value("scan").unwrap());
    desktop.post("/login/scan", &csrf, &[("scan", &scan), ("return_to", "/me")]).await
}
async fn state(desktop: &mut Browser, page: &Page) -> String {
    let scan = page.value("scan").unwrap();
    desktop.get(&format!("/login/scan/state?scan={scan}")).await.text
}

#[tokio::test]
async fn a_phone_that_is_signed_in_lets_the_desktop_in_once() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        let (page, path) = shown(&mut desktop).await;
        assert!(page.has("<svg viewBox=\"0 0") && page.has("http-equiv=\"refresh\""));
        assert_eq!(shown(&mut desktop).await.1, path, "a reload shows the same picture");
        assert!(state(&mut desktop, &page).await.contains("waiting"));
        let early = finish(&mut desktop, &page).await;
        assert!(early.location.unwrap().starts_with("/login/scan?scan="), "not yet");
        let ask = phone.get(&path).await;
        assert!(ask.has("127.0.0.1") && ask.shows("identity-scan-ask-warning") && ask.has("linzy"));
        assert!(desktop.session().is_none(), "looking approves nothing");
        assert_eq!(decide(&mut phone, &path, "approve").await.location.as_deref(), Some("/me"));
        assert!(state(&mut desktop, &page).await.contains("approved"));
        // Nobody else can pick it up, whatever they know.
        let mut thief = room.browser();
        let form = thief.get("/login/scan").await;
        let (csrf, scan) = (form.value("csrf").unwrap(), page.value("scan").unwrap());
        thief.post("/login/scan", &csrf, &[("scan", &scan)]).await;
        assert!(thief.session().is_none());
        assert!(thief.get(&format!("/login/scan/state?scan={scan}")).await.text.contains("expired"));
        assert_eq!(finish(&mut desktop, &page).await.location.as_deref(), Some("/me"));
        let me = desktop.signed_in().await.unwrap();
        assert_eq!((me.account, me.strength, me.methods), (account, 1, vec!["scan".to_owned()]));
        desktop.cookies.remove("fujie-8080");
        assert_eq!(phone.get(&path).await.location.as_deref(), Some("/scan"), "answered once");
        assert_eq!(room.events("session.scan_approved").await, 1);
    }
}

#[tokio::test]
async fn a_session_that_was_let_in_is_no_fresher_than_the_one_that_let_it_in() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        room.db().clock().advance_seconds(600);
        let (page, path) = shown(&mut desktop).await;
        decide(&mut phone, &path, "approve").await;
        finish(&mut desktop, &page).await;
        let (old, new) = (phone.signed_in().await.unwrap(), desktop.signed_in().await.unwrap());
        assert_eq!((new.verified_at, new.authenticated_at), (old.verified_at, old.verified_at));
    }
}

#[tokio::test]
async fn what_is_refused_or_late_lets_nobody_in() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        let (page, path) = shown(&mut desktop).await;
        decide(&mut phone, &path, "refuse").await;
        assert!(state(&mut desktop, &page).await.contains("refused"));
        let scan = page.value("scan").unwrap();
        let told = desktop.get(&format!("/login/scan?scan={scan}")).await;
        assert!(told.shows("identity-scan-refused") && !told.has("http-equiv=\"refresh\""));
        finish(&mut desktop, &page).await;
        assert!(desktop.session().is_none());
        // Two minutes for the phone.
        let (page, path) = shown(&mut desktop).await;
        room.db().clock().advance_seconds(120);
        assert_eq!(phone.get(&path).await.location.as_deref(), Some("/scan"));
        assert!(state(&mut desktop, &page).await.contains("expired"));
        // One for the desktop.
        let (page, path) = shown(&mut desktop).await;
        decide(&mut phone, &path, "approve").await;
        room.db().clock().advance_seconds(60);
        finish(&mut desktop, &page).await;
        assert!(desktop.session().is_none());
        // A form from elsewhere, without its token.
        let (page, path) = shown(&mut desktop).await;
        assert_eq!(phone.post(&path, "", &[("verdict", "approve")]).await.status, StatusCode::FORBIDDEN);
        assert!(state(&mut desktop, &page).await.contains("waiting"));
        // Whoever is not signed in signs in first, and comes back.
        let asked = room.browser().get(&path).await.location.unwrap();
        assert!(asked.starts_with("/login?return_to=/scan/"), "{asked}");
    }
}

#[tokio::test]
async fn f20_an_approval_ends_with_the_session_that_gave_it() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        let (page, path) = shown(&mut desktop).await;
        decide(&mut phone, &path, "approve").await;
        let me = phone.signed_in().await.unwrap();
        session::service::end(&room.identity, &me, room.now()).await.unwrap();
        finish(&mut desktop, &page).await;
        assert!(desktop.session().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f13_one_approval_makes_one_session() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let mut phone = phone(&room).await;
        let me = phone.signed_in().await.unwrap();
        let ctx = room.ctx([5; 32]);
        let headers = http::HeaderMap::new();
        let waiting = service::show(&room.identity, &ctx, &headers, true, false).await.unwrap();
        let approvals = (0..25).map(|n| {
            let (room, ctx, me, token) = (room.clone(), ctx.clone(), me.clone(), waiting.token.clone());
            tokio::spawn(async move { service::decide(&room.identity, &ctx, &me, &token, n % 5 != 0).await })
        });
        let mut done = 0;
        for approval in approvals.collect::<Vec<_>>() {
            match approval.await.unwrap().unwrap() {
                Decided::Done => done += 1,
                other => assert_eq!(other, Decided::Gone),
            }
        }
        assert_eq!(done, 1);
        let pickups = (0..25).map(|_| {
            let (room, ctx, headers, id) = (room.clone(), ctx.clone(), headers.clone(), waiting.id);
            tokio::spawn(async move { service::finish(&room.identity, &ctx, &headers, id).await })
        });
        let mut sessions = 0;
        for pickup in pickups.collect::<Vec<_>>() {
            sessions += usize::from(pickup.await.unwrap().unwrap().is_some());
        }
        let approved = service::find(&room.identity, &ctx, waiting.id).await.unwrap().unwrap().state;
        assert_eq!(sessions, usize::from(approved == State::Used));
        assert!(sessions <= 1);
    }
}

#[tokio::test]
async fn f14_an_account_with_a_second_factor_is_never_let_in_by_one() {
    for room in Room::on_engines().await {
        let account = room.account("linzy", None).await;
        // Signed in before the app was added: one factor.
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        let app = room.app_for(account).await;
        let (page, path) = shown(&mut desktop).await;
        let asked = phone.get(&path).await.location.unwrap();
        assert_eq!(asked, format!("/me/verify?need=fresh&return_to={path}"));
        let csrf = phone.get("/scan").await.value("csrf").unwrap();
        let forced = phone.post(&path, &csrf, &[("verdict", "approve")]).await;
        assert_eq!(forced.location.as_deref(), Some(asked.as_str()));
        assert!(state(&mut desktop, &page).await.contains("waiting"));
        let verify = phone.get(&asked).await;
        let csrf = verify.value("csrf").unwrap();
        let code = app.code(room.now());
        let members = [("means", "totp"), ("code", code.as_str()), ("return_to", path.as_str())];
        assert_eq!(phone.post("/me/verify", &csrf, &members).await.location.as_deref(), Some(path.as_str()));
        assert_eq!(decide(&mut phone, &path, "approve").await.location.as_deref(), Some("/me"));
        assert_eq!(finish(&mut desktop, &page).await.location.as_deref(), Some("/me"));
    }
}

#[tokio::test]
async fn the_code_beside_the_picture_leads_to_the_same_question() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        let (page, path) = shown(&mut desktop).await;
        let (_, rest) = page.text.split_once("id=\"scan-code\">").unwrap();
        let code = rest.split('<').next().unwrap().to_owned();
        let form = phone.get("/scan").await;
        let csrf = form.value("csrf").unwrap();
        for odd in ["", "ABC", "ABCD-EFG!", "AAAA-AAAA-A"] {
            let page = phone.post("/scan", &csrf, &[("code", odd)]).await;
            assert!(page.shows("error-scan-code-shape"), "{odd}");
        }
        let typed = code.to_lowercase().replace('-', " ");
        let found = phone.post("/scan", &csrf, &[("code", &typed)]).await;
        assert_eq!(found.location.as_deref(), Some(path.as_str()));
        for _ in 0..10 {
            let page = phone.post("/scan", &csrf, &[("code", "0000-0000")]).await;
            assert!(page.shows("error-scan-code-unknown"));
        }
        let locked = phone.post("/scan", &csrf, &[("code", &code)]).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "whoever guesses is stopped");
    }
}

#[tokio::test]
async fn nobody_makes_rows_without_end() {
    for room in Room::on_engines().await {
        let mut browser = room.browser();
        let mut status = StatusCode::OK;
        for _ in 0..121 {
            status = browser.get("/login/scan?anew=1").await.status;
        }
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        room.db().clock().advance_seconds(2 * 86_400);
        service::tidy_up(room.db()).await.unwrap();
        let left: i64 =
            room.db().read(|tx| tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM scan", &[])).await.unwrap();
        assert_eq!(left, 0);
    }
}

proptest! {
    #[test]
    fn only_tokens_that_were_shown_open_anything(text in "[A-Za-z0-9_-]{0,70}") {
        let keyring = db::Keyring::ephemeral(&kernel::Rng::seeded(7)).unwrap();
        prop_assert!(model::open_token(&keyring, &text).is_none());
    }
    #[test]
    fn a_code_is_typed_as_it_is_printed(id in 1_i64..i64::MAX) {
        let keyring = db::Keyring::ephemeral(&kernel::Rng::seeded(7)).unwrap();
        let id = model::ScanId::from_i64(id);
        let code = Code::of(&keyring, id);
        prop_assert_eq!(Code::parse(&code.printed().to_lowercase()).unwrap(), code);
        prop_assert_eq!(model::open_token(&keyring, &model::token(&keyring, id)), Some(id));
    }
}

#[tokio::test]
async fn who_signs_in_again_by_a_phone_proves_it_at_the_phone() {
    for room in Room::on_engines().await {
        room.account("linzy", None).await;
        let (mut desktop, mut phone) = (room.browser(), phone(&room).await);
        desktop.sign_in("linzy", PASSWORD).await;
        room.db().clock().advance_seconds(60);
        // Every way keeps in mind that it is again.
        let login = desktop.get("/login?again=1&return_to=/me").await;
        assert!(
            login.has("/login/scan?return_to=/me&amp;again=1") || login.has("again=1\""),
            "{}",
            login.text
        );
        let page = desktop.get("/login/scan?return_to=/me&again=1").await;
        let scan = page.value("scan").unwrap();
        let shown = desktop.get(&format!("/login/scan?scan={scan}&return_to=/me")).await;
        assert_eq!(shown.status, StatusCode::OK, "the picture goes on although somebody is signed in");
        let (_, rest) = page.text.split_once(":8080/scan/").unwrap();
        let path = format!("/scan/{}", rest.split('"').next().unwrap());
        // A minute ago is fresh for any action of the phone, not for this.
        let asked = phone.get(&path).await.location.unwrap();
        assert!(asked.starts_with("/me/verify?need=since-") && asked.ends_with(&path), "{asked}");
        let csrf = phone.get("/scan").await.value("csrf").unwrap();
        let forced = phone.post(&path, &csrf, &[("verdict", "approve")]).await;
        assert_eq!(forced.location.as_deref(), Some(asked.as_str()));
        let me = phone.signed_in().await.unwrap();
        let token = path.strip_prefix("/scan/").unwrap();
        let past = service::decide(&room.identity, &room.ctx([5; 32]), &me, token, true).await.unwrap();
        assert_eq!(past, Decided::Gone, "nor past the page");
        let verify = phone.get(&asked).await;
        let need = verify.value("need").unwrap();
        room.db().clock().advance_seconds(5);
        let members =
            [("means", "password"), ("password", PASSWORD), ("need", need.as_str()), ("return_to", &path)];
        let done = phone.post("/me/verify", &verify.value("csrf").unwrap(), &members).await;
        assert_eq!(done.location.as_deref(), Some(path.as_str()));
        let proven_at = room.now();
        room.db().clock().advance_seconds(5);
        assert_eq!(decide(&mut phone, &path, "approve").await.location.as_deref(), Some("/me"));
        assert_eq!(finish(&mut desktop, &page).await.location.as_deref(), Some("/me"));
        let me = desktop.signed_in().await.unwrap();
        assert_eq!((me.authenticated_at, me.methods), (proven_at, vec!["scan".to_owned()]));
        // Refusing takes no proof.
        let page = desktop.get("/login/scan?return_to=/me&again=1").await;
        let (_, rest) = page.text.split_once(":8080/scan/").unwrap();
        let path = format!("/scan/{}", rest.split('"').next().unwrap());
        room.db().clock().advance_seconds(5);
        let csrf = phone.get("/scan").await.value("csrf").unwrap();
        assert_eq!(phone.post(&path, &csrf, &[("verdict", "refuse")]).await.location.as_deref(), Some("/me"));
    }
}
