//! Contracts, admissions, requests and batches: from the desk to the organization's own page.
use crate::{
    journeys::steps::{look, said, sign_out},
    support::options,
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Server, browser::journey};

on_both_engines!(
    m44_m45_a_contract_opens_a_product_and_a_suspension_says_why,
    m44_many_are_admitted_after_they_were_shown,
    m45_taking_a_product_from_a_contract_type_says_what_it_takes,
    m46_an_administrator_asks_with_one_click_and_whoever_edits_decides,
    m47_administrators_open_and_close_what_the_product_lets_them,
);

async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<()> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await
}
/// The text of the row of a product on the organization's own page.
async fn row(browser: &Browser, product: &str) -> Result<String> {
    Ok(browser.find(&format!("#product-{product}")).await?.text().await?)
}

async fn m44_m45_a_contract_opens_a_product_and_a_suspension_says_why(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let paper = tempfile::Builder::new().suffix(".pdf").tempfile()?;
    std::fs::write(paper.path(), b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n")?;
    journey(&format!("m45_{engine:?}"), look(engine), async |browser| {
        let organization = server.demo.account("administrator")?.organization_id()?;
        let product = server.demo.product_id("hosting")?;
        let desk = format!("/desk/organizations/{organization}");
        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}{desk}/contracts/new", server.base)).await?;
        let hosting = browser.find("#type label:last-of-type input").await?;
        hosting.click().await?;
        browser.fill("#number", "HT-2026-0555").await?;
        browser.fill("#valid_until", "12312031").await?;
        browser.find("#scan").await?.send_keys(paper.path().to_str().context("a path")?).await?;
        browser.click("main form button.primary").await?;
        browser.find("#contract-state").await?;
        browser.find("a[href*='/scans/']").await?;
        browser.picture("contract").await?;
        let contract = browser.path().await?;
        // Renewed before it ends: the history keeps what was agreed before.
        browser.click("a[href$='/period']").await?;
        browser.fill("#valid_until", "12312032").await?;
        browser.fill("#reason", "补充协议 2 号").await?;
        browser.click("main form button.primary").await?;
        let history = browser.find("#history").await?.text().await?;
        assert!(history.contains("补充协议 2 号") && history.contains("2031-12-31"), "{history}");
        // Signed is one thing, granted another.
        browser.go(&format!("{}{desk}", server.base)).await?;
        browser.picture("organization").await?;
        browser.click(&format!("a[href='{desk}/admissions/{product}/new']")).await?;
        browser.click("main form button.primary").await?;
        browser.until("the organization", |url| url.path() == desk).await?;
        browser
            .click(&format!(
                "#admissions a[href^='{desk}/admissions/'][aria-label*='{}']",
                said(engine, "机房", "Colocation")
            ))
            .await?;
        let admission = browser.path().await?;
        // Evidence comes later, too.
        browser.find("#evidence").await?.send_keys(paper.path().to_str().context("a path")?).await?;
        browser.click("#add-evidence button").await?;
        browser.find(&format!("a[href^='{admission}/files/']")).await?;
        browser.picture("admission").await?;
        browser.click("a[href$='/suspend']").await?;
        browser.fill("#reason", "机房检修").await?;
        browser.click("main form button.danger").await?;
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{organization}/admissions", server.base)).await?;
        let text = row(browser, product).await?;
        assert!(text.contains(said(engine, "暂停", "suspended")), "{text}");
        assert!(text.contains("顾明哲"), "who mends it stands beside it: {text}");
        assert!(browser.text().await?.contains("HT-2026-0555"));
        browser.picture("suspended").await?;
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}{admission}/resume", server.base)).await?;
        browser.fill("#reason", "检修完成").await?;
        browser.click("main form button.primary").await?;
        // The end of a contract says what it closes, and closes it at once.
        browser.go(&format!("{}{contract}/end", server.base)).await?;
        browser.find("#lost").await?;
        browser.fill("#reason", "双方协商终止").await?;
        browser.click("main form button.danger").await?;
        let history = browser.find("#history").await?.text().await?;
        assert!(history.contains("双方协商终止"), "{history}");
        browser.picture("ended").await?;
        // What proved an admission is there after its end; nothing is left to press.
        browser.go(&format!("{}{admission}/end", server.base)).await?;
        browser.fill("#reason", "合同终止").await?;
        browser.click("main form button.danger").await?;
        browser.go(&format!("{}{admission}", server.base)).await?;
        let state = browser.find("#admission-state").await?.text().await?;
        assert_eq!(state.trim(), said(engine, "已结束", "Ended"));
        browser.find(&format!("a[href^='{admission}/files/']")).await?;
        assert!(!browser.has(&format!("a[href^='{admission}/end']")).await?);
        browser.picture("kept").await?;
        Ok(())
    })
    .await
}

async fn m44_many_are_admitted_after_they_were_shown(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m44_batch_{engine:?}"), look(engine), async |browser| {
        let product = server.demo.product_id("option-quotes")?;
        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}/desk/products/{product}/admissions", server.base)).await?;
        browser.click("main .head a.primary").await?;
        browser.picture("choose").await?;
        browser.tick("#chosen label:first-of-type input").await?;
        browser.fill("#pasted", "0427, 9999").await?;
        browser.fill("#reason", "年度核验通过").await?;
        browser.click("main form[method=post] button.primary").await?;
        let rows = browser.find("#batch-rows").await?.text().await?;
        assert!(rows.contains("9999"), "a number that fits none is told: {rows}");
        let changes = browser.find("#batch-changes").await?.text().await?;
        assert!(changes.trim().parse::<u32>()? >= 1, "{changes}");
        browser.picture("shown").await?;
        browser.click("#batch-apply").await?;
        let done = format!("#progress[data-state={}]", "done");
        for _ in 0..40 {
            if browser.has(&done).await? {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        browser.find(&done).await?;
        assert_eq!(browser.find("#batch-done").await?.text().await?.trim(), changes.trim());
        browser.picture("done").await?;
        browser.go(&format!("{}/desk/products/{product}/admissions", server.base)).await?;
        let roll = browser.find("#roll").await?.text().await?;
        assert!(roll.contains("澄江证券") && roll.contains("年度核验通过"), "{roll}");
        browser.picture("roll").await?;
        // Whoever made it finds it again.
        browser.click("main .head a[href='/desk/admission-batches']").await?;
        browser.picture("batches").await?;
        browser.click("#batches a").await?;
        browser.find(&done).await?;
        Ok(())
    })
    .await
}

async fn m45_taking_a_product_from_a_contract_type_says_what_it_takes(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m45_type_{engine:?}"), look(engine), async |browser| {
        let data = server.demo.product_id("market-data")?;
        let hosting = server.demo.product_id("hosting")?;
        sign_in(browser, &server, "product_manager").await?;
        browser.go(&format!("{}/desk/contract-types", server.base)).await?;
        browser.click("main .list li:first-child a").await?;
        browser.tick(&format!("#products input[value='{data}']")).await?;
        browser.tick(&format!("#products input[value='{hosting}']")).await?;
        browser.click("main form button.primary").await?;
        let losses = browser.find("#losses").await?.text().await?;
        assert!(losses.contains(said(engine, "行情数据接入", "Market data")), "{losses}");
        browser.picture("losses").await?;
        browser.click("main form button.danger").await?;
        browser.until("the list", |url| url.path() == "/desk/contract-types").await?;
        sign_out(browser, &server.base).await?;
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{organization}/products", server.base)).await?;
        browser.go(&format!("{}/org/{organization}/admissions", server.base)).await?;
        assert!(!browser.has(&format!("#product-{data} .tag[data-t=ok]")).await?);
        Ok(())
    })
    .await
}

async fn m46_an_administrator_asks_with_one_click_and_whoever_edits_decides(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m46_{engine:?}"), look(engine), async |browser| {
        let organization = server.demo.account("administrator")?.organization_id()?;
        let product = server.demo.product_id("option-quotes")?;
        let page = format!("{}/org/{organization}/admissions", server.base);
        sign_in(browser, &server, "administrator").await?;
        browser.go(&page).await?;
        browser.picture("before").await?;
        browser.click(&format!("#product-{product} form[action$='/request'] button")).await?;
        browser.find(&format!("#product-{product} form[action$='/withdraw']")).await?;
        browser.picture("asked").await?;
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}/desk/applications?kind=admission", server.base)).await?;
        browser.click("main a[href^='/desk/admission-requests/']").await?;
        // At one's discretion, and so with a reason.
        browser.click("button[value=approve]").await?;
        browser.find("#note-e").await?;
        browser.fill("#note", "做市资格已核验").await?;
        browser.picture("decide").await?;
        browser.click("button[value=approve]").await?;
        browser.until("the inbox", |url| url.path() == "/desk/applications").await?;
        sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "administrator").await?;
        browser.go(&page).await?;
        browser.find(&format!("#product-{product} .tag[data-t=ok]")).await?;
        browser.picture("admitted").await?;
        Ok(())
    })
    .await
}

async fn m47_administrators_open_and_close_what_the_product_lets_them(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m47_{engine:?}"), look(engine), async |browser| {
        let product = server.demo.product_id("manifest")?;
        let mut administrators = server.demo.accounts_of("administrator");
        let administrator = administrators.nth(1).context("the administrator of the second organization")?;
        let organization = administrator.organization_id()?;
        let page = format!("{}/org/{organization}/admissions", server.base);
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        browser.go(&page).await?;
        let held = format!("#product-{product} .tag[data-t=ok]");
        browser.find(&held).await?;
        let link = format!("#product-{product} a[href$='/admissions/{product}']");
        browser.click(&link).await?;
        let effect = browser.find("#effect").await?.text().await?;
        assert!(effect.contains('1'), "what it does to the members is said first: {effect}");
        browser.picture("close").await?;
        browser.click("main form button.danger").await?;
        assert!(!browser.has(&held).await?);
        browser.click(&link).await?;
        browser.picture("open").await?;
        browser.click("main form button.primary").await?;
        browser.find(&held).await?;
        Ok(())
    })
    .await
}
