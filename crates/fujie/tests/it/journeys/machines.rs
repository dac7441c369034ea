//! Programs that act without a person: registered at the desk, seen by the administrators of the organization for which they
//! act, handed to another owner. One engine walks in Chinese at a desk, the other in English on a phone.
use crate::{
    journeys::steps::{look, said, sign_out},
    support::options,
};
use anyhow::{Context as _, Result, ensure};
use std::time::Duration;
use testkit::{Browser, Engine, Server, browser::journey};

on_both_engines!(m49_a_program_is_registered_seen_and_handed_on);

const NAME: &str = "收盘价核对程序";

async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<()> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await
}
async fn lists(browser: &Browser, page: &str) -> Result<bool> {
    browser.go(page).await?;
    Ok(browser.text().await?.contains(NAME))
}

/// What was changed behind everybody's back is noted as a node notes it, and heard of with the next poll.
async fn told(server: &Server, of_product: &str) -> Result<()> {
    let note = format!(
        "INSERT INTO change (n, topic, key, at) SELECT n + 1, 'admission',
            (SELECT MIN(id) FROM admission WHERE {of_product}), 0 FROM change_head WHERE id = 1"
    );
    server.database().rows(&note)?;
    server.database().rows("UPDATE change_head SET n = n + 1 WHERE id = 1")?;
    tokio::time::sleep(Duration::from_millis(800)).await;
    Ok(())
}

async fn m49_a_program_is_registered_seen_and_handed_on(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m49_machines_{engine:?}"), look(engine), async |browser| {
        let product = server.demo.product_id("market-data")?;
        let at_desk = format!("{}/desk/products/{product}", server.base);
        let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
        let theirs = format!("{}/org/{organization}/machines", server.base);

        sign_in(browser, &server, "product_manager").await?;
        browser.go(&at_desk).await?;
        browser.click(&format!("a[href='/desk/products/{product}/machines/new']")).await?;
        // Nobody's code, then none at all: the page says so at the field and keeps what was typed.
        for nobody in ["91990000MA0X7Q4H20", "", "0000000000001"] {
            browser.fill("#name", NAME).await?;
            browser.fill("#owner", nobody).await?;
            browser.click("main form button.primary").await?;
            browser.find("#owner-e").await?;
            assert_eq!(browser.value("#name").await?, NAME);
            assert_eq!(browser.value("#owner").await?, nobody);
        }
        browser.picture("unknown-owner").await?;
        browser.fill("#owner", &organization.to_lowercase()).await?;
        browser.click("main form button.primary").await?;
        let secret = browser.find("#client-secret").await?.text().await?;
        ensure!(secret.trim().len() > 20, "no secret is shown: {secret}");
        browser.picture("registered").await?;
        // Shown once: the product's page knows the program and not its secret.
        browser.click(".savebar a.primary").await?;
        let text = browser.text().await?;
        ensure!(text.contains(NAME) && !text.contains(secret.trim()), "{text}");
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "administrator").await?;
        ensure!(lists(browser, &theirs).await?, "the administrators see it");
        let row = "main tbody tr:last-child .tag";
        let word = browser.find(row).await?.text().await?;
        assert_eq!(word, said(engine, "可以使用", "May act"));
        browser.picture("may-act").await?;
        // It lives on the organization's first half, as people do.
        let of_product = "product_id = (SELECT id FROM product WHERE code = 'market-data')";
        let suspended = format!(
            "UPDATE admission SET state = 'suspended', suspended_by = 'account_manager' WHERE state = 'active' AND {of_product}"
        );
        server.database().rows(&suspended)?;
        told(&server, of_product).await?;
        browser.go(&theirs).await?;
        let word = browser.find(row).await?.text().await?;
        assert_eq!(word, said(engine, "机构的准入已暂停", "The admission is suspended"));
        let ask = browser.find("main tbody tr:last-child small").await?.text().await?;
        assert_eq!(ask, said(engine, "联系平台客户经理", "Contact the account manager of the platform"));
        browser.picture("admission-suspended").await?;
        server.database().rows(&format!(
            "UPDATE admission SET state = 'active', suspended_by = NULL WHERE state = 'suspended' AND {of_product}"
        ))?;
        told(&server, of_product).await?;
        sign_out(browser, &server.base).await?;

        // An agent is told that this is the administrators' page, and nothing of what is on it.
        sign_in(browser, &server, "agent_granted").await?;
        ensure!(!lists(browser, &theirs).await?, "agents do not see it");
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "product_manager").await?;
        browser.go(&at_desk).await?;
        let last = format!("main ul.list > li:last-child a[href^='/desk/products/{product}/machines/']");
        browser.click(&last).await?;
        ensure!(browser.text().await?.contains(NAME), "the newest is the last");
        browser.fill("#owner", "no organization").await?;
        browser.click("main form button.primary").await?;
        browser.find("#owner-e").await?;
        browser.tick("input[name='of'][value='platform']").await?;
        browser.picture("to-the-platform").await?;
        browser.click("main form button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        // Disabled, it acts for nobody.
        browser.click("main ul.list > li:last-child form button.danger").await?;
        let state = browser.find("main ul.list > li:last-child .tag").await?.text().await?;
        assert_eq!(state, said(engine, "停用", "Suspended"));
        sign_out(browser, &server.base).await?;

        // Both steps are in the organization's record, the second as what took it away.
        sign_in(browser, &server, "administrator").await?;
        ensure!(!lists(browser, &theirs).await?, "it is the platform's now");
        let recorded = server.database().rows(&format!(
            "SELECT action FROM audit_event WHERE action IN ('client.created', 'client.owner_changed')
                AND organization_id IS NOT NULL AND object_id = (SELECT id FROM client WHERE name = '{NAME}') ORDER BY id"
        ))?;
        let actions: Vec<&str> =
            recorded.iter().map(|row| row.first().and_then(Option::as_deref).unwrap_or_default()).collect();
        assert_eq!(actions, ["client.created", "client.owner_changed"]);
        browser.picture("gone").await.context("the last page")
    })
    .await
}
