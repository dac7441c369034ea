//! PyPI's Authlib in a Python process: authorization code with PKCE, private_key_jwt, refresh, introspection, revocation. The
//! process makes its key itself; only the public half comes here.
use crate::support::{allow, options, signed_in};
use anyhow::{Context as _, Result};
use db::{Db, Keyring};
use kernel::Rng;
use oidc::client::{
    Algorithm, AuthMethod, GrantType, NewClient, Settings,
    service::{Clients, create_client},
};
use organization::Operator;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};
use testkit::{Engine, Server, process::Process};

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

/// The process, spoken with in lines.
struct Talk {
    _process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}
impl Talk {
    fn start(algorithm: Algorithm) -> Result<Option<Self>> {
        let python = testkit::target().join("python").join("bin").join("python");
        if !python.is_file() {
            testkit::skip("Authlib is not installed in target/python (scripts/test does it)")?;
            return Ok(None);
        }
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/relying_party.py"))
            .env("RP_ALGORITHM", algorithm.as_str())
            // The server under test listens on loopback without TLS.
            .env("AUTHLIB_INSECURE_TRANSPORT", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting python")?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Some(Self { _process: Process::from(child), input, output }))
    }
    fn say(&mut self, value: &Value) -> Result<()> {
        Ok(writeln!(self.input, "{value}")?)
    }
    fn hear(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("python said {line:?}"))
    }
}

/// Registered in the store of the running server, as the desk would; its ID tokens are signed as its assertions are.
async fn registered(server: &Server, algorithm: Algorithm, jwks: &Value) -> Result<String> {
    let keyring = Arc::new(Keyring::open_or_create(&server.folder().join("keyring"), &Rng::System)?);
    let store = db::Options { readers: 2, writers: 2, ..db::Options::new(server.database().url(), keyring) };
    let db = tokio::task::spawn_blocking(move || Db::open(store)).await??;
    db.migrate().await?;
    let known = Clients::new(db.clone()).find(&server.demo.client()?.client_id).await?;
    let client = NewClient {
        id: db.draw(),
        product: known.context("the demonstration's client")?.product,
        name: "Authlib".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: algorithm,
        settings: Settings {
            auth_method: AuthMethod::PrivateKeyJwt,
            auth_algorithm: Some(algorithm),
            jwks: Some(jwks.to_string()),
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            ..Settings::default()
        },
    };
    let registered = create_client(&db, &Operator::installation(), client).await?;
    db.close().await;
    Ok(registered.client_id)
}

async fn through(engine: Engine, algorithm: Algorithm) -> Result<()> {
    let Some(mut talk) = Talk::start(algorithm)? else { return Ok(()) };
    let server = Server::start(options(engine)).await?;
    let jwks = talk.hear()?["jwks"].clone();
    let client_id = registered(&server, algorithm, &jwks).await?;
    talk.say(&json!({ "issuer": server.base, "client_id": client_id, "redirect_uri": CALLBACK }))?;
    let agent = signed_in(&server, "agent_granted").await?;
    let to = talk.hear()?["authorize"].as_str().context("an address")?.to_owned();
    let last = allow(&agent, agent.visit(&to).await?).await?;
    let callback =
        last.location().with_context(|| format!("no answer: {} {}", last.status, last.excerpt()))?;
    talk.say(&json!({ "callback": callback.as_str() }))?;
    let told = tokio::task::spawn_blocking(move || talk.hear()).await??;
    assert!(told["person"]["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{told}");
    assert!(told["person"]["name"].is_string(), "{told}");
    assert_eq!(
        (&told["before"], &told["revoked"], &told["after"]),
        (&json!(true), &json!(200), &json!(false))
    );
    assert_eq!(told["again"], "invalid_grant", "a code is redeemed once: {told}");
    Ok(())
}
