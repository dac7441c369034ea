//! npm's openid-client, in a Node.js process at https://rp.test.
use super::node;
use crate::{
    journeys::steps::{self, Member},
    support::options,
};
use anyhow::{Context as _, Result};
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};
use testkit::{
    Browser, Demo, Engine, Look, Server,
    browser::journey,
    process::{Process, free_port},
    tls,
};

on_both_engines!(
    m32_m48_m52_a_member_created_and_granted_signs_in_for_the_organization,
    m49_a_member_without_a_grant_learns_why_asks_and_gets_in,
    m71_signing_out_at_the_product_ends_its_tokens,
);

/// The relying party's address is known before it runs, so that it can be registered.
struct RelyingParty {
    base: String,
    _process: Process,
}

fn address() -> Result<String> {
    Ok(format!("https://rp.test:{}", free_port()?))
}

impl RelyingParty {
    async fn start(base: &str, issuer: &str, demo: &Demo) -> Result<Option<Self>> {
        if !node::has(&["openid-client"])? {
            return Ok(None);
        }
        let (client, authority) = (demo.client()?, tls::authority()?);
        let mut child = node::command("openid-client.mjs")?
            .env("RP_BASE_URL", base)
            .env("RP_ISSUER", issuer)
            .env("RP_CLIENT_ID", &client.client_id)
            .env("RP_CLIENT_SECRET", &client.client_secret)
            .env("RP_CERTIFICATE", authority.certificate_file())
            .env("RP_KEY", authority.key_file())
            .env("NODE_EXTRA_CA_CERTS", authority.ca_file())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting node")?;
        let output = child.stdout.take().context("no output")?;
        let process = Process::from(child);
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let line =
            tokio::time::timeout(Duration::from_secs(20), line).await.context("node said nothing")???;
        anyhow::ensure!(line.trim() == "listening", "node said {line:?}");
        Ok(Some(Self { base: base.to_owned(), _process: process }))
    }
}

async fn start(engine: Engine) -> Result<Option<(Server, RelyingParty)>> {
    let base = address()?;
    let options =
        options(engine).tls().redirect(format!("{base}/callback")).post_logout(format!("{base}/out"));
    let server = Server::start(options).await?;
    let party = RelyingParty::start(&base, &server.base, &server.demo).await?;
    Ok(party.map(|party| (server, party)))
}

/// The claims as the verified ID token has them, and as userinfo says.
async fn claims(browser: &Browser) -> Result<(serde_json::Value, serde_json::Value)> {
    browser.until("at the product", |url| url.host_str() == Some("rp.test")).await?;
    let read = async |id: &str| -> Result<serde_json::Value> {
        let text = browser.find(id).await?.text().await?;
        serde_json::from_str(&text).with_context(|| text.clone())
    };
    anyhow::ensure!(!browser.has("#failure").await?, "{}", browser.text().await?);
    Ok((read("#claims").await?, read("#userinfo").await?))
}

async fn m32_m48_m52_a_member_created_and_granted_signs_in_for_the_organization(
    engine: Engine,
) -> Result<()> {
    let Some((server, party)) = start(engine).await? else { return Ok(()) };
    let name = format!("m32_m48_m52_{engine:?}");
    journey(&name, Look::default(), async |browser| {
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        let member =
            steps::create_member(browser, &server, organization, &Member::new("jibaiyun", "纪白芸")).await?;
        steps::grant(browser, &server, organization, &member, &server.demo.client()?.product).await?;
        steps::sign_out(browser, &server.base).await?;

        browser.go(&party.base).await?;
        browser.sign_in_here(&member.login_name, &member.password).await?;
        steps::change_temporary_password(browser, &member.password, "Bamboo-lantern-7291").await?;
        steps::allow(browser).await?;
        let (id_token, userinfo) = claims(browser).await?;
        steps::assert_acts_for(&id_token, organization, "agent");
        steps::assert_acts_for(&userinfo, organization, "agent");
        assert_eq!(id_token["sub"], userinfo["sub"]);
        Ok(())
    })
    .await
}

async fn m49_a_member_without_a_grant_learns_why_asks_and_gets_in(engine: Engine) -> Result<()> {
    let Some((server, party)) = start(engine).await? else { return Ok(()) };
    let name = format!("m49_{engine:?}");
    // On a phone and without scripts.
    let look = Look { width: 390, height: 844, scripts: false, ..Look::default() };
    journey(&name, look, async |browser| {
        let agent = server.demo.account("agent_not_granted")?;
        let administrator = server.demo.account("administrator")?;
        let organization = agent.organization_id()?;
        browser.go(&party.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::ask_for_access(browser, "准备季度报告").await?;
        steps::sign_out(browser, &server.base).await?;

        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        steps::approve_application(browser, &server, organization).await?;
        steps::sign_out(browser, &server.base).await?;

        browser.go(&party.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::allow(browser).await?;
        let (id_token, userinfo) = claims(browser).await?;
        steps::assert_acts_for(&id_token, organization, "agent");
        steps::assert_acts_for(&userinfo, organization, "agent");
        Ok(())
    })
    .await
}

async fn m71_signing_out_at_the_product_ends_its_tokens(engine: Engine) -> Result<()> {
    let Some((server, party)) = start(engine).await? else { return Ok(()) };
    let name = format!("m71_{engine:?}");
    journey(&name, Look::default(), async |browser| {
        let agent = server.demo.account("agent_granted")?;
        browser.go(&party.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::allow(browser).await?;
        claims(browser).await?;
        browser.go(&format!("{}/userinfo", party.base)).await?;
        assert_eq!(browser.find("#alive").await?.text().await?, "yes");
        browser.go(&format!("{}/logout", party.base)).await?;
        if browser.has("#logout-confirm").await? {
            browser.click("#logout-confirm").await?;
        }
        browser.until("signed out at the product", |url| url.path() == "/out").await?;
        assert_eq!(browser.find("#out").await?.text().await?, "bye", "the state comes back");
        browser.go(&format!("{}/userinfo", party.base)).await?;
        assert_eq!(browser.find("#alive").await?.text().await?, "no");
        // The next sign-in asks again.
        browser.go(&party.base).await?;
        browser.find("#login-name").await?;
        Ok(())
    })
    .await
}
