//! What must happen once, happens once, whatever runs beside it.
use crate::support::{authorize, options, signed_in};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use testkit::{
    Engine, Server,
    party::{self, Attempt},
};

const REDIRECT: &str = "http://127.0.0.1:9/callback";

on_both_engines!(one_authorization_code_has_one_winner, sixth_wrong_password_is_refused);

/// Two hundred parallel uses of one code: one gets tokens, the others `invalid_grant`.
async fn one_authorization_code_has_one_winner(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).redirect(REDIRECT)).await?;
    let agent = signed_in(&server, "agent_granted").await?;
    let rounds = if testkit::full_proof() { 10 } else { 2 };
    for _ in 0..rounds {
        let attempt = Attempt::new();
        let code = authorize(&agent, &server, REDIRECT, &attempt).await?;
        let uses =
            (0..200).map(|_| party::exchange(&agent, &server.demo, &code, REDIRECT, &attempt.verifier));
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        for reply in futures_util::future::join_all(uses).await {
            let (status, body) = reply?;
            *outcomes.entry(format!("{status} {}", body["error"].as_str().unwrap_or(""))).or_default() += 1;
        }
        assert_eq!(outcomes, BTreeMap::from([("200 ".into(), 1), ("400 invalid_grant".into(), 199)]));
    }
    Ok(())
}

/// Five wrong passwords, then the right one: refused, and the refusal says nothing about the account.
async fn sixth_wrong_password_is_refused(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let account = server.demo.account("agent_granted")?.clone();
    let agent = server.agent()?;
    for guess in 0..5 {
        let reply = agent.sign_in(&account.login_name, &format!("Wrong-guess-{guess}")).await?;
        anyhow::ensure!(reply.location().is_none(), "guess {guess} led to {:?}", reply.location());
    }
    let reply = agent.sign_in(&account.login_name, &account.password).await?;
    anyhow::ensure!(reply.location().is_none(), "the sixth was let in to {:?}", reply.location());
    // The counter outlives the process.
    let mut server = server;
    server.stop()?;
    server.restart().await.context("starting again")?;
    let reply = server.agent()?.sign_in(&account.login_name, &account.password).await?;
    anyhow::ensure!(reply.location().is_none(), "a restart forgot the guesses");
    Ok(())
}
