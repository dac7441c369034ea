//! People come to organizations that they may not browse: as agents by a letter of authority, as heads by what is proven.
//! One engine walks in Chinese at a desk, the other in English on a phone.
use crate::{
    journeys::{
        real_name::sign_in_as,
        steps::{look, said, sign_out},
    },
    support::options,
};
use anyhow::{Context as _, Result};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use testkit::{Browser, Engine, Server, browser::journey};

on_both_engines!(
    m38_a_person_applies_by_name_code_and_head_and_the_administrator_decides,
    m34_m35_a_proven_head_founds_an_organization_and_acts_for_it,
);

const NAME: &str = "澄江证券股份有限公司";
const HEAD: &str = "林知远";
const NEW_NAME: &str = "银杏谷供应链管理有限公司";

fn code(stem: &str) -> String {
    let check = kernel::uscc::check_character(stem.as_bytes()).map_or('0', char::from);
    format!("{stem}{check}")
}
struct Files {
    letter: PathBuf,
    text: PathBuf,
    _folder: tempfile::TempDir,
}
fn files() -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let (letter, text) = (folder.path().join("letter.pdf"), folder.path().join("letter.pdf.txt"));
    std::fs::write(&letter, b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n")?;
    std::fs::write(&text, b"no letter at all")?;
    Ok(Files { letter, text, _folder: folder })
}
async fn choose_file(browser: &Browser, css: &str, path: &std::path::Path) -> Result<()> {
    Ok(browser.find(css).await?.send_keys(path.to_str().context("path")?).await?)
}
async fn apply(
    browser: &Browser,
    server: &Server,
    code: &str,
    head: &str,
    letter: &std::path::Path,
) -> Result<()> {
    browser.go(&format!("{}/me/agent", server.base)).await?;
    for (field, value) in [("name", NAME), ("code", code), ("head_name", head), ("reason", "办理行情接入")]
    {
        browser.fill(&format!("#{field}"), value).await?;
    }
    choose_file(browser, "#letter", letter).await?;
    browser.click("main form.form button.primary").await
}
/// Reloads until the list has something to open: applications arrive apart from the request.
async fn arrives(browser: &Browser, url: &str, css: &str) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        browser.go(url).await?;
        if browser.has(css).await? {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < until, "nothing arrived: {}", browser.excerpt().await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn m38_a_person_applies_by_name_code_and_head_and_the_administrator_decides(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let files = files()?;
    let right = code("91990000MA0X7Q4H2");
    journey(&format!("m38_{engine:?}"), look(engine), async |browser| {
        // Below the level nobody applies, and the page says where to go.
        sign_in_as(browser, &server, "peisiyuan").await?;
        browser.go(&format!("{}/me/agent", server.base)).await?;
        browser.find("#barrier a[href='/me/real-name']").await?;
        sign_out(browser, &server.base).await?;

        sign_in_as(browser, &server, "songyuan").await?;
        // A code that is none and a file that is none come back to their fields, with what was typed.
        apply(browser, &server, "91990000MA0X7Q4H20", HEAD, &files.text).await?;
        browser.find("#code-e").await?;
        browser.find("#letter-e").await?;
        assert_eq!(browser.value("#name").await?, NAME);
        // Another head: the page is the same as with the right one.
        apply(browser, &server, &right, "何见川", &files.letter).await?;
        let wrong = browser.find("#state").await?.text().await?;
        browser.click("form[action$='/withdraw'] button").await?;
        apply(browser, &server, &right, HEAD, &files.letter).await?;
        assert_eq!(browser.find("#state").await?.text().await?, wrong);
        assert_eq!(wrong, said(engine, "待审批", "Waiting"));
        let own = browser.url().await?;
        sign_out(browser, &server.base).await?;

        // The administrator sees it alone, sends it back, gets it again, approves.
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        let list = format!("{}/org/{organization}/applications", server.base);
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        arrives(browser, &list, "main ul.list li a.btn").await?;
        browser.click("main ul.list li a.btn").await?;
        let text = browser.text().await?;
        assert!(text.contains("宋予安") && text.contains(&right), "{text}");
        browser.click("button[name='verdict'][value='return']").await?;
        browser.find("#note-e").await?;
        browser.fill("#note", "委托书没有盖章").await?;
        browser.click("button[name='verdict'][value='return']").await?;
        browser.find(".flash[data-t='ok']").await?;
        sign_out(browser, &server.base).await?;

        sign_in_as(browser, &server, "songyuan").await?;
        browser.go(own.as_str()).await?;
        assert!(browser.text().await?.contains("委托书没有盖章"));
        choose_file(browser, "#letter", &files.letter).await?;
        browser.click("form[action$='/complete'] button").await?;
        assert_eq!(browser.find("#state").await?.text().await?, wrong);
        sign_out(browser, &server.base).await?;

        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        arrives(browser, &list, "main ul.list li a.btn").await?;
        browser.click("main ul.list li a.btn").await?;
        browser.fill("#scope", "行情接入").await?;
        browser.click("button[name='verdict'][value='approve']").await?;
        browser.find(".flash[data-t='ok']").await?;
        sign_out(browser, &server.base).await?;

        sign_in_as(browser, &server, "songyuan").await?;
        browser.go(own.as_str()).await?;
        browser.click(&format!("main a.btn[href='/org/{organization}/']")).await?;
        browser.until("the organization's space", |url| url.path().starts_with("/org/")).await?;
        // An agent administers nothing.
        browser.go(&list).await?;
        assert!(!browser.has("button[name='verdict']").await?);
        Ok(())
    })
    .await
}

async fn m34_m35_a_proven_head_founds_an_organization_and_acts_for_it(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let files = files()?;
    let code = code("91990000MA7G2N8K6");
    journey(&format!("m35_{engine:?}"), look(engine), async |browser| {
        sign_in_as(browser, &server, "songyuan").await?;
        browser.go(&format!("{}/me/found", server.base)).await?;
        assert!(browser.text().await?.contains("宋予安"), "the claim is made with the proven name");
        let fill = async |number: &str| -> Result<()> {
            browser.tick("#type input[name='type']").await?;
            browser.fill("#name", NEW_NAME).await?;
            browser.fill("#code", number).await?;
            choose_file(browser, "#letter", &files.letter).await?;
            browser.click("main form.form button.primary").await
        };
        fill("91990000MA7G2N8K60").await?;
        browser.find("#code-e").await?;
        fill(&code).await?;
        assert_eq!(
            browser.find("#state").await?.text().await?,
            said(engine, "待审批", "Waiting"),
            "{}",
            browser.excerpt().await
        );
        let own = browser.url().await?;
        sign_out(browser, &server.base).await?;

        // The counter: an account manager looks at the evidence and decides, with a reason where it is a no.
        sign_in_as(browser, &server, "gumingzhe").await?;
        browser.go(&format!("{}/desk/applications", server.base)).await?;
        browser.click("main table tbody th a").await?;
        browser.find("#register").await?;
        browser.find("#files a").await?;
        browser.click("button[name='verdict'][value='reject']").await?;
        browser.find("#note-e").await?;
        browser.click("button[name='verdict'][value='approve']").await?;
        browser.find(".flash[data-t='ok']").await?;
        sign_out(browser, &server.base).await?;

        // The head acts: the space is there, and administrators are theirs to appoint.
        sign_in_as(browser, &server, "songyuan").await?;
        browser.go(own.as_str()).await?;
        browser.click("main a.btn[href^='/org/']").await?;
        assert!(browser.text().await?.contains(NEW_NAME), "{}", browser.excerpt().await);
        let space = browser.url().await?;
        browser.go(space.join("members")?.as_str()).await?;
        assert!(browser.text().await?.contains("宋予安"), "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}
