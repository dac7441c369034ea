use super::Jwk;
use crate::client::Algorithm;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// Longest message that is looked at.
const MOST_BYTES: usize = 16 * 1024;

#[derive(Debug, Deserialize)]
pub struct Header {
    pub alg: String,
    #[serde(default)]
    pub typ: Option<String>,
    #[serde(default)]
    pub kid: Option<String>,
    #[serde(default)]
    pub jwk: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
}
impl Header {
    /// Media types are compared without regard to case, and `application/` may be left out (RFC 7515 §4.1.9).
    pub fn is_type(&self, name: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").unwrap_or(&typ) == name
        })
    }
}

/// A signed message in compact form (RFC 7515 §7.1), taken apart but not believed yet.
#[derive(Debug)]
pub struct Jws<'a> {
    pub header: Header,
    pub payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// None if it is not one, is too long, or demands an extension (`crit`): none is known here.
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        if header.crit.is_some() {
            return None;
        }
        Some(Self { header, payload: decode(payload)?, signed, signature: decode(signature)? })
    }
    /// What it says of its signature; None for `none` and everything else that is not known here.
    pub fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::of_header(&self.header.alg)
    }
    pub fn is_signed_by(&self, key: &Jwk) -> bool {
        self.algorithm()
            .is_some_and(|algorithm| key.verifies(algorithm, self.signed.as_bytes(), &self.signature))
    }
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.payload).ok()
    }
}

/// Whether a message was signed with a shared secret by HS256, the one algorithm of that kind that is known here.
pub fn hs256_signs(message: &Jws<'_>, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    message.header.alg == "HS256" && hmac::verify(&key, message.signed.as_bytes(), &message.signature).is_ok()
}
