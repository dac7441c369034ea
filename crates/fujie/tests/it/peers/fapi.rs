//! npm's oauth4webapi in a Node.js process: the strictest profile from the pushed request to the revocation, and a program.
//! The process makes its keys itself; only their public halves come here.
use super::node;
use crate::support::{allow, options, signed_in};
use anyhow::{Context as _, Result, ensure};
use db::{Db, Keyring};
use kernel::{Rng, id::ProductId};
use oidc::{
    client::{
        Algorithm, AuthMethod, GrantType, NewClient, Profile, Settings, TokenFormat,
        service::{create_client, list_of_product},
    },
    machine::{NewMachine, service::create},
};
use organization::Operator;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Stdio},
    sync::Arc,
};
use testkit::{Engine, Server, process::Process};

const CALLBACK: &str = "https://rp.test/callback";

on_both_engines!(
    m52_the_strictest_profile_with_es256,
    m52_the_strictest_profile_with_ps256,
    m52_the_strictest_profile_with_ed25519,
);

async fn m52_the_strictest_profile_with_es256(engine: Engine) -> Result<()> {
    through(engine, "ES256").await
}
async fn m52_the_strictest_profile_with_ps256(engine: Engine) -> Result<()> {
    through(engine, "PS256").await
}
async fn m52_the_strictest_profile_with_ed25519(engine: Engine) -> Result<()> {
    through(engine, "Ed25519").await
}

/// The process, spoken with in lines.
struct Talk {
    _process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}
impl Talk {
    fn start(algorithm: &str) -> Result<Option<Self>> {
        if !node::has(&["oauth4webapi"])? {
            return Ok(None);
        }
        let mut child = node::command("fapi.mjs")?
            .env("RP_ALGORITHM", algorithm)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting node")?;
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
        serde_json::from_str(&line).with_context(|| format!("node said {line:?}"))
    }
}

/// Both are registered in the store of the running server, as the desk would.
async fn registered(server: &Server, jwks: &Value) -> Result<(String, String)> {
    let keyring = Arc::new(Keyring::open_or_create(&server.folder().join("keyring"), &Rng::System)?);
    let store = db::Options { readers: 2, writers: 2, ..db::Options::new(server.database().url(), keyring) };
    let db = tokio::task::spawn_blocking(move || Db::open(store)).await??;
    db.migrate().await?;
    let by = Operator::installation();
    let known = server.demo.client()?.client_id.clone();
    let product = product_of(&db, &known).await?;
    let keyed = Settings {
        auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(jwks.to_string()),
        ..Settings::default()
    };
    let client = NewClient {
        id: db.draw(),
        product,
        name: "FAPI".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        skip_consent: false,
        id_token_algorithm: Algorithm::Ps256,
        settings: Settings {
            profile: Profile::Fapi2,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            ..keyed.clone()
        },
    };
    let program = NewMachine {
        id: db.draw(),
        product,
        name: "FAPI".into(),
        owner: None,
        settings: Settings {
            grant_types: vec![GrantType::ClientCredentials],
            access_token_format: TokenFormat::Jwt,
            access_token_seconds: 300,
            dpop_bound: true,
            ..keyed
        },
        algorithm: Algorithm::EdDsa,
    };
    let (client, program) = (create_client(&db, &by, client).await?, create(&db, &by, program).await?);
    db.close().await;
    Ok((client.client_id, program.client_id))
}
async fn product_of(db: &Db, client_id: &str) -> Result<ProductId> {
    let clients = oidc::client::service::Clients::new(db.clone());
    let client = clients.find(client_id).await?.context("the demonstration's client")?;
    ensure!(!list_of_product(db, client.product).await?.is_empty());
    Ok(client.product)
}

async fn through(engine: Engine, algorithm: &str) -> Result<()> {
    let Some(mut talk) = Talk::start(algorithm)? else { return Ok(()) };
    let server = Server::start(options(engine)).await?;
    let jwks = talk.hear()?["jwks"].clone();
    let (client_id, program_id) = registered(&server, &jwks).await?;
    talk.say(&json!({ "issuer": server.base, "client_id": client_id, "program_id": program_id,
        "redirect_uri": CALLBACK }))?;
    let agent = signed_in(&server, "agent_granted").await?;
    let to = talk.hear()?["authorize"].as_str().context("an address")?.to_owned();
    let last = allow(&agent, agent.visit(&to).await?).await?;
    let callback =
        last.location().with_context(|| format!("no answer: {} {}", last.status, last.excerpt()))?;
    talk.say(&json!({ "callback": callback.as_str() }))?;
    let told = tokio::task::spawn_blocking(move || talk.hear()).await??;
    let account = server.demo.account("agent_granted")?;
    assert!(told["person"]["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{told}");
    assert!(told["person"]["name"].is_string(), "{} {told}", account.login_name);
    assert_eq!(told["program"], json!({ "active": true, "acting_for": "platform", "parts": 3 }));
    Ok(())
}
