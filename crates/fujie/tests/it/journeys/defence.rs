//! What stands between an account and whoever guesses: recycled numbers, captchas that nobody need see, policies.
use crate::{
    journeys::{looks::look_at_step, steps},
    support::options,
};
use anyhow::{Context as _, Result, ensure};
use std::time::{Duration, Instant};
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m01_a_recycled_number_goes_to_whoever_proves_it,
    m01_in_english_the_holder_of_a_known_number_is_led_to_sign_in,
    m05_without_scripts_a_question_in_words_lets_a_person_in,
    m05_in_english_the_question_is_answered_and_a_picture_can_be_changed,
    m05_policies_are_changed_at_the_desk_and_a_preset_shows_what_it_changes,
);

const PASSWORD: &str = "Bamboo-lantern-7291";

/// Waits for the proof of work that a script does in place of the picture.
async fn solved(browser: &Browser) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(20);
    while browser.value("input[name='captcha-work']").await?.is_empty() {
        ensure!(Instant::now() < until, "no proof of work: {:?}", browser.console().await?);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
async fn register(
    browser: &Browser,
    server: &Server,
    name: &str,
    login_name: &str,
    phone: &str,
) -> Result<()> {
    browser.go(&format!("{}/register", server.base)).await?;
    browser.fill("#name", name).await?;
    browser.fill("#login_name", login_name).await?;
    browser.fill("#password", PASSWORD).await?;
    browser.fill("#phone", phone).await?;
    browser.tick("#agree").await?;
    solved(browser).await?;
    browser.click("#register-submit").await?;
    browser.until("asked for the code", |url| url.path() == "/register/verify").await?;
    Ok(())
}
async fn prove(browser: &Browser, server: &Server, phone: &str) -> Result<()> {
    browser.fill("#code", &server.code_for(phone).await?).await?;
    browser.click("#verify-submit").await
}

async fn m01_a_recycled_number_goes_to_whoever_proves_it(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { width: 390, height: 844, ..Look::default() };
    journey(&format!("m01_recycled_{engine:?}"), look, async |browser| {
        let old = server.demo.account("agent_granted")?;
        let phone = old.phone.as_deref().context("a phone")?;
        register(browser, &server, "纪白芸", "jibaiyun", phone).await?;
        // "Change what I typed" keeps it.
        browser.click("#other-number").await?;
        browser.until("the form again", |url| url.path() == "/register").await?;
        assert_eq!(browser.value("#login_name").await?, "jibaiyun");
        assert_eq!(browser.value("#phone").await?, phone);
        assert_eq!(browser.value("#password").await?, "");
        browser.driver.back().await?;
        browser.until("the code again", |url| url.path() == "/register/verify").await?;

        prove(browser, &server, phone).await?;
        browser.until("asked whose it is", |url| url.path() == "/register/held").await?;
        let text = browser.text().await?;
        assert!(text.contains("那个账号是我的") && text.contains("号码现在归我使用"), "{text}");
        assert!(!text.contains(&old.login_name), "whose account it was stays unsaid: {text}");
        browser.picture("held").await?;
        if matches!(engine, Engine::Sqlite) {
            look_at_step(browser, "zh-CN", "/register/held").await?;
        }
        browser.click("#held-take").await?;
        browser.until("signed in", |url| !url.path().starts_with("/register")).await?;
        browser.go(&format!("{}/me", server.base)).await?;
        assert!(browser.text().await?.contains("纪白芸"), "{}", browser.excerpt().await);

        // The old holder keeps the account, learns of it, and the number signs in to the new one alone.
        let by_phone = server.agent()?.sign_in(phone, PASSWORD).await?;
        by_phone.location().context("the number does not sign in to the new account")?;
        let agent = server.agent()?;
        agent
            .sign_in(&old.login_name, &old.password)
            .await?
            .location()
            .context("the old account is shut out")?;
        let told = server.database().rows(&format!(
            "SELECT notice.kind FROM notice JOIN account ON account.id = account_id WHERE login_name = '{}'",
            old.login_name
        ))?;
        let told: Vec<String> = told.into_iter().flatten().flatten().collect();
        assert!(told.iter().any(|kind| kind == "phone_released"), "{told:?}");
        Ok(())
    })
    .await
}

async fn m01_in_english_the_holder_of_a_known_number_is_led_to_sign_in(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { language: "en", ..Look::default() };
    journey(&format!("m01_known_{engine:?}"), look, async |browser| {
        let holder = server.demo.account("agent_granted")?;
        let phone = holder.phone.as_deref().context("a phone")?;
        // What is wrong is told with the name of its field.
        browser.go(&format!("{}/register", server.base)).await?;
        browser.fill("#name", "Ji Baiyun").await?;
        browser.fill("#login_name", "jibaiyun").await?;
        browser.fill("#password", "jibaiyun1990").await?;
        browser.fill("#phone", phone).await?;
        browser.tick("#agree").await?;
        solved(browser).await?;
        browser.click("#register-submit").await?;
        let summary = browser.find(".flash[data-t=bad]").await?.text().await?;
        assert!(summary.contains("Password: The password is too close to the name"), "{summary}");
        register(browser, &server, "Ji Baiyun", "jibaiyun", phone).await?;
        prove(browser, &server, phone).await?;
        browser.until("asked whose it is", |url| url.path() == "/register/held").await?;
        let text = browser.text().await?;
        assert!(
            text.contains("This number has an account") && text.contains("The number is mine now"),
            "{text}"
        );
        browser.picture("held-en").await?;
        if matches!(engine, Engine::Sqlite) {
            look_at_step(browser, "en", "/register/held").await?;
        }
        browser.click("#held-login").await?;
        browser.until("sign-in", |url| url.path() == "/login").await?;
        assert_eq!(browser.value("#login-name").await?, phone);
        browser.sign_in_here(phone, &holder.password).await?;
        assert_ne!(browser.path().await?, "/login", "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}

/// Numbers as the locale file writes them.
fn number(language: &str, text: &str) -> Option<u32> {
    let path = format!("{}/../../locales/{language}/identity.ftl", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read_to_string(path).ok()?;
    let words = file.lines().find_map(|line| line.strip_prefix("identity-number-words = "))?;
    let place = words.split_whitespace().position(|word| word == text)?;
    text.parse().ok().or_else(|| u32::try_from(place).ok())
}
/// The sum of a question that asks for one; the other kinds are left for the next question.
fn answer(language: &str, question: &str) -> Option<u32> {
    let between = |start: &str, middle: &str, end: &str| {
        let rest = question.strip_prefix(start)?;
        let (a, rest) = rest.split_once(middle)?;
        let (b, _) = rest.split_once(end)?;
        let read = |text: &str| text.parse().ok().or_else(|| number(language, text));
        Some(read(a)? + read(b)?)
    };
    let sum = match language {
        "en" => between("What is ", " plus ", "? "),
        _ => between("", "加", "等于几"),
    };
    sum.or_else(|| match language {
        "en" => between("There were ", ", then ", " more came"),
        _ => between("先有", "个，又来了", "个，"),
    })
}
/// Asks for questions in words until one is a sum, and answers it.
pub async fn answer_in_words(browser: &Browser, language: &str) -> Result<()> {
    browser.click("button[name='captcha-way'][value='words']").await?;
    for _ in 0..110 {
        let question = browser.find("#captcha-answer-h").await?.text().await?;
        if let Some(sum) = answer(language, &question) {
            return browser.fill("#captcha-answer", &sum.to_string()).await;
        }
        browser.click("#captcha-ways button[name='captcha-way'][value='words']").await?;
    }
    anyhow::bail!("no sum among 110 questions")
}
async fn three_failures(browser: &Browser, server: &Server, login_name: &str) -> Result<()> {
    browser.go(&format!("{}/login", server.base)).await?;
    for guess in 0..3 {
        browser.sign_in_here(login_name, &format!("Wrong-guess-{guess}")).await?;
    }
    browser.find("#captcha-answer").await?;
    Ok(())
}

async fn m05_without_scripts_a_question_in_words_lets_a_person_in(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, width: 390, height: 844, ..Look::default() };
    journey(&format!("m05_words_{engine:?}"), look, async |browser| {
        let account = server.demo.account("agent_not_granted")?;
        three_failures(browser, &server, &account.login_name).await?;
        // A wrong answer is told, uses the question up and leaves the way.
        browser.click("button[name='captcha-way'][value='words']").await?;
        let first = browser.value("input[name='captcha']").await?;
        browser.fill("#captcha-answer", "99").await?;
        browser.fill("#login-password", &account.password).await?;
        browser.click("#login-submit").await?;
        browser.find("#captcha-answer-e").await?;
        assert_ne!(browser.value("input[name='captcha']").await?, first);
        assert_eq!(browser.value("#login-name").await?, account.login_name, "what was typed is kept");
        browser.picture("words").await?;
        answer_in_words(browser, "zh-CN").await?;
        browser.fill("#login-password", &account.password).await?;
        browser.click("#login-submit").await?;
        browser.until("signed in", |url| url.path() != "/login").await?;
        Ok(())
    })
    .await
}

async fn m05_in_english_the_question_is_answered_and_a_picture_can_be_changed(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, language: "en", ..Look::default() };
    journey(&format!("m05_picture_{engine:?}"), look, async |browser| {
        let account = server.demo.account("agent_not_granted")?;
        three_failures(browser, &server, &account.login_name).await?;
        let picture = browser.find("#captcha img").await?;
        let address = picture.attr("src").await?.context("a picture")?;
        assert_eq!(picture.attr("alt").await?.as_deref(), Some("Picture with 5 characters"));
        assert!(picture.rect().await?.width > 100.0, "the picture is shown");
        browser.picture("picture").await?;
        browser.click("#captcha-ways button[value='picture']").await?;
        let next = browser.find("#captcha img").await?.attr("src").await?.context("a picture")?;
        assert_ne!(next, address, "another picture");
        answer_in_words(browser, "en").await?;
        browser.fill("#login-password", &account.password).await?;
        browser.click("#login-submit").await?;
        browser.until("signed in", |url| url.path() != "/login").await?;
        Ok(())
    })
    .await
}

async fn m05_policies_are_changed_at_the_desk_and_a_preset_shows_what_it_changes(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m05_policies_{engine:?}"), Look::default(), async |browser| {
        let staff = server.demo.account("security_administrator")?;
        // Before everybody is asked for a captcha.
        let other = crate::support::signed_in(&server, "system_administrator").await?;
        let auditor = crate::support::signed_in(&server, "auditor").await?;
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk", server.base)).await?;
        browser.click("main a[href='/desk/policies']").await?;
        browser.picture("policies").await?;
        browser.click("a[href='/desk/policies/captcha']").await?;
        browser.fill("#minutes", "99").await?;
        browser.tick("input[name='strategy'][value='always']").await?;
        browser.click("#policy-save").await?;
        let error = browser.find("#minutes-e").await?.text().await?;
        assert!(error.contains("1") && error.contains("60"), "{error}");
        assert_eq!(browser.value("#minutes").await?, "99", "what was typed stays");
        let summary = browser.find(".flash[data-t=bad]").await?.text().await?;
        assert!(summary.contains("有效分钟数："), "{summary}");
        browser.picture("policy-error").await?;
        browser.fill("#minutes", "15").await?;
        browser.click("#policy-save").await?;
        browser.until("the list", |url| url.path() == "/desk/policies").await?;
        let text = browser.text().await?;
        assert!(text.contains("每次登录") && text.contains("非默认"), "{text}");
        // A stranger is asked at once.
        let stranger = server.agent()?.get("/login").await?;
        assert!(stranger.body.contains("captcha-answer"), "{}", stranger.excerpt());

        // Somebody else saved in between: nothing is overwritten unseen.
        browser.go(&format!("{}/desk/policies/code", server.base)).await?;
        let page = other.get("/desk/policies/code").await?;
        let form = page.form_to("/desk/policies/code")?.with("minutes", "8");
        assert_eq!(other.submit(&page, &form).await?.status, 303);
        browser.fill("#attempts", "3").await?;
        browser.click("#policy-save").await?;
        let text = browser.text().await?;
        assert!(text.contains("刚刚被他人修改") && text.contains("目前保存的是：8"), "{text}");
        browser.picture("policy-conflict").await?;

        browser.go(&format!("{}/desk/policies/presets/dengbao3", server.base)).await?;
        let text = browser.text().await?;
        for wanted in ["字符种类数", "不可重复的历史密码数", "平台人员的空闲分钟数"]
        {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        browser.picture("preset").await?;
        browser.click("#preset-apply").await?;
        browser.settled().await?;
        let hint = server.agent()?.get("/register").await?;
        assert!(
            hint.body.contains("至少 3 类") || hint.body.contains("at least 3 kinds"),
            "{}",
            hint.excerpt()
        );
        // Both are in the record, with what was and what is.
        let rows = server.database().rows(
            "SELECT detail FROM audit_event WHERE action IN ('setting.changed', 'setting.preset_applied')",
        )?;
        let details: Vec<String> = rows.into_iter().flatten().flatten().collect();
        assert!(details.iter().any(|detail| detail.contains("dengbao3")), "{details:?}");
        assert!(
            details.iter().any(|detail| detail.contains("after_failures\"") || detail.contains("always"))
        );

        // Nobody else finds the page.
        assert_ne!(auditor.get("/desk/policies").await?.status, 200);
        Ok(())
    })
    .await?;
    in_english(&server).await
}
async fn in_english(server: &Server) -> Result<()> {
    let look = Look { language: "en", width: 390, height: 844, scripts: false, ..Look::default() };
    journey(&format!("m05_policies_en_{}", server.base.len()), look, async |browser| {
        let staff = server.demo.account("account_manager")?;
        browser.go(&format!("{}/desk/policies", server.base)).await?;
        browser.find("#login-name").await?;
        // The strategy asks everybody now; whoever cannot see the picture answers in words.
        answer_in_words(browser, "en").await?;
        browser.sign_in_here(&staff.login_name, &staff.password).await?;
        browser.settled().await?;
        assert!(!browser.text().await?.contains("MLPS level 3"), "not for account managers");
        steps::sign_out(browser, &server.base).await
    })
    .await
}
