//! An OpenID Provider that can be told to lie.
use super::NOW;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::{
    Json, Router,
    extract::{Form, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub(super) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

pub(super) struct Key {
    pub kid: String,
    pair: EcdsaKeyPair,
}
impl Key {
    pub fn new(kid: &str) -> Self {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
        Self { kid: kid.into(), pair }
    }
    pub fn public(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }
    fn jwk(&self) -> Value {
        let point = self.public();
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": BASE64URL_NOPAD.encode(&point[1..33]), "y": BASE64URL_NOPAD.encode(&point[33..]),
        })
    }
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": self.kid });
        let text = joined(&header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}
fn joined(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}
pub(super) fn unsigned(claims: &Value) -> String {
    format!("{}.", joined(&json!({ "alg": "none" }), claims))
}
/// What a library that lets the token choose its algorithm would take.
pub(super) fn with_public_key_as_secret(key: &Key, secret: &[u8], claims: &Value) -> String {
    let text = joined(&json!({ "alg": "HS256", "kid": key.kid }), claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}

pub(super) struct Provider {
    pub issuer: String,
    pub published: Vec<Key>,
    /// Laid over the honest claims; null removes one.
    pub claims: Value,
    /// In place of the signed token.
    pub id_token: Option<String>,
    pub userinfo: Value,
    pub discovery: Value,
    pub jwks_fetched: usize,
    pub seen: Vec<(Option<String>, BTreeMap<String, String>)>,
    pub token_error: Option<&'static str>,
}
pub(super) type Shared = Arc<Mutex<Provider>>;

impl Provider {
    pub fn honest_claims(&self) -> Value {
        let now = NOW.as_seconds();
        let mut claims = json!({
            "iss": self.issuer, "sub": "person-1", "aud": "client-1", "iat": now, "exp": now + 300,
            "nonce": "nonce0123456789", "auth_time": now - 5, "name": "林知远",
            // Of `access-1`.
            "at_hash": crate::oidc::half_hash(jsonwebtoken::Algorithm::ES256, "access-1"),
        });
        for (name, value) in self.claims.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }
}

pub(super) async fn provider() -> Shared {
    let shared: Shared = Arc::new(Mutex::new(Provider {
        issuer: String::new(),
        published: vec![Key::new("k1")],
        claims: json!({}),
        id_token: None,
        userinfo: json!({ "sub": "person-1", "phone_number": "+8613800138000" }),
        discovery: json!({}),
        jwks_fetched: 0,
        seen: Vec::new(),
        token_error: None,
    }));
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .route("/me", get(userinfo))
        .with_state(Arc::clone(&shared));
    let issuer = serve(router).await;
    shared.lock().unwrap().issuer = issuer;
    shared
}
async fn discovery(State(shared): State<Shared>) -> Json<Value> {
    let provider = shared.lock().unwrap();
    let issuer = &provider.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth?tenant=7"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/me"),
        "jwks_uri": format!("{issuer}/jwks"),
        "authorization_response_iss_parameter_supported": true,
        "code_challenge_methods_supported": ["S256"],
    });
    for (name, value) in provider.discovery.as_object().unwrap() {
        document[name] = value.clone();
    }
    Json(document)
}
async fn jwks(State(shared): State<Shared>) -> Json<Value> {
    let mut provider = shared.lock().unwrap();
    provider.jwks_fetched += 1;
    // One of a kind that nobody here knows.
    let mut keys = vec![json!({ "kty": "AKP", "kid": "future", "pub": "AA" })];
    keys.extend(provider.published.iter().map(Key::jwk));
    Json(json!({ "keys": keys }))
}
async fn token(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let mut provider = shared.lock().unwrap();
    let basic = headers.get("authorization").map(|value| {
        let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
        String::from_utf8(BASE64.decode(text.as_bytes()).unwrap()).unwrap()
    });
    provider.seen.push((basic, form));
    if let Some(error) = provider.token_error {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": "s3cr3t" })));
    }
    let id_token = match &provider.id_token {
        Some(token) => token.clone(),
        None => provider.published.last().unwrap().sign(&provider.honest_claims()),
    };
    (
        StatusCode::OK,
        Json(json!({ "access_token": "access-1", "token_type": "Bearer", "id_token": id_token })),
    )
}
async fn userinfo(State(shared): State<Shared>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let authorized = headers.get("authorization").is_some_and(|value| value == "Bearer access-1");
    let status = if authorized { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    (status, Json(shared.lock().unwrap().userinfo.clone()))
}
