//! A browser for tests: the room behind the frame, cookies kept, forms sent with their token.
use crate::{Identity, account, captcha, credential};
use axum::{Extension, Router, body::Body};
use db::Db;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kernel::{Clock, LoginName, Mobile, Timestamp, id::AccountId};
use platform::{Outbox, Settings, setting::PasswordPolicy, staff::PolicyEditor};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use tower::ServiceExt;

pub const PHONE: &str = "13800138000";
pub const PASSWORD: &str = "correct horse 9";

/// The room over one store.
#[derive(Clone)]
pub struct Room {
    pub identity: Identity,
    app: Arc<web::App>,
    router: Router,
    seen: Seen,
}
impl Room {
    pub async fn over(db: Db) -> Self {
        let settings = Settings::new(db.clone());
        // Cheap hashes: these tests are about everything else.
        let policy = PasswordPolicy { memory_kib: 64, passes: 1, ..PasswordPolicy::default() };
        settings.change(&PolicyEditor::command_line(), policy).await.unwrap();
        // Providers that tests bring with them answer on loopback.
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let outbound = web::Outbound::new(web::OutboundOptions { allow, roots: Vec::new() }).unwrap();
        let identity = Identity::new(db.clone(), settings, Outbox::local(db.clone()), outbound).unwrap();
        let app = web::App::new(
            "http://localhost:8080",
            Arc::clone(db.keyring()),
            db.clock().clone(),
            db.rng().clone(),
        );
        let app = Arc::new(app.unwrap());
        let home =
            web::Routes::new().get("/", web::Policy::SignedIn, home).get("/me", web::Policy::SignedIn, home);
        let seen = Seen::default();
        let home =
            home.get("/seen", web::Policy::Public, see).get("/desk", web::Policy::Staff("auditor"), desk);
        let routes = crate::routes().merge(home);
        let router =
            routes.into_router().layer(Extension(identity.clone())).layer(Extension(Arc::clone(&seen)));
        let router = web::frame(router, &app, web::Probes::default());
        Self { identity, app, router, seen }
    }
    /// On both engines, with a clock that the test moves.
    pub async fn on_engines() -> Vec<Self> {
        let clock = Clock::fixed(Timestamp::from_millis(1_795_000_000_000));
        let mut rooms = Vec::new();
        for db in db::testing::engines_at(clock.clone()).await {
            rooms.push(Self::over(db).await);
        }
        rooms
    }
    pub fn db(&self) -> &Db {
        self.identity.db()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    /// A request of this browser, for services that are called without a page.
    pub fn ctx(&self, browser: [u8; 32]) -> web::Ctx {
        web::Ctx {
            now: self.now(),
            lang: web::Lang::En,
            request_id: "test".into(),
            address: [127, 0, 0, 1].into(),
            path: "/".into(),
            csrf: String::new(),
            browser,
            wants_json: false,
            is_get: true,
            theme: web::context::Theme::Auto,
            text_size: web::context::TextSize::Standard,
            client: web::Client::default(),
            flash: None,
            app: Arc::clone(&self.app),
        }
    }
    pub fn browser(&self) -> Browser {
        self.browser_at([127, 0, 0, 1])
    }
    pub fn browser_at(&self, address: [u8; 4]) -> Browser {
        Browser { room: self.clone(), cookies: BTreeMap::new(), address: SocketAddr::from((address, 40_000)) }
    }
    /// An account that signs in with `PASSWORD`.
    pub async fn account(&self, login_name: &str, phone: Option<&str>) -> AccountId {
        let hash = self.hash(PASSWORD).await;
        let (id, keyring, now) = (self.db().draw(), Arc::clone(self.db().keyring()), self.now());
        let new = account::NewSelfOwned {
            id,
            sub: self.db().rng().short_token(),
            login_name: LoginName::parse(login_name).unwrap(),
            name: "林知远".into(),
            phone: phone.map(|phone| Mobile::parse(phone).unwrap()),
            document: None,
            password_hash: hash,
            now,
        };
        self.db()
            .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
            .await
            .unwrap();
        id
    }
    pub async fn hash(&self, password: &str) -> String {
        let password = credential::Password::parse("password", password).unwrap();
        credential::service::hash(&self.identity, &password).await.unwrap()
    }
    pub async fn change<T: platform::setting::Section>(&self, section: T) {
        self.identity.settings().change(&PolicyEditor::command_line(), section).await.unwrap();
    }
    /// The newest message to a number.
    pub async fn message(&self, to: &str) -> Option<platform::outbox::Delivered> {
        self.identity.outbox().drain().await.unwrap();
        let to = Mobile::parse(to).unwrap();
        self.identity.outbox().local_outbox().unwrap().list().into_iter().find(|m| m.to == to.national())
    }
    /// The newest message to a mail address.
    pub async fn delivered(&self, to: &str) -> Option<platform::outbox::Delivered> {
        self.identity.outbox().drain().await.unwrap();
        self.identity.outbox().local_outbox().unwrap().list().into_iter().find(|m| m.to == to)
    }
    /// Time passes, for this engine and every other: they share a clock.
    pub fn pass(&self, seconds: i64) {
        self.db().clock().advance_seconds(seconds);
    }
    /// Gives the account an app that shows codes; `App::code` is what it shows.
    pub async fn app_for(&self, account: AccountId) -> App {
        let offer = factor::totp::service::offer(self.db(), "Fujie", "test").unwrap();
        let app = App { secret: offer.typed.replace(' ', "") };
        let new = factor::totp::service::NewAuthenticator {
            id: offer.id,
            account,
            name: "phone".into(),
            sealed: offer.sealed,
            code: factor::totp::Code::parse("code", &app.code(self.now())).unwrap(),
            now: self.now(),
        };
        let keyring = Arc::clone(self.db().keyring());
        self.db()
            .write_unaudited("test", move |tx| factor::totp::service::add_in(tx, &keyring, &new))
            .await
            .unwrap();
        // The first code was used to add it.
        self.db().clock().advance_seconds(60);
        app
    }
    /// Codes on paper, as printed.
    pub async fn recovery_codes_for(&self, account: AccountId) -> Vec<String> {
        let codes = factor::recovery_code::service::draw(self.db().rng());
        let (keyring, now, stored) = (Arc::clone(self.db().keyring()), self.now(), codes.clone());
        self.db()
            .write_unaudited("test", move |tx| {
                factor::recovery_code::service::replace_in(tx, &keyring, account, &stored, now)
            })
            .await
            .unwrap();
        codes.iter().map(factor::recovery_code::Code::printed).collect()
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
    /// What the account's history tells of these, newest first.
    pub async fn concerning(&self, account: AccountId, actions: &'static [&'static str]) -> Vec<String> {
        let newest = platform::audit::model::Before::NEWEST;
        let told = platform::audit::service::concerning(self.db(), account, actions, newest, 9).await;
        told.unwrap().into_iter().map(|entry| entry.action).collect()
    }
}
/// An authenticator app.
pub struct App {
    secret: String,
}
impl App {
    pub fn code(&self, now: Timestamp) -> String {
        let secret = data_encoding::BASE32_NOPAD.decode(self.secret.as_bytes()).unwrap();
        let totp = totp_rs::Builder::new().with_secret(secret).with_step_duration(30).build_noncompliant();
        totp.generate(now.as_seconds() as u64).to_string()
    }
    /// Six digits that it shows at no time near.
    pub fn wrong(&self, now: Timestamp) -> String {
        let near: Vec<String> = (-2..=2).map(|step| self.code(now.plus_seconds(step * 30))).collect();
        (0..10).map(|digit| digit.to_string().repeat(6)).find(|code| !near.contains(code)).unwrap()
    }
}
/// What the extractor made of the last request to `/seen`.
type Seen = Arc<std::sync::Mutex<Option<crate::SignedIn>>>;
async fn see(Extension(seen): Extension<Seen>, crate::MaybeSignedIn(found): crate::MaybeSignedIn) {
    *seen.lock().unwrap() = found;
}
async fn desk(staff: crate::staff::Auditor) -> String {
    staff.signed_in().login_name.clone()
}
async fn home(signed_in: crate::SignedIn) -> String {
    signed_in.login_name
}

#[derive(Clone)]
pub struct Browser {
    pub room: Room,
    pub cookies: BTreeMap<String, String>,
    address: SocketAddr,
}
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub text: String,
    pub bytes: Vec<u8>,
}
impl Page {
    /// Value of the input of that name.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\""))?;
        let (tag, _) = rest.split_once('>')?;
        let (_, value) = tag.split_once("value=\"")?;
        value.split_once('"').map(|(value, _)| value.to_owned())
    }
    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
    pub fn shows(&self, key: &str) -> bool {
        self.has(&web::Lang::En.t(key))
    }
}
impl Browser {
    /// The same browser in another network.
    pub fn move_to(&mut self, address: [u8; 4]) {
        self.address = SocketAddr::from((address, 40_000));
    }
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
    /// A form as a page of this site sends it.
    pub async fn post(&mut self, path: &str, token: &str, members: &[(&str, &str)]) -> Page {
        let mut all = vec![("csrf", token)];
        all.extend_from_slice(members);
        let body: Vec<String> =
            all.iter().map(|(name, value)| format!("{name}={}", crate::session::encoded(value))).collect();
        self.post_raw(path, body.join("&")).await
    }
    pub async fn post_raw(&mut self, path: &str, body: String) -> Page {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "http://localhost:8080")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }
    async fn send(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        request.headers_mut().insert(header::HOST, "localhost:8080".parse().unwrap());
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        request.extensions_mut().insert(web::Peer(self.address));
        let response = self.room.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = response.status();
        let location =
            response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Page { status, location, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.sign_in_to(name, password, "/").await
    }
    /// On the way somewhere.
    pub async fn sign_in_to(&mut self, name: &str, password: &str, return_to: &str) -> Page {
        let form = self.get("/login").await;
        let token = form.value("csrf").unwrap();
        let mut members = vec![("login-name", name), ("login-password", password), ("return_to", return_to)];
        let captcha = form.value("captcha");
        let work = captcha.as_ref().map(|token| captcha::model::do_work(token, BITS)).unwrap_or_default();
        if let Some(captcha) = &captcha {
            members.push(("captcha", captcha));
            members.push(("captcha-work", &work));
        }
        self.post("/login", &token, &members).await
    }
    /// A form of `page` whose captcha is solved.
    pub async fn post_solved(&mut self, path: &str, page: &Page, members: &[(&str, &str)]) -> Page {
        let captcha = page.value("captcha").unwrap();
        let work = captcha::model::do_work(&captcha, BITS);
        let mut all = members.to_vec();
        all.extend([("captcha", captcha.as_str()), ("captcha-work", work.as_str())]);
        self.post(path, &page.value("csrf").unwrap(), &all).await
    }
    /// Who the site takes this browser for.
    pub async fn signed_in(&mut self) -> Option<crate::SignedIn> {
        self.get("/seen").await;
        self.room.seen.lock().unwrap().clone()
    }
    /// What challenges of this browser are bound to.
    pub fn hash(&self) -> [u8; 32] {
        use sha2::Digest as _;
        let token = self.session().or_else(|| self.cookies.get("fujie-8080-pre")).unwrap();
        sha2::Sha256::new().chain_update(b"browser").chain_update(token).finalize().into()
    }
    pub fn session(&self) -> Option<&String> {
        self.cookies.get("fujie-8080")
    }
}
pub const BITS: u32 = 14;
