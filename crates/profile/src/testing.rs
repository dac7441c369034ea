//! A house of all rooms below this one, with a browser: forms sent with their token, cookies kept.
use axum::{Extension, Router, body::Body};
use db::Db;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use identity::{
    Identity, SignedIn,
    account::{self, AccountState, NewManaged, NewSelfOwned, Owner},
    realname::RealNameLevel,
    session::NewSession,
};
use kernel::{Actor, ActorKind, Clock, LoginName, Mobile, Timestamp, id::AccountId, id::SessionId};
use oidc::OpenId;
use organization::{
    Operator, Organizations,
    membership::{Appointment, Basis, Newcomer, Role, Terms},
    organization::NewOrganization,
    organization_type::{OrganizationType, TypePolicy, Words},
};
use platform::{Outbox, Settings};
use std::{collections::BTreeMap, sync::Arc};
use tower::ServiceExt;
use web::{App, Probes};

pub const ORIGIN: &str = "http://127.0.0.1:8080";
pub const NOW: i64 = 1_795_000_000_000;

pub struct House {
    pub rooms: Organizations,
    pub app: Arc<App>,
    router: Router,
}
impl House {
    /// On both engines, with a clock that the test moves.
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
            .layer(Extension(openid))
            .layer(Extension(rooms.clone()))
            .layer(Extension(identity));
        Self { rooms, router: web::frame(router, &app, Probes::default()), app }
    }
    pub fn db(&self) -> &Db {
        self.rooms.db()
    }
    pub fn identity(&self) -> &Identity {
        self.rooms.identity()
    }
    pub fn now(&self) -> Timestamp {
        self.db().clock().now()
    }
    pub fn pass(&self, seconds: i64) {
        self.db().clock().advance_seconds(seconds);
    }
    pub async fn person(&self, login_name: &str, phone: Option<&str>) -> AccountId {
        let new = NewSelfOwned {
            id: self.db().draw(),
            sub: self.db().rng().short_token(),
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
    pub async fn organization(&self) -> kernel::id::OrganizationId {
        let type_id = self.db().draw();
        let kind = OrganizationType {
            id: type_id,
            code: "member".into(),
            name: Words::new("会员", "Member"),
            policy: TypePolicy::default(),
        };
        let now = self.now();
        self.rooms.create_organization_type(&Operator::installation(), kind, now).await.unwrap();
        let new = NewOrganization {
            id: self.db().draw(),
            type_id,
            name: "澄江证券股份有限公司".into(),
            short_name: "澄江证券".into(),
            uscc: None,
            member_number: None,
            registration_number: None,
            head_name: None,
            address: None,
            account_manager: None,
        };
        self.rooms.create_organization(&Operator::installation(), new, now).await.unwrap()
    }
    /// An account of the organization, with a phone that somebody typed.
    pub async fn managed(
        &self,
        organization: kernel::id::OrganizationId,
        role: Role,
        login_name: &str,
        phone: Option<&str>,
    ) -> AccountId {
        let new = NewManaged {
            id: self.db().draw(),
            sub: self.db().rng().short_token(),
            organization,
            login_name: LoginName::parse(login_name).unwrap(),
            name: "陈思齐".into(),
            phone: phone.map(|phone| Mobile::parse(phone).unwrap()),
            document: None,
            temporary_password_hash: Some("none".into()),
            now: self.now(),
        };
        let (id, keyring, now) = (new.id, Arc::clone(self.db().keyring()), self.now());
        self.db()
            .write_unaudited("test", move |tx| {
                account::service::create_managed_in(tx, &keyring, &new)?;
                identity::credential::service::set_in(tx, id, "none", false, now)
            })
            .await
            .unwrap();
        self.join(organization, role, id).await;
        id
    }
    pub async fn join(&self, organization: kernel::id::OrganizationId, role: Role, account: AccountId) {
        let appointment = Appointment {
            id: self.db().draw(),
            newcomer: Newcomer::Existing(account),
            role,
            basis: Basis::Appointed,
            terms: Terms::default(),
        };
        self.rooms.appoint(Operator::installation(), organization, appointment, self.now()).await.unwrap();
    }
    /// As if the holder had one browser remembered in place of the second step.
    pub async fn remember_browser(&self, account: AccountId) {
        let (id, now): (identity::device::DeviceId, _) = (self.db().draw(), self.now());
        self.db()
            .write_unaudited("test", move |tx| {
                tx.run(
                    "INSERT INTO device (id, token_hash, account_id, created_at, last_used_at, trusted_at, trusted_until)
                     VALUES ($1, $2, $3, $4, $4, $4, $5)",
                    &[&id, &id.as_i64().to_be_bytes().to_vec(), &account, &now, &now.plus_days(30)],
                )
            })
            .await
            .unwrap();
    }
    /// How many browsers are remembered.
    pub async fn remembered_browsers(&self) -> i64 {
        let count = "SELECT CAST(COUNT(*) AS BIGINT) FROM device WHERE trusted_until IS NOT NULL";
        self.db().read(move |tx| tx.one(count, &[])).await.unwrap()
    }
    pub async fn signed_in(&self, account: AccountId) -> SignedIn {
        let card = account::service::cards(self.db(), vec![account]).await.unwrap().remove(0);
        let staff = platform::staff::service::find(self.db(), account).await.unwrap();
        SignedIn {
            account,
            session: self.db().draw::<kernel::id::mark::Session>(),
            name: card.name,
            login_name: card.login_name,
            phone_masked: card.phone_masked,
            owner: match card.owner {
                Owner::SelfOwned => Owner::SelfOwned,
                managed @ Owner::Managed(_) => managed,
            },
            state: AccountState::Active,
            methods: vec!["pwd".into()],
            strength: 1,
            authenticated_at: self.now(),
            verified_at: self.now(),
            level: RealNameLevel::Unverified,
            staff: staff.map(|staff| staff.role),
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
    pub async fn events(&self, action: &str) -> i64 {
        let action = action.to_owned();
        self.db()
            .read(move |tx| {
                tx.one("SELECT CAST(COUNT(*) AS BIGINT) FROM audit_event WHERE action = $1", &[&action])
            })
            .await
            .unwrap()
    }
    /// The newest message to a number or address.
    pub async fn message(&self, to: &str) -> Option<platform::outbox::Delivered> {
        self.identity().outbox().drain().await.unwrap();
        self.identity().outbox().local_outbox().unwrap().list().into_iter().find(|m| m.to == to)
    }
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
}
impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
    /// With the token of `from`, a page that this browser saw.
    pub async fn post(&mut self, from: &Answer, path: &str, members: &[(&str, &str)]) -> Answer {
        let token = from.value("csrf");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &token).extend_pairs(members);
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(form.finish()))
            .unwrap();
        self.send(request).await
    }
    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        headers.insert(header::HOST, "127.0.0.1:8080".parse().unwrap());
        headers.insert(header::ACCEPT, "text/html".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        let response = self.house.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap()).to_owned();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, location, text, headers: parts.headers }
    }
}
/// The proof of work of the captcha on a page.
pub fn captcha(page: &Answer) -> Vec<(&'static str, String)> {
    let token = page.value("captcha");
    let work = identity::captcha::model::do_work(&token, 14);
    vec![("captcha", token), ("captcha-work", work)]
}
