//! The signatures. Pure: bytes in, bytes out.
use super::Fault;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::{Error, Result, Timestamp};
use sha2::{Digest, Sha256};

const KEY: HeaderName = HeaderName::from_static("fujie-key");
const TIMESTAMP: HeaderName = HeaderName::from_static("fujie-timestamp");
const NONCE: HeaderName = HeaderName::from_static("fujie-nonce");
const SIGNATURE: HeaderName = HeaderName::from_static("fujie-signature");
/// Seconds by which the two clocks may differ.
const SKEW: i64 = 300;

/// What both sides know.
#[derive(Clone, Copy)]
pub struct Party<'a> {
    /// The first line of every text that is signed, so that no signature of one protocol fits another.
    pub protocol: &'static str,
    pub key_id: &'a str,
    pub secret: &'a str,
}
/// One message of either direction, but for its body.
pub struct Head<'a> {
    pub direction: Direction<'a>,
    /// Unix seconds.
    pub timestamp: i64,
    /// Drawn for the request; the answer repeats it, so that it answers this request alone.
    pub nonce: &'a str,
}
#[derive(Clone, Copy)]
pub enum Direction<'a> {
    /// The path of a POST.
    Request(&'a str),
    Response(StatusCode),
}
impl Head<'_> {
    /// `v1=` and 64 hexadecimal digits.
    pub fn sign(&self, party: &Party<'_>, body: &[u8]) -> String {
        format!("v1={}", HEXLOWER.encode(&self.mac(party, body)))
    }
    pub fn verify(&self, party: &Party<'_>, body: &[u8], signature: &str) -> bool {
        let given = signature.strip_prefix("v1=").map(|hex| HEXLOWER.decode(hex.as_bytes()));
        matches!(given, Some(Ok(given)) if kernel::secret::equal(&given, &self.mac(party, body)))
    }
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, party: &Party<'_>, body: &[u8]) -> [u8; 32] {
        let subject = match self.direction {
            Direction::Request(path) => format!("request\nPOST\n{path}"),
            Direction::Response(status) => format!("response\n{}", status.as_u16()),
        };
        let hash = HEXLOWER.encode(&Sha256::digest(body));
        let (protocol, key_id) = (party.protocol, party.key_id);
        let text = format!("{protocol}\n{subject}\n{key_id}\n{}\n{}\n{hash}", self.timestamp, self.nonce);
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(party.secret.as_bytes())
            .expect("any key length will do");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// The headers of a signed message.
pub fn headers(head: &Head<'_>, party: &Party<'_>, body: &[u8]) -> Result<HeaderMap> {
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|e| Error::internal("exchange.header").because(e));
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(KEY, value(party.key_id)?);
    headers.insert(TIMESTAMP, value(&head.timestamp.to_string())?);
    headers.insert(NONCE, value(head.nonce)?);
    headers.insert(SIGNATURE, value(&head.sign(party, body))?);
    Ok(headers)
}

/// Whether the answer is the service's own, to the request with this nonce, and of now. Its clock is looked at after its
/// signature, so that a stranger cannot say what is wrong.
pub fn authentic(
    party: &Party<'_>,
    nonce: &str,
    (status, headers, body): (StatusCode, &HeaderMap, &[u8]),
    now: Timestamp,
) -> Result<(), Fault> {
    match signed(party, nonce, (status, headers, body), now) {
        // A gateway before the service signs nothing when the service is down.
        Err(_) if status.is_server_error() => Err(Fault::Status),
        // A service that does not know the key cannot sign with it.
        Err(_) if status == StatusCode::UNAUTHORIZED => Err(Fault::Key),
        found => found,
    }
}
fn signed(
    party: &Party<'_>,
    nonce: &str,
    (status, headers, body): (StatusCode, &HeaderMap, &[u8]),
    now: Timestamp,
) -> Result<(), Fault> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let timestamp: i64 = text(&TIMESTAMP).parse().map_err(|_| Fault::Signature)?;
    let head = Head { direction: Direction::Response(status), timestamp, nonce };
    if text(&NONCE) != nonce || !head.verify(party, body, text(&SIGNATURE)) {
        return Err(Fault::Signature);
    }
    if (timestamp - now.as_seconds()).abs() > SKEW { Err(Fault::Clock) } else { Ok(()) }
}
