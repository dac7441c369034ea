//! Signing keys at the desk.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::{Agent, Engine, Server};

on_both_engines!(staff_see_the_keys_and_announce_new_ones);

async fn published(agent: &Agent) -> Result<usize> {
    let set: Value = agent.get("/oauth2/jwks").await?.json()?;
    Ok(set["keys"].as_array().context("no keys")?.len())
}

async fn staff_see_the_keys_and_announce_new_ones(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "system_administrator").await?;
    let before = published(&agent).await?;
    let page = agent.get("/desk/keys").await?;
    assert_eq!(page.status.as_u16(), 200, "{}", page.excerpt());
    for algorithm in ["ES256", "RS256", "PS256", "EdDSA"] {
        assert!(page.body.contains(algorithm), "{algorithm}: {}", page.excerpt());
    }
    let form = page.form_to("/desk/keys/rotate")?;
    let done = agent.submit(&page, &form.clone().with("when", "announced")).await?;
    assert!(
        done.location().is_some_and(|url| url.path() == "/desk/keys"),
        "{} {}",
        done.status,
        done.excerpt()
    );
    assert_eq!(published(&agent).await?, 2 * before, "the new ones are announced, the old ones sign");
    let wrong = agent.submit(&page, &form.clone().with("when", "never")).await?;
    assert_eq!(wrong.status.as_u16(), 422, "{}", wrong.excerpt());
    assert_eq!(published(&agent).await?, 2 * before);
    let done = agent.submit(&page, &form.with("when", "at_once")).await?;
    assert!(done.location().is_some_and(|url| url.path() == "/desk/keys"), "{}", done.excerpt());
    assert_eq!(published(&agent).await?, before, "those that may have leaked are gone");
    let other = signed_in(&server, "agent_granted").await?;
    assert_eq!(other.get("/desk/keys").await?.status.as_u16(), 404);
    Ok(())
}
