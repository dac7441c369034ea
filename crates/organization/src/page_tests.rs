//! The room's pages as a browser meets them: through the frame, with cookies and form tokens.
mod grants;
mod matrix;
mod members;
mod products;

use crate::decision::Space;
use crate::membership::Role;
use crate::testing::{Person, Town, towns};
use axum::{Extension, Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use identity::session::NewSession;
use kernel::{
    Actor, ActorKind, Clock, Event, Id,
    id::{AccountId, mark},
};
use platform::{
    setting::{SecondFactorDemand, SecondFactorPolicy},
    staff::PolicyEditor,
};
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
/// What the person proved in every session of theirs, as a test wants it.
async fn proved(site: &Site, account: AccountId, methods: &'static str) {
    site.town
        .rooms
        .db()
        .write_unaudited("test", move |tx| {
            tx.run("UPDATE session SET methods = $2 WHERE account_id = $1", &[&account, &methods])
        })
        .await
        .unwrap();
}
#[tokio::test]
async fn where_the_policy_says_so_administrators_administer_with_a_second_factor_alone() {
    for site in sites().await {
        let (administrator, agent) = (site.town.administrator.account, site.town.agent.account);
        let (browser, agent) = (site.browser(administrator).await, site.browser(agent).await);
        let members = site.org("members");
        assert_eq!(browser.get(&members).await.status, StatusCode::OK, "optional by default");
        let csrf = value_of(&browser.get(&site.org("members/new")).await.text, "csrf");
        let required = SecondFactorPolicy {
            administrators: SecondFactorDemand::Required,
            ..SecondFactorPolicy::default()
        };
        let rooms = &site.town.rooms;
        rooms.identity().settings().change(&PolicyEditor::command_line(), required).await.unwrap();
        // A password beside a code by SMS is no cryptographic factor.
        for methods in ["pwd", "pwd sms"] {
            proved(&site, administrator, methods).await;
            for page in ADMINISTRATORS_PAGES.into_iter().chain(["applications"]) {
                let path = site.org(page);
                let enroll = browser.get(&path).await;
                assert_eq!(enroll.location, format!("/me/authenticator?return_to={path}"), "{methods}");
            }
        }
        let sent = browser.send_form(&site.org("members/new"), format!("csrf={csrf}&name=x")).await;
        assert_eq!(sent.location, format!("/me/authenticator?return_to={}", site.org("")));
        let mut request = browser.request("GET", &members).body(Body::empty()).unwrap();
        request.headers_mut().insert(header::ACCEPT, "application/json".parse().unwrap());
        let refused = site.send(request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text.contains("membership.second_factor_required"), "{}", refused.text);
        for page in ["", "products"] {
            assert_eq!(browser.get(&site.org(page)).await.status, StatusCode::OK, "{page}: as a member");
        }
        assert_eq!(agent.get(&site.org("applications")).await.status, StatusCode::OK, "nobody else is asked");

        let (id, now): (Id<mark::Authenticator>, _) = (rooms.db().draw(), site.town.now());
        rooms
            .db()
            .write_unaudited("test", move |tx| {
                tx.run(
                    "INSERT INTO authenticator (id, account_id, name, secret, last_step, created_at)
                     VALUES ($1, $2, $3, $3, 0, $4)",
                    &[&id, &administrator, &vec![0_u8], &now],
                )
            })
            .await
            .unwrap();
        let prove = browser.get(&members).await.location;
        assert_eq!(prove, format!("/me/verify?need=factor&return_to={members}"));
        proved(&site, administrator, "pwd otp mfa").await;
        for page in ["members", "applications"] {
            assert_eq!(browser.get(&site.org(page)).await.status, StatusCode::OK, "{page}");
        }
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
