//! From the catalogue into a product: the example that the documents tell people to run.
use crate::{journeys::steps, support::options};
use anyhow::Result;
use relying_party::{App, Config};
use testkit::{Engine, Look, Server, browser::journey};

on_both_engines!(m50_m52_from_the_catalogue_into_the_example_product);

async fn m50_m52_from_the_catalogue_into_the_example_product(engine: Engine) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let options = options(engine)
        .redirect(format!("{base}/callback"))
        .post_logout(format!("{base}/"))
        .launch(format!("{base}/login"));
    let server = Server::start(options).await?;
    let client = server.demo.client()?;
    let product = App::new(Config {
        issuer: server.base.clone(),
        client_id: client.client_id.clone(),
        client_secret: Some(client.client_secret.clone()),
        listen: String::new(),
        base_url: base.clone(),
        name: "行情数据接入".into(),
        ca_file: None,
    })?;
    let serving = tokio::spawn(async move { axum::serve(listener, product.router()).await });
    let walked = journey(&format!("m50_m52_{engine:?}"), Look::default(), async |browser| {
        let agent = server.demo.account("agent_granted")?;
        let id = agent.organization_id()?;
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        browser.go(&format!("{}/org/{id}/products", server.base)).await?;
        browser.picture("catalogue").await?;
        browser.click(&format!("#product-{} h3 a", client.product)).await?;
        steps::allow(browser).await?;
        browser.until("at the product", |url| url.as_str().starts_with(&base)).await?;
        let text = browser.text().await?;
        assert!(text.contains("澄江证券"), "the product does not name the organization: {text}");
        browser.picture("product").await?;
        // What one may not use says why.
        let other = server.demo.account("agent_not_granted")?;
        steps::sign_out(browser, &server.base).await?;
        browser.sign_in(&server.base, &other.login_name, &other.password).await?;
        browser.go(&format!("{}/org/{id}/products", server.base)).await?;
        browser.click(&format!("#product-{} h3 a", client.product)).await?;
        browser.find("#request-access").await?;
        browser.picture("why").await?;
        Ok(())
    })
    .await;
    serving.abort();
    walked
}
