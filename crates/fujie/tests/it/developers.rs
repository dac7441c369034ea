//! Clients that an organization's developers keep, without a browser: whose they are, what old pages and forms that are sent
//! twice do, and what the platform's hand on the organization does to them.
use crate::support::{options, signed_in, signed_in_as};
use anyhow::{Context as _, Result, ensure};
use testkit::{Agent, Engine, Server};

on_both_engines!(
    nobody_reaches_the_clients_of_another_organization,
    a_form_that_is_sent_twice_or_too_late_overwrites_nothing,
    an_old_session_names_no_developer_and_takes_no_secret,
    clients_of_a_suspended_organization_sign_nobody_in,
);

/// The client that the demonstration's organization keeps.
struct Kept {
    organization: String,
    product: String,
    client_id: String,
    id: kernel::id::ClientId,
}
impl Kept {
    fn of(server: &Server) -> Result<Self> {
        let product = server.demo.product_id("library")?.to_owned();
        let sql =
            "SELECT CAST(id AS TEXT), client_id FROM client WHERE developer_organization_id IS NOT NULL";
        let rows = server.database().rows(sql)?;
        let row = rows.first().context("no client is kept by developers")?;
        let text = |at: usize| row.get(at).cloned().flatten().context("a column");
        Ok(Self {
            organization: server.demo.account("administrator")?.organization_id()?.to_owned(),
            product,
            id: kernel::id::ClientId::from_i64(text(0)?.parse()?),
            client_id: text(1)?,
        })
    }
    fn of_organization(&self, organization: &str) -> String {
        format!("/org/{organization}/development/{}/clients", self.product)
    }
    fn base(&self) -> String {
        self.of_organization(&self.organization)
    }
    fn page(&self) -> String {
        format!("{}/{}", self.base(), self.id)
    }
}
fn count(server: &Server, what: &str) -> Result<i64> {
    let rows = server.database().rows(&format!("SELECT CAST(COUNT(*) AS TEXT) FROM {what}"))?;
    Ok(rows.first().and_then(|row| row.first().cloned().flatten()).context("a count")?.parse()?)
}
fn rotations(server: &Server) -> Result<i64> {
    count(server, "audit_event WHERE action = 'client.secret_rotated'")
}
async fn status(agent: &Agent, path: &str) -> Result<u16> {
    Ok(agent.get(path).await?.status.as_u16())
}

async fn nobody_reaches_the_clients_of_another_organization(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let kept = Kept::of(&server)?;
    let own = signed_in(&server, "administrator").await?;
    for path in [kept.page(), format!("{}/edit", kept.page()), format!("{}/new", kept.base())] {
        assert_eq!(status(&own, &path).await?, 200, "{path}");
    }
    // A member who is no developer is told so; the page names no client.
    let agent = signed_in(&server, "agent_granted").await?;
    let refused = agent.get(&kept.page()).await?;
    assert_eq!((refused.status.as_u16(), refused.error_code().as_deref()), (403, Some("developer.required")));
    // An administrator elsewhere: neither in that space nor in the own one.
    let stranger = server
        .demo
        .accounts_of("administrator")
        .find(|a| a.organization_id != Some(kept.organization.clone()));
    let stranger = stranger.context("another organization's administrator")?;
    let elsewhere = stranger.organization_id()?.to_owned();
    let stranger = signed_in_as(&server, &stranger.login_name, &stranger.password).await?;
    assert_eq!(status(&stranger, &format!("/org/{elsewhere}/development")).await?, 200);
    for base in [kept.base(), kept.of_organization(&elsewhere)] {
        for last in
            ["new".to_owned(), kept.id.to_string(), format!("{}/edit", kept.id), format!("{}/trial", kept.id)]
        {
            assert_eq!(status(&stranger, &format!("{base}/{last}")).await?, 404, "{base}/{last}");
        }
        for (last, field) in
            [("state", ("state", "disabled")), ("secret", ("rev", "0")), ("edit", ("name", "x"))]
        {
            let page = stranger.get("/me").await?;
            let token = page.forms().iter().find_map(|form| form.value("csrf").map(str::to_owned));
            let token = token.context("a form token")?;
            let target = format!("{base}/{}/{last}", kept.id);
            let answer = stranger.post(&target, &[("csrf", &token), field]).await?;
            assert_eq!(answer.status.as_u16(), 404, "{target}");
        }
    }
    // A client of the desk's, and one of another product, by their own ids.
    let desks = "client WHERE developer_organization_id IS NULL";
    ensure!(count(&server, desks)? > 0, "the desk keeps some");
    let rows = server.database().rows(&format!("SELECT CAST(id AS TEXT) FROM {desks}"))?;
    for row in rows {
        let id: i64 = row.first().cloned().flatten().context("an id")?.parse()?;
        let path = format!("{}/{}", kept.base(), kernel::id::ClientId::from_i64(id));
        assert_eq!(status(&own, &path).await?, 404, "{path}");
    }
    let market = server.demo.product_id("market-data")?;
    let new = format!("/org/{}/development/{market}/clients/new", kept.organization);
    assert_eq!(status(&own, &new).await?, 404);
    Ok(())
}

async fn a_form_that_is_sent_twice_or_too_late_overwrites_nothing(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let kept = Kept::of(&server)?;
    let administrator = signed_in(&server, "administrator").await?;
    let head = signed_in(&server, "legal_representative").await?;
    let clients = "client WHERE developer_organization_id IS NOT NULL";

    // The same form twice: one client, and the second answer shows no secret.
    let new = format!("{}/new", kept.base());
    let page = administrator.get(&new).await?;
    let typed = page.form_to(&new)?.with("name", "镜像站").with("redirect_uris", "https://rp.test/callback");
    let first = administrator.submit(&page, &typed).await?;
    assert_eq!(first.status.as_u16(), 200, "{}", first.excerpt());
    let again = administrator.submit(&page, &typed).await?;
    assert_eq!(again.status.as_u16(), 303, "{}", again.excerpt());
    assert_eq!(count(&server, clients)?, 2);

    // What cannot be registered, each at its field and with what was typed.
    for (field, value) in [
        ("redirect_uris", "http://rp.test/callback"),
        ("redirect_uris", "https://*.rp.test/callback"),
        ("redirect_uris", "https://user:word@rp.test/callback"),
        ("redirect_uris", "javascript:alert(1)"),
        ("redirect_uris", ""),
        ("resources", "no address"),
        ("backchannel_logout_uri", "ftp://rp.test/"),
        ("access_token_seconds", "999999999999999999999"),
        ("name", &"长".repeat(101)),
        ("name", ""),
        ("profile", "basic"),
    ] {
        let page = administrator.get(&new).await?;
        let typed = page.form_to(&new)?.with("name", "站").with("redirect_uris", "https://rp.test/callback");
        let refused = administrator.submit(&page, &typed.with(field, value)).await?;
        assert_eq!(refused.status.as_u16(), 422, "{field} {value}: {}", refused.excerpt());
        assert!(refused.body.contains(&format!("{field}-e")), "{field} {value}: {}", refused.excerpt());
    }
    let page = administrator.get(&new).await?;
    let typed = page.form_to(&new)?.with("name", "站").with("redirect_uris", "https://rp.test/a");
    // What the platform decides is not offered, and not taken from somebody who sends it all the same.
    ensure!(!page.body.contains("value=\"basic\"") && !page.body.contains("value=\"pairwise\""));
    let door = std::net::TcpListener::bind("127.0.0.1:0")?;
    door.set_nonblocking(true)?;
    let sector = format!("https://127.0.0.1:{}/sector", door.local_addr()?.port());
    let forged = typed.clone().with("subject_type", "pairwise").with("sector_identifier_uri", &sector);
    let forged = administrator.submit(&page, &forged).await?;
    assert_eq!(forged.status.as_u16(), 422, "{}", forged.excerpt());
    assert!(forged.body.contains("subject_type-e"), "{}", forged.excerpt());
    let came = door.accept().err().map(|error| error.kind());
    assert_eq!(came, Some(std::io::ErrorKind::WouldBlock), "the server goes nowhere for them");
    assert_eq!(count(&server, clients)?, 2);
    // An API of another product is the platform's to enter.
    let foreign = administrator.submit(&page, &typed.with("resources", "http://127.0.0.1:8090/api")).await?;
    assert!(foreign.body.contains("resources-e"), "{} {}", foreign.status, foreign.excerpt());
    assert_eq!(count(&server, clients)?, 2);

    // Two have the same settings open: the second is told, and shown what is there.
    let edit = format!("{}/edit", kept.page());
    let (mine, theirs) = (administrator.get(&edit).await?, head.get(&edit).await?);
    let saved = mine.form_to(&edit)?.with("name", "技术文档库（一）");
    let saved = administrator.submit(&mine, &saved).await?;
    assert!(saved.location().is_some_and(|to| to.path() == kept.page()), "{}", saved.excerpt());
    let late = theirs.form_to(&edit)?.with("name", "技术文档库（二）");
    let told = head.submit(&theirs, &late).await?;
    assert!(told.status.is_client_error(), "{}", told.status);
    assert_eq!(told.form_to(&edit)?.value("name"), Some("技术文档库（一）"), "{}", told.excerpt());
    assert_eq!(count(&server, "client WHERE name = '技术文档库（二）'")?, 0);

    // A secret's page that is older than the secret, and the same button twice.
    let secret = format!("{}/secret", kept.page());
    let (mine, theirs) = (administrator.get(&secret).await?, head.get(&secret).await?);
    let form = mine.form_to(&secret)?;
    let shown = administrator.submit(&mine, &form).await?;
    assert_eq!((shown.status.as_u16(), rotations(&server)?), (200, 1), "{}", shown.excerpt());
    for (agent, page) in [(&administrator, &mine), (&head, &theirs)] {
        let stale = agent.submit(page, &page.form_to(&secret)?).await?;
        assert!(stale.location().is_some_and(|to| to.path() == kept.page()), "{}", stale.excerpt());
    }
    assert_eq!(rotations(&server)?, 1);
    // Nothing at all, which a robot sends.
    for last in ["edit", "secret", "state", "trial"] {
        let page = administrator.get(&kept.page()).await?;
        let token = page.form_with("csrf")?.value("csrf").context("a token")?.to_owned();
        let answer = administrator.post(&format!("{}/{last}", kept.page()), &[("csrf", &token)]).await?;
        assert!(!answer.status.is_server_error(), "{last}: {}", answer.status);
    }
    assert_eq!(rotations(&server)?, 1);
    Ok(())
}

async fn an_old_session_names_no_developer_and_takes_no_secret(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let kept = Kept::of(&server)?;
    let administrator = signed_in(&server, "administrator").await?;
    let (edit, secret) = (format!("{}/edit", kept.page()), format!("{}/secret", kept.page()));
    let developers = format!("/org/{}/development/developers", kept.organization);
    let login_name = &server.demo.account("agent_granted")?.login_name;
    let search = format!("{developers}?q={login_name}");
    let (changing, asking, naming) = (
        administrator.get(&edit).await?,
        administrator.get(&secret).await?,
        administrator.get(&search).await?,
    );
    let (new, switch) = (format!("{}/new", kept.base()), format!("{}/state", kept.page()));
    let (making, standing) = (administrator.get(&new).await?, administrator.get(&kept.page()).await?);
    let moved = changing.form_to(&edit)?.with("redirect_uris", "https://evil.test/callback");
    let (taking, name) = (asking.form_to(&secret)?, naming.form_with("membership")?);
    let made = making.form_to(&new)?.with("name", "站").with("redirect_uris", "https://evil.test/new");
    let off = standing.form_to(&switch)?;
    assert_eq!(off.value("state"), Some("disabled"));
    server.database().rows("UPDATE session SET verified_at = verified_at - 3600000")?;
    for answer in [
        administrator.submit(&changing, &moved).await?,
        administrator.submit(&asking, &taking).await?,
        administrator.submit(&naming, &name).await?,
        administrator.submit(&making, &made).await?,
        administrator.get(&new).await?,
        administrator.submit(&standing, &off.clone().with("state", "active")).await?,
    ] {
        let to = answer.location().with_context(|| format!("{} {}", answer.status, answer.excerpt()))?;
        assert_eq!(to.path(), "/me/verify", "{to}");
    }
    assert_eq!((rotations(&server)?, count(&server, "developer")?), (0, 0));
    assert_eq!(count(&server, "client WHERE redirect_uris LIKE '%evil%'")?, 0);
    // Off goes at once, and on again after a proof alone.
    let paused = "client WHERE state = 'paused'";
    let done = administrator.submit(&standing, &off).await?;
    assert!(done.location().is_some_and(|to| to.path() == kept.page()), "{}", done.excerpt());
    assert_eq!(count(&server, paused)?, 1);
    let asleep = administrator.get(&kept.page()).await?;
    let on = asleep.form_to(&switch)?;
    let refused = administrator.submit(&asleep, &on).await?;
    assert!(refused.location().is_some_and(|to| to.path() == "/me/verify"), "{}", refused.excerpt());
    assert_eq!(count(&server, paused)?, 1);
    // A moment after the proof the member is one, sees the client, and is none again once dismissed.
    server.database().rows("UPDATE session SET verified_at = verified_at + 3600000")?;
    administrator.submit(&asleep, &on).await?;
    assert_eq!(count(&server, paused)?, 0);
    let done = administrator.submit(&naming, &name).await?;
    assert_eq!((done.status.as_u16(), count(&server, "developer")?), (303, 1), "{}", done.excerpt());
    let agent = signed_in(&server, "agent_granted").await?;
    assert_eq!(status(&agent, &kept.page()).await?, 200);
    assert_eq!(status(&agent, &developers).await?, 403, "naming stays with the administrators");
    let page = administrator.get(&developers).await?;
    let dismiss = page.form_with("membership")?;
    assert_eq!(dismiss.value("named"), Some("no"));
    administrator.submit(&page, &dismiss).await?;
    assert_eq!(status(&agent, &kept.page()).await?, 403);
    Ok(())
}

async fn clients_of_a_suspended_organization_sign_nobody_in(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let kept = Kept::of(&server)?;
    let desk = signed_in(&server, "account_manager").await?;
    let person = signed_in(&server, "person").await?;
    let redirects = format!("SELECT redirect_uris FROM client WHERE client_id = '{}'", kept.client_id);
    let rows = server.database().rows(&redirects)?;
    let redirect = rows.first().and_then(|row| row.first().cloned().flatten()).context("an address")?;
    let attempt = testkit::party::Attempt::new();
    let request = format!("/oauth2/authorize?{}", attempt.query(&kept.client_id, &redirect, "openid"));
    let code = async || anyhow::Ok(person.get(&request).await?.error_code());
    assert_ne!(code().await?.as_deref(), Some("client.unknown"));
    let suspend = format!("/desk/organizations/{}/suspend", kept.organization);
    let page = desk.get(&suspend).await?;
    let done = desk.submit(&page, &page.form_to(&suspend)?).await?;
    assert_eq!(done.status.as_u16(), 303, "{}", done.excerpt());
    assert_eq!(code().await?.as_deref(), Some("client.unknown"));

    // Staff see why, take it over, and it works again, whatever became of the organization.
    let manager = signed_in(&server, "product_manager").await?;
    let address = format!("/desk/products/{}/clients/{}", kept.product, kept.id);
    let shown = manager.get(&address).await?;
    assert!(shown.body.contains("client-note"), "{}", shown.excerpt());
    let form = shown.form_to(&format!("{address}/keeper"))?;
    let taken = manager.submit(&shown, &form.with("to", "desk")).await?;
    assert_eq!(taken.status.as_u16(), 303, "{}", taken.excerpt());
    assert!(!manager.get(&address).await?.body.contains("client-note"));
    assert_ne!(code().await?.as_deref(), Some("client.unknown"));
    Ok(())
}
