//! The record of an organization: basic information, materials, registrations, contacts, types, and a register that runs as a
//! process of its own. One engine walks in Chinese at a desk, the other in English on a phone.
use super::steps::{look, said, sign_out};
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{
    Browser, Engine, Look, Server,
    browser::journey,
    process::{Process, free_port},
};

on_both_engines!(
    m23_m24_administrators_change_what_is_theirs_and_read_the_rest,
    m25_a_material_is_handed_in_returned_and_accepted,
    m26_m27_the_register_is_asked_and_what_was_chosen_is_taken_over,
    m27_registers_that_fail_change_nothing,
    m28_contacts_are_kept_by_the_account_manager,
    types_are_edited_without_scripts,
);

const SECRET: &str = "journeys-share-this-secret";

/// Not a test: what the journeys start as a process of its own.
#[test]
#[ignore = "the journeys start it"]
fn register_process() -> Result<()> {
    let Ok(arguments) = std::env::var("FUJIE_JOURNEY_REGISTER") else { return Ok(()) };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(::register::program::run(arguments.lines().map(str::to_owned)))
}
pub(super) struct Register {
    url: String,
    folder: tempfile::TempDir,
    _process: Process,
}
impl Register {
    pub(super) async fn start(fault: &str) -> Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        let (secret, records) = (folder.path().join("secret"), folder.path().join("records.json"));
        std::fs::write(&secret, SECRET)?;
        std::fs::write(&records, "[]")?;
        let address = format!("127.0.0.1:{port}");
        let arguments = [
            "--listen",
            &address,
            "--fault",
            fault,
            "--secret-file",
            secret.to_str().context("path")?,
            "--records",
            records.to_str().context("path")?,
        ];
        let process = Process::spawn(
            Command::new(std::env::current_exe()?)
                .args(["journeys::records::register_process", "--exact", "--ignored", "--nocapture"])
                .env("FUJIE_JOURNEY_REGISTER", arguments.join("\n"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        let until = Instant::now() + Duration::from_secs(20);
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            anyhow::ensure!(Instant::now() < until, "the register did not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { url: format!("http://{address}"), folder, _process: process })
    }
    pub(super) fn put(&self, records: &Value) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join("records.json"), records.to_string())?)
    }
}
async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<()> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await
}
/// Date fields are filled by value: how one types into them is the browser's affair.
async fn set(browser: &Browser, css: &str, value: &str) -> Result<()> {
    browser.find(css).await?;
    let script = format!("document.querySelector({css:?}).value = {value:?}");
    browser.driver.execute(script, vec![]).await?;
    Ok(())
}
async fn upload(browser: &Browser, file: &std::path::Path, button: &str) -> Result<()> {
    browser.find("#document").await?.send_keys(file.to_str().context("path")?).await?;
    browser.click(button).await
}
/// What the browser complains of, but for the forms that came back with errors.
pub(super) async fn complaints(browser: &Browser) -> Result<Vec<String>> {
    let mut all = browser.console().await?;
    all.retain(|line| {
        !["422", "409", "429"].iter().any(|status| line.contains(&format!("status of {status}")))
    });
    Ok(all)
}
fn scan() -> Result<std::path::PathBuf> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshot.png");
    Ok(path.canonicalize()?)
}
/// A system administrator sets the register up at the desk and tests it.
pub(super) async fn set_up(
    browser: &Browser,
    server: &Server,
    register: &Register,
    name: &str,
) -> Result<()> {
    sign_in(browser, server, "system_administrator").await?;
    browser.go(&format!("{}/desk/registry", server.base)).await?;
    browser.click("a[href='/desk/registry/new']").await?;
    browser.fill("#name", name).await?;
    // Without an address it is none.
    browser.click("main .savebar button.primary").await?;
    browser.find("#url-e").await?;
    for (field, value) in [("url", register.url.as_str()), ("key_id", "fujie"), ("secret", SECRET)] {
        browser.fill(&format!("#{field}"), value).await?;
    }
    browser.click("main .savebar button.primary").await?;
    assert_eq!(browser.value("#secret").await?, "", "a secret is never shown");
    browser.click("#register-test").await?;
    browser.find(".flash[data-t='ok']").await?;
    browser.picture("register").await?;
    sign_out(browser, &server.base).await
}

async fn m23_m24_administrators_change_what_is_theirs_and_read_the_rest(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let home = format!("{}/org/{organization}", server.base);
    // What no form offers changes nothing: the name stays whatever is sent along.
    let agent = signed_in(&server, "administrator").await?;
    let page = agent.get(&format!("/org/{organization}/profile")).await?;
    let form = page.form_with("address")?.with("name", "黑客公司").with("uscc", "1").with("state", "closed");
    assert!(agent.submit(&page, &form).await?.status.is_redirection());
    let clerk = signed_in(&server, "agent_granted").await?;
    let read = clerk.get(&format!("/org/{organization}/profile")).await?;
    assert!(
        read.body.contains("澄江证券股份有限公司") && !read.body.contains("黑客公司"),
        "{}",
        read.excerpt()
    );
    assert!(read.form_with("address").is_err(), "an agent reads");
    let body = [("csrf", form.value("csrf").unwrap_or_default()), ("address", "x")];
    assert!(!clerk.post(&format!("/org/{organization}/profile"), &body).await?.status.is_success());

    journey(&format!("m23_{engine:?}"), look(engine), async |browser| {
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{home}/profile")).await?;
        let text = browser.text().await?;
        for part in [
            "91990000MA0X7Q4H2",
            "林知远",
            said(engine, "由客户经理变更", "Changed by the account manager"),
            said(engine, "营业执照", "Business licence"),
            said(engine, "管理员信息", "Administrators"),
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(
            browser.has("#facts [data-field='name']").await? && !browser.has("input[name='name']").await?
        );
        browser.fill("#address", "示例市星河区新街 1 号").await?;
        browser.fill("#phone", "call me").await?;
        browser.click("#profile-save").await?;
        browser.find("#phone-e").await?;
        assert_eq!(browser.value("#address").await?, "示例市星河区新街 1 号", "what was typed stays");
        browser.fill("#phone", "021-5555 0172").await?;
        browser.click("#profile-save").await?;
        browser.find(".flash[data-t='ok']").await?;
        let source = browser.find("#address-h").await?.text().await?;
        assert!(source.contains(said(engine, "本机构填写", "This organization")), "{source}");
        browser.picture("profile").await?;

        browser.go(&format!("{home}/record?topic=data")).await?;
        let text = browser.find("#record").await?.text().await?;
        assert!(text.contains(said(engine, "修改了机构信息", "changed the record")), "{text}");
        set(browser, "#from", "2099-01-01").await?;
        browser.click("#record-search").await?;
        assert!(!browser.has("#record").await?, "nothing happens in the future");
        browser.picture("record").await?;
        assert_eq!(complaints(browser).await?, Vec::<String>::new());
        sign_out(browser, &server.base).await?;

        // The account manager changes the rest; a code whose check fails needs a reason.
        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}/desk/organizations/{organization}/profile", server.base)).await?;
        browser.fill("#uscc", "91990000MA0X7Q4H29").await?;
        browser.click("main .savebar button.primary").await?;
        browser.find("#uscc-e").await?;
        browser.fill("#uscc_reason", "证照原件如此，已核").await?;
        browser.fill("#short_name", "澄江").await?;
        browser.click("main .savebar button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        let text = browser.text().await?;
        assert!(text.contains("91990000MA0X7Q4H29"), "{text}");
        Ok(())
    })
    .await
}

async fn m25_a_material_is_handed_in_returned_and_accepted(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let here = format!("{}/org/{organization}/materials", server.base);
    let (scan, wrong) = (scan()?, tempfile::Builder::new().suffix(".png").tempfile()?);
    std::fs::write(wrong.path(), "<html>no image</html>")?;
    let name = format!("m25_{engine:?}");
    journey(&name, look(engine), async |browser| {
        sign_in(browser, &server, "administrator").await?;
        browser.go(&here).await?;
        browser.click("tr[data-rule='operating-permit'] td a").await?;
        browser.find("#document").await?.send_keys(wrong.path().to_str().context("path")?).await?;
        set(browser, "#valid_until", "2099-12-31").await?;
        browser.click("#material-submit").await?;
        browser.find("#document-e").await?;
        assert_eq!(browser.value("#valid_until").await?, "2099-12-31", "what was typed stays");
        set(browser, "#valid_until", "2020-01-01").await?;
        upload(browser, &scan, "#material-submit").await?;
        browser.find("#valid_until-e").await?;
        set(browser, "#valid_until", "2099-12-31").await?;
        upload(browser, &scan, "#material-submit").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.picture("handed-in").await?;

        journey(&format!("{name}_desk"), look(engine), async |desk| {
            sign_in(desk, &server, "account_manager").await?;
            desk.go(&format!("{}/desk/materials", server.base)).await?;
            desk.click("#materials a[href^='/desk/materials/']").await?;
            desk.settled().await?;
            let drawn = "return [...document.querySelectorAll('#files img')].every(i => i.naturalWidth > 0)";
            assert_eq!(desk.driver.execute(drawn, vec![]).await?.json().as_bool(), Some(true));
            desk.click("button[value='return']").await?;
            desk.find("#note-e").await?;
            desk.fill("#note", "许可证不清晰，请重新扫描").await?;
            desk.picture("review").await?;
            desk.click("button[value='return']").await?;
            desk.find(".flash[data-t='ok']").await?;

            browser.go(&format!("{here}/operating-permit")).await?;
            let text = browser.text().await?;
            assert!(text.contains("许可证不清晰"), "{text}");
            set(browser, "#valid_until", "2099-06-30").await?;
            upload(browser, &scan, "#material-submit").await?;

            desk.go(&format!("{}/desk/materials", server.base)).await?;
            desk.click("#materials a[href^='/desk/materials/']").await?;
            assert_eq!(desk.count("#files img").await?, 2);
            desk.click("button[value='approve']").await?;
            desk.find(".flash[data-t='ok']").await?;
            Ok(())
        })
        .await?;
        browser.go(&here).await?;
        let row = browser.find("tr[data-rule='operating-permit']").await?.text().await?;
        assert!(row.contains(said(engine, "已通过", "Accepted")) && row.contains("2099-06-30"), "{row}");
        browser.picture("accepted").await?;
        assert_eq!(complaints(browser).await?, Vec::<String>::new());
        Ok(())
    })
    .await?;
    // Another organization's administrator finds no such page.
    let stranger = server.demo.accounts_of("administrator").nth(1).context("another organization")?;
    let agent = crate::support::signed_in_as(&server, &stranger.login_name, &stranger.password).await?;
    assert_eq!(agent.get(&format!("/org/{organization}/materials")).await?.status.as_u16(), 404);
    let clerk = signed_in(&server, "agent_granted").await?;
    assert_eq!(clerk.get(&format!("/org/{organization}/materials")).await?.status.as_u16(), 403);
    Ok(())
}

async fn m26_m27_the_register_is_asked_and_what_was_chosen_is_taken_over(engine: Engine) -> Result<()> {
    let (server, register) = (Server::start(options(engine).tls()).await?, Register::start("none").await?);
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let home = format!("{}/org/{organization}", server.base);
    journey(&format!("m27_{engine:?}"), look(engine), async |browser| {
        set_up(browser, &server, &register, "示例登记机关").await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{home}/profile")).await?;
        let text = browser.find("[data-field='uscc'] .num").await?.text().await?;
        let record = |state: &str| {
            json!([{
                "uscc": text.trim(), "name": "澄江证券股份有限公司", "head_name": "林知远",
                "address": "示例市星河区登记路 2 号", "state": state,
                "registrations": [{ "department": "海关", "kind": "报关单位备案", "number": "3501-7", "valid_until": "2099-12-31" }],
            }])
        };
        // Of a code that it does not know the register says so.
        browser.go(&format!("{home}/sync")).await?;
        browser.click("#sync-ask").await?;
        let past = browser.find("#past").await?.text().await?;
        assert!(past.contains(said(engine, "没有此统一社会信用代码", "knows no such code")), "{past}");
        browser.click("#sync-ask").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "刚刚同步过", "just asked")), "not twice in a breath: {text}");
        tokio::time::sleep(Duration::from_secs(11)).await;
        register.put(&record("live"))?;
        browser.go(&format!("{home}/sync")).await?;
        browser.click("#sync-ask").await?;
        let row = browser.find("tr[data-key='address']").await?.text().await?;
        assert!(row.contains("演示路 88 号") && row.contains("登记路 2 号"), "{row}");
        browser.picture("differences").await?;
        browser.click("#sync-apply").await?;
        browser.find("#keys-e").await.or(Err(anyhow::anyhow!("nothing was chosen")))?;
        browser.tick("input[value='address']").await?;
        browser.tick("tr[data-key^='registration'] input").await?;
        browser.click("#sync-apply").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.go(&format!("{home}/registrations")).await?;
        let row = browser.find("tr[data-number='3501-7']").await?.text().await?;
        assert!(row.contains("示例登记机关"), "{row}");

        // A row of the own beside it, dates the wrong way round first.
        browser.click("main .head a[href$='/registrations/new']").await?;
        for (field, value) in [("department", "商务厅"), ("kind", "对外贸易经营者备案"), ("number", "44-9")] {
            browser.fill(&format!("#{field}"), value).await?;
        }
        set(browser, "#valid_from", "2030-01-01").await?;
        set(browser, "#valid_until", "2029-01-01").await?;
        browser.click("#registration-save").await?;
        browser.find("#valid_until-e").await?;
        set(browser, "#valid_from", "2020-01-01").await?;
        set(browser, "#valid_until", "2021-01-01").await?;
        browser.click("#registration-save").await?;
        let row = browser.find("tr[data-number='44-9']").await?.text().await?;
        assert!(row.contains(said(engine, "已过期", "Expired")), "{row}");
        browser.picture("registrations").await?;
        browser.click("tr[data-number='3501-7'] td a").await?;
        let there = browser.path().await?;
        assert!(there.ends_with("/change"), "a row of the register changes by an application: {there}");
        browser.fill("#number", "3501-8").await?;
        upload(browser, &scan()?, "#change-ask").await?;
        browser.find("#change-state").await?;
        let change = browser.path().await?.rsplit('/').next().context("no id")?.to_owned();

        // Struck off: nobody uses a product, and everybody reads why; the register's word brings it back.
        tokio::time::sleep(Duration::from_secs(11)).await;
        register.put(&record("revoked"))?;
        browser.go(&format!("{home}/sync")).await?;
        browser.click("#sync-ask").await?;
        browser.find("#held").await?;
        browser.picture("held").await?;
        sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "agent_granted").await?;
        let product = server.demo.product_id("market-data")?;
        browser.go(&format!("{home}/products/{product}")).await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "登记机关显示机构已吊销", "register shows the organization as revoked")), "{text}");
        sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}/desk/changes/{change}", server.base)).await?;
        browser.click("button[value='approve']").await?;
        browser.find(".flash[data-t='ok']").await?;
        sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{home}/registrations")).await?;
        browser.find("tr[data-number='3501-8']").await?;
        register.put(&record("live"))?;
        tokio::time::sleep(Duration::from_secs(11)).await;
        browser.go(&format!("{home}/sync")).await?;
        browser.click("#sync-ask").await?;
        assert!(!browser.has("#held").await?);
        let state = browser.find("#registry-state").await?.attr("data-t").await?;
        assert_eq!(state.as_deref(), Some("ok"));
        assert_eq!(complaints(browser).await?, Vec::<String>::new());
        Ok(())
    })
    .await
}

async fn m27_registers_that_fail_change_nothing(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let home = format!("{}/org/{organization}", server.base);
    journey(&format!("m27_faults_{engine:?}"), look(engine), async |browser| {
        // No register at all, then one that hangs, then one with another key.
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{home}/sync")).await?;
        browser.click("#sync-ask").await?;
        let past = browser.find("#past").await?.text().await?;
        assert!(past.contains(said(engine, "没有可用的登记机关", "No register is set up")), "{past}");
        sign_out(browser, &server.base).await?;
        for (fault, said) in [
            ("hang", said(engine, "没有及时答复", "did not answer in time")),
            ("missing", said(engine, "签名不符", "signature does not fit")),
        ] {
            let register = Register::start(fault).await?;
            set_up(browser, &server, &register, fault).await?;
            sign_in(browser, &server, "administrator").await?;
            tokio::time::sleep(Duration::from_secs(11)).await;
            browser.go(&format!("{home}/sync")).await?;
            browser.click("#sync-ask").await?;
            let past = browser.find("#past tbody tr:first-child").await?.text().await?;
            assert!(past.contains(said), "{fault}: {past}");
            assert!(!browser.has("#held").await? && !browser.has("#keys").await?);
            sign_out(browser, &server.base).await?;
            // Only the next one is asked.
            sign_in(browser, &server, "system_administrator").await?;
            browser.go(&format!("{}/desk/registry", server.base)).await?;
            browser.click("#registers th a").await?;
            browser.click("main .head a.danger").await?;
            browser.click("main form button.danger").await?;
            sign_out(browser, &server.base).await?;
        }
        browser.picture("faults").await?;
        Ok(())
    })
    .await
}

async fn m28_contacts_are_kept_by_the_account_manager(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    journey(&format!("m28_{engine:?}"), look(engine), async |browser| {
        sign_in(browser, &server, "account_manager").await?;
        let desk = format!("{}/desk/organizations/{organization}", server.base);
        browser.go(&desk).await?;
        browser.click("main .head a[href$='/contacts']").await?;
        browser.click("main .head a.primary").await?;
        for (field, value) in [("name", "何嘉木"), ("phone", "call me"), ("purpose", "结算")] {
            browser.fill(&format!("#{field}"), value).await?;
        }
        browser.click("main .savebar button.primary").await?;
        browser.find("#phone-e").await?;
        browser.fill("#phone", "021-5555 0199").await?;
        browser.click("main .savebar button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.picture("desk").await?;
        sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{organization}/contacts", server.base)).await?;
        let text = browser.find("#contacts").await?.text().await?;
        assert!(text.contains("何嘉木") && text.contains("021-5555 0199"), "{text}");
        assert!(!browser.has("main form").await?, "administrators read");
        browser.picture("contacts").await?;
        Ok(())
    })
    .await?;
    let clerk = signed_in(&server, "agent_granted").await?;
    assert_eq!(clerk.get(&format!("/org/{organization}/contacts")).await?.status.as_u16(), 403);
    let reply = clerk.get(&format!("/desk/organizations/{organization}/contacts")).await?;
    assert_eq!(reply.status.as_u16(), 404);
    Ok(())
}

async fn types_are_edited_without_scripts(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("types_{engine:?}"), look, async |browser| {
        sign_in(browser, &server, "system_administrator").await?;
        browser.go(&format!("{}/desk/types", server.base)).await?;
        browser.click("main table tbody tr:first-child th a").await?;
        let rows = browser.count("[data-row]").await?;
        browser.click("#material-add").await?;
        assert_eq!(browser.count("[data-row]").await?, rows + 1);
        browser.fill(&format!("#material-zh-{rows}"), "审计报告").await?;
        browser.fill(&format!("#material-key-{rows}"), "audit-report").await?;
        browser.fill("#administrators", "0").await?;
        browser.click("main .savebar button.primary").await?;
        // Every fault at once, and what was typed stays.
        browser.find("#materials-e").await?;
        browser.find("#administrators-e").await?;
        assert_eq!(browser.value(&format!("#material-zh-{rows}")).await?, "审计报告");
        browser.fill(&format!("#material-en-{rows}"), "Audit report").await?;
        browser.fill("#administrators", "1").await?;
        browser.picture("form").await?;
        browser.click("main .savebar button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.picture("list").await?;
        sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{organization}/materials", server.base)).await?;
        browser.find("tr[data-rule='audit-report']").await?;
        Ok(())
    })
    .await
}
