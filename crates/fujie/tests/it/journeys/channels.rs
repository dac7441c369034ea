//! Staff sets up two SMS gateways; the first hangs, then breaks; people get their codes by the second, and the desk says so.
use super::register::solved;
use crate::{
    peers::stub::{Mood, SECRET, Stub},
    support::options,
};
use anyhow::{Context as _, Result};
use std::time::{Duration, Instant};
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m06_a_code_arrives_by_the_second_gateway_when_the_first_hangs,
    m06_the_desk_of_channels_in_english_on_a_phone,
);

async fn add(browser: &Browser, server: &Server, name: &str, stub: &Stub) -> Result<()> {
    browser.go(&format!("{}/desk/channels", server.base)).await?;
    browser.click("a[href='/desk/channels/new/http']").await?;
    browser.fill("#name", name).await?;
    browser.fill("#url", &format!("{}/send", stub.base())).await?;
    browser.fill("#headers", "X-Time: {{ timestamp }}\nX-Signature: {{ signature }}").await?;
    browser.fill("#secret", SECRET).await?;
    browser.fill("#signed", "{{ timestamp }}.{{ body }}").await?;
    browser.fill("#success_pointer", "/code").await?;
    browser.fill("#success_value", "0").await?;
    browser.fill("#id_pointer", "/id").await?;
    browser.fill("#sign", "符节").await?;
    browser.picture(&format!("form-{name}")).await?;
    browser.click("#save-channel").await?;
    browser.until("the channels", |url| url.path() == "/desk/channels").await?;
    Ok(())
}
/// Fills the registration in; how long until the page asks for the code.
async fn register(browser: &Browser, server: &Server, login_name: &str, phone: &str) -> Result<Duration> {
    browser.go(&format!("{}/register", server.base)).await?;
    browser.fill("#name", "纪白芸").await?;
    browser.fill("#login_name", login_name).await?;
    browser.fill("#password", "Bamboo-lantern-7291").await?;
    browser.fill("#phone", phone).await?;
    browser.tick("#agree").await?;
    solved(browser).await?;
    let began = Instant::now();
    browser.click("#register-submit").await?;
    browser.until("asked for the code", |url| url.path() == "/register/verify").await?;
    let waited = began.elapsed();
    // Whoever gets none has a way on.
    for way in ["#other-number", "#another-way", "#resend"] {
        browser.find(way).await?;
    }
    browser.picture(&format!("waiting-{login_name}")).await?;
    Ok(waited)
}
async fn code(stub: &Stub, phone: &str) -> Result<String> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(taken) = stub.taken().into_iter().find(|taken| taken.to == phone) {
            assert!(
                taken.text.starts_with("【符节】您的") && taken.text.matches('【').count() == 1,
                "{taken:?}"
            );
            let digits: String = taken.text.chars().filter(char::is_ascii_digit).take(6).collect();
            anyhow::ensure!(digits.len() == 6, "{taken:?}");
            return Ok(digits);
        }
        anyhow::ensure!(Instant::now() < until, "nothing was sent to {phone}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn m06_a_code_arrives_by_the_second_gateway_when_the_first_hangs(engine: Engine) -> Result<()> {
    let (first, second) = (Stub::start().await, Stub::start().await);
    first.mood(Mood::Hang);
    let server = Server::start(options(engine).tls().gateways()).await?;
    journey(&format!("m06_{engine:?}"), Look::default(), async |browser| {
        let staff = server.demo.account("system_administrator")?;
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk/channels", server.base)).await?;
        assert!(browser.text().await?.contains("还没有短信通道"), "{}", browser.excerpt().await);
        browser.picture("empty").await?;
        add(browser, &server, "慢网关", &first).await?;
        add(browser, &server, "好网关", &second).await?;
        browser.picture("two").await?;
        super::steps::sign_out(browser, &server.base).await?;

        let waited = register(browser, &server, "jibaiyun", "19900009911").await?;
        assert!(waited < Duration::from_secs(3), "the page only queues, but took {waited:?}");
        let right = code(&second, "19900009911").await?;
        browser.fill("#code", &right).await?;
        browser.click("#verify-submit").await?;
        browser.go(&format!("{}/me", server.base)).await?;
        assert!(browser.text().await?.contains("纪白芸"), "{}", browser.excerpt().await);
        super::steps::sign_out(browser, &server.base).await?;

        // It says yes in words that nobody understands, and then that it is broken.
        first.mood(Mood::Lie("<html>welcome</html>"));
        let waited = register(browser, &server, "xubaiyun", "19900009913").await?;
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        code(&second, "19900009913").await?;
        first.mood(Mood::Status(502));
        let waited = register(browser, &server, "lubaiyun", "19900009912").await?;
        assert!(waited < Duration::from_secs(3), "{waited:?}");
        code(&second, "19900009912").await?;
        assert!(first.asked() >= 3 && first.taken().is_empty());

        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk/channels", server.base)).await?;
        let text = browser.text().await?;
        assert!(text.contains("最近失败") && text.contains("最近成功"), "{text}");
        browser.picture("after").await?;
        browser.click("a[href='/desk/channels/deliveries']").await?;
        let text = browser.text().await?;
        for word in [
            "199****9911",
            "199****9912",
            "199****9913",
            "慢网关",
            "好网关",
            "HTTP 502",
            "没有在规定时间内答复",
        ] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
        assert!(!text.contains(&right), "a code is on the page");
        browser.picture("deliveries").await?;
        Ok(())
    })
    .await
}

async fn m06_the_desk_of_channels_in_english_on_a_phone(engine: Engine) -> Result<()> {
    let stub = Stub::start().await;
    let server = Server::start(options(engine).tls().gateways()).await?;
    let look = Look { width: 390, height: 844, scripts: false, language: "en", ..Look::default() };
    journey(&format!("m06_en_{engine:?}"), look, async |browser| {
        let staff = server.demo.account("system_administrator")?;
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk/channels/new/http", server.base)).await?;
        // What is wrong is said at its field, and what was typed stays.
        browser.fill("#name", "Gateway").await?;
        browser.fill("#url", "sms.example.cn").await?;
        browser.click("#save-channel").await?;
        browser.find("#url-e").await?;
        assert_eq!(browser.value("#name").await?, "Gateway");
        browser.picture("wrong").await?;
        add(browser, &server, "Gateway", &stub).await?;
        let here = browser.find("ol.list li").await?.attr("id").await?.context("no id")?;
        let id = here.trim_start_matches("c-").to_owned();
        // The secret stays with the server that it was typed for.
        let elsewhere = Stub::start().await;
        browser.go(&format!("{}/desk/channels/{id}", server.base)).await?;
        browser.fill("#name", "Gateway elsewhere").await?;
        browser.fill("#url", &format!("{}/send", elsewhere.base())).await?;
        browser.click("#save-channel").await?;
        let said = browser.find("#secret-e").await?.text().await?;
        assert!(said.contains("leads to another server"), "{said}");
        assert_eq!(browser.value("#name").await?, "Gateway elsewhere");
        assert!(browser.value("#url").await?.starts_with(&elsewhere.base()));
        browser.picture("elsewhere").await?;
        browser.fill("#url", &format!("{}/send", stub.base())).await?;
        browser.fill("#name", "Gateway").await?;
        browser.click("#save-channel").await?;
        browser.until("the channels again", |url| url.path() == "/desk/channels").await?;
        assert_eq!(elsewhere.asked(), 0);
        for (mood, word) in
            [(Mood::Good, "The provider took it"), (Mood::Lie("{}"), "The answer cannot be understood")]
        {
            stub.mood(mood);
            browser.go(&format!("{}/desk/channels/{id}/test", server.base)).await?;
            browser.fill("#to", "13800138000").await?;
            browser.click("#test-send").await?;
            let verdict = browser.find("#verdict").await?.text().await?;
            assert!(verdict.contains(word), "{verdict}");
            browser.picture("test").await?;
        }
        browser.go(&format!("{}/desk/channels/deliveries", server.base)).await?;
        assert!(browser.text().await?.contains("138****8000"));
        browser.picture("deliveries").await?;
        // A mail text: preview, save, back.
        browser.go(&format!("{}/desk/channels/texts/contact.email/en", server.base)).await?;
        browser.fill("#subject", "{{ brand }}: {{ code }}").await?;
        browser.click("button[value=preview]").await?;
        assert!(browser.text().await?.contains("Fujie: 123456"), "{}", browser.excerpt().await);
        browser.picture("text").await?;
        browser.click("#text-save").await?;
        browser.click("form[action$='/reset'] button").await?;
        browser.until("the texts", |url| url.path() == "/desk/channels/texts").await?;
        let text = browser.text().await?;
        assert!(text.contains("Channel alarm") && !text.contains("Registration code"), "{text}");
        browser.picture("texts").await?;
        browser.go(&format!("{}/desk/channels/{id}/delete", server.base)).await?;
        browser.picture("delete").await?;
        browser.click("main .savebar button.danger").await?;
        assert!(browser.text().await?.contains("No SMS channel yet"), "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}
