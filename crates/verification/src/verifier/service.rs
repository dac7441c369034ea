//! Setting up verifiers at the desk, and which are asked for a check.
use super::{
    client,
    model::{Config, PROVIDER},
};
use crate::{Method, Verification};
use kernel::{Error, Result, Timestamp};
use platform::{
    connector::{self, Connector, ConnectorId, Kind, NewConnector, Server},
    exchange::Fault,
    staff::PolicyEditor,
};

/// A verifier as staff typed it. An empty secret keeps the one that is there, for the server that it was typed for.
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
        let kept = kept.filter(|_| self.secret.trim().is_empty());
        let secret = kept.map_or(&self.secret, |kept| &kept.secret);
        let config = Config::parse(&self.url, &self.key_id, secret, &self.checks)?;
        if let Some(kept) = kept {
            Server::of(&kept.url).keeps(&Server::of(&config.url), "secret")?;
        }
        Ok((name, config))
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
    /// Errors: `connector.unknown`, `connector.changed_meanwhile`, `connector.secret_elsewhere` at `secret`.
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
        client::ping(self.identity().asking(), &config).await
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    #[test]
    fn a_secret_stays_for_its_server_and_is_typed_again_for_another() {
        let secret = "0123456789abcdefghijklmnopqrstuv".to_owned();
        let typed = |url: &str, secret: &str| Typed {
            name: "V".into(),
            url: url.into(),
            key_id: "fujie".into(),
            secret: secret.into(),
            checks: vec!["two_element".into()],
            enabled: true,
        };
        let (_, kept) = typed("https://verifier.example/a", &secret).parse(None).unwrap();
        let (_, same) = typed("https://verifier.example/b", " ").parse(Some(&kept)).unwrap();
        assert_eq!(same.secret, secret);
        for other in ["https://evil.example/a", "http://verifier.example/a", "https://verifier.example:444/a"]
        {
            let error = typed(other, "").parse(Some(&kept)).unwrap_err();
            assert_eq!((error.code, error.field), ("connector.secret_elsewhere", Some("secret")), "{other}");
            assert_eq!(typed(other, &secret).parse(Some(&kept)).unwrap().1.secret, secret);
        }
    }
}
