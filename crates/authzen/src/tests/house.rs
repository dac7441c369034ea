//! One organization with a member who was granted the product and one who was not, a person who acts for themself, a
//! product with its client, and another product with a client of its own.
use crate::AuthZen;
use axum::{Extension, Router, body::Body};
use db::{Db, Param};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use identity::Identity;
use kernel::{
    Clock, Timestamp,
    id::{AccountId, MembershipId, OrganizationId, OrganizationTypeId, ProductId},
};
use oidc::{
    OpenId,
    client::{
        self, Algorithm, NewClient,
        service::{Registered, create_client},
    },
};
use organization::{Operator, Organizations};
use platform::{Outbox, Settings};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;

pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub const ISSUER: &str = "http://127.0.0.1:8080";
/// May use the product for the organization.
pub const GRANTED: &str = "subject-of-chensq";
/// A member without a grant.
pub const MEMBER: &str = "subject-of-zhouyt";
/// Nobody's employee.
pub const FREE: &str = "subject-of-lishuyan";

pub struct House {
    pub db: Db,
    pub organizations: Organizations,
    pub organization: OrganizationId,
    /// `quotes`.
    pub product: ProductId,
    router: Router,
    /// Of the product `quotes`.
    pub client: (String, String),
    /// Of the product `reports`, which is open to everybody.
    pub other: (String, String),
}

pub async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for db in db::testing::engines_at(Clock::fixed(NOW)).await {
        houses.push(House::new(db).await);
    }
    houses
}

impl House {
    async fn new(db: Db) -> Self {
        let organization: OrganizationId = db.draw();
        let (quotes, reports): (ProductId, ProductId) = (db.draw(), db.draw());
        let house_type: OrganizationTypeId = db.draw();
        let accounts: [AccountId; 3] = [db.draw(), db.draw(), db.draw()];
        let memberships: [MembershipId; 2] = [db.draw(), db.draw()];
        let names = accounts.map(|account| db.keyring().seal("account.name", account.as_i64(), "陈思齐"));
        let until = NOW.plus_days(30);
        db.write_unaudited("a test's world", move |tx| {
            tx.run(
                "INSERT INTO organization_type (id, code, name_zh, name_en, policy, rev, created_at)
                 VALUES ($1, 'member', '会员', 'Member', '{}', 0, $2)",
                &[&house_type, &NOW],
            )?;
            tx.run(
                "INSERT INTO organization (id, type_id, name, name_folded, short_name, state, rev, created_at)
                 VALUES ($1, $2, '澄江证券股份有限公司', '澄江证券股份有限公司', '澄江证券', 'active', 0, $3)",
                &[&organization, &house_type, &NOW],
            )?;
            let owners = [Some(organization), Some(organization), None];
            let people = [(GRANTED, "chensq"), (MEMBER, "zhouyt"), (FREE, "lishuyan")];
            for (((account, name), owner), (sub, login)) in accounts.iter().zip(&names).zip(owners).zip(people) {
                let kind = if owner.is_some() { "managed" } else { "self_owned" };
                tx.run(
                    "INSERT INTO account (id, sub, owner_kind, owner_organization_id, state, login_name, name, phone_proven,
                         email_proven, rev, created_at)
                     VALUES ($1, $2, $3, $4, 'active', $5, $6, FALSE, FALSE, 0, $7)",
                    &[account, &sub, &kind, &owner, &login, name, &NOW],
                )?;
            }
            for (membership, account) in memberships.iter().zip(&accounts) {
                tx.run(
                    "INSERT INTO membership (id, organization_id, account_id, managed, role, basis, state, valid_from,
                         valid_until, created_at)
                     VALUES ($1, $2, $3, TRUE, 'agent', 'created', 'active', $4, $5, $4)",
                    &[membership, &organization, account, &NOW, &until],
                )?;
            }
            for (product, code, audience, class, mode) in [
                (quotes, "quotes", "organization", "discretionary", "explicit"),
                (reports, "reports", "both", "open", "every_agent"),
            ] {
                tx.run(
                    "INSERT INTO product (id, code, name_zh, name_en, summary_zh, summary_en, category, icon, audience,
                         admission_class, grant_mode, admission_editor, minimum_level, minimum_strength, roles_allowed,
                         state, created_at)
                     VALUES ($1, $2, '产品', 'Product', '', '', 'trade', 'chart', $3, $4, $5, 'account_manager',
                         'unverified', 3, 'agent', 'active', $6)",
                    &[&product, &code, &audience, &class, &mode, &NOW],
                )?;
            }
            let ids: [&dyn Param; 5] = [&organization, &quotes, &memberships[0], &NOW, &until];
            tx.run(
                "INSERT INTO admission (id, organization_id, product_id, basis, state, valid_from, valid_until, created_at)
                 VALUES ($2, $1, $2, 'discretionary', 'active', $3, $4, $3)",
                &[ids[0], ids[1], ids[3], ids[4]],
            )?;
            tx.run(
                "INSERT INTO product_grant (id, membership_id, product_id, state, valid_from, valid_until, created_at)
                 VALUES ($1, $1, $2, 'active', $3, $4, $3)",
                &[ids[2], ids[1], ids[3], ids[4]],
            )?;
            Ok(())
        })
        .await
        .unwrap();
        let client = client_of(&db, quotes).await;
        let other = client_of(&db, reports).await;
        let app = web::App::new(ISSUER, db.keyring().clone(), db.clock().clone(), db.rng().clone()).unwrap();
        let outbound = web::Outbound::new(web::OutboundOptions::default()).unwrap();
        let (settings, outbox) = (Settings::new(db.clone()), Outbox::local(db.clone()));
        let identity = Identity::new(db.clone(), settings, outbox, outbound).unwrap();
        let organizations = Organizations::new(db.clone(), identity);
        let openid = OpenId::open(db.clone(), organizations.clone(), ISSUER).await.unwrap();
        let rooms = crate::routes().into_router().layer(Extension(AuthZen::new(openid)));
        let router = web::frame(rooms, &Arc::new(app), web::Probes::default());
        Self { db, organizations, organization, product: quotes, router, client, other }
    }
    /// Somebody came to the product for the organization.
    pub async fn came(&self, sub: &'static str, product: &'static str) {
        let organization = self.organization;
        self.db
            .write_unaudited("a test's world", move |tx| {
                tx.run(
                    "INSERT INTO product_use (account_id, product_id, organization_id, at)
                     SELECT a.id, p.id, CAST($1 AS BIGINT), CAST($2 AS BIGINT) FROM account a CROSS JOIN product p
                     WHERE a.sub = $3 AND p.code = $4",
                    &[&organization, &NOW, &sub, &product],
                )
            })
            .await
            .unwrap();
    }
    /// Answers come from memory from now on.
    pub async fn in_memory(&self) {
        tokio::spawn(self.organizations.entitlements().clone().work());
        while !self.organizations.entitlements().is_ready() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        self.post_as(&self.client, path, body).await
    }
    pub async fn post_as(&self, client: &(String, String), path: &str, body: impl Into<String>) -> Answer {
        let credentials = basic(&client.0, &client.1);
        let request = request(path).header(header::AUTHORIZATION, credentials);
        self.send(request.body(Body::from(body.into())).unwrap()).await
    }
    /// A question about the client's own product, for the organization.
    pub fn question(&self, subject: &str) -> String {
        format!(
            r#"{{"subject":{{"type":"user","id":"{subject}"}},"action":{{"name":"use"}},
                "resource":{{"type":"product","id":"quotes"}},"context":{{"organization":"{}"}}}}"#,
            self.organization
        )
    }
}

pub fn request(path: &str) -> http::request::Builder {
    Request::post(path)
        .header(header::HOST, "127.0.0.1:8080")
        .header(header::CONTENT_TYPE, "application/json")
}
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes()))
}
async fn client_of(db: &Db, product: ProductId) -> (String, String) {
    let new = NewClient {
        id: db.draw(),
        product,
        name: "Server".into(),
        redirect_uris: vec!["https://rp.test/callback".into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Es256,
        settings: client::Settings::default(),
    };
    let Registered { client_id, secret, .. } =
        create_client(db, &Operator::installation(), new).await.unwrap();
    (client_id, secret.unwrap().expose().to_owned())
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}
impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json", "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    /// Of one question.
    pub fn decision(&self) -> bool {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.json()["decision"].as_bool().unwrap_or_else(|| panic!("no decision: {self:?}"))
    }
    /// Of many.
    pub fn decisions(&self) -> Vec<bool> {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let json = self.json();
        assert!(json.get("decision").is_none(), "{self:?}");
        let list = json["evaluations"].as_array().unwrap_or_else(|| panic!("no list: {self:?}"));
        list.iter().map(|one| one["decision"].as_bool().unwrap()).collect()
    }
    /// The error message string of a refused request.
    pub fn message(&self) -> String {
        assert!(self.status.is_client_error(), "{self:?}");
        self.json().as_str().unwrap_or_else(|| panic!("no message string: {self:?}")).to_owned()
    }
}
