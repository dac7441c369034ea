//! A product that wants hardware (`urn:fujie:aal:3`), and what a person whose session is weaker is led through: a sign-in with a
//! passkey and on to the product, or the error that says what is missing.
use crate::support::{allow, options, signed_in};
use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::{
    Agent, Engine, Reply, Server,
    form::{self, Form},
    party::{self, Attempt},
    passkey::SoftPasskey,
};

on_both_engines!(
    a_weaker_session_reaches_hardware_by_a_passkey_in_the_flow,
    whoever_has_no_hardware_is_sent_back_with_the_error_that_says_so,
);

const REDIRECT: &str = "https://rp.test/callback";
const HARDWARE: &str = "urn:fujie:aal:3";

/// The request with what makes hardware a must, or a wish.
fn request(server: &Server, attempt: &Attempt, essential: bool) -> Result<String> {
    let query = attempt.query(&server.demo.client()?.client_id, REDIRECT, "openid profile");
    let wish = format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{HARDWARE}"}}}}}}"#);
    let more = if essential {
        form::encode([("claims", wish.as_str())])
    } else {
        form::encode([("acr_values", HARDWARE)])
    };
    Ok(format!("/oauth2/authorize?{query}&{more}"))
}
/// Adds a passkey to the account that is signed in.
async fn add_passkey(agent: &Agent, synced: bool) -> Result<SoftPasskey> {
    let page = agent.get("/me/passkeys").await?;
    let form = page.form_to("/me/passkeys")?;
    let begun = agent.post_body("/me/passkeys/begin", form.body()).await?.json()?;
    let (passkey, credential) =
        SoftPasskey::create(&page.url.origin().ascii_serialization(), &begun["publicKey"], synced)?;
    let challenge = begun["challenge"].as_str().context("a challenge")?;
    let form = form.with("challenge", challenge).with("credential", &credential).with("name", "书桌");
    let kept = agent.submit(&page, &form).await?;
    anyhow::ensure!(kept.status == 200, "{} {}", kept.status, kept.excerpt());
    Ok(passkey)
}
/// Takes the way of the passkey from the sign-in page.
async fn sign_in_with(agent: &Agent, sign_in: &Reply, passkey: &mut SoftPasskey) -> Result<Reply> {
    let way = form::links(&sign_in.body).into_iter().find(|link| link.starts_with("/login/passkey"));
    let page = agent.get(&way.context("no way with a passkey")?).await?;
    let form: Form = page.form_to("/login/passkey")?;
    let begun = agent.post_body("/login/passkey/begin", form.body()).await?.json()?;
    let credential = passkey.sign(&begun["publicKey"])?;
    let challenge = begun["challenge"].as_str().context("a challenge")?;
    agent.submit(&page, &form.with("challenge", challenge).with("credential", &credential)).await
}
/// The sign-in page to which a request leads, with the word of what is wanted.
async fn led_to_sign_in(agent: &Agent, address: &str) -> Result<Reply> {
    let led = agent.get(address).await?;
    let to = led.location().with_context(|| format!("{} {}", led.status, led.excerpt()))?;
    assert_eq!(to.path(), "/login", "{to}");
    assert_eq!(led.location_parameter("strength").as_deref(), Some("3"), "{to}");
    let page = agent.get(to.as_str()).await?;
    assert!(page.body.contains("安全密钥上的通行密钥"), "it is said before: {}", page.excerpt());
    Ok(page)
}
/// The claims of the ID token at the end of the way.
async fn claims(agent: &Agent, server: &Server, attempt: &Attempt, last: Reply) -> Result<Value> {
    let last = agent.follow(last).await?;
    let last = allow(agent, last).await?;
    let code = last
        .location_parameter("code")
        .with_context(|| format!("no code: {} {:?}\n{}", last.status, last.location(), last.excerpt()))?;
    let (_, tokens) = party::exchange(agent, &server.demo, &code, REDIRECT, &attempt.verifier).await?;
    party::claims(tokens["id_token"].as_str().with_context(|| format!("no ID token: {tokens}"))?)
}

async fn a_weaker_session_reaches_hardware_by_a_passkey_in_the_flow(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls().redirect(REDIRECT)).await?;
    // Signed in by a password, before the account had anything else.
    let agent = signed_in(&server, "agent_granted").await?;
    let mut passkey = add_passkey(&signed_in(&server, "agent_granted").await?, false).await?;
    let attempt = Attempt::new();
    let silent = agent.get(&format!("{}&prompt=none", request(&server, &attempt, true)?)).await?;
    assert_eq!(silent.location_parameter("error").as_deref(), Some("unmet_authentication_requirements"));

    for essential in [true, false] {
        let attempt = Attempt::new();
        let before = agent.clone();
        let page = led_to_sign_in(&agent, &request(&server, &attempt, essential)?).await?;
        let told =
            claims(&agent, &server, &attempt, sign_in_with(&agent, &page, &mut passkey).await?).await?;
        assert_eq!(told["acr"], HARDWARE, "{told}");
        assert!(told["amr"].as_array().is_some_and(|amr| amr.iter().any(|one| one == "hwk")), "{told}");
        assert_eq!(told["nonce"], attempt.nonce.as_str());
        // The session is strong enough from now on: no page but the consent, if that.
        let again = Attempt::new();
        let first = before.visit(&request(&server, &again, true)?).await?;
        assert_eq!(claims(&agent, &server, &again, first).await?["acr"], HARDWARE);
        // And for the other way of asking, a session as weak as the first.
        let sql = "UPDATE session SET methods = 'pwd' WHERE ended_at IS NULL";
        server.database().rows(sql)?;
    }
    Ok(())
}

async fn whoever_has_no_hardware_is_sent_back_with_the_error_that_says_so(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls().redirect(REDIRECT)).await?;
    let account = server.demo.account("agent_granted")?;
    let agent = signed_in(&server, "agent_granted").await?;
    let unmet = |reply: &Reply, attempt: &Attempt| {
        assert!(
            reply.location().is_some_and(|to| to.as_str().starts_with(REDIRECT)),
            "{:?}",
            reply.location()
        );
        let told = |name| reply.location_parameter(name);
        assert_eq!(
            told("error").as_deref(),
            Some("unmet_authentication_requirements"),
            "{}",
            reply.excerpt()
        );
        assert_eq!((told("state").as_deref(), told("code")), (Some(attempt.state.as_str()), None));
        assert_eq!(told("iss").as_deref(), Some(server.base.as_str()));
    };
    // A password again is no hardware. It is not asked for a second factor in vain either.
    let attempt = Attempt::new();
    let page = led_to_sign_in(&agent, &request(&server, &attempt, true)?).await?;
    let signed = agent.sign_in_at(&page, &account.login_name, &account.password).await?;
    unmet(&agent.follow(signed).await?, &attempt);
    // Where it is a wish the product is told what was reached.
    let attempt = Attempt::new();
    let page = led_to_sign_in(&agent, &request(&server, &attempt, false)?).await?;
    let signed = agent.sign_in_at(&page, &account.login_name, &account.password).await?;
    assert_eq!(claims(&agent, &server, &attempt, signed).await?["acr"], "urn:fujie:aal:1");
    // A key that is kept in a cloud is two factors, and no hardware.
    let mut synced = add_passkey(&agent, true).await?;
    let attempt = Attempt::new();
    let page = led_to_sign_in(&agent, &request(&server, &attempt, true)?).await?;
    let signed = sign_in_with(&agent, &page, &mut synced).await?;
    unmet(&agent.follow(signed).await?, &attempt);
    // Nobody signed in at all: the same page says it before the first sign-in.
    let stranger = server.agent()?;
    let attempt = Attempt::new();
    let page = led_to_sign_in(&stranger, &request(&server, &attempt, true)?).await?;
    let signed = sign_in_with(&stranger, &page, &mut synced).await?;
    unmet(&stranger.follow(signed).await?, &attempt);
    Ok(())
}
