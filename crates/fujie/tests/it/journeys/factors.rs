//! Passkeys with a virtual authenticator, codes of an app, codes on paper; and browsers that cannot do what a page needs.
use crate::{
    journeys::steps::{self, look, said},
    support::options,
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m04_a_passkey_signs_in_without_a_name_and_is_a_second_step,
    m04_the_last_way_in_cannot_be_removed,
    m04_codes_of_an_app_and_on_paper_are_a_second_step_without_scripts,
    m19_an_old_browser_is_named_and_has_another_way,
    m19_without_scripts_or_passkeys_another_way_is_named,
);

fn phone(language: &'static str) -> Look {
    Look { width: 390, height: 844, language, ..Look::default() }
}

async fn m04_a_passkey_signs_in_without_a_name_and_is_a_second_step(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (look, said) in [(Look::default(), "没有完成验证"), (phone("en"), "Nothing was confirmed")] {
        let (server, language) = (&server, look.language);
        journey(&format!("m04_passkey_{engine:?}_{language}"), look, async |browser| {
            // Each language its own account: an account keeps what was added.
            let key = if language == "en" { "administrator" } else { "agent_granted" };
            let account = server.demo.account(key)?;
            let base = &server.base;
            let device = browser.add_authenticator().await?;
            browser.sign_in(base, &account.login_name, &account.password).await?;

            // A finger that does not fit is told in words, and nothing is added.
            browser.go(&format!("{base}/me/passkeys")).await?;
            browser.verified(&device, false).await?;
            browser.tick("#passkey-form button").await?;
            told(browser, said).await?;
            assert!(browser.credentials(&device).await?.is_empty());
            browser.verified(&device, true).await?;
            browser.fill("#name", "书桌").await?;
            browser.picture("add").await?;
            browser.click("#passkey-form button").await?;
            assert_eq!(paper(browser).await?.len(), 10);
            assert_eq!(browser.credentials(&device).await?.len(), 1);
            browser.picture("codes").await?;
            browser.click("#codes-kept").await?;
            assert!(browser.text().await?.contains("书桌"), "{}", browser.excerpt().await);

            // A button, no name.
            steps::sign_out(browser, base).await?;
            browser.present(&device, false).await?;
            browser.go(&format!("{base}/login/passkey?return_to=/me")).await?;
            browser.picture("sign-in").await?;
            browser.present(&device, true).await?;
            browser.click("#passkey-form button").await?;
            assert_eq!(browser.path().await?, "/me", "{}", browser.excerpt().await);

            // Among the names that the browser offers.
            steps::sign_out(browser, base).await?;
            browser.go(&format!("{base}/login?return_to=/me/passkeys")).await?;
            browser.until("signed in from the list of names", |url| url.path() == "/me/passkeys").await?;

            // After a password it is the second step.
            steps::sign_out(browser, base).await?;
            browser.present(&device, false).await?;
            browser.sign_in(base, &account.login_name, &account.password).await?;
            browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
            browser.picture("second").await?;
            browser.present(&device, true).await?;
            browser.click("#passkey-form button").await?;
            browser.go(&format!("{base}/me/passkeys")).await?;
            assert_eq!(browser.path().await?, "/me/passkeys", "{}", browser.excerpt().await);
            Ok(())
        })
        .await?;
    }
    Ok(())
}
/// What the script says at the form.
async fn told(browser: &Browser, words: &str) -> Result<()> {
    let place = browser.find("[data-passkey-said]:not([hidden])").await?;
    let said = place.text().await?;
    anyhow::ensure!(said.contains(words), "{said}");
    Ok(())
}
async fn paper(browser: &Browser) -> Result<Vec<String>> {
    let list = browser.find("#paper-codes").await?.text().await?;
    Ok(list.split_whitespace().map(str::to_owned).collect())
}

async fn m04_the_last_way_in_cannot_be_removed(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m04_last_way_{engine:?}"), look(engine), async |browser| {
        let account = server.demo.account("agent_granted")?;
        let base = &server.base;
        browser.add_authenticator().await?;
        browser.sign_in(base, &account.login_name, &account.password).await?;
        browser.go(&format!("{base}/me/passkeys")).await?;
        browser.click("#passkey-form button").await?;
        browser.click("#codes-kept").await?;
        browser.click("main ul.list a.btn").await?;
        browser.find("#remove-submit").await?;
        // Meanwhile every other way goes.
        let name = account.login_name.replace('\'', "''");
        for sql in [
            format!("DELETE FROM password WHERE account_id = (SELECT id FROM account WHERE login_name = '{name}')"),
            format!("UPDATE account SET phone_proven = FALSE WHERE login_name = '{name}'"),
        ] {
            server.database().rows(&sql)?;
        }
        browser.click("#remove-submit").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "这是您最后一种登录方式", "last way")), "{text}");
        assert!(!browser.has("#remove-submit").await?, "a button that must fail");
        browser.find("#last-way-in").await?;
        browser.picture("refused").await?;
        // With a second one the first may go.
        browser.another_device().await?;
        browser.go(&format!("{base}/me/passkeys")).await?;
        browser.fill("#name", "第二个").await?;
        browser.click("#passkey-form button").await?;
        browser.click("main ul.list li:first-child a.btn").await?;
        browser.click("#remove-submit").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "已删除", "Removed")), "{text}");
        let left = server.database().rows(&format!(
            "SELECT passkey.id FROM passkey JOIN account ON account.id = account_id WHERE login_name = '{name}'"
        ))?;
        assert_eq!(left.len(), 1);
        Ok(())
    })
    .await
}

async fn m04_codes_of_an_app_and_on_paper_are_a_second_step_without_scripts(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    for (language, key, used) in
        [("zh-CN", "agent_granted", "已经用过"), ("en", "administrator", "has been used")]
    {
        let server = &server;
        let look = Look { scripts: false, ..phone(language) };
        journey(&format!("m04_totp_{engine:?}_{language}"), look, async |browser| {
            let account = server.demo.account(key)?;
            let (base, name, password) = (&server.base, &account.login_name, &account.password);
            browser.sign_in(base, name, password).await?;
            browser.go(&format!("{base}/me/authenticator/new")).await?;
            let secret = browser.find("#totp-secret").await?.text().await?;
            browser.picture("new").await?;
            browser.fill("#code", &wrong(&secret)?).await?;
            browser.click("#totp-submit").await?;
            browser.find("#code-e").await?;
            assert_eq!(browser.find("#totp-secret").await?.text().await?, secret, "the scanned secret stays");
            let first = code(&secret, 0)?;
            browser.fill("#code", &first).await?;
            browser.click("#totp-submit").await?;
            let paper = paper(browser).await?;
            assert_eq!(paper.len(), 10);
            browser.click("#codes-kept").await?;

            steps::sign_out(browser, base).await?;
            browser.sign_in(base, name, password).await?;
            browser.until("asked for the second step", |url| url.path() == "/login/second").await?;
            browser.picture("second").await?;
            browser.fill("#code", &wrong(&secret)?).await?;
            browser.click("#second-submit").await?;
            browser.find("#code-e").await?;
            browser.fill("#code", &first).await?;
            browser.click("#second-submit").await?;
            assert!(browser.text().await?.contains(used), "{}", browser.excerpt().await);
            // The phone's clock runs a little ahead.
            browser.fill("#code", &code(&secret, 1)?).await?;
            browser.click("#second-submit").await?;
            browser.go(&format!("{base}/me/recovery-codes")).await?;
            assert!(browser.find("#codes-left").await?.text().await?.contains("10"));

            // A code on paper, once.
            let one = paper.first().context("a code")?;
            for right in [true, false] {
                steps::sign_out(browser, base).await?;
                browser.sign_in(base, name, password).await?;
                browser.click("a[href*='means=recovery']").await?;
                browser.fill("#code", &one.to_lowercase()).await?;
                browser.click("#second-submit").await?;
                assert_eq!(browser.has("#code-e").await?, !right, "{}", browser.excerpt().await);
                browser.go(&format!("{base}/me/recovery-codes")).await?;
                if right {
                    assert!(browser.find("#codes-left").await?.text().await?.contains('9'));
                } else {
                    assert_eq!(browser.path().await?, "/login");
                }
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
/// What an app shows, `away` steps from now.
#[expect(clippy::disallowed_methods, reason = "the app on a phone has a clock of its own")]
pub fn code(secret: &str, away: i64) -> Result<String> {
    let secret = totp_rs::Secret::try_from_base32(secret.replace(' ', ""))
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    Ok(totp.generate(now.saturating_add_signed(away * 30)).to_string())
}
pub fn wrong(secret: &str) -> Result<String> {
    let near = (-2..=2).map(|away| code(secret, away)).collect::<Result<Vec<_>>>()?;
    let wrong = ["000000", "111111", "222222", "333333", "444444", "555555"];
    wrong.into_iter().find(|code| !near.iter().any(|n| n == code)).map(str::to_owned).context("a wrong code")
}

const INTERNET_EXPLORER: &str = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko";
const OLD_EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763";

async fn m19_an_old_browser_is_named_and_has_another_way(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    for (look, agent, name, words) in [
        (Look::default(), INTERNET_EXPLORER, "Internet Explorer 11", "密码或短信验证码"),
        (phone("en"), OLD_EDGE, "Edge 18", "password or SMS code"),
    ] {
        let (server, language) = (&server, look.language);
        journey(&format!("m19_old_{engine:?}_{language}"), look, async |browser| {
            let base = &server.base;
            browser.go(&format!("{base}/login")).await?;
            assert!(!browser.has("#old-browser").await?, "a notice in a browser of today");
            browser.call_itself(agent).await?;
            for path in ["/login", "/register", "/login/passkey", "/login/sms", "/recover"] {
                browser.go(&format!("{base}{path}")).await?;
                let notice = browser.find("#old-browser").await?.text().await?;
                assert!(notice.contains(name) && notice.contains(words), "{path}: {notice}");
            }
            browser.go(&format!("{base}/login")).await?;
            browser.picture("notice").await?;
            browser.click("#old-browser a").await?;
            assert_eq!(browser.path().await?, "/help/browsers");
            browser.picture("help").await?;
            // Nothing is withheld: the way that was named works.
            let account = server.demo.account("agent_granted")?;
            browser.sign_in(base, &account.login_name, &account.password).await?;
            browser.go(&format!("{base}/me")).await?;
            assert_eq!(browser.path().await?, "/me", "{}", browser.excerpt().await);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn m19_without_scripts_or_passkeys_another_way_is_named(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..phone("zh-CN") };
    journey(&format!("m19_scripts_{engine:?}"), look, async |browser| {
        browser.go(&format!("{}/login/passkey?return_to=/me", server.base)).await?;
        let text = browser.text().await?;
        assert!(text.contains("通行密钥需要脚本"), "{text}");
        browser.picture("notice").await?;
        browser.click("noscript a").await?;
        let account = server.demo.account("agent_granted")?;
        browser.sign_in_here(&account.login_name, &account.password).await?;
        assert_eq!(browser.path().await?, "/me", "{}", browser.excerpt().await);
        // The same where a key would be added: an app does it without scripts.
        browser.go(&format!("{}/me/passkeys", server.base)).await?;
        browser.click("noscript a").await?;
        assert_eq!(browser.path().await?, "/me/authenticator");
        Ok(())
    })
    .await?;
    journey(&format!("m19_passkeys_{engine:?}"), phone("en"), async |browser| {
        browser.before_each_page("delete window.PublicKeyCredential").await?;
        browser.go(&format!("{}/login/passkey", server.base)).await?;
        let notice = browser.find("[data-passkey-missing]:not([hidden])").await?.text().await?;
        assert!(notice.contains("Chrome") && notice.contains("cannot use passkeys"), "{notice}");
        assert!(!browser.find("#passkey-form").await?.is_displayed().await?, "a button without effect");
        browser.picture("notice").await?;
        browser.click("[data-passkey-missing] a").await?;
        browser.find("#login-name").await?;
        Ok(())
    })
    .await
}
