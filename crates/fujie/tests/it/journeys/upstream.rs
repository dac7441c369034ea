//! Alipay at the sign-in page: quick registration, a link to an account that exists, and what goes wrong on the way.
use crate::{
    journeys::{looks::look_at_step, register::solved, steps},
    peers::upstream::{Provider, add_alipay, add_openid, at_provider},
    support::options,
};
use anyhow::Result;
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(
    m02_alipay_fills_in_the_registration_and_signs_in_afterwards,
    m03_a_first_visit_by_alipay_is_linked_to_the_own_account,
    m15_a_linked_provider_proves_anew_who_is_there,
);

fn looks() -> [Look; 2] {
    [Look { width: 390, height: 844, ..Look::default() }, Look { language: "en", ..Look::default() }]
}

async fn m02_alipay_fills_in_the_registration_and_signs_in_afterwards(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let alipay = Provider::alipay().await?;
    let setup = format!("m02_desk_{engine:?}");
    journey(&setup, Look::default(), async |browser| add_alipay(browser, &server, &alipay).await).await?;
    // By its own page, then by its QR code.
    let people = [("jibaiyun", "19900009922", "agree"), ("jibaiyan", "19900009933", "scan")];
    for (look, (login_name, phone, way)) in looks().into_iter().zip(people) {
        let name = format!("m02_{}_{engine:?}", look.language);
        journey(&name, look, async |browser| {
            browser.go(&format!("{}/login?return_to=/me", server.base)).await?;
            browser.picture("login").await?;
            browser.click("a[href^='/login/upstream/']").await?;
            if way == "agree" {
                browser.fill("#account", "baiyun").await?;
            }
            browser.click(&format!("#{way}")).await?;
            browser.until("the first visit", |url| url.path().ends_with("/first")).await?;
            browser.picture("first").await?;
            browser.click("#external-new").await?;
            // What Alipay told is filled in; the rest is the person's own.
            assert_eq!(browser.value("#name").await?, "纪白芸");
            assert_eq!(browser.value("#phone").await?, "19900009922");
            browser.fill("#phone", phone).await?;
            browser.fill("#login_name", login_name).await?;
            browser.fill("#password", "Bamboo-lantern-7291").await?;
            browser.tick("#agree").await?;
            solved(browser).await?;
            browser.picture("register").await?;
            browser.click("#register-submit").await?;
            browser.until("asked for the code", |url| url.path() == "/register/verify").await?;
            browser.fill("#code", &server.code_for(phone).await?).await?;
            browser.click("#verify-submit").await?;
            browser.until("at home", |url| url.path() == "/me").await?;
            browser.go(&format!("{}/me/linked", server.base)).await?;
            browser.find("a[href$='/unlink']").await?;
            browser.picture("linked").await?;
            assert!(browser.console().await?.is_empty(), "{:?}", browser.console().await?);
            steps::sign_out(browser, &server.base).await?;

            browser.go(&format!("{}/login?return_to=/me", server.base)).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            if way == "agree" {
                browser.fill("#account", "baiyun").await?;
            }
            browser.click(&format!("#{way}")).await?;
            browser.until("signed in", |url| url.path() == "/me").await?;
            assert!(browser.text().await?.contains("纪白芸"), "{}", browser.excerpt().await);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn m03_a_first_visit_by_alipay_is_linked_to_the_own_account(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let alipay = Provider::alipay().await?;
    let setup = format!("m03_desk_{engine:?}");
    journey(&setup, Look::default(), async |browser| add_alipay(browser, &server, &alipay).await).await?;
    let words = [
        ("您未在支付宝同意授权", "支付宝的应答未通过核验", "已绑定支付宝", "已解除绑定支付宝"),
        (
            "You did not agree at Alipay",
            "could not be verified",
            "Alipay is linked and can sign you in now",
            "Alipay is unlinked",
        ),
    ];
    let accounts = ["agent_granted", "administrator"];
    for ((look, (denied, untrusted, linked, unlinked)), key) in looks().into_iter().zip(words).zip(accounts) {
        // Both languages are walked on each engine, and looked at on one.
        let (language, looked) = (look.language, matches!(engine, Engine::Sqlite));
        let name = format!("m03_{language}_{engine:?}");
        journey(&name, look, async |browser| {
            let account = server.demo.account(key)?;
            let says = async |text: &str| -> Result<()> {
                let shown = browser.text().await?;
                anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
                Ok(())
            };
            let login = format!("{}/login?return_to=/me/linked", server.base);
            // Who says no, and an answer that somebody changed on its way.
            browser.go(&login).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            browser.click("#cancel").await?;
            browser.until("back at the sign-in page", |url| url.path() == "/login").await?;
            says(denied).await?;
            browser.go(&format!("{}/tamper?on=1", alipay.issuer)).await?;
            browser.go(&login).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            browser.fill("#account", key).await?;
            browser.click("#agree").await?;
            browser.until("back at the sign-in page", |url| url.path() == "/login").await?;
            says(untrusted).await?;
            browser.picture("untrusted").await?;
            browser.go(&format!("{}/tamper?on=0", alipay.issuer)).await?;

            browser.go(&login).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            browser.fill("#account", key).await?;
            browser.click("#agree").await?;
            browser.until("the first visit", |url| url.path().ends_with("/first")).await?;
            if looked {
                look_at_step(browser, language, "/login/upstream/{connector}/first").await?;
            }
            browser.click("#external-have").await?;
            browser.sign_in_here(&account.login_name, &account.password).await?;
            browser.until("asked to link", |url| url.path().ends_with("/link")).await?;
            says(&account.login_name).await?;
            browser.picture("link").await?;
            if looked {
                look_at_step(browser, language, "/login/upstream/{connector}/link").await?;
            }
            browser.click("#external-link").await?;
            browser.until("the list", |url| url.path() == "/me/linked").await?;
            says(linked).await?;
            browser.picture("linked").await?;
            steps::sign_out(browser, &server.base).await?;

            browser.go(&login).await?;
            browser.click("a[href^='/login/upstream/']").await?;
            browser.fill("#account", key).await?;
            browser.click("#agree").await?;
            browser.until("signed in", |url| url.path() == "/me/linked").await?;
            browser.click("a[href$='/unlink']").await?;
            browser.picture("unlink").await?;
            if looked {
                look_at_step(browser, language, "/me/linked/{id}/unlink").await?;
            }
            browser.click("#unlink-submit").await?;
            says(unlinked).await?;
            // Link it again from inside.
            browser.click("form[action$='/link'] button").await?;
            browser.fill("#account", key).await?;
            browser.click("#agree").await?;
            browser.until("the list", |url| url.path() == "/me/linked").await?;
            says(linked).await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The session as it is an hour later.
fn age(server: &Server) -> Result<()> {
    server.database().rows("UPDATE session SET verified_at = verified_at - 3600000").map(drop)
}
/// An account that has nothing but its identity elsewhere: a session there does not do, whatever the provider makes of it.
async fn m15_a_linked_provider_proves_anew_who_is_there(engine: Engine) -> Result<()> {
    let Some(provider) = Provider::openid().await? else { return Ok(()) };
    let server = Server::start(options(engine).tls()).await?;
    let setup = format!("m15_desk_{engine:?}");
    journey(&setup, Look::default(), async |browser| add_openid(browser, &server, &provider).await).await?;
    let words = [
        ("没有关联到您的账号", "未通过核验", "未在Province portal同意"),
        ("is not linked to yours", "could not be verified", "You did not agree at Province portal"),
    ];
    let accounts = ["agent_granted", "administrator"];
    for ((look, (foreign, untrusted, denied)), key) in looks().into_iter().zip(words).zip(accounts) {
        let name = format!("m15_linked_{}_{engine:?}", look.language);
        journey(&name, look, async |browser| {
            let account = server.demo.account(key)?;
            let says = async |text: &str| -> Result<()> {
                let shown = browser.text().await?;
                anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
                Ok(())
            };
            let leave = "form[action='/me/verify/external'] button";
            browser.sign_in(&server.base, &account.login_name, &account.password).await?;
            browser.go(&format!("{}/me/linked", server.base)).await?;
            browser.click("form[action$='/link'] button").await?;
            at_provider(browser, key).await?;
            browser.until("the list", |url| url.path() == "/me/linked").await?;
            let only = format!("(SELECT id FROM account WHERE login_name = '{}')", account.login_name);
            for sql in [
                format!("DELETE FROM password WHERE account_id = {only}"),
                format!("UPDATE account SET phone_proven = FALSE WHERE id = {only}"),
            ] {
                server.database().rows(&sql)?;
            }
            age(&server)?;

            let asked = format!("{}/me/verify?need=fresh&return_to=/me/devices", server.base);
            browser.go(&asked).await?;
            assert!(!browser.has("form[action='/me/verify']").await?, "what the account does not have");
            browser.picture("verify").await?;
            // Refused there; then somebody else, though the right person is signed in there.
            browser.click(leave).await?;
            browser.find("input[name='login']").await?;
            browser.click("a[href$='/abort']").await?;
            browser.until("asked again", |url| url.path() == "/me/verify").await?;
            says(denied).await?;
            browser.click(leave).await?;
            at_provider(browser, "somebody").await?;
            browser.until("asked again", |url| url.path() == "/me/verify").await?;
            says(foreign).await?;
            browser.picture("foreign").await?;
            browser.click(leave).await?;
            at_provider(browser, key).await?;
            browser.until("where it began", |url| url.path() == "/me/devices").await?;

            // A provider that lets an old session pass says so itself, and is not believed.
            age(&server)?;
            browser.go(&format!("{}/aged", provider.issuer)).await?;
            browser.go(&format!("{}/careless?on=1", provider.issuer)).await?;
            browser.go(&asked).await?;
            browser.click(leave).await?;
            browser.until("asked again", |url| url.path() == "/me/verify").await?;
            says(untrusted).await?;
            browser.picture("stale").await?;
            browser.go(&format!("{}/me/verify?need=fresh&return_to=/me", server.base)).await?;
            assert_eq!(browser.path().await?, "/me/verify", "nothing was proven");
            browser.go(&format!("{}/careless?on=0", provider.issuer)).await?;
            browser.go(&asked).await?;
            browser.click(leave).await?;
            at_provider(browser, key).await?;
            browser.until("where it began", |url| url.path() == "/me/devices").await?;
            Ok(())
        })
        .await?;
    }
    // Why, is in the record.
    let rows = server.database().rows("SELECT detail FROM audit_event WHERE action = 'external.exchange'")?;
    let details: Vec<String> = rows.into_iter().flatten().flatten().collect();
    assert_eq!(details.iter().filter(|detail| detail.contains("auth_time")).count(), 2, "{details:?}");
    Ok(())
}
