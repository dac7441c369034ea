//! Alipay at the sign-in page: quick registration, a link to an account that exists, and what goes wrong on the way.
use crate::{
    journeys::{register::solved, steps},
    peers::upstream::{Provider, add_alipay},
    support::options,
};
use anyhow::Result;
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(
    m02_alipay_fills_in_the_registration_and_signs_in_afterwards,
    m03_a_first_visit_by_alipay_is_linked_to_the_own_account,
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
        let name = format!("m03_{}_{engine:?}", look.language);
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
            browser.click("#external-have").await?;
            browser.sign_in_here(&account.login_name, &account.password).await?;
            browser.until("asked to link", |url| url.path().ends_with("/link")).await?;
            says(&account.login_name).await?;
            browser.picture("link").await?;
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
