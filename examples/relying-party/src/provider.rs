//! The provider's side of the talk: discovery, authorization address, token exchange, ID token, userinfo, sign-out.
use crate::Config;
use anyhow::{Context, bail, ensure};
use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::OnceCell;
use url::Url;

/// What discovery tells and this product needs.
#[derive(Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

/// A verified sign-in.
#[derive(Clone)]
pub struct SignedIn {
    pub access_token: String,
    pub id_token: String,
    /// The ID token's claims.
    pub claims: Value,
}

pub struct Provider {
    config: Config,
    http: reqwest::Client,
    metadata: OnceCell<Metadata>,
}

/// 256 random bits: state, nonce, verifier, cookie.
#[expect(clippy::expect_used, reason = "without randomness nothing that follows would be safe")]
pub fn random() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    BASE64URL_NOPAD.encode(&bytes)
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
    async fn metadata(&self) -> anyhow::Result<&Metadata> {
        self.metadata
            .get_or_try_init(|| async {
                let url = format!("{}/.well-known/openid-configuration", self.config.issuer);
                let metadata: Metadata = self.http.get(&url).send().await?.error_for_status()?.json().await?;
                ensure!(metadata.issuer == self.config.issuer, "{url} speaks for {}", metadata.issuer);
                Ok(metadata)
            })
            .await
            .context("the identity provider cannot be reached")
    }
    fn callback(&self) -> String {
        format!("{}/callback", self.config.base_url)
    }

    pub async fn authorization_url(
        &self,
        state: &str,
        nonce: &str,
        verifier: &str,
        organization: Option<&str>,
    ) -> anyhow::Result<String> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier));
        let mut scope = "openid profile".to_owned();
        if let Some(organization) = organization {
            scope.push_str(" organization:");
            scope.push_str(organization);
        }
        let mut url = Url::parse(&self.metadata().await?.authorization_endpoint)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.callback())
            .append_pair("scope", &scope)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    pub async fn exchange(&self, code: &str, verifier: &str, nonce: &str) -> anyhow::Result<SignedIn> {
        let callback = self.callback();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &callback),
            ("code_verifier", verifier),
        ];
        let mut request = self.http.post(&self.metadata().await?.token_endpoint);
        match &self.config.client_secret {
            // Identifiers and secrets of this provider hold no character that form encoding would change.
            Some(secret) => request = request.basic_auth(&self.config.client_id, Some(secret)),
            None => form.push(("client_id", &self.config.client_id)),
        }
        let response = request.form(&form).send().await?;
        if !response.status().is_success() {
            bail!("the provider refused the code: {}", response.text().await?);
        }
        let tokens: Tokens = response.json().await?;
        let claims = self.verify(&tokens.id_token, nonce).await.context("the ID token does not hold")?;
        Ok(SignedIn { access_token: tokens.access_token, id_token: tokens.id_token, claims })
    }

    /// Signature by a published key, issuer, audience, expiry, nonce.
    async fn verify(&self, id_token: &str, nonce: &str) -> anyhow::Result<Value> {
        let keys: JwkSet =
            self.http.get(&self.metadata().await?.jwks_uri).send().await?.error_for_status()?.json().await?;
        let kid = jsonwebtoken::decode_header(id_token)?.kid.context("it names no key")?;
        let key = keys.find(&kid).context("its key is not published")?;
        // The algorithm comes from the published key, never from the token.
        let algorithm = match key.common.key_algorithm.map(|algorithm| algorithm.to_string()).as_deref() {
            Some("ES256") => Algorithm::ES256,
            Some("RS256") => Algorithm::RS256,
            other => bail!("unexpected algorithm {other:?}"),
        };
        let mut rules = Validation::new(algorithm);
        rules.set_issuer(&[&self.config.issuer]);
        rules.set_audience(&[&self.config.client_id]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Value>(id_token, &DecodingKey::from_jwk(key)?, &rules)?.claims;
        ensure!(claims.get("nonce").and_then(Value::as_str) == Some(nonce), "it answers another request");
        Ok(claims)
    }

    pub async fn userinfo(&self, access_token: &str) -> anyhow::Result<Value> {
        let endpoint = &self.metadata().await?.userinfo_endpoint;
        Ok(self.http.get(endpoint).bearer_auth(access_token).send().await?.error_for_status()?.json().await?)
    }

    pub async fn logout_url(&self, id_token: &str) -> anyhow::Result<String> {
        let mut url = Url::parse(&self.metadata().await?.end_session_endpoint)?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("client_id", &self.config.client_id)
            .append_pair("post_logout_redirect_uri", &format!("{}/", self.config.base_url));
        Ok(url.into())
    }
}
