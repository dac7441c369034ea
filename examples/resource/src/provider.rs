//! Asking the provider what a token says (RFC 7662), as a server that proves itself by its secret.
use crate::Config;
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::OnceCell;

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    introspection_endpoint: String,
}

/// What the provider says of a token.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Told {
    pub active: bool,
    pub iss: Option<String>,
    #[serde(default)]
    pub aud: Value,
    pub exp: Option<i64>,
    /// Absent for a refresh token, which is nothing to call an API with.
    pub token_type: Option<String>,
    pub cnf: Option<Value>,
    pub sub: Option<String>,
    pub client_id: Option<String>,
    pub scope: Option<String>,
    pub acting_for: Option<String>,
    pub org_id: Option<String>,
}
impl Told {
    /// The thumbprint of the key that the token is bound to. Error: why the token is not taken.
    pub fn judge(&self, config: &Config, now: i64) -> Result<Option<&str>, &'static str> {
        if !self.active || self.exp.is_some_and(|exp| exp <= now) {
            return Err("the access token is unknown, expired or revoked");
        }
        if self.iss.as_ref().is_some_and(|issuer| *issuer != config.issuer) {
            return Err("the access token comes from another provider");
        }
        let meant = match &self.aud {
            Value::Array(list) => list.iter().any(|one| *one == *config.audience),
            one => *one == *config.audience,
        };
        if !meant {
            return Err("the access token is meant for others");
        }
        let bound = match &self.cnf {
            None => None,
            Some(cnf) => Some(
                cnf.get("jkt")
                    .and_then(Value::as_str)
                    .ok_or("the access token is bound in an unknown way")?,
            ),
        };
        let fits = match self.token_type.as_deref() {
            Some(name) if name.eq_ignore_ascii_case("dpop") => bound.is_some(),
            Some(name) if name.eq_ignore_ascii_case("bearer") => bound.is_none(),
            _ => false,
        };
        if fits { Ok(bound) } else { Err("this is no access token") }
    }
}

pub struct Provider {
    config: Config,
    http: reqwest::Client,
    metadata: OnceCell<Metadata>,
}
impl Provider {
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none());
        if let Some(file) = &config.ca_file {
            let pem = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(&pem)?);
        } else if config.issuer.starts_with("http:") {
            // Plain http on loopback needs no certificate authority; a bare machine may have none.
            builder = builder.tls_certs_only([]);
        }
        Ok(Self { config: config.clone(), http: builder.build()?, metadata: OnceCell::new() })
    }
    /// Asked anew for each request: what ended a moment ago opens nothing.
    pub async fn introspect(&self, token: &str) -> anyhow::Result<Told> {
        let metadata = self.metadata.get_or_try_init(|| self.discover()).await?;
        let answer = self
            .http
            .post(&metadata.introspection_endpoint)
            .basic_auth(&self.config.client_id, Some(&self.config.client_secret))
            .form(&[("token", token), ("token_type_hint", "access_token")])
            .send()
            .await?;
        Ok(answer.error_for_status().context("the provider does not answer this client")?.json().await?)
    }
    async fn discover(&self) -> anyhow::Result<Metadata> {
        let url = format!("{}/.well-known/openid-configuration", self.config.issuer);
        let metadata: Metadata = self.http.get(&url).send().await?.error_for_status()?.json().await?;
        ensure!(metadata.issuer == self.config.issuer, "{url} speaks for {}", metadata.issuer);
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_living_access_token_for_this_api_is_taken() {
        let config = crate::tests::config("https://op.test");
        let judged = |change: Value| {
            let mut told = json!({ "active": true, "iss": "https://op.test", "aud": [crate::tests::AUDIENCE],
                "exp": 100, "token_type": "DPoP", "cnf": { "jkt": "key" } });
            for (name, value) in change.as_object().unwrap() {
                told[name] = value.clone();
            }
            let told: Told = serde_json::from_value(told).unwrap();
            told.judge(&config, 99).map(|bound| bound.map(str::to_owned))
        };
        assert_eq!(judged(json!({})), Ok(Some("key".into())));
        assert_eq!(judged(json!({ "aud": crate::tests::AUDIENCE })), Ok(Some("key".into())));
        assert_eq!(judged(json!({ "token_type": "Bearer", "cnf": null })), Ok(None));
        for change in [
            json!({ "active": false }),
            json!({ "exp": 99 }),
            json!({ "iss": "https://other.test" }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "aud": ["https://op.test"] }),
            json!({ "aud": [format!("{}/", crate::tests::AUDIENCE)] }),
            json!({ "token_type": null }),
            json!({ "token_type": "Bearer" }),
            json!({ "cnf": null }),
            json!({ "cnf": { "x5t#S256": "certificate" } }),
        ] {
            assert!(judged(change.clone()).is_err(), "{change}");
        }
    }
}
