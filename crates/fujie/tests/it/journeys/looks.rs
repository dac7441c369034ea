//! Every page, light and dark, narrow and wide, Chinese and English: axe-core finds nothing, nothing is wider than the
//! screen, the console says nothing.
use crate::support::options;
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey};

struct Tour<'a> {
    browser: &'a Browser,
    axe: String,
    faults: Vec<String>,
}

impl Tour<'_> {
    /// The page in the browser's language at both widths and in both themes.
    async fn look(&mut self, address: &str) -> Result<()> {
        self.browser.go(address).await?;
        self.browser.settled().await?;
        let path = self.browser.path().await?;
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
            // The status of the page itself is no fault.
            if !(path == "/nowhere" && line.contains("status of 404")) {
                self.faults.push(format!("{path}: console: {line}"));
            }
        }
        Ok(())
    }
    async fn check(&mut self, name: &str) -> Result<()> {
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'], rules: { 'color-contrast': { enabled: true } } }).then(
                (r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' — ' + n.failureSummary).join(' | '))),
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
        let mut tour = Tour { browser, axe, faults: Vec::new() };
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
    Ok(["/login", "/register", "/nowhere", "/dev/outbox"].map(String::from).to_vec())
}
fn administrator(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("administrator")?.organization_id()?;
    let below = ["", "/members", "/members/new", "/grants", "/admissions", "/applications", "/products"];
    let personal = ["/me", "/me/sessions", "/me/password", "/products", "/logout"].map(String::from);
    Ok(below.iter().map(|path| format!("/org/{id}{path}")).chain(personal).collect())
}
fn account_manager(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("administrator")?.organization_id()?;
    let below = ["", "/organizations", "/organizations/new"].map(|path| format!("/desk{path}"));
    Ok(below.into_iter().chain([format!("/desk/organizations/{id}")]).collect())
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
    pages_of_the_desk_in_chinese: "zh-CN", Some("account_manager"), account_manager;
    pages_of_the_desk_in_english: "en", Some("account_manager"), account_manager;
}
