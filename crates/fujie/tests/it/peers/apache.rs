//! Debian's libapache2-mod-auth-openidc in an Apache of its own, everything on plain http: the trial on one machine.
use crate::{journeys::steps, support::options};
use anyhow::Result;
use testkit::{
    Engine, Look, Server,
    apache::{Apache, Place},
    browser::journey,
};

on_both_engines!(m52_apache_protects_a_page_and_knows_the_organization);

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
