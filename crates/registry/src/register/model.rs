//! What a register says of an organization, and how one is set up.
use crate::registration;
use identity::realname::DocumentType;
use kernel::{Error, Result, clock::Zone, text};
use organization::organization::RegistryState;
use platform::exchange;
use serde::{Deserialize, Serialize};
use url::Url;

db::text_enum! {
    /// The connector's `provider`.
    pub enum Provider {
        Http = "http",
        File = "file",
    }
}
/// Characters of the shared secret.
const LEAST_SECRET: usize = 24;
/// Entries at departments that one answer may list.
const MOST_ENTRIES: usize = 200;

/// The document of the head, where the register gives it: only then is a claim to be the head more than likeness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadDocument {
    #[serde(rename = "type")]
    pub kind: DocumentType,
    pub number: String,
}

/// The whole answer; kept sealed while somebody decides on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub uscc: String,
    pub name: String,
    #[serde(default)]
    pub head_name: Option<String>,
    #[serde(default)]
    pub head_document: Option<HeadDocument>,
    #[serde(default)]
    pub address: Option<String>,
    pub state: RegistryState,
    #[serde(default)]
    pub registrations: Vec<registration::Typed>,
}
impl Record {
    /// As our own rules have it; a register that says something else says nothing. Error at the member at fault.
    pub fn checked(self, uscc: &str, zone: &Zone) -> Result<Self> {
        if self.uscc != uscc {
            return Err(Error::invalid("registry.other_code").at("uscc"));
        }
        if self.registrations.len() > MOST_ENTRIES {
            return Err(Error::invalid("registry.entries_many").at("registrations"));
        }
        let optional = |field, value: &Option<String>, most| match value {
            None => Ok(None),
            Some(value) => text::optional_line(field, value, most),
        };
        if let Some(document) = &self.head_document {
            text::line("head_document", &document.number, 40)?;
        }
        for entry in &self.registrations {
            if let Err(faults) = entry.parse(zone)
                && let Some(fault) = faults.into_iter().next()
            {
                return Err(fault);
            }
        }
        Ok(Self {
            name: text::line("name", &self.name, 120)?,
            head_name: optional("head_name", &self.head_name, 60)?,
            address: optional("address", &self.address, 200)?,
            ..self
        })
    }
}

/// What asking led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Found(Box<Record>),
    /// The register knows no such code.
    NotFound,
    Fault(Fault),
}
db::text_enum! {
    pub enum Fault {
        /// No register is set up, or each is switched off.
        None = "none",
        /// The address may not be reached from here.
        Address = "address",
        Timeout = "timeout",
        Connection = "connection",
        /// The register says that it is out of order.
        Status = "status",
        /// No signature, or one of another key, body or question.
        Signature = "signature",
        /// The two clocks are more than five minutes apart.
        Clock = "clock",
        /// Signed, but not as the protocol has it.
        Shape = "shape",
        /// The register does not know our key, or our signature.
        Key = "key",
        NotFound = "not_found",
    }
}
impl From<exchange::Fault> for Fault {
    fn from(fault: exchange::Fault) -> Self {
        match fault {
            exchange::Fault::Address => Self::Address,
            exchange::Fault::Timeout => Self::Timeout,
            exchange::Fault::Connection => Self::Connection,
            exchange::Fault::Status => Self::Status,
            exchange::Fault::Signature => Self::Signature,
            exchange::Fault::Clock => Self::Clock,
            exchange::Fault::Shape => Self::Shape,
            exchange::Fault::Key => Self::Key,
        }
    }
}
impl Fault {
    /// Key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "registry-fault-none",
            Self::Address => "registry-fault-address",
            Self::Timeout => "registry-fault-timeout",
            Self::Connection => "registry-fault-connection",
            Self::Status => "registry-fault-status",
            Self::Signature => "registry-fault-signature",
            Self::Clock => "registry-fault-clock",
            Self::Shape => "registry-fault-shape",
            Self::Key => "registry-fault-key",
            Self::NotFound => "registry-fault-not-found",
        }
    }
}

/// Of a register over HTTP.
#[derive(Clone, Serialize, Deserialize)]
pub struct Config {
    /// `/v1/organizations` and `/v1/ping` are added to its path.
    pub url: Url,
    pub key_id: String,
    pub secret: String,
}
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "register {}", self.key_id)
    }
}
impl Config {
    /// Errors: at `url` `registry.url`, at `key_id` `registry.key_id`, at `secret` `registry.secret_short`.
    pub fn parse(url: &str, key_id: &str, secret: &str) -> Result<Self> {
        let bad_url = || Error::invalid("registry.url").at("url");
        let url = Url::parse(url.trim()).map_err(|_| bad_url())?;
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let known = matches!(url.scheme(), "https" | "http") && url.host().is_some();
        if !known || !plain || url.password().is_some() {
            return Err(bad_url());
        }
        let key_id = key_id.trim();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if key_id.is_empty() || key_id.len() > 64 || !key_id.bytes().all(fits) {
            return Err(Error::invalid("registry.key_id").at("key_id"));
        }
        let secret = secret.trim();
        let long = (LEAST_SECRET..=512).contains(&secret.len());
        if !long || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::invalid("registry.secret_short")
                .at("secret")
                .arg("least", LEAST_SECRET.to_string()));
        }
        Ok(Self { url, key_id: key_id.to_owned(), secret: secret.to_owned() })
    }
    pub(super) fn endpoint(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        let path = format!("{}/v1/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}
