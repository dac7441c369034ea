//! The OpenID Provider: products learn here who signed in and for whom they act. Authorization code with PKCE, opaque
//! access tokens that the database answers for, ID tokens with the organization acted for, sign-out, and the decision API.
pub mod authorize;
pub mod claims;
pub mod client;
pub mod decision;
pub mod discovery;
pub mod dpop;
pub mod ending;
#[cfg(test)]
mod fuzzing;
#[cfg(all(feature = "fuzzing", not(test)))]
pub mod fuzzing;
#[cfg(test)]
mod house;
pub mod jose;
pub mod keys;
pub mod logout;
pub mod machine;
mod once;
pub mod par;
mod parameters;
pub mod remembered;
#[cfg(test)]
mod testing;
pub mod token;
pub mod upkeep;
pub mod webhook;

use bytes::Bytes;
use client::{published::ClientKeys, service::Clients};
use db::Db;
use kernel::Result;
use keys::Keys;
use organization::{
    Organizations,
    decision::{SessionFacts, Space},
};
use std::sync::Arc;
use token::{grant::Issued, live::Living};
use web::{Policy, Routes};

/// The room; travels as an axum extension. Cheap to clone.
#[derive(Clone)]
pub struct OpenId(Arc<Inner>);
struct Inner {
    db: Db,
    organizations: Organizations,
    keys: Keys,
    clients: Clients,
    client_keys: ClientKeys,
    living: Living,
    issued: Issued,
    issuer: String,
    metadata: Bytes,
}

impl OpenId {
    /// `issuer` is the origin of the installation. Makes signing keys at the first start.
    pub async fn open(db: Db, organizations: Organizations, issuer: &str) -> Result<Self> {
        let keys = Keys::new(db.clone());
        keys.ensure().await?;
        follow(&db);
        Ok(Self(Arc::new(Inner {
            clients: Clients::new(db.clone()),
            client_keys: ClientKeys::new(organizations.identity().outbound().clone()),
            living: Living::new(&db),
            issued: Issued::default(),
            metadata: discovery::metadata(issuer),
            issuer: issuer.to_owned(),
            organizations,
            keys,
            db,
        })))
    }
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    pub fn organizations(&self) -> &Organizations {
        &self.0.organizations
    }
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }
    pub fn clients(&self) -> &Clients {
        &self.0.clients
    }
    /// The public keys of clients, registered or published.
    pub fn client_keys(&self) -> &ClientKeys {
        &self.0.client_keys
    }
    /// What tokens said a moment ago.
    pub(crate) fn living(&self) -> &Living {
        &self.0.living
    }
    /// Of which signed tokens the record knows.
    pub(crate) fn issued(&self) -> &Issued {
        &self.0.issued
    }
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }
    /// The discovery document.
    pub fn metadata(&self) -> Bytes {
        self.0.metadata.clone()
    }
}

/// From now on whatever ends through this handle takes its tokens along and is told to products. [`OpenId::open`] does it; a
/// command that changes something without serving does it by itself, and the running server sends what it noted.
pub fn follow(db: &Db) {
    ending::follow(db);
    webhook::follow(db);
    logout::backchannel::follow(db);
}

/// Every route of the room.
pub fn routes() -> Routes {
    use Policy::{Client, Public, SignedIn};
    Routes::new()
        .get_blind(discovery::CONFIGURATION, Public, discovery::configuration)
        .get_blind(discovery::SERVER_METADATA, Public, discovery::configuration)
        .get_blind(discovery::KEY_SET, Public, discovery::jwks)
        .get("/oauth2/authorize", Public, authorize::pages::authorize)
        .post_blind("/oauth2/authorize", Public, authorize::pages::authorize_posted)
        .get("/oauth2/start/{client}", Public, authorize::start::start)
        .get("/consent", SignedIn, authorize::consent::page)
        .post("/consent", SignedIn, authorize::consent::decide)
        .post("/consent/other-account", SignedIn, authorize::consent::other_account)
        .get("/oauth2/explain", SignedIn, authorize::explain::page)
        .post("/oauth2/explain/request", SignedIn, authorize::explain::request)
        .post("/oauth2/explain/verify", SignedIn, authorize::explain::verify)
        .post("/oauth2/explain/back", SignedIn, authorize::explain::go_back)
        .post_blind("/oauth2/introspect", Client, token::introspection::introspect)
        .get("/oauth2/logout", Public, logout::pages::begin)
        .post_blind("/oauth2/logout", Public, logout::pages::begin_posted)
        .get("/logout", Public, logout::pages::page)
        .post("/logout", Public, logout::pages::confirmed)
        .post_blind("/api/v1/decisions", Client, decision::decide)
        .merge(for_scripts())
}
/// What a product that is nothing but a page calls from there.
fn for_scripts() -> Routes {
    use Policy::Client;
    Routes::new()
        .post_blind("/oauth2/par", Client, par::push)
        .post_blind("/oauth2/token", Client, token::api::token)
        .post_blind("/oauth2/revoke", Client, token::revocation::revoke)
        .get_blind("/oauth2/userinfo", Client, token::userinfo::userinfo)
        .post_blind("/oauth2/userinfo", Client, token::userinfo::userinfo)
        .for_any_origin()
}

/// `person`, or an organization's id.
fn parse_space(text: &str) -> Option<Space> {
    match text {
        "person" => Some(Space::Personal),
        id => id.parse().ok().map(Space::Organization),
    }
}

/// What a decision needs of a session, from its stored authentication methods (RFC 8176).
fn session_facts(methods: &str, zones: Vec<String>) -> SessionFacts {
    let methods: Vec<String> = methods.split_whitespace().map(str::to_owned).collect();
    SessionFacts {
        strength: identity::session::model::strength(&methods),
        card: methods.iter().any(|method| matches!(method.as_str(), "sc" | "card")),
        zones,
    }
}
