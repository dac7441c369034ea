//! What must happen once, happens once, whatever runs beside it.
use crate::support::{authorize, options, signed_in, signed_in_as};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use testkit::{
    Engine, Server,
    party::{self, Attempt},
};

const REDIRECT: &str = "http://127.0.0.1:9/callback";

on_both_engines!(
    one_authorization_code_has_one_winner,
    sixth_wrong_password_is_refused,
    sixth_wrong_code_is_refused,
    f13_parallel_guesses_are_all_counted,
    two_last_administrators_leaving_at_once_leave_one,
);

/// Two hundred parallel uses of one code: one gets tokens, the others `invalid_grant`.
async fn one_authorization_code_has_one_winner(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).redirect(REDIRECT)).await?;
    let agent = signed_in(&server, "agent_granted").await?;
    let rounds = if testkit::full_proof() { 10 } else { 2 };
    for _ in 0..rounds {
        let attempt = Attempt::new();
        let code = authorize(&agent, &server, REDIRECT, &attempt).await?;
        let uses =
            (0..200).map(|_| party::exchange(&agent, &server.demo, &code, REDIRECT, &attempt.verifier));
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        for reply in futures_util::future::join_all(uses).await {
            let (status, body) = reply?;
            *outcomes.entry(format!("{status} {}", body["error"].as_str().unwrap_or(""))).or_default() += 1;
        }
        assert_eq!(outcomes, BTreeMap::from([("200 ".into(), 1), ("400 invalid_grant".into(), 199)]));
    }
    Ok(())
}

/// Five wrong passwords, then the right one: refused, and the refusal says nothing about the account.
async fn sixth_wrong_password_is_refused(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let account = server.demo.account("agent_granted")?.clone();
    let agent = server.agent()?;
    for guess in 0..5 {
        let reply = agent.sign_in(&account.login_name, &format!("Wrong-guess-{guess}")).await?;
        anyhow::ensure!(reply.location().is_none(), "guess {guess} led to {:?}", reply.location());
    }
    let reply = agent.sign_in(&account.login_name, &account.password).await?;
    anyhow::ensure!(reply.location().is_none(), "the sixth was let in to {:?}", reply.location());
    // The counter outlives the process.
    let mut server = server;
    server.stop()?;
    server.restart().await.context("starting again")?;
    let reply = server.agent()?.sign_in(&account.login_name, &account.password).await?;
    anyhow::ensure!(reply.location().is_none(), "a restart forgot the guesses");
    Ok(())
}

/// The code that an SMS brought dies with the fifth wrong guess.
async fn sixth_wrong_code_is_refused(engine: Engine) -> Result<()> {
    const PHONE: &str = "19900009912";
    let server = Server::start(options(engine)).await?;
    let agent = server.agent()?;
    let page = agent.get("/register").await?;
    let form = page.worked(page.form_to("/register")?);
    let form = [
        ("name", "纪白芸"),
        ("login_name", "jibaiyun"),
        ("password", "Bamboo-lantern-7291"),
        ("phone", PHONE),
        ("agree", "yes"),
    ]
    .iter()
    .fold(form, |form, (name, value)| form.with(name, value));
    let reply = agent.submit(&page, &form).await?;
    let mut page = agent.follow(reply).await?;
    let code = server.code_for(PHONE).await?;
    let wrong = if code.starts_with('0') { "111111" } else { "000000" };
    for guess in 0..5 {
        let form = page.form_to("/register/verify")?.with("code", wrong);
        page = agent.submit(&page, &form).await?;
        anyhow::ensure!(!page.status.is_redirection(), "guess {guess} led to {:?}", page.location());
        // The fifth may end the form; the sixth is sent all the same, as a program would.
        if page.form_to("/register/verify").is_err() {
            break;
        }
    }
    let first = agent.get("/register/verify").await?;
    let form = page.form_to("/register/verify").or_else(|_| first.form_to("/register/verify"));
    if let Ok(form) = form {
        let last = agent.submit(&page, &form.with("code", &code)).await?;
        anyhow::ensure!(
            !last.status.is_redirection() || last.location().is_some_and(|l| l.path() == "/register"),
            "the sixth guess led to {:?}",
            last.location()
        );
    }
    let rows = server.database().rows("SELECT COUNT(*) FROM account WHERE login_name = 'jibaiyun'")?;
    assert_eq!(rows, [[Some("0".to_owned())]], "an account was made after five wrong codes");
    Ok(())
}

/// Forty guesses at once: no more are looked at than one after the other would be.
async fn f13_parallel_guesses_are_all_counted(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let account = server.demo.account("agent_granted")?.clone();
    let guesses = (0..40).map(|guess| {
        let (server, account) = (&server, &account);
        async move { server.agent()?.sign_in(&account.login_name, &format!("Wrong-guess-{guess}")).await }
    });
    for reply in futures_util::future::join_all(guesses).await {
        anyhow::ensure!(reply?.location().is_none(), "a wrong password signs in");
    }
    // The right password, with the captcha solved: the failures alone stand in the way.
    let agent = server.agent()?;
    let page = agent.sign_in(&account.login_name, "Wrong-guess-again").await?;
    let (form, login, password) = testkit::form::sign_in(&page.body).context("no form came back")?;
    let form = page.worked(form.with(&login, &account.login_name).with(&password, &account.password));
    let reply = agent.submit(&page, &form).await?;
    anyhow::ensure!(reply.location().is_none(), "let in after forty wrong guesses");
    Ok(())
}

/// The public-service enterprise's two have accounts of their own.
async fn two_last_administrators_leaving_at_once_leave_one(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let person = |key: &str| {
        let of = |o: &str| o.contains("青岚里");
        let found = server.demo.accounts_of(key).find(|a| a.organization.as_deref().is_some_and(of));
        found.cloned().with_context(|| format!("no {key} of the enterprise"))
    };
    let names = ["legal_representative", "administrator"].map(|key| person(key).map(|a| a.login_name));
    let [first, second] = names;
    let names = format!("('{}', '{}')", first?, second?);
    let theirs = format!(
        "organization_id = (SELECT id FROM organization WHERE short_name = '青岚里') \
         AND account_id IN (SELECT id FROM account WHERE login_name IN {names})"
    );
    // The legal representative cannot leave; two administrators can.
    server.database().rows(&format!("UPDATE membership SET role = 'administrator' WHERE {theirs}"))?;
    let (first, second) = (person("legal_representative")?, person("administrator")?);
    let home = format!("/org/{}/", first.organization_id()?);
    let mut pairs = Vec::new();
    for account in [&first, &second] {
        let agent = signed_in_as(&server, &account.login_name, &account.password).await?;
        let page = agent.visit(&home).await?;
        let form = page.form_to("/leave")?.with("confirm", "青岚里");
        pairs.push((agent, page, form));
    }
    for round in 0..if testkit::full_proof() { 50 } else { 5 } {
        let leaving = pairs.iter().map(|(agent, page, form)| agent.submit(page, form));
        let mut statuses = Vec::new();
        for reply in futures_util::future::join_all(leaving).await {
            statuses.push(reply?.status.as_u16());
        }
        statuses.sort_unstable();
        assert!(matches!(statuses[..], [303, 409 | 422]), "round {round}: {statuses:?}");
        let live = format!("SELECT COUNT(*) FROM membership WHERE state = 'active' AND {theirs}");
        assert_eq!(server.database().rows(&live)?, [[Some("1".to_owned())]], "round {round}");
        // Back to the beginning.
        server
            .database()
            .rows(&format!("UPDATE membership SET state = 'active', ended_at = NULL WHERE {theirs}"))?;
    }
    Ok(())
}
