//! Setting up registers at the desk, and asking them.
use super::{
    client,
    model::{Answer, Config, Fault, Provider},
};
use crate::Registry;
use kernel::{Error, Result, Timestamp};
use platform::{
    connector::{self, Connector, ConnectorId, Kind, NewConnector, Server},
    staff::PolicyEditor,
};

/// A register as staff typed it. An empty secret keeps the one that is there, for the server that it was typed for.
#[derive(Clone, Debug)]
pub struct Typed {
    pub provider: Provider,
    pub name: String,
    pub url: String,
    pub key_id: String,
    pub secret: String,
    pub enabled: bool,
}
impl Typed {
    /// Name and configuration; a file needs none.
    fn parse(&self, kept: Option<&Config>) -> Result<(String, Option<Config>)> {
        let name = kernel::text::line("name", &self.name, 60)?;
        if self.provider == Provider::File {
            return Ok((name, None));
        }
        let kept = kept.filter(|_| self.secret.trim().is_empty());
        let secret = kept.map_or(&self.secret, |kept| &kept.secret);
        let config = Config::parse(&self.url, &self.key_id, secret)?;
        if let Some(kept) = kept {
            Server::of(&kept.url).keeps(&Server::of(&config.url), "secret")?;
        }
        Ok((name, Some(config)))
    }
}
/// What a connector of this kind is.
fn read(connector: &Connector) -> Result<(Provider, Option<Config>)> {
    let provider: Provider =
        connector.provider.parse().map_err(|_| Error::internal("connector.unreadable"))?;
    Ok((provider, connector.config()?))
}

impl Registry {
    /// In their order, those that are switched off included.
    pub async fn registers(&self) -> Result<Vec<(Connector, Provider, Option<Config>)>> {
        let connectors = connector::service::list(self.db(), Kind::Registry).await?;
        connectors
            .into_iter()
            .map(|connector| {
                let (provider, config) = read(&connector)?;
                Ok((connector, provider, config))
            })
            .collect()
    }
    /// Error: `connector.unknown`.
    pub async fn register(&self, id: ConnectorId) -> Result<(Connector, Provider, Option<Config>)> {
        let found = connector::service::find(self.db(), id).await?.filter(|c| c.kind == Kind::Registry);
        let connector = found.ok_or_else(|| Error::not_found("connector.unknown"))?;
        let (provider, config) = read(&connector)?;
        Ok((connector, provider, config))
    }
    pub async fn create_register(
        &self,
        editor: &PolicyEditor,
        id: ConnectorId,
        typed: &Typed,
        now: Timestamp,
    ) -> Result<()> {
        let (name, config) = typed.parse(None)?;
        let provider = typed.provider.as_str();
        let new = NewConnector::new(id, Kind::Registry, provider, &name, typed.enabled, &config)?;
        connector::service::create(self.db(), editor, new, now).await
    }
    /// Errors: `connector.unknown`, `connector.changed_meanwhile`, `connector.secret_elsewhere` at `secret`.
    pub async fn change_register(
        &self,
        editor: &PolicyEditor,
        (id, rev): (ConnectorId, i64),
        typed: &Typed,
        now: Timestamp,
    ) -> Result<()> {
        let (_, provider, kept) = self.register(id).await?;
        let typed = Typed { provider, ..typed.clone() };
        let (name, config) = typed.parse(kept.as_ref())?;
        let config =
            serde_json::to_string(&config).map_err(|e| Error::internal("connector.json").because(e))?;
        connector::service::change(self.db(), editor, id, rev, &name, typed.enabled, &config, now).await
    }
    /// Asks whether it is there: the milliseconds it took, or what is wrong.
    pub async fn test_register(&self, id: ConnectorId) -> Result<std::result::Result<u128, Fault>> {
        let (connector, _, config) = self.register(id).await?;
        match config {
            Some(config) => client::ping(self.identity().asking(), &config).await,
            None => Ok(match self.register_file(connector.id).await? {
                Some(_) => Ok(0),
                None => Err(Fault::None),
            }),
        }
    }
    /// Asks the registers in their order until one knows the code or every one answered. The register that the answer is
    /// from; a fault counts only if no register gave an answer.
    pub async fn look_up(&self, uscc: &str) -> Result<(Option<Connector>, Answer)> {
        let (mut from, mut answer) = (None, Answer::Fault(Fault::None));
        for (connector, provider, config) in self.registers().await? {
            if !connector.enabled {
                continue;
            }
            let said = match (provider, config) {
                (Provider::Http, Some(config)) => {
                    client::look_up(self.identity().asking(), self.zone(), &config, uscc).await?
                }
                _ => self.look_up_in_file(connector.id, uscc).await?,
            };
            match said {
                Answer::Found(record) => return Ok((Some(connector), Answer::Found(record))),
                Answer::NotFound => (from, answer) = (Some(connector), Answer::NotFound),
                Answer::Fault(fault) if answer == Answer::Fault(Fault::None) => {
                    (from, answer) = (Some(connector), Answer::Fault(fault));
                }
                Answer::Fault(_) => {}
            }
        }
        Ok((from, answer))
    }
}
