//! A small world for tests: one organization with one agent, one product that it is admitted to and the agent granted,
//! one client, one browser session; on a clock that tests move.
use crate::{
    OpenId,
    client::{self, Algorithm, Client, NewClient, service::create_client},
};
use axum::{Extension, Router, body::Body};
use db::{Db, Param};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use identity::Identity;
use kernel::{
    Clock, Timestamp, TokenHash,
    id::{AccountId, GrantId, OrganizationId, ProductId, SessionId},
};
use organization::Organizations;
use platform::{Outbox, Settings};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tower::ServiceExt;

pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub const ISSUER: &str = "http://127.0.0.1:8080";
pub const CALLBACK: &str = "https://rp.test/callback";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const COOKIE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub struct House {
    pub db: Db,
    pub openid: OpenId,
    router: Router,
    pub client: Arc<Client>,
    pub secret: String,
    pub session: SessionId,
    pub organization: OrganizationId,
}

/// Each engine with a clock of its own at `NOW`.
pub async fn engines() -> Vec<Db> {
    let mut engines = vec![db::testing::sqlite_at(Clock::fixed(NOW)).await];
    match std::env::var("FUJIE_TEST_POSTGRES") {
        Ok(server) => engines.push(db::testing::postgres_at(&server, Clock::fixed(NOW)).await),
        Err(_) => assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "this run must test PostgreSQL too"),
    }
    engines
}

/// One house on each engine. The client asks for consent unless `skip_consent`.
pub async fn houses(skip_consent: bool) -> Vec<House> {
    let mut houses = Vec::new();
    for db in engines().await {
        houses.push(House::new(db, skip_consent).await);
    }
    houses
}

impl House {
    pub async fn new(db: Db, skip_consent: bool) -> Self {
        let (session, organization): (SessionId, OrganizationId) = (db.draw(), db.draw());
        let (product, grant): (ProductId, GrantId) = (db.draw(), db.draw());
        let account: AccountId = db.draw();
        let house_type: kernel::id::OrganizationTypeId = db.draw();
        let membership: kernel::id::MembershipId = db.draw();
        let admission: kernel::id::AdmissionId = db.draw();
        let name = db.keyring().seal("account.name", account.as_i64(), "陈思齐");
        let phone = db.keyring().seal("account.phone", account.as_i64(), "+8613800138000");
        let until = NOW.plus_days(30);
        db.write_unaudited("a test's world", move |tx| {
            let rows: [(&str, &[&dyn Param]); 9] = [
                (
                    "INSERT INTO organization_type (id, code, name_zh, name_en, policy, rev, created_at)
                     VALUES ($1, 'member', '会员', 'Member', '{}', 0, $2)",
                    &[&house_type, &NOW],
                ),
                (
                    "INSERT INTO organization (id, type_id, name, name_folded, short_name, uscc, member_number, state, rev,
                         created_at)
                     VALUES ($1, $2, '澄江证券股份有限公司', '澄江证券股份有限公司', '澄江证券', '91990000MA0X7Q4H25',
                         'M001', 'active', 0, $3)",
                    &[&organization, &house_type, &NOW],
                ),
                (
                    "INSERT INTO account (id, sub, owner_kind, owner_organization_id, state, login_name, name, phone,
                         phone_proven, email_proven, rev, created_at)
                     VALUES ($1, 'subject-of-chensq', 'managed', $2, 'active', 'chensq', $3, $4, TRUE, FALSE, 0, $5)",
                    &[&account, &organization, &name, &phone, &NOW],
                ),
                (
                    "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
                         valid_until, created_at)
                     VALUES ($1, $2, $3, TRUE, 'agent', 'created', 'active', $4, $5, $4)",
                    &[&membership, &organization, &account, &NOW, &until],
                ),
                (
                    "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, audience,
                         admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed,
                         state, created_at)
                     VALUES ($1, 'quotes', '期权做市报价', 'Option Quotes', '', '', 'trade', 'chart', 'organization',
                         'discretionary', 'explicit', 'account_manager', 'unverified', 1, 'agent', 'active', $2)",
                    &[&product, &NOW],
                ),
                (
                    "INSERT INTO admission (id, organization_id, product_id, basis, state, valid_from, valid_until,
                         created_at)
                     VALUES ($1, $2, $3, 'discretionary', 'active', $4, $5, $4)",
                    &[&admission, &organization, &product, &NOW, &until],
                ),
                (
                    "INSERT INTO product_grant (id, membership_id, product_id, state, valid_from, valid_until, created_at)
                     VALUES ($1, $2, $3, 'active', $4, $5, $4)",
                    &[&grant, &membership, &product, &NOW, &until],
                ),
                (
                    "INSERT INTO session (id, token_hash, account_id, methods, authenticated_at, verified_at, created_at,
                         last_seen_at, expires_at)
                     VALUES ($1, $2, $3, 'pwd', $4, $4, $4, $4, $5)",
                    &[&session, &TokenHash::of(COOKIE), &account, &NOW.plus_seconds(-60), &until],
                ),
                ("UPDATE session SET last_seen_at = $1 WHERE id = $2", &[&NOW, &session]),
            ];
            for (sql, params) in rows {
                tx.run(sql, params)?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let new = NewClient {
            id: db.draw(),
            product,
            name: "Option Quotes".into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: vec!["https://rp.test/bye".into()],
            initiate_login_uri: None,
            skip_consent,
            id_token_algorithm: Algorithm::Es256,
            settings: client::Settings::default(),
        };
        let registered = create_client(&db, &organization::Operator::installation(), new).await.unwrap();
        let app = web::App::new(ISSUER, db.keyring().clone(), db.clock().clone(), db.rng().clone()).unwrap();
        // Receivers of webhooks listen on loopback.
        let opened = web::OutboundOptions { allow: vec!["127.0.0.0/8".parse().unwrap()], roots: Vec::new() };
        let outbound = web::Outbound::new(opened).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let organizations = Organizations::new(db.clone(), identity.clone());
        let openid = OpenId::open(db.clone(), organizations.clone(), ISSUER).await.unwrap();
        let rooms = crate::routes()
            .into_router()
            .layer(Extension(openid.clone()))
            .layer(Extension(organizations))
            .layer(Extension(identity));
        let router = web::frame(rooms, &Arc::new(app), web::Probes::default());
        let client = openid.clients().find(&registered.client_id).await.unwrap().unwrap();
        let secret = registered.secret.unwrap().expose().to_owned();
        Self { db, openid, router, client, secret, session, organization }
    }

    /// A statement that changes the world behind everybody's back, as another node would.
    pub async fn change(&self, sql: &'static str) {
        let session = self.session;
        self.db
            .write_unaudited("a test's world", move |tx| {
                tx.run(sql, &[])?;
                tx.changed("client", session);
                Ok(())
            })
            .await
            .unwrap();
    }
    /// Another product, 77, in all else as the house's.
    pub async fn another_product(&self, launch_url: Option<&'static str>) {
        self.db
            .write_unaudited("a test's world", move |tx| {
                tx.run(
                    "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, launch_url,
                         audience, admission_class, grant_mode, admission_editor, minimum_level, minimum_strength,
                         roles_allowed, state, created_at)
                     SELECT 77, 'other', name_zh, name_en, summary_zh, summary_en, category, icon, CAST($1 AS TEXT), audience,
                         admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed,
                         state, created_at FROM product",
                    &[&launch_url],
                )
            })
            .await
            .unwrap();
    }
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }
    /// GET, as the browser of the signed-in person if `cookie`.
    pub async fn get(&self, path: &str, cookie: bool) -> Answer {
        let mut request =
            Request::get(path).header(header::HOST, "127.0.0.1:8080").header("accept", "text/html");
        if cookie {
            request = request.header(header::COOKIE, format!("fujie-8080={COOKIE}"));
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }
    /// A form of the person's browser; the token is filled in.
    pub async fn submit(&self, page: &Answer, path: &str, members: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &page.value_of("csrf"));
        form.extend_pairs(members);
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::ORIGIN, ISSUER)
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, format!("fujie-8080={COOKIE}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }
    /// A form from a server, without cookies.
    pub async fn post(&self, path: &str, basic: Option<(&str, &str)>, body: &str) -> Answer {
        let mut request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((user, password)) = basic {
            let value = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
            request = request.header(header::AUTHORIZATION, format!("Basic {value}"));
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
    pub async fn bearer(&self, token: &str) -> Answer {
        let request = Request::get("/oauth2/userinfo")
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }
    /// An authorization request as a path.
    pub fn request(&self, more: &str) -> String {
        let challenge = data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER));
        format!(
            "/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}&scope=openid+profile&state=st&nonce=no\
             &code_challenge={challenge}&code_challenge_method=S256{more}",
            self.client.client_id,
            url::form_urlencoded::byte_serialize(CALLBACK.as_bytes()).collect::<String>(),
        )
    }
    /// A code, by a request that needs no page.
    pub async fn code(&self) -> String {
        let answer = self.get(&self.request(""), true).await;
        answer.query("code").unwrap_or_else(|| panic!("no code: {answer:?}"))
    }
    pub fn exchange_body(&self, code: &str) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ])
            .finish()
    }
    pub async fn exchange(&self, code: &str) -> Answer {
        let credentials = Some((self.client.client_id.as_str(), self.secret.as_str()));
        self.post("/oauth2/token", credentials, &self.exchange_body(code)).await
    }
    /// An access token.
    pub async fn token(&self) -> String {
        let answer = self.exchange(&self.code().await).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer:?}")).to_owned()
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}
impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    /// Where a redirect leads.
    pub fn location(&self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:?}");
        self.headers[header::LOCATION].to_str().unwrap().to_owned()
    }
    /// A parameter of where a redirect leads.
    pub fn query(&self, name: &str) -> Option<String> {
        let location = self.location();
        let (_, query) = location.split_once('?')?;
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.into_owned())
    }
    /// The value of a hidden field.
    pub fn value_of(&self, name: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name}: {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
    pub fn error_code(&self) -> String {
        let (_, rest) =
            self.body.split_once("id=\"error-code\">").unwrap_or_else(|| panic!("no error page: {self:?}"));
        rest.split('<').next().unwrap().to_owned()
    }
}
