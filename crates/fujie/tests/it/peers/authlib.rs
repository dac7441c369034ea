//! PyPI's Authlib in a Python process: authorization code with PKCE, private_key_jwt, verified claims, refresh, introspection,
//! revocation, a token of its own. The process makes its key itself; only the public half comes here.
use super::talk::{Register, Talk};
use crate::support::{allow, options, signed_in};
use anyhow::{Context as _, Result};
use oidc::client::{Algorithm, AuthMethod, GrantType, NewClient, Settings};
use serde_json::{Value, json};
use std::process::Command;
use testkit::{Engine, Server};

const CALLBACK: &str = "https://rp.test/callback";

on_both_engines!(
    m52_authlib_proves_itself_with_rs256,
    m52_authlib_proves_itself_with_es256,
    m52_authlib_proves_itself_with_eddsa,
);

async fn m52_authlib_proves_itself_with_rs256(engine: Engine) -> Result<()> {
    through(engine, Algorithm::Rs256).await
}
async fn m52_authlib_proves_itself_with_es256(engine: Engine) -> Result<()> {
    through(engine, Algorithm::Es256).await
}
async fn m52_authlib_proves_itself_with_eddsa(engine: Engine) -> Result<()> {
    through(engine, Algorithm::EdDsa).await
}

fn start(algorithm: Algorithm) -> Result<Option<Talk>> {
    let python = testkit::target().join("python").join("bin").join("python");
    if !python.is_file() {
        testkit::skip("Authlib is not installed in target/python (scripts/test does it)")?;
        return Ok(None);
    }
    Talk::start(
        Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/relying_party.py"))
            .env("RP_ALGORITHM", algorithm.as_str())
            // The server under test listens on loopback without TLS.
            .env("AUTHLIB_INSECURE_TRANSPORT", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
    .map(Some)
}

/// Its ID tokens are signed as its assertions are.
async fn registered(server: &Server, algorithm: Algorithm, jwks: &Value) -> Result<String> {
    let settings = Settings {
        auth_method: AuthMethod::PrivateKeyJwt,
        auth_algorithm: Some(algorithm),
        jwks: Some(jwks.to_string()),
        grant_types: vec![
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ],
        ..Settings::default()
    };
    let register = Register::open(server).await?;
    let client = register.client("Authlib", CALLBACK, settings);
    register.create(NewClient { id_token_algorithm: algorithm, ..client }).await
}

async fn through(engine: Engine, algorithm: Algorithm) -> Result<()> {
    let Some(mut talk) = start(algorithm)? else { return Ok(()) };
    let server = Server::start(options(engine)).await?;
    let jwks = talk.hear()?["jwks"].clone();
    let client_id = registered(&server, algorithm, &jwks).await?;
    talk.say(&json!({ "issuer": server.base, "client_id": client_id, "redirect_uri": CALLBACK }))?;
    let agent = signed_in(&server, "agent_granted").await?;
    let to = talk.hear_text("authorize")?;
    let last = allow(&agent, agent.visit(&to).await?).await?;
    let callback =
        last.location().with_context(|| format!("no answer: {} {}", last.status, last.excerpt()))?;
    talk.say(&json!({ "callback": callback.as_str() }))?;
    let told = talk.hear()?;
    assert!(told["person"]["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{told}");
    assert!(told["person"]["name"].is_string(), "{told}");
    assert_eq!(
        (&told["before"], &told["revoked"], &told["after"]),
        (&json!(true), &json!(200), &json!(false))
    );
    assert_eq!(told["again"], "invalid_grant", "a code is redeemed once: {told}");
    assert_eq!(told["verified"]["verification"]["trust_framework"], "cn_fujie_rn", "{told}");
    assert!(told["verified"]["claims"]["name"].is_string(), "{told}");
    assert_eq!(told["own"], json!({ "active": true, "sub": client_id, "after": false }));
    Ok(())
}
