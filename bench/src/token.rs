//! Verifies ID tokens as a product would: discovery, key set, signature, issuer, audience.
use crate::http::Connection;
use anyhow::{Context as _, Result, ensure};
use http::StatusCode;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;

#[derive(Debug)]
pub struct Verifier {
    issuer: String,
    keys: JwkSet,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub nonce: Option<String>,
    pub org_id: Option<String>,
}
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Verifier {
    pub async fn discover(authority: &str) -> Result<Self> {
        let mut connection = Connection::new(authority);
        let reply = connection.get("/.well-known/openid-configuration").await?.expect(StatusCode::OK)?;
        let metadata: Metadata = reply.json()?;
        let path =
            metadata.jwks_uri.strip_prefix(&format!("http://{authority}")).context("keys lie elsewhere")?;
        let keys = connection.get(path).await?.expect(StatusCode::OK)?.json()?;
        Ok(Self { issuer: metadata.issuer, keys })
    }
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
    pub fn verify(&self, token: &str, audience: &str) -> Result<Claims> {
        let header = decode_header(token)?;
        let kid = header.kid.context("the token names no key")?;
        let key = self.keys.find(&kid).with_context(|| format!("no key {kid}"))?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims: Claims = decode(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
        ensure!(!claims.sub.is_empty(), "the token names nobody");
        Ok(claims)
    }
}
