//! A product's developers and the desk: a client is registered, set up, tried out and given another secret.
use crate::support::options;
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Server, browser::journey};

on_both_engines!(m50_a_client_is_set_up_tried_out_and_given_another_secret);

async fn shown(browser: &Browser, id: &str) -> Result<String> {
    let text = browser.find(id).await?.text().await?;
    Ok(text.split_whitespace().next().context("nothing shown")?.to_owned())
}

async fn m50_a_client_is_set_up_tried_out_and_given_another_secret(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m50_clients_{engine:?}"), super::steps::look(engine), async |browser| {
        let staff = server.demo.account("system_administrator")?;
        let product = server.demo.product_id("market-data")?;
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{}/desk/products/{product}/clients/new", server.base)).await?;
        browser.fill("#name", "Market data site").await?;
        browser.fill("#redirect_uris", "https://rp.test/callback").await?;
        browser.picture("new").await?;
        browser.click("main form button.primary").await?;
        let (client_id, first) = (shown(browser, "#client-id").await?, shown(browser, "#client-secret").await?);

        // Its page says everything but the secret.
        let sql = format!("SELECT CAST(id AS TEXT) FROM client WHERE client_id = '{client_id}'");
        let rows = server.database().rows(&sql)?;
        let id = rows.first().and_then(|row| row.first().cloned().flatten()).context("no client")?;
        let id = kernel::id::ClientId::from_i64(id.parse()?);
        browser.go(&format!("{}/desk/products/{product}", server.base)).await?;
        browser.find(&format!("main a[href='/desk/products/{product}/clients/{id}']")).await?;
        let here = format!("{}/desk/products/{product}/clients/{id}", server.base);
        browser.go(&here).await?;
        let text = browser.text().await?;
        assert!(text.contains(&client_id) && !text.contains(&first), "{text}");
        browser.picture("client").await?;

        // A setting that does not go with another is refused where it stands.
        browser.go(&format!("{here}/edit")).await?;
        browser.find("main details summary").await?.send_keys("\u{E007}").await?;
        browser.fill("#sector_identifier_uri", "ftp://rp.test/list").await?;
        browser.click("main form button.primary").await?;
        browser.find("#sector_identifier_uri-e").await?;
        browser.fill("#sector_identifier_uri", "").await?;
        browser.tick("#require_par").await?;
        browser.click("main form button.primary").await?;
        browser.until("the client", |url| url.path().ends_with(&id.to_string())).await?;

        // A request that does not come pushed is refused from now on, and the trial says so.
        browser.go(&format!("{here}/trial")).await?;
        let request = format!(
            "{}/oauth2/authorize?response_type=code&client_id={client_id}&redirect_uri=https%3A%2F%2Frp.test%2Fcallback&scope=openid",
            server.base
        );
        browser.fill("#address", &request).await?;
        browser.click("#trial-check").await?;
        let verdict = browser.find("#verdict").await?.text().await?;
        assert!(verdict.contains("invalid_request") && verdict.contains("RFC 9126"), "{verdict}");
        browser.picture("trial").await?;

        browser.go(&format!("{here}/secret")).await?;
        browser.click("main form button.danger").await?;
        let second = shown(browser, "#client-secret").await?;
        assert_ne!(first, second);
        let body = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://rp.test/callback")];
        for (secret, error) in [(&first, "invalid_client"), (&second, "invalid_grant")] {
            let agent = server.agent()?;
            let call = agent.client().post(agent.url("/oauth2/token")?).basic_auth(&client_id, Some(secret));
            let answer: serde_json::Value = call.form(&body).send().await?.json().await?;
            assert_eq!(answer["error"], error, "{answer}");
        }
        Ok(())
    })
    .await
}
