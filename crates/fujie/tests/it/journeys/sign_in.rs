//! Signing in and out: every identifier, without scripts, on plain http, after failures, with what nobody should type.
use crate::{
    journeys::steps,
    support::{options, signed_in},
};
use anyhow::{Context as _, Result};
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(
    m04_login_name_and_phone_sign_in_on_plain_http,
    m05_after_three_failures_the_captcha_lets_a_browser_with_scripts_in,
    m43_an_agent_neither_sees_nor_reaches_what_administrators_do,
    m71_signing_out_ends_the_session_in_every_tab,
    m71_ending_other_sessions_leaves_the_own,
    bad_input_is_answered_at_the_field,
);

async fn m04_login_name_and_phone_sign_in_on_plain_http(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    journey(&format!("m04_{engine:?}"), Look { scripts: false, ..steps::look(engine) }, async |browser| {
        let account = server.demo.account("agent_granted")?;
        let phone = account.phone.as_deref().context("a phone")?;
        browser.sign_in(&server.base, phone, "Wrong-guess-1").await?;
        let error = browser.find("#login-password-e").await?.text().await?;
        assert!(error.contains(steps::said(engine, "不正确", "is not correct")), "{error}");
        assert_eq!(browser.value("#login-name").await?, phone, "what was typed is kept");
        // In any case, as people type it.
        for name in [account.login_name.clone(), account.login_name.to_uppercase(), phone.to_owned()] {
            browser.sign_in(&server.base, &name, &account.password).await?;
            let path = browser.path().await?;
            assert_ne!(path, "/login", "{name}: {}", browser.excerpt().await);
            steps::sign_out(browser, &server.base).await?;
            browser.go(&format!("{}/me", server.base)).await?;
            browser.find("#login-name").await?;
        }
        Ok(())
    })
    .await
}

async fn m05_after_three_failures_the_captcha_lets_a_browser_with_scripts_in(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m05_{engine:?}"), Look::default(), async |browser| {
        let account = server.demo.account("agent_not_granted")?;
        browser.go(&format!("{}/login", server.base)).await?;
        for guess in 0..3 {
            assert!(!browser.has("#captcha-answer").await?, "a captcha before three failures");
            browser.sign_in_here(&account.login_name, &format!("Wrong-guess-{guess}")).await?;
            assert_eq!(browser.value("#login-name").await?, account.login_name, "what was typed is kept");
        }
        assert!(
            browser.has("#captcha-answer").await?,
            "a captcha after three failures: {}",
            browser.excerpt().await
        );
        browser.picture("captcha").await?;
        browser.sign_in_here(&account.login_name, &account.password).await?;
        assert_ne!(browser.path().await?, "/login", "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}

async fn m43_an_agent_neither_sees_nor_reaches_what_administrators_do(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "agent_granted").await?;
    let id = server.demo.account("agent_granted")?.organization_id()?;
    let home = agent.visit(&format!("/org/{id}")).await?;
    assert_eq!(home.status, 200, "{}", home.excerpt());
    for below in ["members", "grants", "admissions"] {
        let path = format!("/org/{id}/{below}");
        assert!(!testkit::form::links(&home.body).iter().any(|l| l.starts_with(&path)), "a link to {path}");
        let reply = agent.get(&path).await?;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.error_code().is_some(), "{path} has no code: {}", reply.excerpt());
    }
    // Another organization does not exist for them.
    let other = server.demo.accounts_of("administrator").find(|a| a.organization_id.as_deref() != Some(id));
    let other = other.context("a second organization")?.organization_id()?;
    assert_eq!(agent.get(&format!("/org/{other}")).await?.status, 404);
    Ok(())
}

async fn m71_signing_out_ends_the_session_in_every_tab(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let agent = signed_in(&server, "administrator").await?;
    let copy = agent.clone();
    assert_eq!(copy.get("/me").await?.status, 200);
    let page = agent.get("/logout").await?;
    let form = page.form_to("/logout")?;
    let done = agent.submit(&page, &form).await?;
    assert!(done.status.is_redirection() || done.status == 200, "{}", done.excerpt());
    let reply = copy.get("/me").await?;
    assert_eq!(reply.location().map(|l| l.path().to_owned()).as_deref(), Some("/login"));
    Ok(())
}

async fn m71_ending_other_sessions_leaves_the_own(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let (first, second) =
        (signed_in(&server, "agent_granted").await?, signed_in(&server, "agent_granted").await?);
    let somebody_else = signed_in(&server, "administrator").await?;
    let page = second.get("/me/sessions").await?;
    // A session of somebody else cannot be ended from here.
    let theirs = somebody_else.get("/me/sessions").await?;
    assert!(theirs.form_to("/end").is_err(), "the own session has no button");
    let form = page.form_to("/end")?;
    let foreign = somebody_else.get("/me/sessions").await?;
    let token =
        foreign.forms().iter().find_map(|f| f.value("csrf").map(String::from)).context("a form token")?;
    somebody_else.post(&form.action, &[("csrf", &token)]).await?;
    assert_eq!(first.get("/me").await?.status, 200);
    // One, then everything else.
    assert_eq!(second.submit(&page, &form).await?.status, 303);
    assert_eq!(first.get("/me").await?.status, 303);
    assert_eq!(second.get("/me").await?.status, 200);
    let third = signed_in(&server, "agent_granted").await?;
    let page = second.get("/me/sessions").await?;
    assert_eq!(second.submit(&page, &page.form_to("/me/sessions/end-others")?).await?.status, 303);
    assert_eq!(third.get("/me").await?.status, 303);
    assert_eq!(second.get("/me").await?.status, 200);
    assert_eq!(somebody_else.get("/me").await?.status, 200);
    Ok(())
}

/// Over-long, wrong, duplicate, broken: the right status, a code or a message, no trace of the inside.
async fn bad_input_is_answered_at_the_field(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let stranger = server.agent()?;
    let page = stranger.get("/login").await?;
    let (form, login, password) = testkit::form::sign_in(&page.body).context("no sign-in form")?;
    let csrf = form.value("csrf").context("no form token")?.to_owned();
    let long = "x".repeat(100_000);
    let bodies: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("nothing", Vec::new(), &[400, 403, 422]),
        ("no fields", format!("csrf={csrf}").into_bytes(), &[400, 422]),
        ("too long a body", format!("csrf={csrf}&{login}={long}").into_bytes(), &[413]),
        (
            "too long a field",
            format!("csrf={csrf}&{login}={}&{password}=y", "x".repeat(5000)).into_bytes(),
            &[400, 422],
        ),
        ("twice the same", format!("csrf={csrf}&{login}=a&{login}=b&{password}=c").into_bytes(), &[400, 422]),
        (
            "no UTF-8",
            [format!("csrf={csrf}&{password}=c&{login}=").as_bytes(), b"%ff%fe"].concat(),
            &[400, 422],
        ),
        ("NUL", format!("csrf={csrf}&{password}=c&{login}=a%00b").into_bytes(), &[400, 422]),
        (
            "a stale form token",
            format!("csrf=AAAA&{login}=a&{password}=c").into_bytes(),
            &[400, 403, 409, 422],
        ),
    ];
    for (name, body, statuses) in bodies {
        let reply = stranger.post_body("/login", body).await?;
        assert!(statuses.contains(&reply.status.as_u16()), "{name}: {} {}", reply.status, reply.excerpt());
        assert!(
            !reply.body.contains("panicked") && !reply.body.contains(".rs:"),
            "{name}: {}",
            reply.excerpt()
        );
        assert!(
            reply.body.contains("lang=\"zh-CN\""),
            "{name} is not a page in the reader's language: {}",
            reply.excerpt()
        );
    }
    // A form from another site.
    let foreign = stranger
        .client()
        .post(stranger.url("/login")?)
        .header("origin", "https://evil.test")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("csrf={csrf}&{login}=a&{password}=c"));
    assert_eq!(stranger.send(foreign).await?.status, 403);

    let administrator = signed_in(&server, "administrator").await?;
    let id = server.demo.account("administrator")?.organization_id()?;
    for (path, status) in [
        ("/org/0000000000042/members".to_owned(), 404),
        ("/org/not-an-id/members".into(), 404),
        (format!("/org/{id}/members/0000000000042"), 404),
        (format!("/org/{id}/nowhere"), 404),
    ] {
        let reply = administrator.get(&path).await?;
        assert_eq!(reply.status, status, "{path}: {}", reply.excerpt());
        assert!(reply.error_code().is_some(), "{path} has no code");
    }
    // A replayed create form leads to what exists, a taken name is told at the field with the rest kept.
    let page = administrator.get(&format!("/org/{id}/members/new")).await?;
    let form = page.form_with("login_name")?.with("login_name", "jibaiyun").with("name", "纪白芸");
    let first = administrator.submit(&page, &form).await?;
    assert!(first.status == 303 || first.status == 200, "{} {}", first.status, first.excerpt());
    let again = administrator.submit(&page, &form).await?;
    assert_eq!(again.status, 303, "a replayed form: {}", again.excerpt());
    let page = administrator.get(&format!("/org/{id}/members/new")).await?;
    let form = page.form_with("login_name")?.with("login_name", "jibaiyun").with("name", "另一人");
    let taken = administrator.submit(&page, &form).await?;
    assert!([409, 422].contains(&taken.status.as_u16()), "{} {}", taken.status, taken.excerpt());
    assert!(taken.body.contains("login_name-e") && taken.body.contains("另一人"), "{}", taken.excerpt());
    for (name, value) in [("login_name", "1abc"), ("login_name", "a b"), ("name", ""), ("phone", "12345")] {
        let page = administrator.get(&format!("/org/{id}/members/new")).await?;
        let form = page
            .form_with("login_name")?
            .with("login_name", "free.name")
            .with("name", "某人")
            .with(name, value);
        let reply = administrator.submit(&page, &form).await?;
        assert_eq!(reply.status, 422, "{name}={value}: {}", reply.excerpt());
        assert!(
            reply.body.contains(&format!("id=\"{name}-e\"")),
            "no message at {name}: {}",
            reply.excerpt()
        );
    }
    Ok(())
}
