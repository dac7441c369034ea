//! The platform's staff at their desk.
use crate::support::options;
use anyhow::{Context as _, Result};
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(m44_the_account_manager_admits_an_organization_and_its_administrator_sees_it);

async fn m44_the_account_manager_admits_an_organization_and_its_administrator_sees_it(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m44_{engine:?}"), Look::default(), async |browser| {
        let (manager, administrator) =
            (server.demo.account("account_manager")?, server.demo.account("administrator")?);
        let organization = administrator.organization_id()?;
        let product = server.demo.product_id("option-quotes")?;
        browser.sign_in(&server.base, &manager.login_name, &manager.password).await?;
        browser.go(&format!("{}/desk", server.base)).await?;
        browser.go(&format!("{}/desk/organizations/{organization}", server.base)).await?;
        browser
            .click(&format!("a[href='/desk/organizations/{organization}/admissions/{product}/new']"))
            .await?;
        // Without a reason nothing happens, and what was typed stays.
        browser.fill("#valid_until", "12312031").await.context("a date")?;
        browser.fill("#note", "做市资格已核验").await?;
        browser.click("main form button.primary").await?;
        browser.until("the organization", |url| url.path().ends_with(organization)).await?;
        browser.picture("admitted").await?;
        super::steps::sign_out(browser, &server.base).await?;

        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        browser.go(&format!("{}/org/{organization}/admissions", server.base)).await?;
        let text = browser.text().await?;
        assert!(text.contains("期权做市报价"), "{text}");
        browser.go(&format!("{}/org/{organization}/grants?product={product}", server.base)).await?;
        browser.find("#grants input[type=checkbox]").await?;
        Ok(())
    })
    .await
}
