//! Pages of one row that no demonstration holds: made by hand, then looked at as every page is.
use super::looks::{look_at, skipped};
use crate::support::{options, signed_in, signed_in_as};
use anyhow::{Context as _, Result};
use testkit::{Agent, Engine, Look, Reply, Server, browser::journey};

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
    const LINE: &str = "fujie-test-letter-7a10";
    let mut body = Vec::new();
    for (name, value) in &form.clone().without("letter").fields {
        let part = format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let part = format!(
        "--{LINE}\r\nContent-Disposition: form-data; name=\"letter\"; filename=\"letter.pdf\"\r\n\r\n"
    );
    body.extend_from_slice(part.as_bytes());
    body.extend_from_slice(LETTER);
    body.extend_from_slice(format!("\r\n--{LINE}--\r\n").as_bytes());
    let request = agent.client().post(page.url.join(&form.action)?);
    let origin = page.url.origin().ascii_serialization();
    let request = request.header("origin", origin);
    let request = request.header("content-type", format!("multipart/form-data; boundary={LINE}")).body(body);
    let reply = agent.send(request).await?;
    let there = reply.location().with_context(|| format!("{} {}", reply.status, reply.excerpt()))?;
    Ok(there.path().to_owned())
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

pub(super) struct Rows {
    /// Of whoever is not signed in.
    public: Vec<String>,
    /// Of a person who holds the invited number.
    person: Vec<String>,
    administrator: Vec<String>,
    manager: Vec<String>,
}
impl Rows {
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        let all = [&self.public, &self.person, &self.administrator, &self.manager];
        all.into_iter().flatten().map(String::as_str)
    }
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
    let person = server.demo.accounts.iter().find(|one| one.login_name == "songyuan").context("a person")?;
    let applicant = signed_in_as(server, &person.login_name, &person.password).await?;
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
    let holder = signed_in_as(
        server,
        "peisiyuan",
        &server.demo.accounts.iter().find(|one| one.login_name == "peisiyuan").context("a person")?.password,
    )
    .await?;
    let waiting = server.agent()?;
    let scan = token(&waiting.get("/login/scan").await?, "/scan/")?;
    Ok(Rows {
        public: vec![
            activate.clone(),
            "/activate".into(),
            join.clone(),
            "/activate/nothing".into(),
            "/join/nothing".into(),
        ],
        person: vec![join, scan, "/scan/nothing".into(), address(&holder).await?],
        administrator: vec![access, asked, replacement.clone(), format!("{home}/succession")],
        manager: vec![
            format!("/desk/replacements/{replaced}"),
            format!("/desk/organizations/{}/replacement", account.organization_id()?),
        ],
    })
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

async fn look_over(language: &'static str) -> Result<()> {
    if skipped()? {
        return Ok(());
    }
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    let rows = prepare(&server).await?;
    journey(&format!("looks_rows_{language}"), Look { language, ..Look::default() }, async |browser| {
        let groups = [
            (None, rows.public),
            (Some("peisiyuan"), rows.person),
            (Some("zhouyutong"), rows.administrator),
            (Some("gumingzhe"), rows.manager),
        ];
        for (who, paths) in groups {
            if let Some(login) = who {
                super::real_name::sign_in_as(browser, &server, login).await?;
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
