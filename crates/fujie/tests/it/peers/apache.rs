//! Debian's libapache2-mod-auth-openidc in an Apache of its own, everything on plain http: the trial on one machine.
use super::talk::Register;
use crate::{
    journeys::steps,
    support::{allow, options, signed_in},
};
use anyhow::{Context as _, Result, ensure};
use oidc::client::{AuthMethod, GrantType, Settings};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use testkit::{
    Client, Engine, Look, Reply, Server,
    apache::{Apache, Place},
    browser::journey,
};

on_both_engines!(
    m52_apache_protects_a_page_and_knows_the_organization,
    m52_m71_apache_signs_with_its_key_renews_its_token_and_hears_of_the_end,
);

async fn m52_apache_protects_a_page_and_knows_the_organization(engine: Engine) -> Result<()> {
    let Some(place) = Place::find()? else { return Ok(()) };
    let server = Server::start(options(engine).redirect(place.redirect_uri())).await?;
    let apache = Apache::start(place, &server.base, server.demo.client()?).await?;
    journey(&format!("m52_apache_{engine:?}"), Look::default(), async |browser| {
        let agent = server.demo.account("agent_granted")?;
        browser.go(&format!("{}/protected/", apache.base)).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::allow(browser).await?;
        browser.until("at the protected page", |url| url.path().starts_with("/protected/")).await?;
        let environment = browser.text().await?;
        let organization = agent.organization_id()?;
        assert!(
            environment.contains("OIDC_CLAIM_sub=") && environment.contains(organization),
            "no organization in:\n{environment}\n{}",
            apache.log()
        );
        Ok(())
    })
    .await
}

/// A key and its certificate, which the module publishes.
fn made_key(folder: &Path) -> Result<()> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rp.test", "-days", "2"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}
/// The access token that the module hands to the page.
fn token_of(page: &Reply) -> Result<String> {
    let line = page.body.lines().find_map(|line| line.strip_prefix("OIDC_access_token="));
    Ok(line.with_context(|| format!("no token: {} {}", page.status, page.excerpt()))?.to_owned())
}

async fn m52_m71_apache_signs_with_its_key_renews_its_token_and_hears_of_the_end(
    engine: Engine,
) -> Result<()> {
    let Some(place) = Place::find()? else { return Ok(()) };
    let redirect = place.redirect_uri();
    let server = Server::start(options(engine)).await?;
    let settings = Settings {
        auth_method: AuthMethod::PrivateKeyJwt,
        // Published by the module itself and fetched from there.
        jwks_uri: Some(format!("{redirect}?jwks=rsa")),
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        access_token_seconds: 30,
        backchannel_logout_uri: Some(format!("{redirect}?logout=backchannel")),
        ..Settings::default()
    };
    let register = Register::open(&server).await?;
    let client = register.client("Apache", &redirect, settings);
    let client_id = register.create(client).await?;

    let folder = tempfile::tempdir()?;
    made_key(folder.path())?;
    let keys = folder.path().display();
    let more = format!(
        r#"OIDCPrivateKeyFiles k#{keys}/key.pem
OIDCPublicKeyFiles k#{keys}/certificate.pem
OIDCProviderTokenEndpointAuth private_key_jwt
OIDCScope "openid profile offline_access"
<Location "/protected/renewed.shtml">
    OIDCRefreshAccessTokenBeforeExpiry 29
</Location>"#
    );
    let client = Client {
        product: String::new(),
        client_id,
        client_secret: "it-has-none".into(),
        redirect_uris: vec![redirect],
    };
    let apache = Apache::start_with(place, &server.base, &client, &more).await?;
    let (protected, renewed) = (
        format!("{}/protected/index.shtml", apache.base),
        format!("{}/protected/renewed.shtml", apache.base),
    );

    let agent = signed_in(&server, "agent_granted").await?;
    let to = agent.get(&protected).await?.location().context("nobody was sent to sign in")?;
    let back = allow(&agent, agent.visit(to.as_str()).await?).await?;
    let back = back.location().with_context(|| back.excerpt())?;
    let landed = agent.get(back.as_str()).await?;
    assert_eq!(landed.location().map(String::from).as_deref(), Some(&*protected), "{}", apache.log());
    let mut token = token_of(&agent.get(&protected).await?)?;
    assert_eq!(token_of(&agent.get(&protected).await?)?, token);
    // Twice: the second time with the refresh token that the first one brought.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let next = token_of(&agent.get(&renewed).await?)?;
        assert_ne!(next, token, "{}", apache.log());
        token = next;
    }

    let page = agent.get("/logout").await?;
    agent.submit(&page, &page.form_to("/logout")?).await?;
    let until = Instant::now() + Duration::from_secs(20);
    while agent.get(&protected).await?.status.is_success() {
        ensure!(Instant::now() < until, "the module was not told:\n{}", apache.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = agent.get(&protected).await?.location().context("asked to sign in anew")?;
    assert_eq!(again.path(), "/oauth2/authorize");
    Ok(())
}
