//! The signatures of docs/verifier-protocol.md. Pure: bytes in, bytes out.
use super::model::{Answer, Fault, Outcome};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::{Error, Result, Timestamp};
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
    /// Drawn for the request; the response repeats it, so that it answers this request alone.
    pub nonce: &'a str,
}
#[derive(Clone, Copy)]
pub enum Direction<'a> {
    /// The path of the request.
    Request(&'a str),
    Response(StatusCode),
}
impl Head<'_> {
    /// `v1=` and 64 hexadecimal digits.
    pub fn sign(&self, secret: &[u8], body: &[u8]) -> String {
        format!("v1={}", HEXLOWER_PERMISSIVE.encode(&self.mac(secret, body)))
    }
    pub fn verify(&self, secret: &[u8], body: &[u8], signature: &str) -> bool {
        let given = signature.strip_prefix("v1=").map(|hex| HEXLOWER_PERMISSIVE.decode(hex.as_bytes()));
        matches!(given, Some(Ok(given)) if kernel::secret::equal(&given, &self.mac(secret, body)))
    }
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, secret: &[u8], body: &[u8]) -> [u8; 32] {
        let (direction, subject) = match self.direction {
            Direction::Request(path) => ("request", path.to_owned()),
            Direction::Response(status) => ("response", status.as_u16().to_string()),
        };
        let head = format!(
            "FUJIE-VERIFIER-1\n{direction}\n{}\n{}\n{}\n{subject}\n",
            self.key_id, self.timestamp, self.nonce
        );
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("any key length will do");
        mac.update(head.as_bytes());
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

/// The headers of a signed message.
pub fn headers(head: &Head<'_>, secret: &[u8], body: &[u8]) -> Result<HeaderMap> {
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|e| Error::internal("verifier.header").because(e));
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(KEY, value(head.key_id)?);
    headers.insert(TIMESTAMP, value(&head.timestamp.to_string())?);
    headers.insert(NONCE, value(head.nonce)?);
    headers.insert(SIGNATURE, value(&head.sign(secret, body))?);
    Ok(headers)
}

/// What was asked, for looking at the response.
pub struct Asked<'a> {
    pub key_id: &'a str,
    pub secret: &'a [u8],
    pub nonce: &'a str,
    pub request_id: &'a str,
}
#[derive(Deserialize)]
struct Body {
    request_id: String,
    result: Option<String>,
    error: Option<String>,
}

/// Whether the response is the verifier's own, to this request, and of now. Its clock is looked at after its signature, so
/// that a stranger cannot say what is wrong.
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
    if (timestamp - now.as_seconds()).abs() > SKEW {
        return Err(Fault::Clock);
    }
    Ok(())
}

/// What the response to a check says. Only a signed one says anything at all.
pub fn read(
    asked: &Asked<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Answer {
    match authentic(asked, status, headers, body, now) {
        Ok(()) => {}
        // A gateway before the verifier signs nothing when the verifier is down.
        Err(_) if status.is_server_error() => return Answer::fault(Fault::Status),
        // A verifier that does not know the key cannot sign with it.
        Err(_) if status == StatusCode::UNAUTHORIZED => return Answer::fault(Fault::Key),
        Err(fault) => return Answer::fault(fault),
    }
    let Ok(read) = serde_json::from_slice::<Body>(body) else { return Answer::fault(Fault::Shape) };
    if read.request_id != asked.request_id {
        return Answer::fault(Fault::Signature);
    }
    let outcome = match (status.is_success(), read.result.as_deref(), read.error.as_deref()) {
        (true, Some("match"), None) => Outcome::Match,
        (true, Some("mismatch"), None) => Outcome::Mismatch,
        (true, Some("not_found"), None) => Outcome::NotFound,
        (false, None, Some("refused")) => Outcome::Refused,
        (false, None, Some("quota")) => Outcome::Quota,
        (false, None, Some("unavailable")) => Outcome::Unavailable(Fault::Status),
        _ => return Answer::fault(Fault::Shape),
    };
    Answer { outcome, response_hash: Some(Sha256::digest(body).to_vec()) }
}
