//! A product on another site that leads to a third site after sign-in. Chromium checks `form-action` on every hop of the
//! redirects that follow a form, so that a policy of 'self' on the sign-in or consent page would end here.
use crate::{journeys::steps, support::options};
use anyhow::Result;
use testkit::{Engine, Look, Server, browser::journey, party::Party};

on_both_engines!(m52_a_product_on_another_site_leads_on_to_a_third);

async fn m52_a_product_on_another_site_leads_on_to_a_third(engine: Engine) -> Result<()> {
    let third = Party::start("third.test", None).await?;
    let product = Party::start("rp.test", Some(format!("{}/landed", third.base))).await?;
    let server = Server::start(options(engine).tls().redirect(product.redirect_uri())).await?;
    product.trust(&server.base, &server.demo);
    journey(&format!("m52_onward_{engine:?}"), Look::default(), async |browser| {
        let agent = server.demo.account("agent_granted")?;
        // First with the password and the consent, so that both forms are the start of the hops; then once more with
        // the session alone.
        browser.go(&product.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::allow(browser).await?;
        browser.until("at the third site", |url| url.host_str() == Some("third.test")).await?;
        browser.find("#landed").await?;
        browser.go(&product.base).await?;
        steps::allow(browser).await?;
        browser.until("at the third site again", |url| url.host_str() == Some("third.test")).await?;
        // And from the sign-in form straight on, consent being remembered.
        steps::sign_out(browser, &server.base).await?;
        browser.go(&product.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        steps::allow(browser).await?;
        browser.until("at the third site a third time", |url| url.host_str() == Some("third.test")).await?;
        Ok(())
    })
    .await
}
