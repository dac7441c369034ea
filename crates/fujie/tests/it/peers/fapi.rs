//! npm's oauth4webapi in a Node.js process: the strictest profile from the pushed request to the revocation, and a program.
//! The process makes its keys itself; only their public halves come here.
use super::{
    node,
    talk::{Register, Talk},
};
use crate::support::{allow, options, signed_in};
use anyhow::{Context as _, Result};
use oidc::{
    client::{Algorithm, AuthMethod, GrantType, NewClient, Profile, Settings, TokenFormat},
    machine::{NewMachine, service::create},
};
use serde_json::{Value, json};
use testkit::{Engine, Server};

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

async fn registered(server: &Server, jwks: &Value) -> Result<(String, String)> {
    let register = Register::open(server).await?;
    let keyed = Settings {
        auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(jwks.to_string()),
        ..Settings::default()
    };
    let settings = Settings {
        profile: Profile::Fapi2,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        ..keyed.clone()
    };
    let client =
        NewClient { id_token_algorithm: Algorithm::Ps256, ..register.client("FAPI", CALLBACK, settings) };
    let program = NewMachine {
        id: register.db.draw(),
        product: register.product,
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
    let program = create(&register.db, &register.by, program).await?.client_id;
    Ok((register.create(client).await?, program))
}

async fn through(engine: Engine, algorithm: &str) -> Result<()> {
    if !node::has(&["oauth4webapi"])? {
        return Ok(());
    }
    let mut talk = Talk::start(node::command("fapi.mjs")?.env("RP_ALGORITHM", algorithm))?;
    let server = Server::start(options(engine)).await?;
    let jwks = talk.hear()?["jwks"].clone();
    let (client_id, program_id) = registered(&server, &jwks).await?;
    talk.say(&json!({ "issuer": server.base, "client_id": client_id, "program_id": program_id,
        "redirect_uri": CALLBACK }))?;
    let agent = signed_in(&server, "agent_granted").await?;
    let to = talk.hear_text("authorize")?;
    let last = allow(&agent, agent.visit(&to).await?).await?;
    let callback =
        last.location().with_context(|| format!("no answer: {} {}", last.status, last.excerpt()))?;
    talk.say(&json!({ "callback": callback.as_str() }))?;
    let told = talk.hear()?;
    let account = server.demo.account("agent_granted")?;
    assert!(told["person"]["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{told}");
    assert!(told["person"]["name"].is_string(), "{} {told}", account.login_name);
    assert_eq!(told["program"], json!({ "active": true, "acting_for": "platform", "parts": 3 }));
    Ok(())
}
