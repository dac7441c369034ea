//! The room's pages as a browser meets them: through the frame, with cookies and form tokens.
mod matrix;

use crate::decision::Space;
use crate::membership::Role;
use crate::testing::{Person, Town, account_of, new_product, towns};
use axum::{Extension, Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use identity::session::NewSession;
use kernel::{Actor, ActorKind, Clock, Event, id::AccountId};
use std::sync::Arc;
use tower::ServiceExt;
use web::{App, Probes, frame};

const ORIGIN: &str = "http://127.0.0.1:8080";

struct Site {
    town: Town,
    app: Arc<App>,
    router: Router,
}
struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}
/// A signed-in browser.
struct Browser<'s> {
    site: &'s Site,
    cookie: String,
}

async fn sites() -> Vec<Site> {
    towns().await.into_iter().map(Site::new).collect()
}
impl Site {
    fn new(town: Town) -> Self {
        let db = town.rooms.db();
        let app = App::new(ORIGIN, Arc::clone(db.keyring()), Clock::System, db.rng().clone()).unwrap();
        let app = Arc::new(app);
        let rooms = crate::routes()
            .into_router()
            .layer(Extension(town.rooms.clone()))
            .layer(Extension(town.rooms.identity().clone()));
        let router = frame(rooms, &app, Probes::default());
        Self { town, app, router }
    }
    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location =
            response.headers().get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, location, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }
    /// With a session of its own and a password that is no longer temporary.
    async fn browser(&self, account: AccountId) -> Browser<'_> {
        let db = self.town.rooms.db();
        let now = self.town.now();
        let new = NewSession {
            id: db.draw(),
            token: db.rng().token(),
            account,
            methods: vec!["pwd"],
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            now,
            expires_at: now.plus_days(1),
        };
        let token = new.token.clone();
        db.write_unaudited("a test signs in", move |tx| {
            identity::credential::service::set_in(tx, account, "none", false, now)?;
            identity::session::service::begin_in(tx, &new, None)
        })
        .await
        .unwrap();
        let cookie = web::cookie::set_session(&self.app, &token, None);
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        Browser { site: self, cookie }
    }
    fn org(&self, page: &str) -> String {
        format!("/org/{}/{page}", self.town.ours)
    }
}
impl Browser<'_> {
    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::COOKIE, format!("{}; fujie-lang=en", self.cookie))
            .header(header::ACCEPT, "text/html")
    }
    async fn get(&self, path: &str) -> Answer {
        self.site.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }
    /// Fills in the token of the page at `from` and sends the form to `path`.
    async fn post(&self, from: &str, path: &str, members: &[(&str, &str)]) -> Answer {
        let page = self.get(from).await;
        let mut body = format!("csrf={}", value_of(&page.text, "csrf"));
        for (name, value) in members {
            body.push_str(&format!("&{name}={}", crate::directory::encoded(value)));
        }
        self.send_form(path, body).await
    }
    async fn send_form(&self, path: &str, body: String) -> Answer {
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN)
            .header("sec-fetch-site", "same-origin");
        self.site.send(request.body(Body::from(body)).unwrap()).await
    }
}
/// The value of the first input of this name.
fn value_of(html: &str, name: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no field {name} in {html}"));
    rest.split('"').next().unwrap().to_owned()
}
const ADMINISTRATORS_PAGES: [&str; 9] = [
    "members",
    "members/new",
    "grants",
    "grants/defaults",
    "admissions",
    "members/0000000000001",
    "members/0000000000001/products",
    "members/0000000000001/products/copy",
    "products/0000000000001/members",
];

#[tokio::test]
async fn m43_administrators_pages_are_for_administrators_alone() {
    for site in sites().await {
        let (agent, outsider) = (site.town.agent.account, site.town.their_administrator.account);
        let (agent, outsider) = (site.browser(agent).await, site.browser(outsider).await);
        for page in ADMINISTRATORS_PAGES {
            let path = site.org(page);
            let refused = agent.get(&path).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            assert!(refused.text.contains("id=\"error-code\">membership.administrators_only"), "{path}");
            // Who can help stands there by name.
            assert!(refused.text.contains("<b>陈思齐</b><small>Administrator</small>"), "{path}");
            assert_eq!(outsider.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        for page in ["", "products", "applications"] {
            let path = site.org(page);
            assert_eq!(agent.get(&path).await.status, StatusCode::OK, "{path}");
            assert_eq!(outsider.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let home = agent.get(&site.org("")).await.text;
        for page in ["members", "grants", "admissions"] {
            assert!(!home.contains(&format!("href=\"{}\"", site.org(page))), "{page} is offered to an agent");
        }
        let anonymous = Browser { site: &site, cookie: "nothing=here".into() };
        let sent = anonymous.get(&site.org("members")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        assert!(sent.location.starts_with("/login?return_to="), "{}", sent.location);
    }
}
#[tokio::test]
async fn the_home_page_has_words_for_sign_ins_and_leaves_out_what_servers_do() {
    for site in sites().await {
        let (ours, agent) = (site.town.ours, site.town.agent.account);
        let mut person = Actor::system();
        person.kind = ActorKind::Account;
        person.account = Some(agent);
        let mut server = Actor::system();
        server.kind = ActorKind::Client;
        let events = vec![
            Event::done(&person, "authorization.granted").of(ours),
            Event::refused(&person, "authorization.refused").of(ours),
            Event::done(&server, "token.issued").of(ours),
        ];
        site.town.rooms.db().write(move |_| Ok(((), events.clone()))).await.unwrap();
        let home = site.browser(site.town.administrator.account).await.get(&site.org("")).await.text;
        assert!(home.contains("signed in to a product") && home.contains("was refused by a product"));
        assert!(!home.contains("did something else"), "{home}");
    }
}
#[tokio::test]
async fn m43_forms_of_administrators_refuse_agents_and_foreign_organizations() {
    for site in sites().await {
        let agent = site.browser(site.town.agent.account).await;
        let outsider = site.browser(site.town.their_administrator.account).await;
        let member = format!("members/{}", site.town.agent.membership);
        for page in [
            "members/new",
            "grants",
            "grants/apply",
            "grants/defaults",
            "admissions",
            &member,
            &format!("{member}/products"),
            &format!("{member}/products/copy"),
            &format!("products/{}/members", site.town.data),
            &format!("{member}/state"),
            &format!("{member}/reset"),
            &format!("{member}/factors"),
            &format!("{member}/delete"),
        ] {
            let path = site.org(page);
            let refused = agent.post(&site.org("products"), &path, &[]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
            let theirs = format!("/org/{}/products", site.town.theirs);
            let refused = outsider.post(&theirs, &path, &[]).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(site.town.decision(site.town.agent).await.is_missing(crate::decision::LayerKind::Admission));
    }
}
#[tokio::test]
async fn m32_a_member_is_created_on_the_page_and_the_slip_shows_the_password_once() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let (new, members) = (site.org("members/new"), site.org("members"));
        let form = browser.get(&new).await;
        let (csrf, id) = (value_of(&form.text, "csrf"), value_of(&form.text, "id"));
        let body = format!(
            "csrf={csrf}&id={id}&name=%E8%AE%B8%E6%9C%9B%E8%88%92&login_name=xuwangshu&phone=13800138000"
        );
        let slip = browser.send_form(&new, body.clone()).await;
        assert_eq!(slip.status, StatusCode::OK, "{}", slip.text);
        assert!(slip.text.contains("id=\"slip-password\"") && slip.text.contains("xuwangshu"));
        // Sent twice: led to what exists, and the password does not show again.
        let again = browser.send_form(&new, body).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        let member = browser.get(&again.location).await;
        assert!(member.text.contains("138****8000") && !member.text.contains("slip-password"));
        let list = browser.get(&members).await;
        assert!(list.text.contains("许望舒") && list.text.contains("138****8000"));
        assert!(!list.text.contains("13800138000"), "numbers are masked");
        let found = browser.get(&format!("{members}?q=xuwang")).await;
        assert!(found.text.contains("许望舒") && !found.text.contains("chensiqi"));
        account_of(&site.town.rooms, "xuwangshu").await;
    }
}
#[tokio::test]
async fn bad_input_keeps_what_was_typed_and_says_what_to_do_at_the_field() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let new = site.org("members/new");
        let form = browser.get(&new).await;
        let id = value_of(&form.text, "id");
        let long = "长".repeat(200);
        for (name, login_name, phone, wrong) in [
            ("", "xuwangshu", "", "name"),
            (long.as_str(), "xuwangshu", "", "name"),
            ("许望舒", "x", "", "login_name"),
            ("许望舒", "13800138000", "", "login_name"),
            ("许望舒", "xuwangshu", "12", "phone"),
            ("许望舒", "chensiqi", "", "login_name"),
            ("许\u{202e}望舒", "xuwangshu", "", "name"),
        ] {
            let members = [("id", id.as_str()), ("name", name), ("login_name", login_name), ("phone", phone)];
            let back = browser.post(&new, &new, &members).await;
            assert!(back.status.is_client_error(), "{wrong}: {}", back.status);
            assert!(back.text.contains(&format!("id=\"{wrong}-e\"")), "{wrong} has its error: {}", back.text);
            assert!(
                back.text.contains(&format!("value=\"{login_name}\"")),
                "{wrong}: the login name was kept"
            );
        }
        let nul = browser
            .send_form(&new, format!("csrf={}&id={id}&name=a%00b&login_name=x", value_of(&form.text, "csrf")))
            .await;
        assert_eq!(nul.status, StatusCode::BAD_REQUEST);
        let forged = browser
            .post(
                &new,
                &new,
                &[("id", "0000000000001.AAAA"), ("name", "许望舒"), ("login_name", "xuwangshu")],
            )
            .await;
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
        let odd = browser.get(&site.org("members?before=nonsense&state=nonsense&q=%25")).await;
        assert_eq!(odd.status, StatusCode::OK);
        let unknown = browser.get(&site.org("members/ZZZZZZZZZZZZZ")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    }
}
#[tokio::test]
async fn m32_a_member_is_edited_suspended_reset_and_deleted_on_the_page() {
    for site in sites().await {
        let browser = site.browser(site.town.administrator.account).await;
        let member = site.org(&format!("members/{}", site.town.agent.membership));
        let edited = browser.post(&member, &member, &[("name", "陈思"), ("phone", "13800138001")]).await;
        assert_eq!(edited.status, StatusCode::SEE_OTHER);
        assert!(browser.get(&member).await.text.contains("138****8001"));
        let wrong = browser.post(&member, &member, &[("name", "陈思"), ("phone", "abc")]).await;
        assert!(wrong.text.contains("value=\"abc\"") && wrong.text.contains("id=\"phone-e\""));
        let state = format!("{member}/state");
        assert_eq!(browser.post(&member, &state, &[("to", "suspended")]).await.status, StatusCode::SEE_OTHER);
        assert!(browser.get(&member).await.text.contains("Resume member"));
        assert_eq!(browser.post(&member, &state, &[("to", "active")]).await.status, StatusCode::SEE_OTHER);
        assert!(browser.post(&member, &state, &[("to", "ended")]).await.status.is_client_error());
        let db = site.town.rooms.identity().db();
        let verified = |at: kernel::Timestamp| {
            db.write_unaudited("time passes", move |tx| {
                tx.run("UPDATE session SET verified_at = $1", &[&at]).map(drop)
            })
        };
        verified(db.clock().now().plus_seconds(-3600)).await.unwrap();
        for way_in in ["reset", "factors"] {
            let stale = browser.post(&member, &format!("{member}/{way_in}"), &[]).await;
            assert_eq!(stale.location, format!("/me/verify?need=fresh&return_to={member}"), "{way_in}");
        }
        verified(db.clock().now()).await.unwrap();
        let slip = browser.post(&member, &format!("{member}/reset"), &[]).await;
        assert!(slip.text.contains("id=\"slip-password\""));
        let delete = format!("{member}/delete");
        let unconfirmed = browser.post(&member, &delete, &[("confirm", "yes")]).await;
        assert_eq!(unconfirmed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unconfirmed.text.contains("id=\"confirm-e\""));
        let deleted = browser.post(&member, &delete, &[("confirm", "chensiqi")]).await;
        assert_eq!(deleted.status, StatusCode::SEE_OTHER);
        assert!(!browser.get(&site.org("members")).await.text.contains("chensiqi"));
        let removed = browser.get(&member).await.text;
        assert!(removed.contains("Removed") && removed.contains("This member was removed"));
        assert!(!removed.contains("not below yours"), "the role is not why it can only be viewed");
    }
}
#[tokio::test]
async fn m48_the_matrix_shows_what_it_would_do_before_it_does_it_and_tells_the_loser() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let browser = site.browser(site.town.administrator.account).await;
        let grants = site.org("grants");
        let page = browser.get(&format!("{grants}?role=agent")).await;
        let (row, column) = (value_of(&page.text, "r0"), value_of(&page.text, "c0"));
        assert_eq!(row, site.town.agent.membership.to_string());
        assert_eq!(value_of(&page.text, "was"), "0");
        let review = async |was: &str, ticked: bool| {
            let mut members = vec![("r0", row.as_str()), ("c0", column.as_str()), ("was", was)];
            if ticked {
                members.push(("g0.0", "1"));
            }
            browser.post(&grants, &format!("{grants}?role=agent"), &members).await
        };
        let apply = async |shown: &Answer, until: &str| {
            let names = ["back", "steps", "r0", "c0"].map(|name| (name, value_of(&shown.text, name)));
            let mut members: Vec<(&str, &str)> = names.iter().map(|(n, v)| (*n, v.as_str())).collect();
            members.push(("until", until));
            browser.post(&grants, &format!("{grants}/apply"), &members).await
        };
        let shown = review("0", true).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text.contains("陈思齐") && shown.text.contains("Market data"), "{}", shown.text);
        assert!(!site.town.decision(site.town.agent).await.allow, "shown is not done");
        // A date that is none comes back at its field, with everything that was shown.
        let bad = apply(&shown, "2020-01-01").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            bad.text.contains("id=\"until-e\"") && value_of(&bad.text, "steps") == "0.0.g",
            "{}",
            bad.text
        );
        // A second window shows the same before the first is confirmed.
        let second = review("0", true).await;
        assert_eq!(apply(&shown, "").await.status, StatusCode::SEE_OTHER);
        assert!(site.town.decision(site.town.agent).await.allow);
        let stale = apply(&second, "").await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(stale.text.contains("id=\"stale\""), "{}", stale.text);
        // So does a form that was loaded before.
        assert_eq!(review("0", true).await.status, StatusCode::CONFLICT);
        assert_eq!(review("1", true).await.status, StatusCode::SEE_OTHER, "nothing to change leads back");
        let ending = review("1", false).await;
        assert_eq!(apply(&ending, "").await.status, StatusCode::SEE_OTHER);
        assert!(!site.town.decision(site.town.agent).await.allow);
        for broken in ["", "01", "x"] {
            assert!(review(broken, true).await.status.is_client_error(), "{broken}");
        }
        // Whoever leads back leads back into the same organization.
        let shown = review("0", true).await;
        let elsewhere = [
            ("back", "//elsewhere.example/"),
            ("steps", &value_of(&shown.text, "steps")),
            ("r0", &row),
            ("c0", &column),
        ];
        let done = browser.post(&grants, &format!("{grants}/apply"), &elsewhere).await;
        assert_eq!(done.location, grants);
    }
}
#[tokio::test]
async fn m48_by_person_and_by_product_a_period_is_given_and_changed_and_lapsed_ones_sleep() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let browser = site.browser(site.town.administrator.account).await;
        let member = site.org(&format!("members/{}/products", site.town.agent.membership));
        let product = site.org(&format!("products/{}/members", site.town.data));
        let change = async |page: &str, date: &str| {
            let shown = browser.get(page).await;
            let at = (0..4).find(|at| {
                let key = format!("name=\"k{at}\" value=\"{}", site.town.agent.membership);
                shown.text.contains(&key)
            });
            let at = at.unwrap_or_else(|| panic!("no line: {}", shown.text));
            let names = [format!("k{at}"), format!("g{at}"), format!("u{at}")];
            let key = value_of(&shown.text, &names[0]);
            // Lines are numbered from nought without a gap.
            let mut members: Vec<(String, String)> =
                (0..at).map(|n| (format!("k{n}"), value_of(&shown.text, &format!("k{n}")))).collect();
            members.extend([
                (names[0].clone(), key),
                (names[1].clone(), "1".into()),
                (names[2].clone(), date.into()),
            ]);
            let members: Vec<(&str, &str)> = members.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let review = browser.post(page, page, &members).await;
            if review.status != StatusCode::OK {
                return review;
            }
            let carried = ["back", "steps", "r0", "c0"].map(|name| (name, value_of(&review.text, name)));
            let carried: Vec<(&str, &str)> = carried.iter().map(|(n, v)| (*n, v.as_str())).collect();
            browser.post(page, &site.org("grants/apply"), &carried).await
        };
        let bad = change(&member, "2020-01-01").await;
        assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            bad.text.contains("value=\"2020-01-01\"") && bad.text.contains("aria-invalid"),
            "{}",
            bad.text
        );
        let done = change(&member, "2099-06-30").await;
        assert_eq!(done.location, member, "{}", done.text);
        assert!(site.town.decision(site.town.agent).await.allow);
        let held = async || {
            let ids = vec![site.town.agent.membership];
            site.town.rooms.held_grants(site.town.ours, ids, site.town.now()).await.unwrap()
        };
        let zone = kernel::clock::Zone::default();
        assert_eq!(held().await[0].until, zone.end_of("2099-06-30").unwrap());
        assert_eq!(change(&product, "2098-01-31").await.status, StatusCode::SEE_OTHER);
        assert_eq!(held().await[0].until, zone.end_of("2098-01-31").unwrap());
        let has = browser.get(&format!("{product}?has=yes")).await;
        assert!(has.text.contains("chensiqi ·") && !has.text.contains("zhouyutong ·"), "{}", has.text);
        let not = browser.get(&format!("{product}?has=no")).await;
        assert!(!not.text.contains("chensiqi ·"), "{}", not.text);
        let system = crate::Operator::installation();
        site.town.rooms.terminate_contract(&system, site.town.ours, site.town.contract).await.unwrap();
        let asleep = browser.get(&member).await;
        assert!(asleep.text.contains("Asleep"), "{}", asleep.text);
        assert!(browser.get(&site.org("grants")).await.text.contains("Asleep"));
        let unknown = browser.get(&site.org("products/0000000000001/members")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        let foreign = site.org(&format!("members/{}/products", site.town.their_agent.membership));
        assert_eq!(browser.get(&foreign).await.status, StatusCode::NOT_FOUND);
    }
}
#[tokio::test]
async fn m49_from_the_catalog_to_the_reason_to_the_request_to_the_open_product() {
    for site in sites().await {
        site.town.admit(site.town.data).await;
        let agent = site.browser(site.town.agent.account).await;
        let administrator = site.browser(site.town.administrator.account).await;
        let (catalog, product) = (site.org("products"), site.org(&format!("products/{}", site.town.data)));
        let closed = agent.get(&catalog).await;
        assert!(
            closed.text.contains(&format!("href=\"{product}/why\""))
                && !closed.text.contains(&format!("{product}/open"))
        );
        let why_page = format!("{product}/why");
        let why = agent.get(&why_page).await;
        assert!(
            why.text.contains("tally big o\"") && why.text.contains("id=\"request-access\""),
            "{}",
            why.text
        );
        let long = agent.post(&why_page, &why_page, &[("reason", &"x".repeat(501))]).await;
        assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(long.text.contains("id=\"reason-e\"") && long.text.contains(&"x".repeat(501)));
        let asked = agent.post(&why_page, &why_page, &[("reason", "for the drill")]).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
        let waiting = agent.get(&why_page).await;
        assert!(!waiting.text.contains("id=\"request-access\""));
        let list = administrator.get(&site.org("applications")).await;
        let id = list.text.split("/applications/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = site.org(&format!("applications/{id}"));
        assert!(agent.get(&path).await.text.contains("for the drill"));
        let refused = agent.post(&why_page, &path, &[("verdict", "approve")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "an agent does not approve");
        let silent = administrator.post(&path, &path, &[("verdict", "reject"), ("note", "")]).await;
        assert!(silent.text.contains("id=\"note-e\""));
        let approved = administrator.post(&path, &path, &[("verdict", "approve")]).await;
        assert_eq!(approved.status, StatusCode::SEE_OTHER);
        let again = administrator.post(&catalog, &path, &[("verdict", "approve")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let open = agent.get(&catalog).await;
        assert!(open.text.contains(&format!("href=\"{product}/open\"")), "m52: one click opens it");
        let out = agent.get(&format!("{product}/open")).await;
        assert_eq!(out.location, format!("https://product.example/start?organization={}", site.town.ours));
        let about = agent.get(&product).await;
        assert!(
            about.text.contains("tally o m\"") && about.text.contains("id=\"product-open\""),
            "{}",
            about.text
        );
    }
}
#[tokio::test]
async fn m50_the_personal_catalog_shows_products_for_persons_and_a_managed_account_learns_why_not() {
    for site in sites().await {
        new_product(&site.town.rooms, "permits", |product| {
            product.admission_class = crate::product::AdmissionClass::Open;
            product.audience = crate::product::Audience::Both;
        })
        .await;
        let person = site.town.self_owned("songyuan").await;
        let person = site.browser(person).await;
        let catalog = person.get("/me/products").await;
        assert!(catalog.text.contains("id=\"product-permits\"") && catalog.text.contains("id=\"elsewhere\""));
        let market = site.town.data;
        assert!(
            catalog.text.contains(&format!("href=\"/me/products/{market}/why\"")),
            "products for organizations are named, as used elsewhere"
        );
        assert!(catalog.text.matches("/open\"").count() == 1, "{}", catalog.text);
        let managed = site.browser(site.town.agent.account).await;
        let catalog = managed.get("/me/products").await;
        assert!(!catalog.text.contains("/open\""));
        let nowhere = managed.get("/me/products/ZZZZZZZZZZZZZ").await;
        assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    }
}
#[tokio::test]
async fn m46_the_organizations_permissions_by_contract_and_m47_where_administrators_edit() {
    for site in sites().await {
        let customs = new_product(&site.town.rooms, "customs", |product| {
            product.admission_class = crate::product::AdmissionClass::Discretionary;
            product.admission_editor = crate::product::AdmissionEditor::OrganizationAdministrator;
            product.grant_mode = crate::product::GrantMode::EveryAgent;
        })
        .await;
        let browser = site.browser(site.town.administrator.account).await;
        let path = site.org("admissions");
        let page = browser.get(&path).await;
        assert!(page.text.contains("CT-1"), "{}", page.text);
        let product = customs.to_string();
        // What it does to the members is said before it is done.
        let confirm = format!("{path}/{product}");
        let asked = browser.get(&confirm).await.text;
        assert!(asked.contains("id=\"effect\"") && asked.contains("value=\"admit\""), "{asked}");
        let id = value_of(&asked, "id");
        let admit = [("product", product.as_str()), ("id", id.as_str()), ("do", "admit")];
        let done = browser.post(&path, &path, &admit).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert!(site.town.decision_on(site.town.agent, customs).await.allow);
        // The platform's products are not theirs to open.
        let data = site.town.data.to_string();
        let fresh = value_of(&browser.get(&site.org("members/new")).await.text, "id");
        let forged = [("product", data.as_str()), ("id", fresh.as_str()), ("do", "admit")];
        assert!(browser.post(&path, &path, &forged).await.status.is_client_error());
        assert!(!site.town.decision(site.town.agent).await.allow);
        let others = browser.get(&format!("{path}/{data}")).await;
        assert_eq!(others.status, StatusCode::NOT_FOUND);
        // Those are asked for: one click, and two are one request.
        let others_page = browser.get(&path).await.text;
        let request = format!("{path}/request");
        let (_, form) = others_page.split_once(&format!("name=\"product\" value=\"{data}\"")).unwrap();
        let asking = value_of(form, "id");
        for _ in 0..2 {
            let ask = [("product", data.as_str()), ("id", asking.as_str())];
            assert_eq!(browser.post(&path, &request, &ask).await.status, StatusCode::SEE_OTHER);
        }
        let waiting = browser.get(&path).await.text;
        assert_eq!(waiting.matches("/withdraw\"").count(), 1, "{waiting}");
        let shown = async || {
            let page = browser.get(&confirm).await.text;
            (value_of(&page, "id"), value_of(&page, "seen"))
        };
        // The platform gave another term after the page was shown: whoever presses is told, and nothing ends.
        let (row, seen) = shown().await;
        let term = crate::admission::NewAdmission {
            id: site.town.rooms.db().draw(),
            product: customs,
            contract: None,
            valid_until: site.town.now().plus_days(90),
            note: None,
        };
        let system = crate::Operator::installation();
        site.town.rooms.admit(system, site.town.ours, term, site.town.now()).await.unwrap();
        let end = |row: &str, seen: &str| {
            [("product", &*product), ("id", row), ("do", "end"), ("seen", seen)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let post = async |form: [(String, String); 4]| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
            browser.post(&path, &path, &form).await
        };
        let told = post(end(&row, &seen)).await;
        assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text);
        assert!(site.town.decision_on(site.town.agent, customs).await.allow);
        let (row, seen) = shown().await;
        assert_eq!(post(end(&row, &seen)).await.status, StatusCode::SEE_OTHER);
        assert!(!site.town.decision_on(site.town.agent, customs).await.allow);
    }
}
#[tokio::test]
async fn m41_two_tabs_act_for_the_space_in_their_address() {
    for site in sites().await {
        let person = site.town.self_owned("songyuan").await;
        let here = site.town.join(site.town.ours, Role::Agent, person).await;
        let there: Person = site.town.join(site.town.theirs, Role::Administrator, person).await;
        let browser = site.browser(person).await;
        let theirs = format!("/org/{}/members", there.organization);
        assert_eq!(browser.get(&theirs).await.status, StatusCode::OK);
        assert_eq!(browser.get(&site.org("members")).await.status, StatusCode::FORBIDDEN);
        let home = browser.get(&site.org("")).await.text;
        for space in
            [Space::Personal, Space::Organization(here.organization), Space::Organization(there.organization)]
        {
            assert!(home.contains(&format!("href=\"{}\"", crate::shell::link(space))));
        }
        assert!(home.contains("data-space=\"org\""));
        // Leaving asks for the name, then ends this membership alone.
        let name = "澄江证券";
        let leave = site.org("leave");
        let unconfirmed = browser.post(&site.org(""), &leave, &[("confirm", "x")]).await;
        assert_eq!(unconfirmed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            browser.post(&site.org(""), &leave, &[("confirm", name)]).await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(browser.get(&site.org("")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get(&theirs).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn m34_the_legal_representative_appoints_an_administrator_on_the_page_and_nobody_below_does() {
    for site in sites().await {
        let head = site.town.self_owned("head").await;
        let head = site.town.join(site.town.theirs, Role::LegalRepresentative, head).await;
        let head = site.browser(head.account).await;
        let new = format!("/org/{}/members/new", site.town.theirs);
        let create = async |browser: &Browser<'_>, login_name: &str, role: &str| {
            let id = value_of(&browser.get(&new).await.text, "id");
            let members =
                [("id", id.as_str()), ("name", "许望舒"), ("login_name", login_name), ("role", role)];
            browser.post(&new, &new, &members).await
        };
        let made = create(&head, "second", "administrator").await;
        assert!(made.text.contains("id=\"slip-password\""), "{}", made.text);
        let second = site.browser(account_of(&site.town.rooms, "second").await).await;
        assert!(second.get(&new).await.text.contains("value=\"administrator\" disabled"));
        for role in ["administrator", "legal_representative"] {
            assert_eq!(create(&second, "third", role).await.status, StatusCode::FORBIDDEN, "{role}");
        }
        assert_eq!(create(&head, "third", "legal_representative").await.status, StatusCode::FORBIDDEN);
        // The operation record names whom it was about.
        let home = head.get(&format!("/org/{}/", site.town.theirs)).await.text;
        assert!(home.contains("added a member: 许望舒"), "{home}");
    }
}
