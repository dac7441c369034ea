//! The register's side of docs/registry-protocol.md, written against the text alone: nothing here is Fujie's code. It answers
//! from a file of records, and can misbehave on demand, so that what Fujie makes of bad answers can be seen.
pub mod program;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const SKEW: i64 = 300;

/// How to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Says nothing for a minute.
    Hang,
    /// A gateway's error page, unsigned.
    Error,
    /// A 404 that the register never signed.
    Missing,
    /// Signed nonsense.
    Garbage,
    /// Another body than was signed.
    Tampered,
    /// A clock that is an hour late.
    Late,
    /// Signs with another secret.
    WrongKey,
    /// The record of another organization.
    Other,
}
impl Fault {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::None,
            "hang" => Self::Hang,
            "error" => Self::Error,
            "missing" => Self::Missing,
            "garbage" => Self::Garbage,
            "tampered" => Self::Tampered,
            "late" => Self::Late,
            "wrong-key" => Self::WrongKey,
            "other" => Self::Other,
            _ => return None,
        })
    }
}

/// Records by code.
pub enum Records {
    /// A JSON array.
    File(PathBuf),
    Memory(Arc<Mutex<HashMap<String, Value>>>),
}
impl Records {
    fn find(&self, uscc: &str) -> Option<Value> {
        match self {
            Self::Memory(records) => {
                records.lock().unwrap_or_else(PoisonError::into_inner).get(uscc).cloned()
            }
            Self::File(path) => {
                let text = std::fs::read_to_string(path).ok()?;
                let all: Vec<Value> = serde_json::from_str(&text).ok()?;
                all.into_iter().find(|record| record.get("uscc").and_then(Value::as_str) == Some(uscc))
            }
        }
    }
}
pub struct Options {
    pub key_id: String,
    pub secret: String,
    pub records: Records,
    pub fault: Fault,
}
struct Register {
    options: Options,
    /// Nonces within the skew: a request is taken once.
    nonces: Mutex<HashMap<String, i64>>,
}

pub fn router(options: Options) -> Router {
    let register = Arc::new(Register { options, nonces: Mutex::default() });
    Router::new()
        .route("/v1/organizations", post(organizations))
        .route("/v1/ping", post(ping))
        .with_state(register)
}

#[derive(Deserialize)]
struct Question {
    request_id: String,
    uscc: String,
}
async fn organizations(
    State(register): State<Arc<Register>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let nonce = match register.authenticate(&method, &uri, &headers, &body) {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal.into_response(),
    };
    match register.options.fault {
        Fault::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
        Fault::Error => return (StatusCode::BAD_GATEWAY, "<h1>502 Bad Gateway</h1>").into_response(),
        Fault::Missing => return (StatusCode::NOT_FOUND, r#"{"error":"not_found"}"#).into_response(),
        _ => {}
    }
    let Ok(asked) = serde_json::from_slice::<Question>(&body) else {
        let answer = json!({ "request_id": "", "error": "refused" });
        return register.signed(StatusCode::BAD_REQUEST, &nonce, &answer);
    };
    match register.options.records.find(&asked.uscc) {
        Some(mut record) => {
            if register.options.fault == Fault::Other
                && let Some(map) = record.as_object_mut()
            {
                map.insert("uscc".into(), json!("another"));
            }
            let answer = json!({ "request_id": asked.request_id, "record": record });
            register.signed(StatusCode::OK, &nonce, &answer)
        }
        None => {
            let answer = json!({ "request_id": asked.request_id, "error": "not_found" });
            register.signed(StatusCode::NOT_FOUND, &nonce, &answer)
        }
    }
}
async fn ping(
    State(register): State<Arc<Register>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let nonce = match register.authenticate(&method, &uri, &headers, &body) {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal.into_response(),
    };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    register.signed(StatusCode::OK, &nonce, &json!({ "request_id": asked.get("request_id") }))
}

impl Register {
    /// The nonce of a request that was signed with our key, now, for the first time; else the status to refuse it with.
    fn authenticate(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<String, StatusCode> {
        let text =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let (timestamp, nonce) = (text("fujie-timestamp"), text("fujie-nonce"));
        let lines = [
            "FUJIE-REGISTRY-1",
            "request",
            method.as_str(),
            uri.path(),
            &self.options.key_id,
            &timestamp,
            &nonce,
            &HEXLOWER.encode(&Sha256::digest(body)),
        ]
        .join("\n");
        let signature = text("fujie-signature");
        let given = signature.strip_prefix("v1=").and_then(|hex| HEXLOWER.decode(hex.as_bytes()).ok());
        let known = text("fujie-key") == self.options.key_id
            && given.is_some_and(|given| mac(&self.options.secret, &lines).verify_slice(&given).is_ok());
        let now = unix_now();
        if !known || nonce.len() < 16 || timestamp.parse::<i64>().map_or(true, |at| (at - now).abs() > SKEW) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.retain(|_, at| now - *at <= 2 * SKEW);
        if nonces.insert(nonce.clone(), now).is_some() { Err(StatusCode::UNAUTHORIZED) } else { Ok(nonce) }
    }
    fn signed(&self, status: StatusCode, nonce: &str, answer: &Value) -> Response {
        let fault = self.options.fault;
        let mut body = match fault {
            Fault::Garbage => b"\xFF{]".to_vec(),
            _ => answer.to_string().into_bytes(),
        };
        let timestamp = (unix_now() - if fault == Fault::Late { 3600 } else { 0 }).to_string();
        let secret = match fault {
            Fault::WrongKey => "another secret altogether",
            _ => &self.options.secret,
        };
        let lines = [
            "FUJIE-REGISTRY-1",
            "response",
            &status.as_u16().to_string(),
            &self.options.key_id,
            &timestamp,
            nonce,
            &HEXLOWER.encode(&Sha256::digest(&body)),
        ]
        .join("\n");
        let signature = format!("v1={}", HEXLOWER.encode(&mac(secret, &lines).finalize().into_bytes()));
        if fault == Fault::Tampered {
            body.push(b' ');
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [
            ("fujie-key", self.options.key_id.as_str()),
            ("fujie-timestamp", &timestamp),
            ("fujie-nonce", nonce),
            ("fujie-signature", &signature),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        (status, headers, body).into_response()
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(secret: &str, text: &str) -> Hmac<Sha256> {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).expect("any key length will do");
    mac.update(text.as_bytes());
    mac
}
#[expect(clippy::disallowed_methods, reason = "a program of its own, with the system's clock")]
fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
