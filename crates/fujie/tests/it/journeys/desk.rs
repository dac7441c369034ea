//! The platform's staff at their desk.
use crate::support::options;
use anyhow::{Context as _, Result};
use testkit::{Client, Demo, Engine, Look, Server, browser::journey, party::Party};

on_both_engines!(
    m44_the_account_manager_admits_an_organization_and_its_administrator_sees_it,
    m50_a_product_made_at_the_desk_is_signed_in_to,
);

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

/// From nothing: product, client, first sign-in; the ID token is signed as the client asked.
async fn m50_a_product_made_at_the_desk_is_signed_in_to(engine: Engine) -> Result<()> {
    let party = Party::start("rp.test", None).await?;
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..Look::default() };
    journey(&format!("m50_{engine:?}"), look, async |browser| {
        let staff = server.demo.account("system_administrator")?;
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk/products/new", server.base)).await?;
        for (field, value) in [
            ("code", "tender-room"),
            ("name_zh", "招标文件室"),
            ("name_en", "Tender room"),
            ("summary_zh", "查阅招标文件"),
            ("summary_en", "Read tender documents"),
        ] {
            browser.fill(&format!("#{field}"), value).await?;
        }
        for (field, value) in [
            ("audience", "organization"),
            ("admission_class", "open"),
            ("grant_mode", "every_agent"),
            ("admission_editor", "account_manager"),
            ("minimum_level", "unverified"),
        ] {
            browser.tick(&format!("input[name='{field}'][value='{value}']")).await?;
        }
        browser.click("main form button.primary").await?;
        browser.click("main a[href$='/clients/new']").await?;
        browser.fill("#name", "招标文件室网站").await?;
        // An address that could be anybody's is refused at its field, and the rest stays.
        browser.fill("#redirect_uris", "https://*.test/callback").await?;
        browser.tick("input[name='auth_method'][value='client_secret_basic']").await?;
        browser.choose("#algorithm", "RS256").await?;
        browser.click("main form button.primary").await?;
        browser.find("#redirect_uris-e").await?;
        assert_eq!(browser.value("#name").await?, "招标文件室网站");
        browser.fill("#redirect_uris", &party.redirect_uri()).await?;
        browser.click("main form button.primary").await?;
        let read = async |id: &str| -> Result<String> {
            let text = browser.find(id).await?.text().await?;
            Ok(text.split_whitespace().next().context("nothing shown")?.to_owned())
        };
        let client = Client {
            product: "tender-room".into(),
            client_id: read("#client-id").await?,
            client_secret: read("#client-secret").await?,
            redirect_uris: vec![party.redirect_uri()],
        };
        browser.click("main .savebar a[href^='/desk/products/']").await?;
        browser.click("main .crumbs a[href^='/desk/products/']").await?;
        browser.click("main a[href$='/state?to=active']").await?;
        browser.click("#set-state").await?;
        browser.find("#product-state[data-t='ok']").await?;
        super::steps::sign_out(browser, &server.base).await?;

        party.trust(&server.base, &Demo { clients: vec![client], ..server.demo.clone() });
        let agent = server.demo.account("agent_not_granted")?;
        browser.go(&party.base).await?;
        browser.sign_in_here(&agent.login_name, &agent.password).await?;
        super::steps::allow(browser).await?;
        browser.until("at the product", |url| url.host_str() == Some("rp.test")).await?;
        let text = browser.find("#claims").await?.text().await?;
        let claims: serde_json::Value = serde_json::from_str(&text)?;
        super::steps::assert_acts_for(&claims, agent.organization_id()?, "agent");
        let tokens: serde_json::Value = serde_json::from_str(&browser.find("#tokens").await?.text().await?)?;
        let header = tokens["id_token"].as_str().and_then(|t| t.split('.').next()).context("no header")?;
        assert!(header.starts_with("eyJ"), "{header}");
        assert!(testkit::party::header(header)?["alg"] == "RS256", "{header}");
        Ok(())
    })
    .await
}
