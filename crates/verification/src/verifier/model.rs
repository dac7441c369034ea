//! Configuration of a verifier, questions and answers.
use crate::Method;
use kernel::{Error, Result};
use platform::exchange::Fault;
use serde::{Deserialize, Serialize};
use url::Url;

/// The connector's `provider`: the protocol that it speaks.
pub const PROVIDER: &str = "fujie";
/// Characters of the shared secret.
const LEAST_SECRET: usize = 24;

#[derive(Clone, Serialize, Deserialize)]
pub struct Config {
    /// The verifier's address; `/v1/checks` and `/v1/ping` are added to its path.
    pub url: Url,
    /// Tells the verifier who asks.
    pub key_id: String,
    pub secret: String,
    pub checks: Vec<Method>,
}
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "verifier {} {:?}", self.key_id, self.checks)
    }
}
impl Config {
    /// Errors at `url`: `verifier.url`; at `key_id`: `verifier.key_id`; at `secret`: `verifier.secret_short`; at `checks`:
    /// `field.required`.
    pub fn parse(url: &str, key_id: &str, secret: &str, checks: &[String]) -> Result<Self> {
        let bad_url = || Error::invalid("verifier.url").at("url");
        let url = Url::parse(url.trim()).map_err(|_| bad_url())?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "https" | "http")
            || url.host().is_none()
            || !plain
            || url.password().is_some()
        {
            return Err(bad_url());
        }
        let key_id = key_id.trim();
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if key_id.is_empty() || key_id.len() > 64 || !key_id.bytes().all(known) {
            return Err(Error::invalid("verifier.key_id").at("key_id"));
        }
        let secret = secret.trim();
        if secret.len() < LEAST_SECRET || secret.len() > 512 || !secret.bytes().all(|b| b.is_ascii_graphic())
        {
            return Err(Error::invalid("verifier.secret_short").at("secret"));
        }
        let checks: Vec<Method> =
            Method::CHECKS.into_iter().filter(|check| checks.iter().any(|c| c == check.as_str())).collect();
        if checks.is_empty() {
            return Err(Error::invalid("field.required").at("checks"));
        }
        Ok(Self { url, key_id: key_id.to_owned(), secret: secret.to_owned(), checks })
    }
    pub(super) fn endpoint(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        let path = format!("{}/v1/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

/// What is asked; also what a case keeps sealed until it is decided.
#[derive(Clone, Serialize, Deserialize)]
pub struct Question {
    pub request_id: String,
    pub check: Method,
    pub name: String,
    /// GA/T 2000.156, or a code that begins with `X`.
    pub document_type: String,
    pub document_number: String,
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_card: Option<String>,
}

/// What a verifier says about a question, or why it said nothing that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Match,
    /// Known, but the parts do not belong together.
    Mismatch,
    /// The register has no such number.
    NotFound,
    /// The verifier does not answer this question: a document under restriction, a minor.
    Refused,
    /// The contract's quota is used up.
    Quota,
    /// No answer that counts; why, for the log and for the desk.
    Unavailable(Fault),
}
/// Key of the words for the desk.
pub const fn fault_key(fault: Fault) -> &'static str {
    match fault {
        Fault::Address => "verification-fault-address",
        Fault::Timeout => "verification-fault-timeout",
        Fault::Connection => "verification-fault-connection",
        Fault::Status => "verification-fault-status",
        Fault::Signature => "verification-fault-signature",
        Fault::Clock => "verification-fault-clock",
        Fault::Shape => "verification-fault-shape",
        Fault::Key => "verification-fault-key",
    }
}
impl Outcome {
    /// Whether another verifier may be asked the same.
    pub const fn try_another(self) -> bool {
        matches!(self, Self::Quota | Self::Unavailable(_))
    }
    /// As evidence and audit keep it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Quota => "quota",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub outcome: Outcome,
    /// SHA-256 of the answer's exact bytes, once its signature was proven.
    pub response_hash: Option<Vec<u8>>,
}
impl Answer {
    pub const fn fault(fault: Fault) -> Self {
        Self { outcome: Outcome::Unavailable(fault), response_hash: None }
    }
}
