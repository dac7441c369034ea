//! npm's openid-client in a Node.js process, with keys instead of a secret; npm's jose reads the logout token.
use super::{
    node,
    talk::{Register, Talk},
};
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use oidc::client::{AuthMethod, GrantType, NewClient, Settings};
use serde_json::{Value, json};
use testkit::{Agent, Engine, Server};

const CALLBACK: &str = "https://rp.test/callback";
const OUT: &str = "https://rp.test/out";

on_both_engines!(m52_m71_a_client_with_keys_from_the_pushed_request_to_the_logout_token);

/// What the authorization endpoint hands to the browser: a place to go, or a form to send.
async fn handed(agent: &Agent, to: &str) -> Result<Value> {
    let mut page = agent.visit(to).await?;
    if let Ok(form) = page.form_to("/consent") {
        let reply = agent.submit(&page, &form.allowed()).await?;
        page = agent.follow(reply).await?;
    }
    match page.location() {
        Some(place) => Ok(json!({ "callback": place.as_str() })),
        None => Ok(json!({ "form": page.form_to(CALLBACK).with_context(|| page.excerpt())?.body() })),
    }
}

async fn m52_m71_a_client_with_keys_from_the_pushed_request_to_the_logout_token(
    engine: Engine,
) -> Result<()> {
    if !node::has(&["openid-client", "jose"])? {
        return Ok(());
    }
    let mut peer = Talk::start(&mut node::command("bound.mjs")?)?;
    let server = Server::start(options(engine)).await?;
    let keys = peer.hear()?;
    let settings = Settings {
        auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(keys["jwks"].to_string()),
        grant_types: vec![
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ],
        dpop_bound: true,
        require_par: true,
        backchannel_logout_uri: keys["backchannel"].as_str().map(str::to_owned),
        backchannel_logout_session_required: true,
        ..Settings::default()
    };
    let register = Register::open(&server).await?;
    let client = register.client("Keys", CALLBACK, settings);
    let client_id =
        register.create(NewClient { post_logout_redirect_uris: vec![OUT.into()], ..client }).await?;
    peer.say(&json!({ "issuer": server.base, "client_id": client_id, "redirect_uri": CALLBACK,
        "post_logout_redirect_uri": OUT }))?;
    let agent = signed_in(&server, "agent_granted").await?;
    for _ in 0..2 {
        let to = peer.hear_text("authorize")?;
        peer.say(&handed(&agent, &to).await?)?;
    }
    let out = agent.visit(&peer.hear_text("logout")?).await?;
    let landed = out.location().with_context(|| format!("not signed out: {}", out.excerpt()))?;
    peer.say(&json!({ "landed": landed.as_str() }))?;

    let told = peer.hear()?;
    assert!(told["rotated"]["sub"].as_str().is_some_and(|sub| !sub.is_empty()), "{told}");
    let verified = &told["rotated"]["verified"];
    assert_eq!(
        verified["verification"],
        json!({ "trust_framework": "cn_fujie_rn", "assurance_level": "rn1" })
    );
    assert!(verified["claims"]["name"].as_str().is_some_and(|name| !name.is_empty()), "{told}");
    assert_eq!(told["own"], json!({ "sub": client_id, "bound": "string", "afterwards": false }));
    assert_eq!(
        told["signedOut"],
        json!({ "landed": format!("{OUT}?state=bye"), "same": true, "afterwards": [true, true], "returned": [false, false] })
    );
    Ok(())
}
