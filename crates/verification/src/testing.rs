//! The room behind the frame, people and staff who are signed in, and the example's verifier on a port of its own.
use crate::{
    Method, Reviewer, Verification,
    case::{CaseId, Entry, model::Typed},
    verifier::service::Typed as TypedVerifier,
};
use axum::{Extension, Router, body::Body};
use db::Db;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use identity::{
    Identity, SignedIn,
    account::{self, NewSelfOwned},
    realname::{RealNameLevel, service::level_of},
    session::NewSession,
};
use kernel::{
    Actor, Clock, LoginName, Mobile, Timestamp,
    id::{AccountId, OrganizationId},
};
use organization::Organizations;
use platform::{Outbox, Settings, StaffRole, connector::ConnectorId, staff::PolicyEditor};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use verifier::{Fault, Options, population};
use web::{App, Ctx, Outbound, OutboundOptions, Probes, frame};

pub const ORIGIN: &str = "http://127.0.0.1:8080";
pub const SECRET: &str = "correct-horse-battery-staple";
const SEED: u64 = 11;

pub fn someone(place: u64) -> population::Person {
    population::person(SEED, place)
}

type Seen = Arc<Mutex<Option<(Ctx, SignedIn)>>>;
async fn see(ctx: Ctx, signed_in: SignedIn, Extension(seen): Extension<Seen>) {
    *seen.lock().unwrap() = Some((ctx, signed_in));
}

#[derive(Clone)]
pub struct Room {
    pub room: Verification,
    pub app: Arc<App>,
    router: Router,
    seen: Seen,
}
impl Room {
    /// On both engines, each with a clock of its own: it begins now, since the verifier has the system's, and a test moves it.
    pub async fn on_engines() -> Vec<Self> {
        let clock = || Clock::fixed(Clock::System.now());
        let mut rooms = vec![Self::over(db::testing::sqlite_at(clock()).await)];
        match std::env::var("FUJIE_TEST_POSTGRES") {
            Ok(server) => rooms.push(Self::over(db::testing::postgres_at(&server, clock()).await)),
            Err(_) => assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "this run must test PostgreSQL too"),
        }
        rooms
    }
    fn over(db: Db) -> Self {
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let outbound = Outbound::new(OutboundOptions { allow, ..OutboundOptions::default() }).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let organizations = Organizations::new(db.clone(), identity.clone());
        let room = Verification::new(organizations.clone());
        let app = App::new(ORIGIN, Arc::clone(db.keyring()), db.clock().clone(), db.rng().clone()).unwrap();
        let (app, seen) = (Arc::new(app), Seen::default());
        let routes = crate::routes().get("/seen", web::Policy::SignedIn, see);
        let router = routes
            .into_router()
            .layer(Extension(identity))
            .layer(Extension(organizations))
            .layer(Extension(room.clone()))
            .layer(Extension(Arc::clone(&seen)));
        let router = frame(router, &app, Probes::default());
        Self { room, app, router, seen }
    }
    pub fn db(&self) -> &Db {
        self.room.db()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub async fn person(&self, login_name: &str) -> Visitor {
        let account = self.account(login_name).await;
        self.visitor(account).await
    }
    pub async fn account(&self, login_name: &str) -> AccountId {
        let (id, keyring, now) = (self.db().draw(), Arc::clone(self.db().keyring()), self.now());
        // Drawn, so that every account has a number of its own to be told at.
        let phone = format!("139{:08}", self.db().rng().below(100_000_000));
        let new = NewSelfOwned {
            id,
            sub: self.db().rng().short_token(),
            login_name: LoginName::parse(login_name).unwrap(),
            name: "某某".into(),
            phone: Some(Mobile::parse(&phone).unwrap()),
            document: None,
            password_hash: "none".into(),
            now,
        };
        self.db()
            .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
            .await
            .unwrap();
        id
    }
    /// An account that this organization owns.
    pub async fn managed(&self, login_name: &str, organization: OrganizationId) -> Visitor {
        let (id, keyring, now) = (self.db().draw(), Arc::clone(self.db().keyring()), self.now());
        let new = account::NewManaged {
            id,
            sub: self.db().rng().short_token(),
            organization,
            login_name: LoginName::parse(login_name).unwrap(),
            name: "某某".into(),
            phone: None,
            document: None,
            temporary_password_hash: Some("none".into()),
            now,
        };
        self.db()
            .write_unaudited("test", move |tx| {
                account::service::create_managed_in(tx, &keyring, &new)?;
                identity::credential::service::set_in(tx, id, "none", false, now)
            })
            .await
            .unwrap();
        self.visitor(id).await
    }
    pub async fn staff(&self, login_name: &str, role: StaffRole) -> Visitor {
        let (account, now) = (self.account(login_name).await, self.now());
        self.db()
            .write(move |tx| {
                let event =
                    platform::staff::service::appoint_in(tx, &Actor::system(), account, role, None, now)?;
                Ok(((), vec![event]))
            })
            .await
            .unwrap();
        self.visitor(account).await
    }
    pub async fn reviewer(&self, login_name: &str) -> Reviewer {
        Reviewer::of(&self.staff(login_name, StaffRole::AccountManager).await.signed_in).unwrap()
    }
    /// A session of its own, and what handlers make of it.
    pub async fn visitor(&self, account: AccountId) -> Visitor {
        let (db, now) = (self.db(), self.now());
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
        db.write_unaudited("a test signs in", move |tx| identity::session::service::begin_in(tx, &new, None))
            .await
            .unwrap();
        let cookie = web::cookie::set_session(&self.app, &token, None);
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let page = self.send(&cookie, Request::get("/seen").body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let (ctx, signed_in) = self.seen.lock().unwrap().clone().unwrap();
        Visitor { room: self.clone(), cookie, ctx, signed_in }
    }
    async fn send(&self, cookie: &str, mut request: Request<Body>) -> Page {
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        headers.insert(header::ORIGIN, ORIGIN.parse().unwrap());
        headers.insert(header::ACCEPT, "text/html".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Page { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// A verifier that behaves so, switched on for every check; its connector.
    pub async fn verifier(&self, fault: Fault) -> ConnectorId {
        let url = serve(fault, SECRET).await;
        self.connect(&url, SECRET, &["two_element", "three_element", "bank_card"]).await
    }
    pub async fn connect(&self, url: &str, secret: &str, checks: &[&str]) -> ConnectorId {
        let id = self.db().draw();
        let typed = TypedVerifier {
            name: "示例核验中心".into(),
            url: url.into(),
            key_id: "fujie".into(),
            secret: secret.into(),
            checks: checks.iter().map(|check| (*check).to_owned()).collect(),
            enabled: true,
        };
        self.room.create_verifier(&PolicyEditor::command_line(), id, &typed, self.now()).await.unwrap();
        id
    }
    /// Asks and lets the worker work until nothing is due.
    pub async fn check(&self, visitor: &Visitor, method: Method, typed: &Typed) -> CaseId {
        let entry = self
            .room
            .open_check(&visitor.ctx, &visitor.signed_in, self.db().draw(), method, typed)
            .await
            .unwrap();
        assert!(matches!(entry, Entry::Opened(_)));
        self.room.drain().await.unwrap();
        entry.id()
    }
    pub async fn level(&self, account: AccountId) -> RealNameLevel {
        level_of(self.db(), account, self.now()).await.unwrap()
    }
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.db().read(move |tx| tx.one(sql, &[])).await.unwrap()
    }
    pub async fn events(&self, action: &str) -> i64 {
        let action = action.to_owned();
        self.db()
            .read(move |tx| {
                tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE action = $1", &[&action])
            })
            .await
            .unwrap()
    }
    /// Titles of the messages in somebody's box.
    pub async fn told(&self, visitor: &Visitor) -> Vec<String> {
        let (identity, ctx) = (self.room.identity(), &visitor.ctx);
        let words = (ctx.lang, &ctx.app.zone);
        let list = identity::notice::service::list(identity, visitor.account(), words, false, None, 50).await;
        list.unwrap().into_iter().map(|message| message.kind.as_str().to_owned()).collect()
    }
}
/// A verifier's address.
pub async fn serve(fault: Fault, secret: &str) -> String {
    let options = Options { key_id: "fujie".into(), secret: secret.into(), seed: SEED, people: 120, fault };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, verifier::router(options)).await });
    format!("http://{address}")
}

#[derive(Clone)]
pub struct Visitor {
    pub room: Room,
    pub ctx: Ctx,
    pub signed_in: SignedIn,
    cookie: String,
}
pub struct Page {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}
impl Page {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
    /// Value of the input of that name.
    pub fn value(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, value) = rest.split_once("value=\"").unwrap();
        value.split_once('"').unwrap().0.to_owned()
    }
}
impl Visitor {
    pub fn account(&self) -> AccountId {
        self.signed_in.account
    }
    pub async fn get(&self, path: &str) -> Page {
        self.room.send(&self.cookie, Request::get(path).body(Body::empty()).unwrap()).await
    }
    pub async fn post(&self, path: &str, members: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf", self.ctx.csrf.as_str())];
        all.extend_from_slice(members);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.room.send(&self.cookie, request).await
    }
    /// A file as a browser sends it.
    pub async fn upload(&self, path: &str, csrf: &str, id: &str, file: &[u8]) -> Page {
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf), ("id", id)] {
            let part =
                format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        body.extend_from_slice(
            b"--edge\r\nContent-Disposition: form-data; name=\"document\"; filename=\"../x.exe\"\r\n\
              Content-Type: text/html\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header(header::CONTENT_LENGTH, body.len())
            .body(Body::from(body))
            .unwrap();
        self.room.send(&self.cookie, request).await
    }
}
/// What somebody of the population types.
pub fn typed(person: &population::Person) -> Typed {
    Typed {
        name: person.name.clone(),
        document_type: "resident_id".into(),
        number: person.number.clone(),
        country: String::new(),
        mobile: person.mobile.clone(),
        bank_card: person.bank_card.clone(),
        note: String::new(),
        consent: true,
    }
}
