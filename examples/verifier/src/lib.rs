//! The verifier's side of docs/verifier-protocol.md, written against the text alone: nothing here is Fujie's code. It answers
//! from a made-up population, and can misbehave on demand, so that what Fujie makes of bad answers can be seen.
pub mod population;
pub mod program;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use population::Person;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
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
    /// Signed nonsense.
    Garbage,
    /// Another body than was signed.
    Tampered,
    /// The answer to an earlier question.
    Replayed,
    /// A clock that is an hour late.
    Late,
    /// Signs with another secret.
    WrongKey,
    /// The contract's quota is used up.
    Quota,
    /// Answers after three seconds.
    Slow,
}
impl Fault {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::None,
            "hang" => Self::Hang,
            "error" => Self::Error,
            "garbage" => Self::Garbage,
            "tampered" => Self::Tampered,
            "replayed" => Self::Replayed,
            "late" => Self::Late,
            "wrong-key" => Self::WrongKey,
            "quota" => Self::Quota,
            "slow" => Self::Slow,
            _ => return None,
        })
    }
}

pub struct Options {
    pub key_id: String,
    pub secret: String,
    pub seed: u64,
    pub people: u64,
    pub fault: Fault,
}
struct Verifier {
    options: Options,
    people: HashMap<String, Person>,
    seen: Mutex<Seen>,
}
#[derive(Default)]
struct Seen {
    /// Nonces within the skew: a request is taken once.
    nonces: HashMap<String, i64>,
    /// What each request id asked (its hash) and was answered.
    answers: HashMap<String, (Vec<u8>, Value)>,
    /// The last signed answer, for playing it again.
    last: Option<(HeaderMap, Vec<u8>)>,
}

pub fn router(options: Options) -> Router {
    let people = (0..options.people)
        .map(|place| population::person(options.seed, place))
        .map(|person| (person.number.clone(), person))
        .collect();
    let verifier = Arc::new(Verifier { options, people, seen: Mutex::default() });
    Router::new().route("/v1/checks", post(checks)).route("/v1/ping", post(ping)).with_state(verifier)
}

#[derive(Deserialize)]
struct Check {
    request_id: String,
    check: String,
    name: String,
    document_type: String,
    document_number: String,
    mobile: Option<String>,
    bank_card: Option<String>,
}

async fn checks(
    State(verifier): State<Arc<Verifier>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let nonce = match verifier.authenticate(&uri, &headers, &body) {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal.into_response(),
    };
    match verifier.options.fault {
        Fault::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
        Fault::Slow => tokio::time::sleep(Duration::from_secs(3)).await,
        Fault::Error => return (StatusCode::BAD_GATEWAY, "<h1>502 Bad Gateway</h1>").into_response(),
        _ => {}
    }
    let Ok(check) = serde_json::from_slice::<Check>(&body) else {
        return verifier.signed(
            StatusCode::BAD_REQUEST,
            &nonce,
            &json!({ "request_id": "", "error": "refused" }),
        );
    };
    let (status, answer) = verifier.answer(&check, &body);
    verifier.signed(status, &nonce, &answer)
}
async fn ping(State(verifier): State<Arc<Verifier>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let nonce = match verifier.authenticate(&uri, &headers, &body) {
        Ok(nonce) => nonce,
        Err(refusal) => return refusal.into_response(),
    };
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    verifier.signed(
        StatusCode::OK,
        &nonce,
        &json!({ "request_id": asked.get("request_id"), "result": "pong" }),
    )
}

impl Verifier {
    /// The nonce of a request that was signed with our key, now, for the first time; else the status to refuse it with.
    fn authenticate(&self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<String, StatusCode> {
        let text =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let refuse = || StatusCode::UNAUTHORIZED;
        let (timestamp, nonce) = (text("fujie-timestamp"), text("fujie-nonce"));
        let lines = [
            "FUJIE-VERIFIER-1",
            "request",
            "POST",
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
            return Err(refuse());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.nonces.retain(|_, at| now - *at <= 2 * SKEW);
        if seen.nonces.insert(nonce.clone(), now).is_some() { Err(refuse()) } else { Ok(nonce) }
    }
    /// The same request id is answered the same; with another question it is refused.
    fn answer(&self, check: &Check, body: &[u8]) -> (StatusCode, Value) {
        let id = &check.request_id;
        if self.options.fault == Fault::Quota {
            return (StatusCode::TOO_MANY_REQUESTS, json!({ "request_id": id, "error": "quota" }));
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Sha256::digest(body).to_vec();
        if let Some((before, answer)) = seen.answers.get(id) {
            return if *before == asked {
                (StatusCode::OK, answer.clone())
            } else {
                (StatusCode::CONFLICT, json!({ "request_id": id, "error": "refused" }))
            };
        }
        if check.document_type != "111" {
            return (StatusCode::UNPROCESSABLE_ENTITY, json!({ "request_id": id, "error": "refused" }));
        }
        let result = match self.people.get(&check.document_number) {
            None => "not_found",
            Some(person) => {
                let mobile = check.mobile.as_ref() == Some(&person.mobile);
                let card = check.bank_card.as_ref() == Some(&person.bank_card);
                let fits = person.name == check.name
                    && match check.check.as_str() {
                        "two_element" => true,
                        "three_element" => mobile,
                        "bank_card" => mobile && card,
                        _ => false,
                    };
                if fits { "match" } else { "mismatch" }
            }
        };
        let reference = HEXLOWER.encode(asked.get(..8).unwrap_or_default());
        let answer = json!({ "request_id": id, "result": result, "reference": reference });
        seen.answers.insert(id.clone(), (asked, answer.clone()));
        (StatusCode::OK, answer)
    }
    fn signed(&self, status: StatusCode, nonce: &str, answer: &Value) -> Response {
        let fault = self.options.fault;
        let mut body = match fault {
            Fault::Garbage => b"\xFF{]".to_vec(),
            _ => answer.to_string().into_bytes(),
        };
        let timestamp = unix_now() - if fault == Fault::Late { 3600 } else { 0 };
        let secret = match fault {
            Fault::WrongKey => "another secret altogether",
            _ => &self.options.secret,
        };
        let timestamp = timestamp.to_string();
        let text = [
            "FUJIE-VERIFIER-1",
            "response",
            &status.as_u16().to_string(),
            &self.options.key_id,
            &timestamp,
            nonce,
            &HEXLOWER.encode(&Sha256::digest(&body)),
        ]
        .join("\n");
        let signature = format!("v1={}", HEXLOWER.encode(&mac(secret, &text).finalize().into_bytes()));
        if fault == Fault::Tampered {
            body = answer.to_string().replace("mismatch", "match").replace("not_found", "match").into_bytes();
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
        if fault == Fault::Replayed {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let (headers, body) = seen.last.get_or_insert((headers, body)).clone();
            return (status, headers, body).into_response();
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
