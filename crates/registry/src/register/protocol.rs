//! The signatures of docs/registry-protocol.md. Pure: bytes in, bytes out.
use super::model::{Answer, Fault, Record};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::{Error, Result, Timestamp, clock::Zone};
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub const KEY: HeaderName = HeaderName::from_static("fujie-key");
pub const TIMESTAMP: HeaderName = HeaderName::from_static("fujie-timestamp");
pub const NONCE: HeaderName = HeaderName::from_static("fujie-nonce");
pub const SIGNATURE: HeaderName = HeaderName::from_static("fujie-signature");
/// Seconds by which the two clocks may differ.
pub const SKEW: i64 = 300;

/// One message of either direction, but for its body.
pub struct Head<'a> {
    pub direction: Direction<'a>,
    pub key_id: &'a str,
    /// Unix seconds.
    pub timestamp: i64,
    /// Drawn for the request; the answer repeats it, so that it answers this request alone.
    pub nonce: &'a str,
}
#[derive(Clone, Copy)]
pub enum Direction<'a> {
    /// Method and path.
    Request(&'a str, &'a str),
    Response(StatusCode),
}
impl Head<'_> {
    /// `v1=` and 64 hexadecimal digits.
    pub fn sign(&self, secret: &[u8], body: &[u8]) -> String {
        format!("v1={}", HEXLOWER.encode(&self.mac(secret, body)))
    }
    pub fn verify(&self, secret: &[u8], body: &[u8], signature: &str) -> bool {
        let given = signature.strip_prefix("v1=").map(|hex| HEXLOWER.decode(hex.as_bytes()));
        matches!(given, Some(Ok(given)) if kernel::secret::equal(&given, &self.mac(secret, body)))
    }
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, secret: &[u8], body: &[u8]) -> [u8; 32] {
        let subject = match self.direction {
            Direction::Request(method, path) => format!("request\n{method}\n{path}"),
            Direction::Response(status) => format!("response\n{}", status.as_u16()),
        };
        let hash = HEXLOWER.encode(&Sha256::digest(body));
        let text = format!(
            "FUJIE-REGISTRY-1\n{subject}\n{}\n{}\n{}\n{hash}",
            self.key_id, self.timestamp, self.nonce
        );
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("any key length will do");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// The headers of a signed message.
pub fn headers(head: &Head<'_>, secret: &[u8], body: &[u8]) -> Result<HeaderMap> {
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|e| Error::internal("registry.header").because(e));
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(KEY, value(head.key_id)?);
    headers.insert(TIMESTAMP, value(&head.timestamp.to_string())?);
    headers.insert(NONCE, value(head.nonce)?);
    headers.insert(SIGNATURE, value(&head.sign(secret, body))?);
    Ok(headers)
}

/// What was asked, for looking at the answer.
pub struct Asked<'a> {
    pub key_id: &'a str,
    pub secret: &'a [u8],
    pub nonce: &'a str,
    pub request_id: &'a str,
    pub uscc: &'a str,
}
#[derive(Deserialize)]
struct Body {
    request_id: String,
    record: Option<Record>,
    error: Option<String>,
}

/// Whether the answer is the register's own, to this request, and of now. Its clock is looked at after its signature.
pub fn authentic(
    asked: &Asked<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Fault> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let timestamp: i64 = text(&TIMESTAMP).parse().map_err(|_| Fault::Signature)?;
    let head =
        Head { direction: Direction::Response(status), key_id: asked.key_id, timestamp, nonce: asked.nonce };
    if text(&NONCE) != asked.nonce || !head.verify(asked.secret, body, text(&SIGNATURE)) {
        return Err(Fault::Signature);
    }
    if (timestamp - now.as_seconds()).abs() > SKEW { Err(Fault::Clock) } else { Ok(()) }
}

/// What the answer to a question says. Only a signed one says anything at all; an unsigned 404 is no "not found".
pub fn read(
    asked: &Asked<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    zone: &Zone,
    now: Timestamp,
) -> Answer {
    match authentic(asked, status, headers, body, now) {
        Ok(()) => {}
        // A gateway before the register signs nothing when the register is down.
        Err(_) if status.is_server_error() => return Answer::Fault(Fault::Status),
        // A register that does not know the key cannot sign with it.
        Err(_) if status == StatusCode::UNAUTHORIZED => return Answer::Fault(Fault::Key),
        Err(fault) => return Answer::Fault(fault),
    }
    let Ok(read) = serde_json::from_slice::<Body>(body) else { return Answer::Fault(Fault::Shape) };
    if read.request_id != asked.request_id {
        return Answer::Fault(Fault::Signature);
    }
    match (status, read.record, read.error.as_deref()) {
        (StatusCode::OK, Some(record), None) => match record.checked(asked.uscc, zone) {
            Ok(record) => Answer::Found(Box::new(record)),
            Err(error) => {
                tracing::warn!(%error, "a register answered with a record that breaks the rules");
                Answer::Fault(Fault::Shape)
            }
        },
        (StatusCode::NOT_FOUND, None, Some("not_found")) => Answer::NotFound,
        (_, None, Some("unavailable")) => Answer::Fault(Fault::Status),
        _ => Answer::Fault(Fault::Shape),
    }
}
