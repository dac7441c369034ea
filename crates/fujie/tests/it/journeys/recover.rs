//! The ways back to a lost password, each in Chinese on a phone and in English at a desk.
use crate::{
    journeys::{defence::answer_in_words, looks::look_at_step, register::solved, steps},
    peers::upstream::{Provider, add_alipay},
    support::{options, signed_in},
};
use anyhow::{Context as _, Result};
use testkit::{Agent, Browser, Engine, Look, Server, browser::journey, demo::Account};

on_both_engines!(
    m17_a_person_sets_security_questions,
    m67_a_code_by_sms_leads_to_a_new_password,
    m67_a_passkey_is_asked_for_before_the_new_password,
    m68_a_code_by_mail_leads_to_a_new_password,
    m69_the_security_questions_lead_to_a_new_password,
    m69_a_stranger_sees_the_same_for_an_account_that_nobody_has,
    m70_the_bound_alipay_leads_to_a_new_password,
);

const NEW: &str = "Quiet-harbour-5518";
const ANSWERS: [&str; 3] = ["王老师", "豆豆", "Harbour Lights"];

/// In Chinese on a phone, in English at a desk: each with a person of its own.
fn looks() -> [(&'static str, &'static str, Look); 2] {
    let phone = Look { width: 390, height: 844, ..Look::default() };
    let desk = Look { language: "en", ..Look::default() };
    [("zh", "agent_granted", phone), ("en", "agent_not_granted", desk)]
}
/// From the sign-in page to the proof of one way.
async fn begin(browser: &Browser, server: &Server, identifier: &str, way: &str) -> Result<()> {
    browser.go(&format!("{}/login", server.base)).await?;
    browser.click("a[href^='/recover']").await?;
    browser.fill("#identifier", identifier).await?;
    solved(browser).await?;
    browser.click("#recover-begin").await?;
    browser.until("asked for a way", |url| url.path() == "/recover/way").await?;
    for other in ["sms", "mail"] {
        browser.find(&format!("#way-{other}")).await?;
    }
    // Questions are asked by login name; under a phone the page says so.
    let named = identifier.starts_with(|c: char| c.is_ascii_alphabetic());
    browser.find(if named { "#way-questions" } else { "#way-login-name a[href='/recover']" }).await?;
    browser.tick(&format!("label:has(#way-{way})")).await?;
    browser.picture("ways").await?;
    browser.click("#recover-way").await?;
    // Alipay is another site.
    if way != "alipay" {
        browser.until("asked for the proof", |url| url.path() == "/recover/verify").await?;
    }
    Ok(())
}
/// The new password, then signing in with it; whoever was signed in before is not any more.
async fn finish(browser: &Browser, server: &Server, account: &Account, before: &Agent) -> Result<()> {
    browser.until("asked for the new password", |url| url.path() == "/recover/password").await?;
    browser.fill("#new_password", &account.login_name).await?;
    browser.click("#recover-password").await?;
    browser.find("#new_password-e").await?;
    browser.picture("password").await?;
    assert_eq!(before.get("/me").await?.status, 200, "nothing has changed yet");
    browser.fill("#new_password", NEW).await?;
    browser.click("#recover-password").await?;
    browser.until("led to sign-in", |url| url.path() == "/login").await?;
    browser.find(".flash[data-t='ok']").await?;
    let ended = before.get("/me").await?;
    assert_eq!(ended.location().map(|to| to.path().to_owned()).as_deref(), Some("/login"));
    let old = server.agent()?.sign_in(&account.login_name, &account.password).await?;
    assert!(old.location().is_none(), "the old password still signs in");
    browser.sign_in_here(&account.login_name, NEW).await?;
    browser.go(&format!("{}/me", server.base)).await?;
    assert_eq!(browser.path().await?, "/me", "{}", browser.excerpt().await);
    Ok(())
}
async fn wrong_code_first(browser: &Browser, code: &str) -> Result<()> {
    let wrong = if code.starts_with('0') { "111111" } else { "000000" };
    browser.fill("#code", wrong).await?;
    browser.click("#recover-verify").await?;
    browser.find("#code-e").await?;
    browser.picture("wrong").await?;
    browser.fill("#code", code).await?;
    browser.click("#recover-verify").await
}

async fn m67_a_code_by_sms_leads_to_a_new_password(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, key, look) in looks() {
        let spoken = look.language;
        journey(&format!("m67_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            let phone = account.phone.as_deref().context("a phone")?;
            let before = signed_in(&server, key).await?;
            begin(browser, &server, phone, "sms").await?;
            let code = server.code_for(phone).await?;
            // The same step in another browser is not there.
            let step = browser.url().await?;
            let path = format!("{}?{}", step.path(), step.query().unwrap_or_default());
            let stranger = server.agent()?;
            stranger.get("/login").await?;
            let stolen = stranger.get(&path).await?;
            assert_eq!(stolen.location().map(|to| to.path().to_owned()).as_deref(), Some("/recover"));
            if matches!(engine, Engine::Sqlite) {
                let here = browser.url().await?;
                look_at_step(browser, spoken, "/recover/verify").await?;
                browser.click("a[href^='/recover/way']").await?;
                look_at_step(browser, spoken, "/recover/way").await?;
                browser.go(here.as_str()).await?;
            }
            wrong_code_first(browser, &code).await?;
            if matches!(engine, Engine::Sqlite) {
                browser.until("asked for the new password", |url| url.path() == "/recover/password").await?;
                look_at_step(browser, spoken, "/recover/password").await?;
            }
            finish(browser, &server, account, &before).await
        })
        .await?;
    }
    Ok(())
}

/// Recovery takes the place of the password alone.
async fn m67_a_passkey_is_asked_for_before_the_new_password(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, key, look) in looks() {
        let nothing = if language == "en" { "Nothing was confirmed" } else { "没有完成验证" };
        let spoken = look.language;
        journey(&format!("m67_passkey_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            let phone = account.phone.as_deref().context("a phone")?;
            let before = signed_in(&server, key).await?;
            let device = browser.add_authenticator().await?;
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
            browser.go(&format!("{}/me/passkeys", server.base)).await?;
            browser.click("#passkey-form button").await?;
            browser.click("#codes-kept").await?;
            steps::sign_out(browser, &server.base).await?;
            // Or the list of names would offer the key at the sign-in page.
            browser.present(&device, false).await?;
            begin(browser, &server, phone, "sms").await?;
            wrong_code_first(browser, &server.code_for(phone).await?).await?;
            let step = browser.until("asked for the key", |url| url.path() == "/recover/factor").await?;
            browser.picture("factor").await?;
            if matches!(engine, Engine::Sqlite) {
                look_at_step(browser, spoken, "/recover/factor").await?;
            }
            // Nobody goes round it, and a finger that does not fit is told so.
            let past = step.as_str().replace("/recover/factor", "/recover/password");
            browser.go(&past).await?;
            assert_eq!(browser.path().await?, "/recover", "{}", browser.excerpt().await);
            browser.go(step.as_str()).await?;
            browser.present(&device, true).await?;
            browser.verified(&device, false).await?;
            browser.tick("#recover-passkey button").await?;
            let said = browser.find("[data-passkey-said]:not([hidden])").await?.text().await?;
            assert!(said.contains(nothing), "{said}");
            browser.picture("finger").await?;
            browser.verified(&device, true).await?;
            browser.click("#recover-passkey button").await?;
            browser.until("asked for the new password", |url| url.path() == "/recover/password").await?;
            assert_eq!(before.get("/me").await?.status, 200, "nothing has changed yet");
            browser.present(&device, false).await?;
            browser.fill("#new_password", NEW).await?;
            browser.click("#recover-password").await?;
            browser.until("led to sign-in", |url| url.path() == "/login").await?;
            let ended = before.get("/me").await?;
            assert_eq!(ended.location().map(|to| to.path().to_owned()).as_deref(), Some("/login"));
            // The key is what it was: the new password alone signs nobody in.
            browser.sign_in_here(&account.login_name, NEW).await?;
            browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
            browser.present(&device, true).await?;
            browser.click("#passkey-form button").await?;
            browser.go(&format!("{}/me", server.base)).await?;
            assert_eq!(browser.path().await?, "/me", "{}", browser.excerpt().await);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn m68_a_code_by_mail_leads_to_a_new_password(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, key, look) in looks() {
        journey(&format!("m68_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            let email = format!("{}@example.com", account.login_name);
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
            browser.go(&format!("{}/me/email", server.base)).await?;
            browser.fill("#email", &email).await?;
            solved(browser).await?;
            browser.click("#contact-send").await?;
            browser.fill("#code", &server.code_for(&email).await?).await?;
            browser.click("#contact-verify").await?;
            steps::sign_out(browser, &server.base).await?;
            let before = signed_in(&server, key).await?;
            // As if the pause between two messages to one mailbox were over.
            server.database().rows("DELETE FROM counter WHERE scope = 'mail.to.pause' RETURNING n")?;
            begin(browser, &server, &account.login_name, "mail").await?;
            assert!(!browser.text().await?.contains(&email), "the page does not say where the code went");
            let code = server.code_for(&email).await?;
            wrong_code_first(browser, &code).await?;
            finish(browser, &server, account, &before).await
        })
        .await?;
    }
    Ok(())
}

/// From the security center, with what is wrong told at its field.
async fn set_questions(browser: &Browser, server: &Server, account: &Account) -> Result<()> {
    browser.sign_in(&server.base, &account.login_name, &account.password).await?;
    browser.go(&format!("{}/me/security-questions", server.base)).await?;
    browser.choose("#question_1", "first_teacher").await?;
    browser.choose("#question_2", "first_pet").await?;
    browser.choose("#question_3", "own").await?;
    browser.fill("#own_3", "第一次看海的地方").await?;
    for (field, answer) in
        ["#answer_1", "#answer_2", "#answer_3"].into_iter().zip([ANSWERS[0], ANSWERS[0], ANSWERS[2]])
    {
        browser.fill(field, answer).await?;
    }
    browser.click("#questions-submit").await?;
    browser.find("#answer_2-e").await?;
    browser.picture("wrong").await?;
    browser.fill("#answer_2", ANSWERS[1]).await?;
    browser.click("#questions-submit").await?;
    browser.until("saved", |url| url.path() == "/me/security").await?;
    browser.find(".flash[data-t='ok']").await?;
    Ok(())
}
async fn m17_a_person_sets_security_questions(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, key, look) in looks() {
        journey(&format!("m17_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            set_questions(browser, &server, account).await?;
            browser.go(&format!("{}/me/security-questions", server.base)).await?;
            assert!(browser.text().await?.contains("第一次看海的地方"), "{}", browser.excerpt().await);
            assert_eq!(browser.value("#answer_1").await?, "", "answers never come back");
            browser.picture("set").await?;
            // What is stored says nothing.
            let rows = server.database().rows("SELECT answers FROM security_question")?;
            for answers in rows.into_iter().flatten().flatten() {
                assert!(answers.starts_with("$argon2id$"), "{answers}");
            }
            browser.click("#questions-remove").await?;
            browser.find(".flash[data-t='ok']").await?;
            assert!(!browser.has("#questions-remove").await?);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn m69_the_security_questions_lead_to_a_new_password(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (language, key, look) in looks() {
        journey(&format!("m69_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            set_questions(browser, &server, account).await?;
            steps::sign_out(browser, &server.base).await?;
            let before = signed_in(&server, key).await?;
            begin(browser, &server, &account.login_name, "questions").await?;
            assert!(
                !browser.text().await?.contains("第一次看海的地方"),
                "own words are for whoever proved something"
            );
            for (field, answer) in
                ["#answer_1", "#answer_2", "#answer_3"].into_iter().zip(["张老师", "毛毛", "山里"])
            {
                browser.fill(field, answer).await?;
            }
            browser.click("#recover-verify").await?;
            browser.find("#answers-e").await?;
            browser.picture("wrong").await?;
            // As people type: other width, other case, blanks.
            for (field, answer) in ["#answer_1", "#answer_2", "#answer_3"].into_iter().zip([
                "王 老师",
                "豆豆 ",
                "ｈａｒｂｏｕｒ LIGHTS",
            ]) {
                browser.fill(field, answer).await?;
            }
            browser.click("#recover-verify").await?;
            finish(browser, &server, account, &before).await
        })
        .await?;
    }
    Ok(())
}

async fn m69_a_stranger_sees_the_same_for_an_account_that_nobody_has(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { language: "en", scripts: false, ..Look::default() };
    journey(&format!("m69_nobody_{engine:?}"), look, async |browser| {
        // Without scripts a question in words stands in for the work.
        browser.go(&format!("{}/recover", server.base)).await?;
        browser.fill("#identifier", "nobody.here").await?;
        answer_in_words(browser, "en").await?;
        assert_eq!(browser.value("#identifier").await?, "nobody.here", "what was typed stays");
        browser.click("#recover-begin").await?;
        browser.tick("label:has(#way-questions)").await?;
        browser.click("#recover-way").await?;
        for field in ["#answer_1", "#answer_2", "#answer_3"] {
            browser.fill(field, "whatever").await?;
        }
        browser.picture("questions").await?;
        browser.click("#recover-verify").await?;
        browser.find("#answers-e").await?;
        browser.click("a[href^='/recover/way']").await?;
        browser.find("#way-sms").await?;
        browser.tick("#helpers summary").await?;
        browser.picture("helpers").await?;
        Ok(())
    })
    .await
}

/// At Alipay, as this person.
async fn agree(browser: &Browser, who: &str) -> Result<()> {
    browser.fill("#account", who).await?;
    browser.click("#agree").await
}
async fn m70_the_bound_alipay_leads_to_a_new_password(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let alipay = Provider::alipay().await?;
    let setup = format!("m70_desk_{engine:?}");
    journey(&setup, Look::default(), async |browser| add_alipay(browser, &server, &alipay).await).await?;
    for (language, key, look) in looks() {
        journey(&format!("m70_{language}_{engine:?}"), look, async |browser| {
            let account = server.demo.account(key)?;
            browser.go(&format!("{}/login?return_to=/me/linked", server.base)).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            agree(browser, key).await?;
            browser.until("the first visit", |url| url.path().ends_with("/first")).await?;
            browser.click("#external-have").await?;
            browser.sign_in_here(&account.login_name, &account.password).await?;
            browser.until("asked to link", |url| url.path().ends_with("/link")).await?;
            browser.click("#external-link").await?;
            browser.until("the list", |url| url.path() == "/me/linked").await?;
            steps::sign_out(browser, &server.base).await?;
            let before = signed_in(&server, key).await?;
            // Somebody else's Alipay proves nothing.
            begin(browser, &server, &account.login_name, "alipay").await?;
            agree(browser, "somebody").await?;
            browser.until("back at the proof", |url| url.path() == "/recover/verify").await?;
            browser.find("#way-e").await?;
            browser.picture("foreign").await?;
            browser.click("#recover-alipay").await?;
            agree(browser, key).await?;
            finish(browser, &server, account, &before).await
        })
        .await?;
    }
    Ok(())
}
