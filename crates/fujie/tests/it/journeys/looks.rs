//! Every page, light and dark, narrow and wide, Chinese and English: axe-core finds nothing, nothing is wider than the
//! screen, the console says nothing.
use crate::support::options;
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey};

struct Tour<'a> {
    browser: &'a Browser,
    language: &'static str,
    axe: String,
    faults: Vec<String>,
}

impl Tour<'_> {
    /// The page in the browser's language at both widths and in both themes.
    async fn look(&mut self, address: &str) -> Result<()> {
        self.browser.go(address).await?;
        self.browser.settled().await?;
        let path = self.browser.path().await?;
        let language = self.browser.find("html").await?.attr("lang").await?.unwrap_or_default();
        if language != self.language {
            self.faults.push(format!("{path} is in {language:?}"));
        }
        for (width, height) in [(390, 844), (1440, 1000)] {
            self.browser.resize(width, height).await?;
            let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = self.browser.driver.execute(wider, vec![]).await?.json().as_i64().unwrap_or_default();
            if wider > 0 {
                self.faults.push(format!("{path} at {width}: {wider} pixels wider than the screen"));
            }
            for dark in [false, true] {
                self.browser.theme(dark).await?;
                self.check(&format!("{path} at {width}{}", if dark { " dark" } else { "" })).await?;
            }
        }
        for line in self.browser.console().await? {
            // The status of an error page itself is no fault.
            if !(line.contains(&path) && line.contains("responded with a status of 4")) {
                self.faults.push(format!("{path}: console: {line}"));
            }
        }
        Ok(())
    }
    async fn check(&mut self, name: &str) -> Result<()> {
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'], rules: { 'color-contrast': { enabled: true } } }).then(
                (r) => done(r.passes.length < 8 ? ['axe looked at nothing'] : r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' — ' + n.failureSummary).join(' | '))),
                (e) => done(['axe failed: ' + e]));";
        let there = self.browser.driver.execute("return typeof axe", vec![]).await?;
        if there.json() == "undefined" {
            self.browser.driver.execute(&self.axe, vec![]).await.context("loading axe-core")?;
        }
        let found = self.browser.driver.execute_async(script, vec![]).await?;
        for violation in found.json().as_array().into_iter().flatten() {
            self.faults.push(format!("{name}: {}", violation.as_str().unwrap_or("?").replace('\n', " ")));
        }
        Ok(())
    }
}

fn axe() -> Result<Option<String>> {
    match std::fs::read_to_string(testkit::target().join("node/node_modules/axe-core/axe.min.js")) {
        Ok(text) => Ok(Some(text)),
        Err(_) => {
            testkit::skip("axe-core is not installed in target/node (scripts/test does it)").map(|()| None)
        }
    }
}

/// Whether there is no axe-core to look with, after a word about it.
pub fn skipped() -> Result<bool> {
    Ok(axe()?.is_none())
}
/// Looks at these pages as whoever is signed in, for journeys that make what they show.
pub async fn look_at(browser: &Browser, language: &'static str, addresses: &[String]) -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    let mut tour = Tour { browser, language, axe, faults: Vec::new() };
    for address in addresses {
        tour.look(address).await.with_context(|| address.clone())?;
    }
    anyhow::ensure!(tour.faults.is_empty(), "{} faults:\n{}", tour.faults.len(), tour.faults.join("\n"));
    Ok(())
}

/// Looks at `paths` as the account, or as a stranger.
async fn tour(
    name: &str,
    language: &'static str,
    key: Option<&str>,
    paths: fn(&Server) -> Result<Vec<String>>,
) -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    journey(&format!("looks_{name}_{language}"), Look { language, ..Look::default() }, async |browser| {
        let mut tour = Tour { browser, language, axe, faults: Vec::new() };
        if let Some(key) = key {
            let account = server.demo.account(key)?;
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
        }
        for path in paths(&server)? {
            tour.look(&format!("{}{path}", server.base)).await.with_context(|| path.clone())?;
        }
        anyhow::ensure!(tour.faults.is_empty(), "{} faults:\n{}", tour.faults.len(), tour.faults.join("\n"));
        Ok(())
    })
    .await
}

fn public(_: &Server) -> Result<Vec<String>> {
    let paths = [
        "/login",
        "/login/sms",
        "/login/passkey",
        "/login/scan",
        "/register",
        "/recover",
        "/help/browsers",
        "/terms",
        "/privacy",
        "/nowhere",
        "/dev/outbox",
    ];
    Ok(paths.map(String::from).to_vec())
}
/// The own pages, of somebody who signed in a moment ago.
fn person(_: &Server) -> Result<Vec<String>> {
    let paths = [
        "",
        "/profile",
        "/login-name",
        "/phone",
        "/email",
        "/password",
        "/security",
        "/security-questions",
        "/passkeys",
        "/authenticator",
        "/recovery-codes",
        "/linked",
        "/devices",
        "/sessions",
        "/history",
        "/messages",
        "/reminders",
        "/addresses",
        "/addresses/new",
        "/consents",
        "/data",
        "/close",
        "/verify?need=strong",
        "/real-name",
        "/real-name/new?method=counter",
        "/real-name/unbind",
        "/organizations",
        "/applications",
        "/agent",
        "/found",
        "/cases",
        "/inquiries",
        "/complaints",
        "/favourites",
        "/former",
    ];
    Ok(paths
        .map(|path| format!("/me{path}"))
        .into_iter()
        .chain(["/scan".to_owned(), "/items".to_owned()])
        .collect())
}
fn administrator(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("administrator")?.organization_id()?;
    let member = membership(server, "agent_granted")?;
    let product = server.demo.product_id("option-quotes")?;
    let below = [
        "/".into(),
        "/members".into(),
        "/members/new".into(),
        format!("/members/{member}"),
        "/grants".into(),
        "/admissions".into(),
        "/applications".into(),
        "/me/products".into(),
        format!("/me/products/{product}"),
        format!("/members/{member}/period"),
        "/members/import".into(),
        "/members/export".into(),
        "/invitations".into(),
        "/invitations/new".into(),
        "/administrators".into(),
        "/administrators/replace".into(),
        "/profile".into(),
        "/materials".into(),
        "/materials/business-licence".into(),
        "/registrations".into(),
        "/registrations/new".into(),
        "/sync".into(),
        "/contacts".into(),
        "/changes/name".into(),
        "/record".into(),
        "/cases".into(),
        "/inquiries".into(),
    ];
    let personal = ["/me", "/me/sessions", "/me/password", "/me/products", "/logout"].map(String::from);
    Ok(below.iter().map(|path: &String| format!("/org/{id}{path}")).chain(personal).collect())
}
fn agent(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("agent_not_granted")?.organization_id()?;
    let client = server.demo.client()?;
    let product = server.demo.product_id(&client.product)?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let denied = testkit::party::Attempt::new().query(&client.client_id, redirect, "openid profile");
    Ok(vec![
        format!("/org/{id}/"),
        format!("/org/{id}/products/{product}"),
        format!("/org/{id}/applications"),
        format!("/oauth2/authorize?{denied}"),
    ])
}
fn consenting(server: &Server) -> Result<Vec<String>> {
    let client = server.demo.client()?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let asked = testkit::party::Attempt::new().query(&client.client_id, redirect, "openid profile phone");
    Ok(vec![format!("/oauth2/authorize?{asked}"), "/oauth2/authorize".into(), "/me".into()])
}
fn account_manager(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("administrator")?.organization_id()?;
    let (contract, free) = (server.demo.product_id("market-data")?, server.demo.product_id("option-quotes")?);
    let membership = membership(server, "administrator")?;
    let of = format!("/organizations/{id}");
    let below = [
        String::new(),
        "/organizations".into(),
        "/organizations/new".into(),
        of.clone(),
        format!("{of}/suspend"),
        format!("{of}/administrators/new"),
        format!("{of}/administrators/{membership}/reset"),
        format!("{of}/contracts/new"),
        format!("{of}/admissions/{free}/new"),
        "/products".into(),
        format!("/products/{contract}"),
        "/applications".into(),
        "/materials".into(),
        "/people".into(),
        "/legacy".into(),
        format!("{of}/profile"),
        format!("{of}/contacts"),
        format!("{of}/contacts/new"),
        format!("{of}/administrators/{membership}"),
        format!("{of}/administrators/{membership}/period"),
        format!("{of}/administrators/invite"),
        format!("{of}/replacement"),
    ];
    Ok(below.iter().map(|path| format!("/desk{path}")).collect())
}
fn system_administrator(server: &Server) -> Result<Vec<String>> {
    let product = server.demo.product_id("market-data")?;
    let sql = "SELECT CAST(c.id AS TEXT) FROM client c JOIN product p ON p.id = c.product_id
        WHERE p.code = 'market-data' AND c.service = FALSE ORDER BY c.id LIMIT 1";
    let rows = server.database().rows(sql)?;
    let client = rows.first().and_then(|row| row.first().cloned().flatten()).context("no client")?;
    let client = kernel::id::ClientId::from_i64(client.parse()?);
    let below = [
        String::new(),
        "/staff".into(),
        "/staff/new".into(),
        "/products/new".into(),
        "/contract-types".into(),
        "/contract-types/new".into(),
        format!("/products/{product}/clients/new"),
        format!("/products/{product}/clients/{client}"),
        format!("/products/{product}/clients/{client}/edit"),
        format!("/products/{product}/clients/{client}/secret"),
        format!("/products/{product}/clients/{client}/trial"),
        "/channels".into(),
        "/channels/deliveries".into(),
        "/channels/texts".into(),
        "/channels/texts/contact.email/zh-CN".into(),
        "/channels/new/aliyun".into(),
        "/channels/new/tencent".into(),
        "/channels/new/http".into(),
        "/channels/new/smpp".into(),
        "/channels/new/smtp".into(),
        "/providers".into(),
        "/providers/new/alipay".into(),
        "/providers/new/wechat".into(),
        "/providers/new/oidc".into(),
        "/verifiers".into(),
        "/verifiers/new".into(),
        "/policies".into(),
        "/policies/password".into(),
        "/types".into(),
        "/types/new".into(),
        "/registry".into(),
        "/registry/new".into(),
        "/legacy".into(),
        "/legacy/new".into(),
    ];
    Ok(below.iter().map(|path| format!("/desk{path}")).collect())
}
fn security_administrator(_: &Server) -> Result<Vec<String>> {
    let below = [
        "",
        "/proofs",
        "/disputes",
        "/verifiers",
        "/providers",
        "/policies",
        "/policies/captcha",
        "/policies/presets/dengbao3",
        "/channels",
        "/audit",
    ];
    Ok(below.map(|path| format!("/desk{path}")).to_vec())
}
fn auditor(_: &Server) -> Result<Vec<String>> {
    Ok(["/desk", "/desk/audit"].map(String::from).to_vec())
}

/// The outside form of the id of a demo account's membership.
fn membership(server: &Server, key: &str) -> Result<String> {
    let name = &server.demo.account(key)?.login_name;
    let rows = server.database().rows(&format!(
        "SELECT membership.id FROM membership JOIN account ON account.id = account_id WHERE login_name = '{name}'"
    ))?;
    let id = rows.into_iter().flatten().flatten().next().context("no membership")?;
    Ok(kernel::id::MembershipId::from_i64(id.parse()?).to_string())
}

macro_rules! tours {
    ($($name:ident: $language:literal, $key:expr, $paths:ident;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result<()> {
            tour(stringify!($paths), $language, $key, $paths).await
        }
    )+ };
}
tours! {
    public_pages_in_chinese: "zh-CN", None, public;
    public_pages_in_english: "en", None, public;
    pages_of_an_organization_in_chinese: "zh-CN", Some("administrator"), administrator;
    pages_of_an_organization_in_english: "en", Some("administrator"), administrator;
    pages_of_an_agent_in_chinese: "zh-CN", Some("agent_not_granted"), agent;
    pages_of_an_agent_in_english: "en", Some("agent_not_granted"), agent;
    own_pages_in_chinese: "zh-CN", Some("person"), person;
    own_pages_in_english: "en", Some("person"), person;
    consent_in_chinese: "zh-CN", Some("agent_granted"), consenting;
    consent_in_english: "en", Some("agent_granted"), consenting;
    pages_of_the_desk_in_chinese: "zh-CN", Some("account_manager"), account_manager;
    pages_of_the_desk_in_english: "en", Some("account_manager"), account_manager;
    pages_of_the_system_administrator_in_chinese: "zh-CN", Some("system_administrator"), system_administrator;
    pages_of_the_system_administrator_in_english: "en", Some("system_administrator"), system_administrator;
    pages_of_the_security_administrator_in_chinese: "zh-CN", Some("security_administrator"), security_administrator;
    pages_of_the_security_administrator_in_english: "en", Some("security_administrator"), security_administrator;
    pages_of_the_auditor_in_chinese: "zh-CN", Some("auditor"), auditor;
    pages_of_the_auditor_in_english: "en", Some("auditor"), auditor;
}
