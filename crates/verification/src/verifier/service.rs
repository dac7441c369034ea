//! Setting up verifiers at the desk, and which are asked for a check.
use super::{
    client,
    model::{Config, Fault, PROVIDER},
};
use crate::{Method, Verification};
use kernel::{Error, Result, Timestamp};
use platform::{
    connector::{self, Connector, ConnectorId, Kind, NewConnector},
    staff::PolicyEditor,
};

/// A verifier as staff typed it. An empty secret keeps the one that is there.
#[derive(Clone, Debug)]
pub struct Typed {
    pub name: String,
    pub url: String,
    pub key_id: String,
    pub secret: String,
    pub checks: Vec<String>,
    pub enabled: bool,
}
impl Typed {
    fn parse(&self, kept: Option<&Config>) -> Result<(String, Config)> {
        let name = kernel::text::line("name", &self.name, 60)?;
        let secret = match kept {
            Some(kept) if self.secret.trim().is_empty() => &kept.secret,
            _ => &self.secret,
        };
        Ok((name, Config::parse(&self.url, &self.key_id, secret, &self.checks)?))
    }
}

impl Verification {
    /// In their order, those that are switched off included.
    pub async fn verifiers(&self) -> Result<Vec<(Connector, Config)>> {
        let connectors = connector::service::list(self.db(), Kind::Verifier).await?;
        connectors
            .into_iter()
            .map(|connector| {
                let config = connector.config()?;
                Ok((connector, config))
            })
            .collect()
    }
    /// Error: `connector.unknown`.
    pub async fn verifier(&self, id: ConnectorId) -> Result<(Connector, Config)> {
        let found = connector::service::find(self.db(), id).await?.filter(|c| c.kind == Kind::Verifier);
        let connector = found.ok_or_else(|| Error::not_found("connector.unknown"))?;
        Ok((connector.clone(), connector.config()?))
    }
    /// Those that are asked for this check, in their order.
    pub async fn verifiers_for(&self, check: Method) -> Result<Vec<(Connector, Config)>> {
        let mut all = self.verifiers().await?;
        all.retain(|(connector, config)| connector.enabled && config.checks.contains(&check));
        Ok(all)
    }
    pub async fn create_verifier(
        &self,
        editor: &PolicyEditor,
        id: ConnectorId,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<()> {
        let (name, config) = typed.parse(None)?;
        let new = NewConnector::new(id, Kind::Verifier, PROVIDER, &name, typed.enabled, &config)?;
        connector::service::create(self.db(), editor, new, now).await
    }
    /// Errors: `connector.unknown`, `connector.changed_meanwhile`.
    pub async fn change_verifier(
        &self,
        editor: &PolicyEditor,
        id: ConnectorId,
        rev: i64,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<()> {
        let (_, kept) = self.verifier(id).await?;
        let (name, config) = typed.parse(Some(&kept))?;
        let config =
            serde_json::to_string(&config).map_err(|e| Error::internal("connector.json").because(e))?;
        connector::service::change(self.db(), editor, id, rev, &name, typed.enabled, &config, now).await
    }
    /// Asks whether it is there: the milliseconds it took, or what is wrong.
    pub async fn test_verifier(&self, id: ConnectorId) -> Result<std::result::Result<u128, Fault>> {
        let (_, config) = self.verifier(id).await?;
        let db = self.db();
        client::ping(self.identity().outbound(), db.clock(), db.rng(), &config).await
    }
}
