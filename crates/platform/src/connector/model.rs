//! A connector as it is used and as it is made.
use kernel::{Error, Id, Result, Timestamp, id::mark};
use serde::{Serialize, de::DeserializeOwned};

pub type ConnectorId = Id<mark::Connector>;

db::text_enum!(
    pub enum Kind {
        Sms = "sms",
        Mail = "mail",
        Upstream = "upstream",
        Verifier = "verifier",
        /// Where the data of organizations come from.
        Registry = "registry",
    }
);

#[derive(Clone, Debug)]
pub struct Connector {
    pub id: ConnectorId,
    pub kind: Kind,
    /// `aliyun`, `smtp`, `alipay`, `oidc` …
    pub provider: String,
    /// What staff and, for upstream providers, visitors call it.
    pub name: String,
    /// The order in which connectors of a kind are tried or shown.
    pub position: i64,
    pub enabled: bool,
    /// JSON, secrets included: never into a page or a log.
    pub config: String,
    /// Raised by every change, for forms that would overwrite another's.
    pub rev: i64,
    pub updated_at: Timestamp,
}
impl Connector {
    /// Error: `connector.unreadable`.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.config).map_err(|e| Error::internal("connector.unreadable").because(e))
    }
}

/// `id` comes from the form that was rendered, so that a form sent twice makes one.
#[derive(Clone, Debug)]
pub struct NewConnector {
    pub id: ConnectorId,
    pub kind: Kind,
    pub provider: String,
    pub name: String,
    pub enabled: bool,
    pub config: String,
}
impl NewConnector {
    /// Error: `connector.json`.
    pub fn new<T: Serialize>(
        id: ConnectorId,
        kind: Kind,
        provider: &str,
        name: &str,
        enabled: bool,
        config: &T,
    ) -> Result<Self> {
        let config =
            serde_json::to_string(config).map_err(|e| Error::internal("connector.json").because(e))?;
        Ok(Self { id, kind, provider: provider.to_owned(), name: name.to_owned(), enabled, config })
    }
}
