//! Signing in by SMS, with the code of an app, from a browser that is remembered, by scanning; proving again to be there.
use crate::{
    journeys::{
        looks::look_at_step,
        steps::{self, look, said},
    },
    support::options,
};
use anyhow::{Context as _, Result};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m04_sms_then_the_code_of_an_app_then_a_remembered_browser,
    m04_a_phone_that_is_signed_in_lets_a_desktop_in,
    m04_without_scripts_a_button_goes_on_after_the_scan,
    m15_an_action_that_needs_two_factors_asks_for_the_missing_one,
);

const PHONE_LOOK: Look = Look { width: 390, height: 844, dark: false, language: "zh-CN", scripts: true };

/// What an app that was given the secret shows in so many seconds.
#[expect(clippy::disallowed_methods, reason = "the app on a phone has a clock of its own")]
fn app_code(secret: &str, in_seconds: u64) -> Result<String> {
    let secret = secret.split_whitespace().collect::<String>();
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let app = totp_rs::Builder::new().with_secret(bytes).with_step_duration(30).build_noncompliant();
    Ok(app.generate(now + in_seconds).to_string())
}
/// Waits for the proof of work that a script does in place of the picture.
async fn solved(browser: &Browser) -> Result<()> {
    let until = std::time::Instant::now() + Duration::from_secs(15);
    while browser.value("input[name='captcha-work']").await?.is_empty() {
        anyhow::ensure!(
            std::time::Instant::now() < until,
            "no proof of work: {:?}",
            browser.console().await?
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn m04_sms_then_the_code_of_an_app_then_a_remembered_browser(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { width: 390, height: 844, ..look(engine) };
    let language = look.language;
    journey(&format!("m04_second_{engine:?}"), look, async |browser| {
        let account = server.demo.account("agent_granted")?;
        let phone = account.phone.as_deref().context("a phone")?;
        browser.sign_in(&server.base, &account.login_name, &account.password).await?;
        browser.go(&format!("{}/me/authenticator/new", server.base)).await?;
        let secret = browser.find("#totp-secret").await?.text().await?;
        browser.fill("#code", &app_code(&secret, 0)?).await?;
        browser.click("#totp-submit").await?;
        browser.settled().await?;
        steps::sign_out(browser, &server.base).await?;

        // The number, a captcha, the code from the outbox.
        browser.go(&format!("{}/login", server.base)).await?;
        browser.picture("ways").await?;
        browser.click("nav.ways a[href^='/login/sms']").await?;
        browser.fill("#phone", phone).await?;
        solved(browser).await?;
        browser.picture("number").await?;
        browser.click("#sms-send").await?;
        browser.until("asked for the code", |url| url.path() == "/login/sms/verify").await?;
        look_at_step(browser, language, "/login/sms/verify").await?;
        browser.picture("code").await?;
        browser.fill("#code", &server.code_for(phone).await?).await?;
        browser.click("#sms-submit").await?;

        // That is one factor: the app is the other. A code counts once, so the next one is typed.
        browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
        look_at_step(browser, language, "/login/second").await?;
        browser.fill("#code", "12345").await?;
        browser.click("#second-submit").await?;
        browser.find("#code-e").await?;
        browser.picture("second").await?;
        browser.fill("#code", &app_code(&secret, 30)?).await?;
        browser.tick("#remember").await?;
        browser.click("#second-submit").await?;
        browser.until("signed in", |url| !url.path().starts_with("/login")).await?;
        browser.go(&format!("{}/me/devices", server.base)).await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "免第二步验证", "No second step")), "{text}");
        browser.picture("devices").await?;

        // Remembered: the password alone does, here.
        steps::sign_out(browser, &server.base).await?;
        browser.sign_in(&server.base, &account.login_name, &account.password).await?;
        browser.until("signed in", |url| !url.path().starts_with("/login")).await?;
        let elsewhere = server.agent()?.sign_in(&account.login_name, &account.password).await?;
        let location = elsewhere.location().context("a second step")?;
        assert_eq!(location.path(), "/login/second", "any other browser is asked");
        // Forgotten: asked again.
        browser.go(&format!("{}/me/devices", server.base)).await?;
        browser.click("form[action='/me/devices/forget-all'] button").await?;
        browser.settled().await?;
        steps::sign_out(browser, &server.base).await?;
        browser.sign_in(&server.base, &account.login_name, &account.password).await?;
        browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
        Ok(())
    })
    .await
}

async fn m04_a_phone_that_is_signed_in_lets_a_desktop_in(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let account = server.demo.account("agent_granted")?;
    // Two people's languages never agree.
    let (desktop_language, phone_language) = match engine {
        Engine::Sqlite => ("en", "zh-CN"),
        Engine::Postgres => ("zh-CN", "en"),
    };
    let desktop_look = Look { language: desktop_language, ..Look::default() };
    let phone_look = Look { language: phone_language, ..PHONE_LOOK };
    journey(&format!("m04_scan_desktop_{engine:?}"), desktop_look, async |desktop| {
        journey(&format!("m04_scan_phone_{engine:?}"), phone_look, async |phone| {
            phone.sign_in(&server.base, &account.login_name, &account.password).await?;
            desktop.go(&format!("{}/login/scan?return_to=/me", server.base)).await?;
            let picture = desktop.find(".qr").await?.attr("aria-label").await?.unwrap_or_default();
            let code = desktop.find("#scan-code").await?.text().await?;
            desktop.picture("scan").await?;
            // Whoever scans opens the picture's address.
            let address = picture.split_whitespace().last().context("an address in the picture")?;
            phone.go(address).await?;
            assert!(phone.text().await?.contains("Chrome"), "{}", phone.excerpt().await);
            phone.picture("ask").await?;
            phone.click("#scan-refuse").await?;
            desktop
                .until("told of the refusal", |url| url.query().is_some_and(|q| q.contains("scan=")))
                .await?;
            let refused = steps::said(engine, "was refused on the phone", "手机上拒绝了这次登录");
            assert!(desktop.text().await?.contains(refused), "{}", desktop.excerpt().await);
            desktop.picture("refused").await?;

            // Another picture; whoever cannot scan types its code.
            desktop.click("a[href^='/login/scan?anew=1']").await?;
            let another = desktop.find("#scan-code").await?.text().await?;
            assert_ne!(another, code);
            phone.go(&format!("{}/scan", server.base)).await?;
            phone.fill("#code", &another.to_lowercase()).await?;
            phone.picture("type").await?;
            phone.click("#scan-next").await?;
            phone.click("#scan-approve").await?;
            phone.until("home", |url| url.path() == "/me").await?;
            desktop.until("signed in", |url| url.path() == "/me").await?;
            Ok(())
        })
        .await
    })
    .await
}

async fn m04_without_scripts_a_button_goes_on_after_the_scan(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let account = server.demo.account("agent_granted")?;
    let phone = crate::support::signed_in_as(&server, &account.login_name, &account.password).await?;
    let desktop = server.agent()?;
    let page = desktop.get("/login/scan?return_to=/me").await?;
    assert!(page.body.contains("http-equiv=\"refresh\""), "the page looks again by itself");
    let form = page.form_to("/login/scan")?;
    let code = testkit::form::text_of(&page.body, "scan-code").context("the code")?;
    let typed = phone.get("/scan").await?;
    let asked = phone.submit(&typed, &typed.form_to("/scan")?.with("code", &code)).await?;
    let asked = phone.follow(asked).await?;
    let approve = asked.form_with("verdict")?.pressed("scan-approve");
    assert_eq!(phone.submit(&asked, &approve).await?.status, 303);
    let done = desktop.submit(&page, &form).await?;
    assert_eq!(done.location().context("signed in")?.path(), "/me");
    assert_eq!(desktop.get("/me").await?.status, 200);
    // Pressed twice, it signs in once.
    let again = desktop.submit(&page, &form).await?;
    assert!(again.status == 303 || again.status == 403, "{}", again.excerpt());
    let rows = server.database().rows("SELECT id FROM session WHERE methods = 'scan'")?;
    assert_eq!(rows.len(), 1);
    Ok(())
}

async fn m15_an_action_that_needs_two_factors_asks_for_the_missing_one(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, width) in [("zh-CN", 390), ("en", 1440)] {
        let look = Look { language, width, ..Look::default() };
        journey(&format!("m15_verify_{language}_{engine:?}"), look, async |browser| {
            // A number may be sent one code a minute: each language has a person of its own.
            let key = if language == "en" { "agent_not_granted" } else { "agent_granted" };
            let account = server.demo.account(key)?;
            let phone = account.phone.as_deref().context("a phone")?;
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
            browser.go(&format!("{}/me/verify?need=strong&return_to=/me", server.base)).await?;
            solved(browser).await?;
            browser.picture("sms").await?;
            browser.click("#sms-send").await?;
            let code = server.code_for(phone).await?;
            // One that somebody made up, first.
            browser.fill("#code", if code.starts_with('0') { "111111" } else { "000000" }).await?;
            browser.click("#verify-submit").await?;
            browser.find("#code-e").await?;
            browser.fill("#code", &code).await?;
            browser.picture("code").await?;
            browser.click("#verify-submit").await?;
            browser.until("back where it began", |url| url.path() == "/me").await?;
            // Proven: not asked again.
            browser.go(&format!("{}/me/verify?need=strong&return_to=/me/sessions", server.base)).await?;
            browser.until("led on", |url| url.path() == "/me/sessions").await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}
