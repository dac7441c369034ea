//! Holders of accounts with every way back, and browsers that take it.
use crate::question::{model as questions, service as question};
use crate::recovery::{Moved, Step, Way, service};
use axum::{Extension, Router, body::Body};
use db::Db;
use factor::totp;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use identity::{
    Identity, MaybeSignedIn, SignedIn,
    account::{self, NewSelfOwned},
    captcha,
    challenge::{self, ChallengeId, NewChallenge},
    credential,
    realname::{self, Proof, RealNameLevel},
};
use kernel::{Clock, LoginName, Mobile, Timestamp, id::AccountId};
use organization::Organizations;
use platform::{
    Outbox, Settings,
    connector::{self, model::ConnectorId, model::Kind, model::NewConnector},
    outbox::Delivered,
    setting::PasswordPolicy,
    staff::PolicyEditor,
};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};
use tower::ServiceExt;
use web::Ctx;

pub const PASSWORD: &str = "Bamboo-lantern-7291";
pub const NEW: &str = "Quiet-harbour-5518";
pub const ANSWERS: [&str; 3] = ["王老师", "豆豆", "鼓浪屿"];
pub const BITS: u32 = 14;

#[derive(Clone)]
pub struct Room {
    pub identity: Identity,
    pub alipay: ConnectorId,
    app: Arc<web::App>,
    router: Router,
    seen: Seen,
}
type Seen = Arc<std::sync::Mutex<Option<SignedIn>>>;
async fn see(Extension(seen): Extension<Seen>, MaybeSignedIn(found): MaybeSignedIn) {
    *seen.lock().unwrap() = found;
}

/// Somebody with an account and all that it can have.
#[derive(Clone)]
pub struct Holder {
    pub account: AccountId,
    pub login_name: String,
    pub phone: String,
    pub email: String,
    /// Of the identity at Alipay.
    pub subject: String,
}
impl Room {
    /// On both engines, with a clock that the test moves.
    pub async fn on_engines() -> Vec<Self> {
        let clock = Clock::fixed(Timestamp::from_millis(1_795_000_000_000));
        let mut rooms = Vec::new();
        for db in db::testing::engines_at(clock).await {
            rooms.push(Self::over(db).await);
        }
        rooms
    }
    async fn over(db: Db) -> Self {
        let settings = Settings::new(db.clone());
        // Cheap hashes: these tests are about everything else.
        let policy = PasswordPolicy { memory_kib: 64, passes: 1, ..PasswordPolicy::default() };
        let editor = PolicyEditor::command_line();
        settings.change(&editor, policy).await.unwrap();
        let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
        let identity = Identity::new(db.clone(), settings, Outbox::local(db.clone()), outbound).unwrap();
        let alipay = db.draw();
        let connector = NewConnector {
            id: alipay,
            kind: Kind::Upstream,
            provider: "alipay".into(),
            name: "支付宝".into(),
            enabled: true,
            config: "{}".into(),
        };
        connector::service::create(&db, &editor, connector, db.clock().now()).await.unwrap();
        let app = web::App::new(
            "http://127.0.0.1:8080",
            Arc::clone(db.keyring()),
            db.clock().clone(),
            db.rng().clone(),
        );
        let app = Arc::new(app.unwrap());
        let seen = Seen::default();
        let routes = identity::routes().merge(crate::routes()).merge(web::Routes::new().get(
            "/seen",
            web::Policy::Public,
            see,
        ));
        let router = routes
            .into_router()
            .layer(Extension(Organizations::new(db, identity.clone())))
            .layer(Extension(identity.clone()))
            .layer(Extension(Arc::clone(&seen)));
        let router = web::frame(router, &app, web::Probes::default());
        Self { identity, alipay, app, router, seen }
    }
    pub fn db(&self) -> &Db {
        self.identity.db()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub fn pass(&self, seconds: i64) {
        self.db().clock().advance_seconds(seconds);
    }
    pub async fn change<T: platform::setting::Section>(&self, section: T) {
        self.identity.settings().change(&PolicyEditor::command_line(), section).await.unwrap();
    }
    /// A request of that browser from a source of its own.
    pub fn ctx(&self, browser: u16) -> Ctx {
        let [high, low] = browser.to_be_bytes();
        let mut token = [0; 32];
        token[0] = high;
        token[1] = low;
        Ctx {
            now: self.now(),
            lang: web::Lang::En,
            request_id: "test".into(),
            address: [10, 0, high, low].into(),
            path: "/".into(),
            csrf: String::new(),
            browser: token,
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
        Browser { room: self.clone(), cookies: BTreeMap::new() }
    }
    /// `n` tells one holder from another.
    pub async fn holder(&self, n: u16) -> Holder {
        let holder = Holder {
            account: self.db().draw(),
            login_name: format!("linzy.{n:04}"),
            phone: format!("1380013{n:04}"),
            email: format!("lin{n:04}@example.com"),
            subject: format!("open_id app {n}"),
        };
        let password = credential::Password::parse("password", PASSWORD).unwrap();
        let new = NewSelfOwned {
            id: holder.account,
            sub: self.db().rng().short_token(),
            login_name: LoginName::parse(&holder.login_name).unwrap(),
            name: "林知远".into(),
            phone: Some(Mobile::parse(&holder.phone).unwrap()),
            document: None,
            password_hash: credential::service::hash(&self.identity, &password).await.unwrap(),
            now: self.now(),
        };
        let (keyring, id, now) = (Arc::clone(self.db().keyring()), holder.account, self.now());
        let row = id.as_i64();
        let email = keyring.seal("account.email", row, &holder.email);
        let index = keyring.blind("email", &holder.email);
        let subject = keyring.blind("external_identity.subject", &holder.subject);
        let sealed = keyring.seal("external_identity.subject", row, &holder.subject);
        let alipay = self.alipay;
        self.write(move |tx| {
            account::service::create_self_owned_in(tx, &keyring, &new)?;
            tx.run(
                "UPDATE account SET email = $2, email_index = $3, email_proven = $4, phone_proven_at = $5 WHERE id = $1",
                &[&id, &email, &index, &true, &now],
            )?;
            tx.run(
                "INSERT INTO external_identity (id, account_id, connector_id, subject_index, subject, linked_at)
                 VALUES ($1, $1, $2, $3, $4, $5)",
                &[&id, &alipay, &subject, &sealed, &now],
            )
        })
        .await;
        let typed = questions::Typed {
            questions: ["first_teacher", "first_pet", "own"].map(str::to_owned),
            own: ["", "", "第一次看海的地方"].map(str::to_owned),
            answers: ANSWERS.map(str::to_owned),
        };
        let chosen = questions::Chosen::parse(&typed, &[]).unwrap();
        let mut browser = self.browser();
        browser.sign_in(&holder.login_name, PASSWORD).await;
        let signed_in = browser.signed_in().await.unwrap();
        question::set(&self.identity, &signed_in, chosen, now).await.unwrap();
        self.identity.outbox().drain().await.unwrap();
        holder
    }
    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut db::Tx<'_>) -> kernel::Result<T> + Send + 'static,
    ) -> T {
        self.db().write_unaudited("test", run).await.unwrap()
    }
    pub async fn raise(&self, holder: &Holder, level: RealNameLevel) {
        let proof = Proof {
            id: self.db().draw(),
            account: holder.account,
            method: "counter".into(),
            provider: "test".into(),
            level,
            proven_at: self.now(),
            expires_at: self.now().plus_days(365),
        };
        self.write(move |tx| realname::service::prove_in(tx, &proof)).await;
    }
    /// An authenticator app; what it shows now.
    pub async fn authenticator(&self, holder: &Holder) -> App {
        let offer = totp::service::offer(self.db(), "Fujie", &holder.login_name).unwrap();
        let key = data_encoding::BASE32_NOPAD.decode(offer.typed.replace(' ', "").as_bytes()).unwrap();
        let app = App(key);
        let new = totp::service::NewAuthenticator {
            id: offer.id,
            account: holder.account,
            name: "phone".into(),
            sealed: offer.sealed.clone(),
            code: totp::Code::parse("code", &app.code(self.now().plus_seconds(-30))).unwrap(),
            now: self.now(),
        };
        let keyring = Arc::clone(self.db().keyring());
        let added = self.write(move |tx| totp::service::add_in(tx, &keyring, &new)).await;
        assert_eq!(added, totp::Added::Done);
        app
    }
    /// The newest message to a number or mailbox.
    pub async fn message(&self, to: &str) -> Option<Delivered> {
        self.identity.outbox().drain().await.unwrap();
        self.identity.outbox().local_outbox().unwrap().list().into_iter().find(|m| m.to == to)
    }
    pub async fn was_told(&self, to: &str, purpose: &str) -> bool {
        self.identity.outbox().drain().await.unwrap();
        let sent = self.identity.outbox().local_outbox().unwrap().list();
        sent.iter().any(|message| message.to == to && message.purpose == purpose)
    }
    pub async fn count(&self, table: &'static str) -> i64 {
        self.db()
            .read(move |tx| tx.one(&format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}"), &[]))
            .await
            .unwrap()
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

    // The steps, as a page takes them.

    pub async fn begin(&self, ctx: &Ctx, typed: &str) -> ChallengeId {
        match service::begin(&self.identity, ctx, typed).await.unwrap() {
            service::Began::Flow(id) => id,
            service::Began::TooMany { minutes } => panic!("{minutes}"),
        }
    }
    pub async fn choose(&self, ctx: &Ctx, id: ChallengeId, way: Way) -> ChallengeId {
        match service::choose(&self.identity, ctx, id, way).await.unwrap() {
            Moved::To(Step::Prove { .. }, next) => next,
            other => panic!("{way}: {other:?}"),
        }
    }
    /// Another connector at Alipay, one that really leads there.
    pub async fn another_alipay(&self, name: &str) -> ConnectorId {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../upstream/tests/vectors.json")).unwrap();
        let config = serde_json::json!({
            "app_id": "2021000000000002",
            "private_key": vectors["alipay_rsa2"]["app_private_key_pkcs8_pem"],
            "public_key": vectors["alipay_rsa2"]["platform_public_key_pem"],
            "authorize": "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm",
            "gateway": "https://openapi.alipay.com/gateway.do",
            "profile": false,
        });
        let id = self.db().draw();
        let new = NewConnector::new(id, Kind::Upstream, "alipay", name, true, &config).unwrap();
        let editor = PolicyEditor::command_line();
        connector::service::create(self.db(), &editor, new, self.now()).await.unwrap();
        id
    }
    /// What Alipay brought back for this step, of whoever signed in there.
    pub async fn alipay_result(&self, ctx: &Ctx, step: ChallengeId, subject: &str) -> ChallengeId {
        self.alipay_result_at(self.alipay, ctx, step, subject).await
    }
    pub async fn alipay_result_at(
        &self,
        connector: ConnectorId,
        ctx: &Ctx,
        step: ChallengeId,
        subject: &str,
    ) -> ChallengeId {
        let data = serde_json::json!({
            "connector": connector, "provider": "alipay", "name": "支付宝",
            "purpose": { "Recover": { "challenge": step } },
            "person": { "subject": subject, "alt_subjects": [], "display_name": null, "certified": null, "phone": null },
            "account": null, "return_to": "/",
        });
        let id = self.db().draw();
        let new = NewChallenge {
            id,
            kind: "external",
            purpose: "external.recover",
            browser: ctx.browser,
            target: None,
            code: Some(String::new()),
            data: data.to_string(),
            attempts_allowed: 1,
            now: ctx.now,
            expires_at: ctx.now.plus_seconds(600),
        };
        let keyring = Arc::clone(self.db().keyring());
        self.write(move |tx| challenge::service::open_in(tx, &keyring, &new)).await;
        id
    }
    /// Chooses a way and proves it as its holder would.
    pub async fn prove(&self, ctx: &Ctx, id: ChallengeId, way: Way, holder: &Holder) -> Moved {
        let step = self.choose(ctx, id, way).await;
        let code = async |to: &str| self.message(to).await.unwrap().code.unwrap();
        match way {
            Way::Sms => service::code(&self.identity, ctx, step, &code(&holder.phone).await).await,
            Way::Mail => service::code(&self.identity, ctx, step, &code(&holder.email).await).await,
            Way::Questions => service::answers(&self.identity, ctx, step, &answers(ANSWERS)).await,
            Way::Alipay => {
                let result = self.alipay_result(ctx, step, &holder.subject).await;
                service::alipay_proof(&self.identity, ctx, step, result).await
            }
        }
        .unwrap()
    }
    pub async fn set_password(&self, ctx: &Ctx, id: ChallengeId, password: &str) -> Moved {
        let password = credential::Password::parse("new_password", password).unwrap();
        service::set_password(&self.identity, ctx, id, &password).await.unwrap()
    }
}
pub fn answers(typed: [&str; 3]) -> questions::Answers {
    questions::Answers::parse(&typed.map(str::to_owned)).unwrap()
}
/// The id behind a step that this one led to.
pub fn led_to(moved: &Moved, step: Step) -> ChallengeId {
    match moved {
        Moved::To(found, id) if *found == step => *id,
        other => panic!("{step:?} wanted: {other:?}"),
    }
}

/// An authenticator app.
pub struct App(Vec<u8>);
impl App {
    pub fn code(&self, now: Timestamp) -> String {
        let seconds = u64::try_from(now.as_seconds()).unwrap();
        totp_rs::Builder::new().with_secret(self.0.clone()).build_noncompliant().generate(seconds).to_string()
    }
}

#[derive(Clone)]
pub struct Browser {
    pub room: Room,
    pub cookies: BTreeMap<String, String>,
}
pub struct Page {
    pub status: StatusCode,
    pub location: Option<String>,
    pub text: String,
}
impl Page {
    /// Value of the input of that name.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\""))?;
        let (tag, _) = rest.split_once('>')?;
        let (_, value) = tag.split_once("value=\"")?;
        value.split_once('"').map(|(value, _)| value.to_owned())
    }
    pub fn shows(&self, key: &str) -> bool {
        self.text.contains(&web::Lang::En.t(key))
    }
}
impl Browser {
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
    /// The form of a page, sent as a browser sends it, with the work that a script does for the captcha.
    pub async fn submit(&mut self, page: &Page, path: &str, members: &[(&str, &str)]) -> Page {
        let token = page.value("csrf").unwrap();
        let captcha = page.value("captcha");
        let work = captcha.as_ref().map(|token| captcha::model::do_work(token, BITS)).unwrap_or_default();
        let mut all = vec![("csrf", token.as_str())];
        if let Some(captcha) = &captcha {
            all.extend([("captcha", captcha.as_str()), ("captcha-work", work.as_str())]);
        }
        all.extend_from_slice(members);
        let body: Vec<String> =
            all.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "http://127.0.0.1:8080")
            .body(Body::from(body.join("&")))
            .unwrap();
        self.send(request).await
    }
    /// Where a redirect leads.
    pub async fn follow(&mut self, page: &Page) -> Page {
        let path = page.location.clone().unwrap_or_else(|| panic!("{} {}", page.status, page.text));
        self.get(&path).await
    }
    async fn send(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        request.headers_mut().insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().unwrap());
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        request.extensions_mut().insert(web::Peer(SocketAddr::from(([127, 0, 0, 1], 40_000))));
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
        let location = response.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Page { status, location, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        let form = self.get("/login").await;
        let members = [("login-name", name), ("login-password", password), ("return_to", "/")];
        self.submit(&form, "/login", &members).await
    }
    /// Who the site takes this browser for.
    pub async fn signed_in(&mut self) -> Option<SignedIn> {
        self.get("/seen").await;
        self.room.seen.lock().unwrap().clone()
    }
}
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
