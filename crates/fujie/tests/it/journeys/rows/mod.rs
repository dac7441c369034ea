//! Pages of one row that no demonstration holds: made by hand, then looked at as every page is.
mod cases;
mod connectors;

use super::looks::{look_at, skipped};
use crate::support::{options, signed_in, signed_in_as};
use anyhow::{Context as _, Result};
use testkit::{Agent, Browser, Engine, Look, Reply, Server, browser::journey, form};

const LETTER: &[u8] = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n";

/// What follows `place` in a page, up to what no token has.
pub(super) fn token(page: &Reply, place: &str) -> Result<String> {
    let (_, rest) = page.body.split_once(place).with_context(|| format!("no {place}: {}", page.excerpt()))?;
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    Ok(format!("{place}{token}"))
}
async fn hand_in(agent: &Agent, page: &str, fields: &[(&str, &str)]) -> Result<String> {
    let page = agent.get(page).await?;
    let form = fields.iter().fold(page.form_with("letter_id")?, |form, (name, value)| form.with(name, value));
    led(agent.attach(&page, &form, ("letter", "letter.pdf"), LETTER).await?)
}
/// The path that an answer leads to.
fn led(reply: Reply) -> Result<String> {
    let there = reply.location().with_context(|| format!("{} {}", reply.status, reply.excerpt()))?;
    Ok(there.path().to_owned())
}
/// The first link of a page to one row below `place`.
async fn child(agent: &Agent, page: &str, place: &str) -> Result<String> {
    let shown = agent.get(page).await?;
    let one = |link: &String| {
        link.strip_prefix(place)
            .is_some_and(|id| id.len() == 13 && id.bytes().all(|c| c.is_ascii_alphanumeric()))
    };
    let links = form::links(&shown.body);
    let mut links = links.iter().map(|link| link.split(['?', '#']).next().unwrap_or_default().to_owned());
    links.find(one).with_context(|| format!("no {place}… at {page}: {}", shown.excerpt()))
}
pub(super) async fn post(agent: &Agent, page: &str, action: &str, fields: &[(&str, &str)]) -> Result<Reply> {
    let page = agent.get(page).await?;
    let form = fields.iter().fold(page.form_to(action)?, |form, (name, value)| form.with(name, value));
    let reply = agent.submit(&page, &form).await?;
    anyhow::ensure!(
        reply.status.is_success() || reply.status.is_redirection(),
        "{action}: {}",
        reply.excerpt()
    );
    Ok(reply)
}
async fn until_there(agent: &Agent, page: &str, place: &str) -> Result<String> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let shown = agent.get(page).await?;
        if let Ok(found) = token(&shown, place) {
            return Ok(found);
        }
        anyhow::ensure!(std::time::Instant::now() < until, "nothing came to {page}: {}", shown.excerpt());
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// Who looks, none for whoever is not signed in, and at what.
type Pages = Vec<(Option<&'static str>, Vec<String>)>;
pub(super) struct Rows {
    pages: Pages,
    /// Of the app that [`SECOND`] signs in with besides the password.
    secret: String,
}
const SECOND: &str = "jiangzhao";
impl Rows {
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().flat_map(|(_, paths)| paths).map(String::as_str)
    }
    /// Pages that do not open for whom they are meant. Who needs a second step is looked at in the browser alone.
    pub(super) async fn unanswered(&self, server: &Server) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        for (who, paths) in &self.pages {
            let Some(who) = who.filter(|who| *who != SECOND) else { continue };
            let agent = agent_of(server, who).await?;
            for path in paths.iter().filter(|path| !path.contains("nothing")) {
                let status = agent.get(path).await?.status;
                if status != 200 {
                    faults.push(format!("{path} answers {who} with {status}"));
                }
            }
        }
        Ok(faults)
    }
}
async fn agent_of(server: &Server, login_name: &str) -> Result<Agent> {
    let account = server.demo.accounts.iter().find(|account| account.login_name == login_name);
    let account = account.with_context(|| format!("no demo account {login_name}"))?;
    signed_in_as(server, &account.login_name, &account.password).await
}
pub(super) async fn prepare(server: &Server) -> Result<Rows> {
    let account = server.demo.account("administrator")?;
    let home = format!("/org/{}", account.organization_id()?);
    let administrator = signed_in(server, "administrator").await?;
    // A slip with a link, and an invitation of a number that somebody holds.
    let members = [("name", "季白芸"), ("login_name", "jibaiyun"), ("handing", "print")];
    let new = format!("{home}/members/new");
    let slip = post(&administrator, &new, &new, &members).await?;
    let activate = token(&slip, "/activate/")?;
    let place = fujie::demo::plan::PEOPLE.iter().position(|person| person.login_name == "peisiyuan");
    let phone = fujie::demo::plan::phone(place.context("a person")?);
    let invite = format!("{home}/invitations/new");
    let slip = post(&administrator, &invite, &invite, &[("phone", &phone), ("way", "print")]).await?;
    let join = token(&slip, "/join/")?;
    // A request for a product, one to be an agent, a letter that names another administrator.
    let agent = signed_in(server, "agent_not_granted").await?;
    let product = format!("{home}/products/{}", server.demo.product_id("market-data")?);
    let why = agent.get(&format!("{product}/why")).await?;
    let reply = agent.submit(&why, &why.form_with("reason")?.with("reason", "演练需要")).await?;
    anyhow::ensure!(reply.status.is_redirection(), "{}: {}", reply.status, reply.excerpt());
    let access =
        token(&administrator.get(&format!("{home}/applications")).await?, &format!("{home}/applications/"))?;
    let applicant = agent_of(server, "songyuan").await?;
    let profile = administrator.get(&format!("{home}/profile")).await?;
    let (_, code) = profile.body.split_once("91990000MA").context("the firm's code")?;
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    let code = format!("91990000MA{code}");
    let typed = [
        ("name", "澄江证券股份有限公司"),
        ("code", &code),
        ("head_name", "林知远"),
        ("reason", "办理行情接入"),
    ];
    let own = hand_in(&applicant, "/me/agent", &typed).await?;
    let number = own.rsplit('/').next().context("an id")?;
    let asked = until_there(
        &administrator,
        &format!("{home}/applications"),
        &format!("{home}/applications/{number}"),
    )
    .await?;
    let outgoing = administrator.get(&format!("{home}/administrators/replace")).await?;
    let outgoing = outgoing.form_with("letter_id")?.value("outgoing").map(str::to_owned);
    let mut letter = vec![("incoming", "xuwangshu"), ("reason", "人员调整")];
    if let Some(outgoing) = &outgoing {
        letter.push(("outgoing", outgoing));
    }
    let replacement = hand_in(&administrator, &format!("{home}/administrators/replace"), &letter).await?;
    let replaced = replacement.rsplit('/').next().context("an id")?;
    // A sign-in that waits for a phone, an address, what a product told.
    let holder = agent_of(server, "peisiyuan").await?;
    let waiting = server.agent()?;
    let scan = token(&waiting.get("/login/scan").await?, "/scan/")?;
    let manager = signed_in(server, "account_manager").await?;
    let system = signed_in(server, "system_administrator").await?;
    let mut pages = vec![
        (
            None,
            vec![
                activate.clone(),
                "/activate".into(),
                join.clone(),
                "/activate/nothing".into(),
                "/join/nothing".into(),
            ],
        ),
        (Some("peisiyuan"), vec![join, scan, "/scan/nothing".into(), address(&holder).await?]),
        (Some("songyuan"), vec![own]),
        (Some("zhouyutong"), vec![access, asked, replacement.clone(), format!("{home}/succession")]),
        (
            Some("gumingzhe"),
            vec![
                format!("/desk/replacements/{replaced}"),
                format!("/desk/organizations/{}/replacement", account.organization_id()?),
            ],
        ),
    ];
    let (of_people, secret) = cases::of_people(server, &holder, &applicant, &manager).await?;
    pages.extend(of_people);
    pages.extend(cases::of_the_organization(&home, &administrator, &manager, server).await?);
    pages.extend(connectors::made(&system, &holder).await?);
    pages.extend(cases::of_an_earlier_system(server, &system).await?);
    Ok(Rows { pages, secret })
}
async fn address(holder: &Agent) -> Result<String> {
    let fields = [
        ("recipient", "裴思原"),
        ("phone", "19900007710"),
        ("region", "示例省示例市云溪区"),
        ("detail", "虚构街 16 号"),
        ("postcode", "100000"),
    ];
    let page = holder.get("/me/addresses/new").await?;
    let form = page.form_to("/me/addresses")?;
    let form = fields
        .iter()
        .filter(|(name, _)| form.has(name))
        .fold(form.clone(), |form, (name, value)| form.with(name, value));
    holder.submit(&page, &form).await?;
    token(&holder.get("/me/addresses").await?, "href=\"/me/addresses/0")
        .map(|found| found.replace("href=\"", ""))
}

/// A code counts once: the next one is typed.
async fn second_step(browser: &Browser, secret: &str) -> Result<()> {
    browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
    browser.fill("#code", &super::factors::code(secret, 1)?).await?;
    browser.click("#second-submit").await
}
async fn look_over(language: &'static str) -> Result<()> {
    if skipped()? {
        return Ok(());
    }
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    let rows = prepare(&server).await?;
    journey(&format!("looks_rows_{language}"), Look { language, ..Look::default() }, async |browser| {
        let mut by_person: Vec<(Option<&str>, Vec<String>)> = Vec::new();
        for (who, paths) in rows.pages {
            match by_person.iter_mut().find(|(known, _)| *known == who) {
                Some((_, all)) => all.extend(paths),
                None => by_person.push((who, paths)),
            }
        }
        for (who, paths) in by_person {
            if let Some(login) = who {
                super::real_name::sign_in_as(browser, &server, login).await?;
                if login == SECOND {
                    second_step(browser, &rows.secret).await?;
                }
            }
            let addresses: Vec<String> = paths.iter().map(|path| format!("{}{path}", server.base)).collect();
            look_at(browser, language, &addresses).await?;
            if who.is_some() {
                super::steps::sign_out(browser, &server.base).await?;
            }
        }
        Ok(())
    })
    .await
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_one_row_in_chinese() -> Result<()> {
    look_over("zh-CN").await
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_one_row_in_english() -> Result<()> {
    look_over("en").await
}
