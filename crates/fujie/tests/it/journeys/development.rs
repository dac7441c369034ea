//! An organization's own developers: the platform entrusts a product to it, its administrator names a member, who registers a
//! client, sets it up, tries it out, changes its secret and switches it. One engine walks in Chinese at a desk, the other in
//! English on a phone; each page is looked at in light and dark, wide and narrow.
use super::{
    looks::look_here,
    steps::{look, said, sign_out},
};
use crate::support::options;
use anyhow::{Context as _, Result, ensure};
use testkit::{Browser, Engine, Server, browser::journey};

on_both_engines!(m50_an_organizations_developers_keep_the_clients_of_its_product);

const NAME: &str = "测试环境门户";

async fn shown(browser: &Browser, id: &str) -> Result<String> {
    let text = browser.find(id).await?.text().await?;
    Ok(text.split_whitespace().next().context("nothing shown")?.to_owned())
}
async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<()> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await
}

async fn m50_an_organizations_developers_keep_the_clients_of_its_product(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let view = look(engine);
    journey(&format!("m50_development_{engine:?}"), view.clone(), async |browser| {
        let looked = async |step: &str| {
            browser.picture(step).await?;
            look_here(browser, view.language).await.with_context(|| step.to_owned())?;
            browser.resize(view.width, view.height).await?;
            browser.theme(false).await
        };
        let base = &server.base;
        let product = server.demo.product_id("gateway-test")?;
        let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
        let (at_desk, here) =
            (format!("/desk/products/{product}"), format!("/org/{organization}/development"));

        // The product manager entrusts it; nobody's code is refused where it stands.
        sign_in(browser, &server, "product_manager").await?;
        browser.go(&format!("{base}{at_desk}/developer")).await?;
        browser.tick("input[name='of'][value='organization']").await?;
        browser.fill("#owner", "91990000MA0X7Q4H20").await?;
        browser.click("main form button.primary").await?;
        browser.find("#owner-e").await?;
        looked("entrust").await?;
        browser.fill("#owner", &organization.to_lowercase()).await?;
        browser.click("main form button.primary").await?;
        let name = browser.find("#product-developer").await?.text().await?;
        ensure!(name.contains("澄江"), "{name}");
        sign_out(browser, base).await?;

        // A member finds nothing there until the administrator names them.
        sign_in(browser, &server, "agent_granted").await?;
        browser.go(&format!("{base}{here}")).await?;
        ensure!(browser.text().await?.contains("developer.required"), "{}", browser.excerpt().await);
        // What a browser says about the status of that page is no fault of the next one.
        browser.console().await?;
        sign_out(browser, base).await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{base}/org/{organization}/")).await?;
        ensure!(browser.has(&format!("nav a[href='{here}']")).await?, "the navigation leads there");
        browser.go(&format!("{base}{here}/developers")).await?;
        looked("nobody-named").await?;
        browser.fill("#q", "no such person").await?;
        browser.click("main form[role='search'] button").await?;
        ensure!(!browser.has("#found").await?, "nobody goes by that");
        browser.fill("#q", &server.demo.account("agent_granted")?.login_name).await?;
        browser.click("main form[role='search'] button").await?;
        looked("found").await?;
        browser.click("#found li:only-child button").await?;
        browser.find(".flash[data-t='ok']").await?;
        ensure!(browser.has("#named li:only-child").await?, "{}", browser.excerpt().await);
        looked("named").await?;
        sign_out(browser, base).await?;

        // The member registers a client. What cannot be is said at its field, and what was typed stays.
        sign_in(browser, &server, "agent_granted").await?;
        browser.go(&format!("{base}{here}")).await?;
        looked("development").await?;
        browser.click(&format!("a[href='{here}/{product}/clients/new']")).await?;
        browser.fill("#name", NAME).await?;
        for wrong in ["http://rp.test/callback", "https://*.rp.test/callback", "rp.test"] {
            browser.fill("#redirect_uris", wrong).await?;
            browser.click("main form button.primary").await?;
            browser.find("#redirect_uris-e").await?;
            assert_eq!(
                (browser.value("#name").await?, browser.value("#redirect_uris").await?),
                (NAME.into(), wrong.into())
            );
        }
        looked("refused").await?;
        browser.fill("#redirect_uris", "https://rp.test/callback").await?;
        browser.click("main form button.primary").await?;
        let (client_id, first) =
            (shown(browser, "#client-id").await?, shown(browser, "#client-secret").await?);
        ensure!(first.len() > 20, "{first}");
        looked("secret").await?;
        browser.go(&format!("{base}{here}")).await?;
        assert_eq!(
            browser.count(&format!("a[href^='{here}/{product}/clients/']:not([href$='/new'])")).await?,
            1
        );
        browser.click(&format!("a[href^='{here}/{product}/clients/']:not([href$='/new'])")).await?;
        let page = browser.url().await?;
        let text = browser.text().await?;
        ensure!(text.contains(&client_id) && !text.contains(&first), "{text}");
        // Everything to copy, for this client, without the secret; what does not fit says what it needs.
        let source = browser.driver.source().await?;
        for word in
            ["openid-client", "Auth.js", "Spring Boot", "FastAPI", "oauth2-proxy", "Keycloak", "Grafana"]
        {
            ensure!(source.contains(word), "{word} is missing");
        }
        ensure!(
            source.matches(&client_id).count() > 8 && !source.contains(&first),
            "recipes name the client"
        );
        browser.find("main details:nth-of-type(3) summary").await?.send_keys("\u{E007}").await?;
        looked("client").await?;

        // Another address, tried out; then another secret.
        browser.go(&format!("{page}/edit")).await?;
        browser.fill("#redirect_uris", "https://rp.test/callback\nhttps://rp.test/second").await?;
        browser.click("main form button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.go(&format!("{page}/trial")).await?;
        let request = format!(
            "{base}/oauth2/authorize?response_type=code&client_id={client_id}\
             &redirect_uri=https%3A%2F%2Frp.test%2Fsecond&scope=openid&code_challenge_method=S256\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        browser.fill("#address", &request).await?;
        browser.click("#trial-check").await?;
        let verdict = browser.find("#verdict").await?.attr("data-t").await?;
        assert_eq!(verdict.as_deref(), Some("ok"));
        looked("trial").await?;
        browser.go(&format!("{page}/secret")).await?;
        looked("rotate").await?;
        browser.click("main form button.danger").await?;
        let second = shown(browser, "#client-secret").await?;
        let answer = async |secret: &str| -> Result<String> {
            let agent = server.agent()?;
            let body = [
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("redirect_uri", "https://rp.test/callback"),
            ];
            let call = agent.client().post(agent.url("/oauth2/token")?).basic_auth(&client_id, Some(secret));
            let answer: serde_json::Value = call.form(&body).send().await?.json().await?;
            Ok(answer["error"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(
            (answer(&first).await?, answer(&second).await?),
            ("invalid_client".into(), "invalid_grant".into())
        );

        // Switched off and on by its developers.
        browser.go(page.as_str()).await?;
        browser.click("main form[action$='/state'] button").await?;
        let state = "main .head .tag";
        assert_eq!(
            browser.find(state).await?.text().await?,
            said(engine, "开发机构停用", "Suspended by its developers")
        );
        assert_eq!(answer(&second).await?, "invalid_client");
        browser.click("main form[action$='/state'] button").await?;
        assert_eq!(answer(&second).await?, "invalid_grant");
        sign_out(browser, base).await?;

        // Staff see whose it is and switch it off; its developers cannot switch that back.
        sign_in(browser, &server, "product_manager").await?;
        let last = page.path_segments().and_then(|mut path| path.next_back()).context("an id")?.to_owned();
        browser.go(&format!("{base}{at_desk}/clients/{last}")).await?;
        looked("at-the-desk").await?;
        browser.click("main form[action$='/state'] button.danger").await?;
        sign_out(browser, base).await?;
        sign_in(browser, &server, "agent_granted").await?;
        browser.go(page.as_str()).await?;
        ensure!(browser.has("#client-note").await?, "{}", browser.excerpt().await);
        ensure!(!browser.has("main form[action$='/state']").await?, "no button without effect");
        looked("by-the-platform").await?;
        sign_out(browser, base).await?;

        // Every step is in the organization's record, in words.
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{base}/org/{organization}/record")).await?;
        let text = browser.text().await?;
        for (zh, en) in [
            ("登记了应用或程序", "registered a client or program"),
            ("指定了开发人员", "named a developer"),
            ("停用或启用了应用或程序", "suspended or activated a client or program"),
        ] {
            ensure!(text.contains(said(engine, zh, en)), "{en}: {text}");
        }
        browser.picture("record").await
    })
    .await
}
