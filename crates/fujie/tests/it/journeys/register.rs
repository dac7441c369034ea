//! A person registers: basic information, a captcha before the SMS, the code from the outbox, the versions accepted.
use crate::{
    journeys::{looks::look_at_step, steps::look},
    support::options,
};
use anyhow::{Context as _, Result};
use testkit::{Engine, Server, browser::journey};

on_both_engines!(m01_a_person_registers_with_a_code_by_sms);

const PHONE: &str = "19900009911";

async fn m01_a_person_registers_with_a_code_by_sms(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m01_{engine:?}"), look(engine), async |browser| {
        browser.go(&format!("{}/login", server.base)).await?;
        browser.click("a[href^='/register']").await?;
        // What is wrong is told at its field, and what was typed stays.
        browser.fill("#name", "纪白芸").await?;
        browser.fill("#login_name", "1baiyun").await?;
        browser.fill("#password", "Bamboo-lantern-7291").await?;
        browser.fill("#phone", PHONE).await?;
        browser.tick("#agree").await?;
        solved(browser).await?;
        browser.click("#register-submit").await?;
        browser.find("#login_name-e").await?;
        assert_eq!(browser.value("#phone").await?, PHONE);
        assert_eq!(browser.value("#password").await?, "", "a password never comes back");
        browser.fill("#login_name", "jibaiyun").await?;
        browser.fill("#password", "Bamboo-lantern-7291").await?;
        solved(browser).await?;
        browser.picture("form").await?;
        browser.click("#register-submit").await?;

        browser.until("asked for the code", |url| url.path() == "/register/verify").await?;
        look_at_step(browser, look(engine).language, "/register/verify").await?;
        let code = server.code_for(PHONE).await?;
        let wrong = if code.starts_with('0') { "111111" } else { "000000" };
        browser.fill("#code", wrong).await?;
        browser.click("#verify-submit").await?;
        browser.find("#code-e").await?;
        browser.picture("wrong-code").await?;
        browser.fill("#code", &code).await?;
        browser.click("#verify-submit").await?;
        browser.go(&format!("{}/me", server.base)).await?;
        assert!(browser.text().await?.contains("纪白芸"), "{}", browser.excerpt().await);
        browser.picture("done").await?;
        // The versions that were accepted are recorded.
        let rows = server.database().rows(
            "SELECT acceptance.document FROM acceptance JOIN account ON account.id = account_id \
             WHERE login_name = 'jibaiyun' ORDER BY acceptance.document",
        )?;
        let documents: Vec<String> = rows.into_iter().flatten().flatten().collect();
        assert!(documents.len() >= 2, "{documents:?}");
        // The phone was proven, so it signs in.
        let reply = server.agent()?.sign_in(PHONE, "Bamboo-lantern-7291").await?;
        reply.location().context("the phone does not sign in")?;
        Ok(())
    })
    .await
}

/// Waits for the proof of work that a script does in place of the picture.
pub async fn solved(browser: &testkit::Browser) -> Result<()> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(15);
    while browser.value("input[name='captcha-work']").await?.is_empty() {
        anyhow::ensure!(
            std::time::Instant::now() < until,
            "no proof of work: {:?}",
            browser.console().await?
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}
