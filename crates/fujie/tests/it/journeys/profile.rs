//! What people do with their own account: look, change, be told, take their data along, close it.
use crate::{
    journeys::{
        looks::look_at_step,
        register::solved,
        steps::{self, look, said},
    },
    support::options,
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey, demo::Account, party::Attempt};

on_both_engines!(
    m14_m15_m16_a_person_changes_the_own_account,
    m13_m18_m22_people_of_an_organization_are_told_and_choose_how,
    m15_the_own_data_are_downloaded_and_closing_the_account_is_undone,
    m15_on_the_way_to_a_product_whoever_is_leaving_may_still_stay,
);

/// The person without organization or proof.
fn person(server: &Server) -> Result<&Account> {
    server
        .demo
        .accounts
        .iter()
        .find(|a| a.login_name == "peisiyuan")
        .context("no person without organization")
}
/// The address sends the code that this page asks for.
async fn prove(
    browser: &Browser,
    server: &Server,
    (verify, language): (&str, &'static str),
    field: &str,
    to: &str,
) -> Result<()> {
    let path = verify.trim_end_matches("/verify");
    browser.go(&format!("{}{path}", server.base)).await?;
    browser.fill(field, to).await?;
    solved(browser).await?;
    browser.click("#contact-send").await?;
    browser.until("asked for the code", |url| url.path() == verify).await?;
    look_at_step(browser, language, verify).await?;
    let code = server.code_for(to).await?;
    let wrong = if code.starts_with('0') { "111111" } else { "000000" };
    browser.fill("#code", wrong).await?;
    browser.click("#contact-verify").await?;
    browser.find("#code-e").await?;
    browser.fill("#code", &code).await?;
    browser.click("#contact-verify").await?;
    browser.until("back at the security center", |url| url.path() == "/me/security").await?;
    Ok(())
}

/// The number is still theirs: a code to it, and nothing changes.
async fn confirm(browser: &Browser, server: &Server, phone: &str) -> Result<()> {
    browser.go(&format!("{}/me/phone", server.base)).await?;
    browser.tick("input[name=which][value=stored]").await?;
    browser.picture("confirm").await?;
    solved(browser).await?;
    browser.click("#contact-send").await?;
    browser.until("asked for the code", |url| url.path() == "/me/phone/verify").await?;
    browser.fill("#code", &server.code_for(phone).await?).await?;
    browser.click("#contact-verify").await?;
    browser.until("back at the security center", |url| url.path() == "/me/security").await?;
    Ok(())
}

async fn m14_m15_m16_a_person_changes_the_own_account(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m14_{engine:?}"), look(engine), async |browser| {
        let account = person(&server)?;
        let base = &server.base;
        browser.sign_in(base, &account.login_name, &account.password).await?;
        // An unproven name changes at once, and so does the employer.
        browser.go(&format!("{base}/me/profile")).await?;
        browser.fill("#name", "裴思远").await?;
        browser.fill("#employer", "澄江证券").await?;
        browser.click("#profile-save").await?;
        let text = browser.text().await?;
        assert!(text.contains("裴思远") && text.contains("澄江证券"), "{}", browser.excerpt().await);
        browser.picture("profile").await?;
        // The login name, one that is taken first.
        browser.go(&format!("{base}/me/login-name")).await?;
        browser.fill("#login_name", "chensiqi").await?;
        browser.click("#login-name-save").await?;
        browser.find("#login_name-e").await?;
        browser.fill("#login_name", "siyuan2026").await?;
        browser.click("#login-name-save").await?;
        assert!(browser.text().await?.contains("siyuan2026"), "{}", browser.excerpt().await);
        confirm(browser, &server, account.phone.as_deref().context("a number")?).await?;
        // Phone and mail, each by a code to the new one; the old number is told.
        prove(browser, &server, ("/me/phone/verify", look(engine).language), "#phone", "19900007001").await?;
        prove(browser, &server, ("/me/email/verify", look(engine).language), "#email", "siyuan@example.com")
            .await?;
        let text = browser.text().await?;
        assert!(text.contains("199****7001") && text.contains("s*****@example.com"), "{text}");
        browser.picture("security").await?;
        let old = account.phone.as_deref().context("a demo phone")?;
        let told = server.agent()?.get("/dev/outbox.json").await?.json()?;
        let told = told.as_array().into_iter().flatten().any(|message| {
            message["to"].as_str().is_some_and(|to| to.ends_with(old))
                && message["purpose"] == "notice.phone_changed"
        });
        assert!(told, "the old number was not told");
        // Addresses: added, deleted, put back.
        browser.go(&format!("{base}/me/addresses")).await?;
        browser.click("main .empty a.btn").await?;
        for (field, value) in [
            ("#recipient", "裴思远"),
            ("#phone", "021-62345678"),
            ("#region", "上海市浦东新区"),
            ("#detail", "世纪大道 100 号"),
        ] {
            browser.fill(field, value).await?;
        }
        browser.fill("#postcode", "2001").await?;
        browser.click("#address-save").await?;
        browser.find("#postcode-e").await?;
        browser.fill("#postcode", "200120").await?;
        browser.click("#address-save").await?;
        browser.click("form[action$='/delete'] button").await?;
        browser.click("#address-undo").await?;
        assert!(browser.text().await?.contains("世纪大道 100 号"), "{}", browser.excerpt().await);
        browser.picture("addresses").await?;
        // All of it stands in the record, and the new names sign in.
        browser.go(&format!("{base}/me/history")).await?;
        let text = browser.text().await?;
        for (zh, en) in [
            ("修改登录名", "Login name changed"),
            ("绑定或更换手机号", "Mobile number bound or changed"),
            ("绑定或更换邮箱", "E-mail bound or changed"),
            ("登录成功", "Signed in"),
        ] {
            let line = said(engine, zh, en);
            assert!(text.contains(line), "{line}: {text}");
        }
        for name in ["siyuan2026", "19900007001"] {
            let reply = server.agent()?.sign_in(name, &account.password).await?;
            reply.location().with_context(|| format!("{name} does not sign in"))?;
        }
        assert!(server.agent()?.sign_in(old, &account.password).await?.location().is_none());
        Ok(())
    })
    .await
}

async fn m13_m18_m22_people_of_an_organization_are_told_and_choose_how(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m18_{engine:?}"), look(engine), async |browser| {
        let (agent, administrator) =
            (server.demo.account("agent_not_granted")?, server.demo.account("administrator")?);
        let (base, organization) = (&server.base, agent.organization_id()?);
        browser.sign_in(base, &agent.login_name, &agent.password).await?;
        // An operator does not say where they work; who does stands there.
        browser.go(&format!("{base}/me/profile")).await?;
        assert!(!browser.has("#employer").await?);
        // A proven name changes by a new proof alone.
        assert!(!browser.has("#name").await? && browser.has("main a[href='/me/real-name']").await?);
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "的管理员修改", "Changed by an administrator of")), "{text}");
        assert!(!browser.has("form[action='/me/reminders']").await?);
        // The level, in the enterprise space too.
        browser.go(&format!("{base}/org/{organization}/")).await?;
        let standing = browser.find("#own-standing").await?.text().await?;
        assert!(standing.contains(said(engine, "初级", "Primary level")), "{standing}");
        // Decisions by SMS from now on; security cannot fall silent.
        browser.go(&format!("{base}/me/reminders")).await?;
        assert!(!browser.has("input[name='sms[]'][value='requests']").await?, "agents decide nothing");
        browser.tick("label:has(input[name='sms[]'][value='decisions'])").await?;
        browser.tick("label:has(input[name='sms[]'][value='security'])").await?;
        browser.tick("label:has(input[name='mail[]'][value='security'])").await?;
        browser.click("#reminders-save").await?;
        browser.find(".flash[data-t='bad']").await?;
        browser.tick("label:has(input[name='mail[]'][value='security'])").await?;
        browser.click("#reminders-save").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.find("input[name='sms[]'][value='decisions']:checked").await?;
        browser.picture("reminders").await?;
        // A request: the administrator hears of it, not by the badge alone.
        let product = server.demo.product_id("market-data")?;
        browser.go(&format!("{base}/org/{organization}/products/{product}/why")).await?;
        browser.click("#request-access").await?;
        steps::sign_out(browser, base).await?;
        browser.sign_in(base, &administrator.login_name, &administrator.password).await?;
        browser.go(&format!("{base}/me/messages")).await?;
        let text = browser.text().await?;
        assert!(
            text.contains(said(engine, "有新的授权申请", "New access request")) && text.contains("许望舒"),
            "{text}"
        );
        browser.picture("messages").await?;
        browser.click("form[action$='/open'] button").await?;
        browser.until("the request", |url| url.path().contains("/applications/")).await?;
        browser.click("main button[name='verdict'][value='approve']").await?;
        browser.go(&format!("{base}/me/reminders")).await?;
        browser.find("input[name='sms[]'][value='requests']").await?;
        steps::sign_out(browser, base).await?;
        // The decision is in the box of whoever asked.
        browser.sign_in(base, &agent.login_name, &agent.password).await?;
        browser.go(&format!("{base}/me/messages?show=unread")).await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "授权申请已通过", "Access request approved")), "{text}");
        browser.click("#messages-read").await?;
        browser.go(&format!("{base}/me/messages?show=unread")).await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "没有未读消息", "No unread messages")), "{text}");
        Ok(())
    })
    .await
}

async fn m15_the_own_data_are_downloaded_and_closing_the_account_is_undone(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    // Without scripts, in the order in which somebody leaves and thinks again.
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m15_close_{engine:?}"), look, async |browser| {
        let account = person(&server)?;
        let base = &server.base;
        let agent = server.agent()?;
        agent.sign_in(&account.login_name, &account.password).await?;
        let page = agent.get("/me/data").await?;
        let file = agent.submit(&page, &page.form_to("/me/data")?).await?;
        assert!(file.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
        assert_eq!(file.json()?["account"]["login_name"], account.login_name.as_str());

        browser.sign_in(base, &account.login_name, &account.password).await?;
        browser.go(&format!("{base}/me/close")).await?;
        browser.fill("#login_name", "somebody").await?;
        browser.click("#close-submit").await?;
        browser.find("#login_name-e").await?;
        browser.fill("#login_name", &account.login_name).await?;
        browser.click("#close-submit").await?;
        browser.find("#close-undo").await?;
        browser.picture("closing").await?;
        // Whoever signs in meanwhile is told on every page, and can undo it there.
        steps::sign_out(browser, base).await?;
        browser.sign_in(base, &account.login_name, &account.password).await?;
        browser.go(&format!("{base}/me")).await?;
        browser.click("main > .flash form[action='/me/close/undo'] button").await?;
        browser.until("the security center", |url| url.path() == "/me/security").await?;
        assert!(!browser.has("form[action='/me/close/undo']").await?);
        // Somebody with an organization is told what stands in the way.
        steps::sign_out(browser, base).await?;
        let head = server.demo.account("legal_representative")?;
        browser.sign_in(base, &head.login_name, &head.password).await?;
        browser.go(&format!("{base}/me/close")).await?;
        assert!(!browser.has("#close-submit").await?);
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "您是法定代表人", "legal representative")), "{text}");
        Ok(())
    })
    .await
}

async fn m15_on_the_way_to_a_product_whoever_is_leaving_may_still_stay(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m15_stay_{engine:?}"), look(engine), async |browser| {
        let (account, base) = (person(&server)?, &server.base);
        let client = server.demo.client()?;
        let redirect = client.redirect_uris.first().context("a redirect address")?;
        browser.sign_in(base, &account.login_name, &account.password).await?;
        browser.go(&format!("{base}/me/close")).await?;
        browser.fill("#login_name", &account.login_name).await?;
        browser.click("#close-submit").await?;
        browser.find("#close-undo").await?;
        for (answer, stays) in [("#close-go-on", false), ("#close-keep", true)] {
            steps::sign_out(browser, base).await?;
            let query = Attempt::new().query(&client.client_id, redirect, "openid");
            browser.go(&format!("{base}/oauth2/authorize?{query}")).await?;
            browser.sign_in_here(&account.login_name, &account.password).await?;
            browser.until("asked whether to stay", |url| url.path() == "/me/close/waiting").await?;
            browser.picture("asked").await?;
            look_at_step(browser, look(engine).language, "/me/close/waiting").await?;
            browser.click(answer).await?;
            // On to the product, as far as it opens for somebody without organization.
            let on = |path: &str| path == "/consent" || path.starts_with("/oauth2/");
            browser.until("on the way again", |url| on(url.path())).await?;
            browser.go(&format!("{base}/me")).await?;
            let leaving = browser.has("main > .flash form[action='/me/close/undo']").await?;
            assert_eq!(leaving, !stays, "{}", browser.excerpt().await);
        }
        Ok(())
    })
    .await
}
