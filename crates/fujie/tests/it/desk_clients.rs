//! Clients at the desk, without a browser: what an old session may not do, and what a list elsewhere has to say.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use testkit::{Engine, Server};

on_both_engines!(
    an_old_session_neither_changes_a_client_nor_takes_its_secret,
    an_old_session_registers_neither_client_nor_program_and_switches_none_on,
    a_sector_is_asked_before_a_client_is_registered_under_it,
);

/// The page of the demonstration's client.
fn address(server: &Server) -> Result<String> {
    let known = &server.demo.client()?.client_id;
    let sql =
        format!("SELECT CAST(product_id AS TEXT), CAST(id AS TEXT) FROM client WHERE client_id = '{known}'");
    let rows = server.database().rows(&sql)?;
    let row = rows.first().context("no client")?;
    let number = |at: usize| -> Result<i64> { Ok(row.get(at).cloned().flatten().context("no id")?.parse()?) };
    let product = kernel::id::ProductId::from_i64(number(0)?);
    let client = kernel::id::ClientId::from_i64(number(1)?);
    Ok(format!("/desk/products/{product}/clients/{client}"))
}
fn stored(server: &Server) -> Result<Vec<Vec<Option<String>>>> {
    server.database().rows(
        "SELECT client_id, redirect_uris, subject_type, COALESCE(sector_identifier_uri, '') FROM client ORDER BY client_id",
    )
}
fn rotations(server: &Server) -> Result<usize> {
    let sql = "SELECT action FROM audit_event WHERE action = 'client.secret_rotated'";
    Ok(server.database().rows(sql)?.len())
}

async fn an_old_session_neither_changes_a_client_nor_takes_its_secret(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "system_administrator").await?;
    let here = address(&server)?;
    let (edit, secret) = (format!("{here}/edit"), format!("{here}/secret"));
    let (changing, asking) = (agent.get(&edit).await?, agent.get(&secret).await?);
    let moved = changing.form_to(&edit)?.with("redirect_uris", "https://evil.test/callback");
    let taking = asking.form_to(&secret)?;
    let before = stored(&server)?;
    server.database().rows("UPDATE session SET verified_at = verified_at - 3600000")?;
    for answer in [
        agent.submit(&changing, &moved).await?,
        agent.submit(&asking, &taking).await?,
        agent.get(&edit).await?,
        agent.get(&secret).await?,
    ] {
        let to = answer.location().with_context(|| format!("{} {}", answer.status, answer.excerpt()))?;
        assert_eq!(to.path(), "/me/verify", "{to}");
    }
    assert_eq!((stored(&server)?, rotations(&server)?), (before.clone(), 0));
    // A moment after the sign-in both go through.
    server.database().rows("UPDATE session SET verified_at = verified_at + 3600000")?;
    let done = agent.submit(&changing, &moved).await?;
    assert!(done.location().is_some_and(|to| to.path() == here), "{} {}", done.status, done.excerpt());
    assert_ne!(stored(&server)?, before);
    // The page of the secret is older than the edit by now: it is shown again before anything is lost.
    let late = agent.submit(&asking, &taking).await?;
    assert!(late.location().is_some_and(|to| to.path() == here), "{} {}", late.status, late.excerpt());
    assert_eq!(rotations(&server)?, 0);
    let asking = agent.get(&secret).await?;
    let taking = asking.form_to(&secret)?;
    let shown = agent.submit(&asking, &taking).await?;
    assert_eq!((shown.status.as_u16(), rotations(&server)?), (200, 1), "{}", shown.excerpt());
    Ok(())
}

async fn an_old_session_registers_neither_client_nor_program_and_switches_none_on(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "system_administrator").await?;
    let here = address(&server)?;
    let (product, id) = here.split_once("/clients/").context("a product")?;
    let (client, program) = (format!("{product}/clients/new"), format!("{product}/machines/new"));
    let switch = format!("{here}/state");
    let (first, second) = (agent.get(&client).await?, agent.get(&program).await?);
    let site = first.form_to(&client)?.with("name", "站").with("redirect_uris", "https://evil.test/callback");
    let machine = second.form_to(&program)?.with("name", "程序").with("of", "platform");
    // Both places of the switch: the client's own page, and the product's.
    let shown = agent.get(product).await?;
    let off = shown.form_to(&switch)?;
    assert_eq!(off.value("state"), Some("disabled"));
    let before = stored(&server)?;
    let old = "UPDATE session SET verified_at = verified_at - 3600000";
    server.database().rows(old)?;
    let done = agent.submit(&shown, &off).await?;
    assert!(done.location().is_some_and(|to| to.path() == product), "off goes at once: {}", done.excerpt());
    let shown = agent.get(product).await?;
    let on = shown.form_to(&switch)?;
    assert_eq!(on.value("state"), Some("active"), "{id}");
    let states = || server.database().rows("SELECT state FROM client WHERE state <> 'active'");
    assert_eq!(states()?.len(), 1);
    for answer in [
        agent.submit(&first, &site).await?,
        agent.get(&client).await?,
        agent.submit(&second, &machine).await?,
        agent.get(&program).await?,
        agent.submit(&shown, &on).await?,
    ] {
        let to = answer.location().with_context(|| format!("{} {}", answer.status, answer.excerpt()))?;
        assert_eq!(to.path(), "/me/verify", "{to}");
    }
    assert_eq!((stored(&server)?, states()?.len()), (before.clone(), 1));
    server.database().rows("UPDATE session SET verified_at = verified_at + 3600000")?;
    for (page, form) in [(&first, &site), (&second, &machine)] {
        let shown = agent.submit(page, form).await?;
        assert_eq!(shown.status.as_u16(), 200, "{}", shown.excerpt());
    }
    agent.submit(&shown, &on).await?;
    assert_eq!((stored(&server)?.len(), states()?.len()), (before.len() + 2, 0));
    // To whom a program is handed is asked as strictly.
    let sql = "SELECT CAST(id AS TEXT) FROM client WHERE name = '程序'";
    let made = server.database().rows(sql)?.first().and_then(|row| row.first().cloned().flatten());
    let made = kernel::id::ClientId::from_i64(made.context("the program")?.parse()?);
    let owner = format!("{product}/machines/{made}");
    let page = agent.get(&owner).await?;
    let handing = page.form_to(&owner)?;
    server.database().rows(old)?;
    for answer in [agent.get(&owner).await?, agent.submit(&page, &handing).await?] {
        let to = answer.location().with_context(|| format!("{} {}", answer.status, answer.excerpt()))?;
        assert_eq!(to.path(), "/me/verify", "{to}");
    }
    Ok(())
}

async fn a_sector_is_asked_before_a_client_is_registered_under_it(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "system_administrator").await?;
    let here = address(&server)?;
    let product = here.split("/clients/").next().context("a product")?;
    let before = stored(&server)?;
    // Nobody listens there; what a list may answer is tested where it is read.
    let list = "https://127.0.0.1:9/list";
    for form in [format!("{product}/clients/new"), format!("{here}/edit")] {
        let page = agent.get(&form).await?;
        let typed =
            page.form_to(&form)?.with("name", "Pairwise").with("redirect_uris", "https://rp.test/callback");
        let typed = typed.with("subject_type", "pairwise").with("sector_identifier_uri", list);
        let refused = agent.submit(&page, &typed).await?;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.excerpt());
        assert!(refused.body.contains("sector_identifier_uri-e"), "{}", refused.excerpt());
        assert_eq!(stored(&server)?, before, "nothing was written");
    }
    Ok(())
}
