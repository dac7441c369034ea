//! Every page, light and dark, narrow and wide, Chinese and English: axe-core finds nothing, nothing is wider than the
//! screen, the console says nothing.
use super::{steps, tours, tours::Round};
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Reply, Server, browser::journey, form};

struct Tour<'a> {
    browser: &'a Browser,
    language: &'static str,
    axe: String,
    faults: Vec<String>,
    /// Each theme at one of the widths, the other way round in the other language: of language, width and theme every two
    /// values meet, for half the time.
    pairs: bool,
}

impl Tour<'_> {
    async fn look(&mut self, address: &str) -> Result<()> {
        self.browser.go(address).await?;
        self.look_here().await
    }
    /// The page in the browser's language at both widths and in both themes.
    async fn look_here(&mut self) -> Result<()> {
        self.browser.settled().await?;
        let path = self.browser.path().await?;
        let language = self.browser.find("html").await?.attr("lang").await?.unwrap_or_default();
        if language != self.language {
            self.faults.push(format!("{path} is in {language:?}"));
        }
        let twice = "const all = [...document.querySelectorAll('[id]')].map((e) => e.id);
            return [...new Set(all.filter((id, place) => all.indexOf(id) !== place))]";
        for id in self.browser.driver.execute(twice, vec![]).await?.json().as_array().into_iter().flatten() {
            self.faults.push(format!("{path}: two elements are called {id}"));
        }
        for (width, height) in [(390, 844), (1440, 1000)] {
            self.browser.resize(width, height).await?;
            let wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = self.browser.driver.execute(wider, vec![]).await?.json().as_i64().unwrap_or_default();
            if wider > 0 {
                self.faults.push(format!("{path} at {width}: {wider} pixels wider than the screen"));
            }
            let turned = (width > 1000) != (self.language == "en");
            let pairs = self.pairs;
            for dark in [false, true].into_iter().filter(|dark| !pairs || *dark == turned) {
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
    let mut tour = Tour { browser, language, axe, faults: Vec::new(), pairs: true };
    for address in addresses {
        tour.look(address).await.with_context(|| address.clone())?;
    }
    anyhow::ensure!(tour.faults.is_empty(), "{} faults:\n{}", tour.faults.len(), tour.faults.join("\n"));
    Ok(())
}

/// Looks at a step that no address enters, where a journey has come to it; what is typed in stays, and so does the size.
/// `kind` is the step's name in the table of pages.
pub async fn look_at_step(browser: &Browser, language: &'static str, kind: &str) -> Result<()> {
    let path = browser.path().await?;
    anyhow::ensure!(tours::kind_of(&path) == Some(kind), "{path} is no {kind}");
    // What the console said before is the journey's affair: it types wrong things on purpose.
    browser.console().await?;
    let size = browser.driver.execute("return [innerWidth, innerHeight]", vec![]).await?;
    let (width, height): (u32, u32) = serde_json::from_value(size.json().clone())?;
    here(browser, language, true).await.with_context(|| path)?;
    browser.resize(width, height).await?;
    browser.theme(false).await
}

/// Looks at the page that is there, for one that answers a form.
pub async fn look_here(browser: &Browser, language: &'static str) -> Result<()> {
    here(browser, language, false).await
}
async fn here(browser: &Browser, language: &'static str, pairs: bool) -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    let mut tour = Tour { browser, language, axe, faults: Vec::new(), pairs };
    tour.look_here().await?;
    anyhow::ensure!(tour.faults.is_empty(), "{} faults:\n{}", tour.faults.len(), tour.faults.join("\n"));
    Ok(())
}

/// Looks at the pages of a round, as whoever walks it.
async fn tour(name: &str, language: &'static str, round: Round) -> Result<()> {
    let Some(axe) = axe()? else { return Ok(()) };
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    let addresses = round.addresses(&server).await?;
    journey(&format!("looks_{name}"), Look { language, ..Look::default() }, async |browser| {
        let mut tour = Tour { browser, language, axe, faults: Vec::new(), pairs: false };
        if let Some(key) = round.key() {
            let account = server.demo.account(key)?;
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
        }
        for path in addresses {
            tour.look(&format!("{}{path}", server.base)).await.with_context(|| path.clone())?;
        }
        anyhow::ensure!(tour.faults.is_empty(), "{} faults:\n{}", tour.faults.len(), tour.faults.join("\n"));
        Ok(())
    })
    .await
}

macro_rules! tours {
    ($($name:ident: $language:literal, $round:ident;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result<()> {
            tour(stringify!($name), $language, Round::$round).await
        }
    )+ };
}
tours! {
    public_pages_in_chinese: "zh-CN", Public;
    public_pages_in_english: "en", Public;
    pages_of_an_organization_in_chinese: "zh-CN", Administrator;
    pages_of_an_organization_in_english: "en", Administrator;
    pages_of_an_agent_in_chinese: "zh-CN", Agent;
    pages_of_an_agent_in_english: "en", Agent;
    own_pages_in_chinese: "zh-CN", Person;
    own_pages_in_english: "en", Person;
    consent_in_chinese: "zh-CN", Consenting;
    consent_in_english: "en", Consenting;
    pages_of_the_desk_in_chinese: "zh-CN", AccountManager;
    pages_of_the_desk_in_english: "en", AccountManager;
    pages_of_the_product_manager_in_chinese: "zh-CN", ProductManager;
    pages_of_the_product_manager_in_english: "en", ProductManager;
    pages_of_the_system_administrator_in_chinese: "zh-CN", SystemAdministrator;
    pages_of_the_system_administrator_in_english: "en", SystemAdministrator;
    pages_of_the_security_administrator_in_chinese: "zh-CN", SecurityAdministrator;
    pages_of_the_security_administrator_in_english: "en", SecurityAdministrator;
    pages_of_the_auditor_in_chinese: "zh-CN", Auditor;
    pages_of_the_auditor_in_english: "en", Auditor;
}

/// A record of some length: on to the next page, and back to the first with the same filter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_page_leads_back_to_the_first() -> Result<()> {
    let server = Server::start(options(Engine::Sqlite)).await?;
    let auditor = signed_in(&server, "auditor").await?;
    let first = auditor.get("/desk/audit").await?;
    let link = |page: &Reply, rel: &str| {
        let (_, rest) = page.body.split_once(&format!("rel=\"{rel}\" href=\""))?;
        Some(form::decode(rest.split('"').next()?))
    };
    assert_eq!(link(&first, "first"), None);
    let next = link(&first, "next").context("the demonstration fills more than a page")?;
    let second = auditor.get(&next).await?;
    assert_eq!(link(&second, "first").as_deref(), Some("/desk/audit"));
    assert_ne!(first.body, second.body);
    // A place that is not there any more: nothing to see, and a way out.
    let manager = signed_in(&server, "account_manager").await?;
    let lost = manager.get("/desk/organizations?name=x&before=0000000000001").await?;
    assert_eq!(link(&lost, "first").as_deref(), Some("/desk/organizations?name=x"));
    Ok(())
}

/// Pages that answer a form: what a change would do before it is made, what is shown once, what was typed wrong.
async fn answers(language: &'static str) -> Result<()> {
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    journey(&format!("looks_answers_{language}"), Look { language, ..Look::default() }, async |browser| {
        let base = &server.base;
        let administrator = server.demo.account("administrator")?;
        let home = format!("{base}/org/{}", administrator.organization_id()?);
        let (data, hosting) = (server.demo.product_id("market-data")?, server.demo.product_id("hosting")?);
        browser.sign_in(base, &administrator.login_name, &administrator.password).await?;
        browser.go(&format!("{home}/grants?product={data}")).await?;
        browser.find("#bulk").await?;
        browser.click("button[name='do'][value='give']").await?;
        look_here(browser, language).await.context("what would be granted")?;
        steps::sign_out(browser, base).await?;

        let manager = server.demo.account("product_manager")?;
        browser.sign_in(base, &manager.login_name, &manager.password).await?;
        let desk = format!("{base}/desk/products/{data}");
        browser.go(&format!("{desk}/machines/new")).await?;
        browser.fill("#name", "行情校验程序").await?;
        browser.fill("#owner", "nobody").await?;
        browser.click("main form button.primary").await?;
        look_here(browser, language).await.context("an owner that is none")?;
        browser.fill("#owner", administrator.organization_id()?).await?;
        browser.click("main form button.primary").await?;
        look_here(browser, language).await.context("a secret that is shown once")?;
        browser.go(&format!("{desk}/guide?text=zh")).await?;
        browser.click("#guide-preview").await?;
        look_here(browser, language).await.context("a guide before it is kept")?;
        browser.go(&format!("{base}/desk/contract-types")).await?;
        browser.click("main .list li:first-child a").await?;
        for product in [data, hosting] {
            browser.tick(&format!("#products input[value='{product}']")).await?;
        }
        browser.click("main form button.primary").await?;
        look_here(browser, language).await.context("what leaving a contract takes")?;
        steps::sign_out(browser, base).await?;

        let system = server.demo.account("system_administrator")?;
        browser.sign_in(base, &system.login_name, &system.password).await?;
        browser.go(&format!("{base}/desk/categories")).await?;
        for (field, text) in [("#code", "Wrong!"), ("#name_zh", "报送"), ("#name_en", "Reports")] {
            browser.fill(field, text).await?;
        }
        browser.click("#category-create").await?;
        look_here(browser, language).await.context("a code that is none")?;
        browser.tick("#categories li:first-child summary").await?;
        browser.fill("#categories li:first-child input[name='name_zh']", "　").await?;
        browser.click("#categories li:first-child details button").await?;
        look_here(browser, language).await.context("a name that is none")?;
        browser.go(&format!("{desk}/state?to=withdrawn")).await?;
        browser.fill("#confirm", "no").await?;
        browser.click("#set-state").await?;
        look_here(browser, language).await.context("a code typed wrong")
    })
    .await
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_forms_in_chinese() -> Result<()> {
    answers("zh-CN").await
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_forms_in_english() -> Result<()> {
    answers("en").await
}
