//! A house for tests: two organizations, two products with their clients, people; on both engines, on a clock that tests move.
use axum::{Extension, Router, body::Body};
use db::Db;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use identity::{
    Identity, SignedIn,
    account::{self, AccountState, NewSelfOwned},
    realname::RealNameLevel,
    session::NewSession,
};
use kernel::{
    Actor, ActorKind, Clock, LoginName, Mobile, Timestamp, Uscc,
    id::{AccountId, OrganizationId, ProductId, SessionId},
};
use oidc::{
    OpenId,
    client::{self, Algorithm, NewClient, service::create_client},
};
use organization::{
    Operator, Organizations,
    admission::NewAdmission,
    membership::{Appointment, Basis, Newcomer, Role, Terms},
    organization::NewOrganization,
    organization_type::{OrganizationType, TypePolicy, Words},
    product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState},
};
use platform::{Outbox, Settings};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tower::ServiceExt;
use web::{App, Probes};

pub const ORIGIN: &str = "http://127.0.0.1:8080";
pub const NOW: i64 = 1_795_000_000_000;
pub const USCC: &str = "91990000MA0X7Q4H25";

/// A product with its client.
#[derive(Clone)]
pub struct Party {
    pub product: ProductId,
    pub client_id: String,
    pub secret: String,
}
pub struct House {
    pub rooms: Organizations,
    pub app: Arc<App>,
    router: Router,
    /// For persons and organizations, admission by discretion; reached at https://rp.test.
    pub ours: Party,
    /// Another product, to which nobody is admitted.
    pub theirs: Party,
    pub organization: OrganizationId,
    pub other: OrganizationId,
}
impl House {
    pub async fn on_engines() -> Vec<Self> {
        let mut houses = Vec::new();
        for db in db::testing::engines_at(Clock::fixed(Timestamp::from_millis(NOW))).await {
            houses.push(Self::over(db).await);
        }
        houses
    }
    async fn over(db: Db) -> Self {
        let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let rooms = Organizations::new(db.clone(), identity.clone());
        let openid = OpenId::open(db.clone(), rooms.clone(), ORIGIN).await.unwrap();
        let app = App::new(ORIGIN, Arc::clone(db.keyring()), db.clock().clone(), db.rng().clone()).unwrap();
        let app = Arc::new(app);
        let router = crate::routes()
            .into_router()
            .layer(Extension(openid.clone()))
            .layer(Extension(rooms.clone()))
            .layer(Extension(identity));
        let now = db.clock().now();
        let type_id = db.draw();
        let kind = OrganizationType {
            id: type_id,
            code: "member".into(),
            name: Words::new("会员", "Member"),
            policy: TypePolicy { administrators: 5, ..TypePolicy::default() },
        };
        rooms.create_organization_type(&Operator::installation(), kind, now).await.unwrap();
        let found = async |name: &str, uscc: Option<&str>| {
            let new = NewOrganization {
                id: db.draw(),
                type_id,
                name: name.into(),
                short_name: name.chars().take(4).collect(),
                registration_number: None,
                uscc: uscc.map(|uscc| Uscc::parse(uscc).unwrap()),
                member_number: None,
                head_name: None,
                address: None,
                account_manager: None,
            };
            rooms.create_organization(&Operator::installation(), new, now).await.unwrap()
        };
        let organization = found("澄江证券股份有限公司", Some(USCC)).await;
        let other = found("远帆国际货运代理有限公司", None).await;
        let ours = party(&db, &rooms, "customs", "https://rp.test/callback").await;
        let theirs = party(&db, &rooms, "quotes", "https://evil.test/callback").await;
        let house = Self {
            rooms,
            router: web::frame(router, &app, Probes::default()),
            app,
            ours,
            theirs,
            organization,
            other,
        };
        house.admit(organization).await;
        house
    }
    pub fn db(&self) -> &Db {
        self.rooms.db()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub fn pass(&self, seconds: i64) {
        self.db().clock().advance_seconds(seconds);
    }
    pub async fn admit(&self, organization: OrganizationId) {
        let new = NewAdmission {
            id: self.db().draw(),
            product: self.ours.product,
            contract: None,
            valid_until: Timestamp::FOREVER,
            note: None,
        };
        self.rooms.admit(Operator::installation(), organization, new, self.now()).await.unwrap();
    }
    pub async fn person(&self, login_name: &str, phone: Option<&str>) -> AccountId {
        let new = NewSelfOwned {
            id: self.db().draw(),
            sub: format!("sub-{login_name}"),
            login_name: LoginName::parse(login_name).unwrap(),
            name: "林知远".into(),
            phone: phone.map(|phone| Mobile::parse(phone).unwrap()),
            document: None,
            password_hash: "none".into(),
            now: self.now(),
        };
        let (id, keyring) = (new.id, Arc::clone(self.db().keyring()));
        self.db()
            .write_unaudited("test", move |tx| account::service::create_self_owned_in(tx, &keyring, &new))
            .await
            .unwrap();
        id
    }
    /// A person who has used the first product as a private person.
    pub async fn user(&self, login_name: &str) -> AccountId {
        let account = self.person(login_name, None).await;
        self.uses(account, self.ours.product).await;
        account
    }
    pub async fn uses(&self, account: AccountId, product: ProductId) {
        let now = self.now();
        self.db()
            .write_unaudited("test", move |tx| {
                tx.run(
                    "INSERT INTO product_use (account_id, product_id, organization_id, at) VALUES ($1, $2, 0, $3)",
                    &[&account, &product, &now],
                )
                .map(drop)
            })
            .await
            .unwrap();
    }
    pub async fn join(&self, organization: OrganizationId, role: Role, account: AccountId) {
        let appointment = Appointment {
            id: self.db().draw(),
            newcomer: Newcomer::Existing(account),
            role,
            basis: Basis::Appointed,
            terms: Terms::default(),
        };
        self.rooms.appoint(Operator::installation(), organization, appointment, self.now()).await.unwrap();
    }
    pub async fn signed_in(&self, account: AccountId) -> SignedIn {
        let card = account::service::cards(self.db(), vec![account]).await.unwrap().remove(0);
        SignedIn {
            account,
            session: self.db().draw::<kernel::id::mark::Session>(),
            name: card.name,
            login_name: card.login_name,
            phone_masked: card.phone_masked,
            owner: card.owner,
            state: AccountState::Active,
            methods: vec!["pwd".into()],
            strength: 1,
            authenticated_at: self.now(),
            verified_at: self.now(),
            level: RealNameLevel::Unverified,
            staff: None,
            must_change_password: false,
            password_overdue: false,
            last_organization: None,
            actor: Actor { kind: ActorKind::Account, account: Some(account), ..Actor::system() },
        }
    }
    /// A browser with a session that began this moment.
    pub async fn browser(&self, account: AccountId) -> Browser<'_> {
        let (db, now) = (self.db(), self.now());
        let id: SessionId = db.draw();
        let new = NewSession {
            id,
            token: db.rng().token(),
            account,
            methods: vec!["pwd"],
            address: [127, 0, 0, 1].into(),
            user_agent: None,
            now,
            expires_at: now.plus_days(30),
        };
        let token = new.token.clone();
        db.write_unaudited("test", move |tx| identity::session::service::begin_in(tx, &new, None))
            .await
            .unwrap();
        let cookie = web::cookie::set_session(&self.app, &token, None);
        let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let (name, value) = cookie.split_once('=').unwrap();
        Browser { house: self, cookies: BTreeMap::from([(name.to_owned(), value.to_owned())]) }
    }
    async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, location, text, headers: parts.headers }
    }
    /// A request of a product's server.
    pub async fn api(&self, path: &str, by: Option<(&str, &str)>, kind: &str, body: String) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, kind);
        if let Some((user, password)) = by {
            let value = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
            request = request.header(header::AUTHORIZATION, format!("Basic {value}"));
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }
    async fn batch(&self, by: &Party, path: &str, body: &Value) -> Vec<Value> {
        let credentials = Some((by.client_id.as_str(), by.secret.as_str()));
        let answer = self.api(path, credentials, "application/json", body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let answer: Value = serde_json::from_str(&answer.text).unwrap();
        answer["results"].as_array().unwrap().clone()
    }
    /// The results of a batch of entries.
    pub async fn push(&self, by: &Party, rows: &[Value]) -> Vec<Value> {
        self.batch(by, "/api/v1/feed/entries", &json!({ "entries": rows })).await
    }
    /// `created`, or the code of the error.
    pub async fn push_one(&self, by: &Party, row: Value) -> String {
        word(&self.push(by, &[row]).await[0])
    }
    pub async fn push_items(&self, by: &Party, rows: &[Value]) -> Vec<Value> {
        self.batch(by, "/api/v1/items", &json!({ "items": rows })).await
    }
    /// So many seconds from the beginning, as programs write it.
    pub fn at(seconds: i64) -> String {
        Timestamp::from_millis(NOW).plus_seconds(seconds).rfc3339()
    }
    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}");
        self.db().read(move |tx| tx.one(&sql, &[])).await.unwrap()
    }
}
pub fn word(result: &Value) -> String {
    let error = result["result"] == "error";
    result[if error { "code" } else { "result" }].as_str().unwrap().to_owned()
}
/// A good row about a person, with some members replaced; null takes one away.
pub fn row(changes: Value) -> Value {
    let mut row = json!({
        "external_id": "BJ-1", "kind": "case", "subject": { "person": "sub-linzy" }, "title": "从业人员资格变更登记",
        "text": "材料已收到。\n三个工作日内答复。", "state": "processing", "state_label": "受理中",
        "link": "https://rp.test/cases/1", "occurred_at": House::at(-60), "updated_at": House::at(-60),
    });
    merge(&mut row, changes);
    row
}
pub fn merge(row: &mut Value, changes: Value) {
    let row = row.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            row.remove(name);
        } else {
            row.insert(name.clone(), value.clone());
        }
    }
}

async fn party(db: &Db, rooms: &Organizations, code: &str, callback: &str) -> Party {
    let product = Product {
        id: db.draw(),
        code: code.into(),
        name: Words::new("单一窗口", "Single Window"),
        summary: Words::new("报关", "Customs"),
        category: "trade".into(),
        icon: "chart".into(),
        launch_url: None,
        audience: Audience::Both,
        admission_class: AdmissionClass::Discretionary,
        grant_mode: GrantMode::Explicit,
        admission_editor: AdmissionEditor::AccountManager,
        minimum_level: RealNameLevel::Unverified,
        minimum_strength: 1,
        roles_allowed: vec![Role::Agent],
        network_zone: None,
        manager: None,
        state: ProductState::Active,
    };
    let id = rooms.create_product(&Operator::installation(), product, db.clock().now()).await.unwrap();
    let new = NewClient {
        id: db.draw(),
        product: id,
        name: code.into(),
        redirect_uris: vec![callback.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: true,
        id_token_algorithm: Algorithm::Es256,
        settings: client::Settings::default(),
    };
    let registered = create_client(db, &Operator::installation(), new).await.unwrap();
    let secret = registered.secret.unwrap().expose().to_owned();
    Party { product: id, client_id: registered.client_id, secret }
}

pub struct Browser<'h> {
    house: &'h House,
    cookies: BTreeMap<String, String>,
}
pub struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
    pub headers: http::HeaderMap,
}
impl Answer {
    pub fn value(&self, name: &str) -> String {
        let (_, rest) = self
            .text
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no {name} in {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }
    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
    /// Where the next page of the list is.
    pub fn next(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("rel=\"next\" href=\"")?;
        Some(rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"))
    }
}
impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
    /// With the token of `from`, a page that this browser saw.
    pub async fn post(&self, from: &Answer, path: &str, members: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &from.value("csrf")).extend_pairs(members);
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(form.finish()))
            .unwrap();
        self.send(request).await
    }
    async fn send(&self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        headers.insert(header::ACCEPT, "text/html".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        self.house.send(request).await
    }
}
