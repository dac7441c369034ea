//! Identity providers that Fujie is a client of: npm's oidc-provider, and a stand-in for Alipay on Node's own crypto.
use super::node;
use crate::{journeys::steps, support::options};
use anyhow::{Context as _, Result};
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};
use testkit::{
    Browser, Engine, Look, Server,
    browser::journey,
    process::{Process, free_port},
    tls,
};

on_both_engines!(m02_an_openid_provider_registered_at_the_desk_signs_people_in);

pub const ALIPAY_APP: &str = "2021000000000001";

/// A provider at https://localhost, which the server's own resolver knows.
pub struct Provider {
    pub issuer: String,
    /// What it said when it was ready.
    pub said: String,
    _process: Process,
}
impl Provider {
    /// `None` where its packages are not installed and a test may be skipped.
    pub async fn openid() -> Result<Option<Self>> {
        if !node::has(&["oidc-provider"])? {
            return Ok(None);
        }
        Self::start("oidc-provider.mjs", &[]).await.map(Some)
    }
    /// The application's key is the one of the vectors; the platform's public key is what it says.
    pub async fn alipay() -> Result<Self> {
        let key = application_key()?;
        Self::start("alipay.mjs", &[("ALIPAY_APP_ID", ALIPAY_APP), ("ALIPAY_APP_KEY", &key)]).await
    }
    async fn start(script: &str, env: &[(&str, &str)]) -> Result<Self> {
        let issuer = format!("https://localhost:{}", free_port()?);
        let authority = tls::authority()?;
        let mut child = node::command(script)?
            .env("UPSTREAM_ISSUER", &issuer)
            .env("UPSTREAM_CERTIFICATE", authority.certificate_file())
            .env("UPSTREAM_KEY", authority.key_file())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting node")?;
        let output = child.stdout.take().context("no output")?;
        let process = Process::from(child);
        // Read to its end: a program that may not speak any more dies of it.
        let (send, first) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut send = Some(send);
            for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                if let Some(send) = send.take() {
                    drop(send.send(line));
                }
            }
        });
        let first =
            tokio::time::timeout(Duration::from_secs(20), first).await.context("node said nothing")?;
        let said = first.with_context(|| format!("{script} ended at once"))?.trim().to_owned();
        Ok(Self { issuer, said, _process: process })
    }
}
/// Of the vectors: what the application signs with, and what the gateway's answers are checked with.
pub fn application_key() -> Result<String> {
    vector("app_private_key_pkcs8_pem")
}
pub fn platform_key() -> Result<String> {
    vector("platform_public_key_pem")
}
fn vector(name: &str) -> Result<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../upstream/tests/vectors.json");
    let vectors: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let key = vectors["alipay_rsa2"][name].as_str();
    key.map(str::to_owned).context("no key in the vectors")
}

/// The system administrator adds Alipay at the desk and is signed out again.
pub async fn add_alipay(browser: &Browser, server: &Server, alipay: &Provider) -> Result<()> {
    open_form(browser, server, "alipay").await?;
    browser.fill("#app_id", ALIPAY_APP).await?;
    browser.fill("#private_key", &application_key()?).await?;
    // The commonest mistake has a name.
    browser.fill("#public_key", "AAAA").await?;
    browser.click("#provider-save").await?;
    browser.find("#public_key-e").await?;
    assert_eq!(browser.value("#private_key").await?, "", "a secret never comes back");
    browser.fill("#private_key", &application_key()?).await?;
    browser.fill("#public_key", &alipay.said).await?;
    browser.tick("#profile").await?;
    browser.tick("form details summary").await?;
    browser.fill("#authorize", &format!("{}/authorize", alipay.issuer)).await?;
    browser.fill("#api", &format!("{}/gateway.do", alipay.issuer)).await?;
    browser.picture("desk-form").await?;
    browser.click("#provider-save").await?;
    browser.find("#test-good").await?;
    browser.picture("desk-test").await?;
    browser.go(&format!("{}/desk/providers", server.base)).await?;
    browser.picture("desk-list").await?;
    steps::sign_out(browser, &server.base).await
}
/// The system administrator registers Fujie over there and adds the provider at the desk; signed out again.
pub async fn add_openid(browser: &Browser, server: &Server, provider: &Provider) -> Result<()> {
    open_form(browser, server, "oidc").await?;
    // What staff copy to the provider, which answers with a client of its own.
    let redirect = browser.find("#redirect-uri .pre").await?.text().await?;
    let client = register(provider, &redirect).await?;
    let text = |name: &str| client[name].as_str().map(str::to_owned).context("no client");
    browser.fill("#name", "Province portal").await?;
    browser.fill("#issuer", &format!("{}/", provider.issuer)).await?;
    browser.fill("#app_id", &text("client_id")?).await?;
    browser.fill("#secret", &text("client_secret")?).await?;
    browser.click("#provider-save").await?;
    // Not the issuer that the document names.
    browser.find("#issuer-e").await?;
    browser.fill("#issuer", &provider.issuer).await?;
    browser.fill("#secret", &text("client_secret")?).await?;
    browser.click("#provider-save").await?;
    browser.find("#test-good").await?;
    steps::sign_out(browser, &server.base).await
}
async fn open_form(browser: &Browser, server: &Server, provider: &str) -> Result<()> {
    let staff = server.demo.account("system_administrator")?;
    browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
    browser.go(&format!("{}/desk", server.base)).await?;
    browser.click("main a[href='/desk/providers']").await?;
    browser.click(&format!("a[href='/desk/providers/new/{provider}']")).await
}

async fn m02_an_openid_provider_registered_at_the_desk_signs_people_in(engine: Engine) -> Result<()> {
    let Some(provider) = Provider::openid().await? else { return Ok(()) };
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { language: "en", ..Look::default() };
    journey(&format!("m02_openid_{engine:?}"), look, async |browser| {
        add_openid(browser, &server, &provider).await?;

        // Refused there: told here.
        let account = server.demo.account("agent_granted")?;
        browser.go(&format!("{}/login", server.base)).await?;
        browser.click("a[href^='/login/upstream/']").await?;
        browser.click("a[href$='/abort']").await?;
        browser.until("back at the sign-in page", |url| url.path() == "/login").await?;
        let said = browser.text().await?;
        assert!(said.contains("You did not agree at Province portal"), "{said}");

        browser.click("a[href^='/login/upstream/']").await?;
        at_provider(browser, "person-7").await?;
        browser.until("the first visit", |url| url.path().ends_with("/first")).await?;
        assert!(browser.text().await?.contains("纪白芸"), "userinfo tells the name");
        browser.click("#external-have").await?;
        browser.sign_in_here(&account.login_name, &account.password).await?;
        browser.click("#external-link").await?;
        steps::sign_out(browser, &server.base).await?;

        browser.go(&format!("{}/login?return_to=/me/linked", server.base)).await?;
        browser.click("a[href^='/login/upstream/']").await?;
        if !browser.url().await?.path().starts_with("/me") {
            at_provider(browser, "person-7").await?;
        }
        browser.until("signed in", |url| url.path() == "/me/linked").await?;
        assert!(browser.text().await?.contains("Province portal"), "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}
/// Dynamic registration, as an administrator over there would do it.
async fn register(provider: &Provider, redirect_uri: &str) -> Result<serde_json::Value> {
    let authority = tls::authority()?;
    let body = serde_json::json!({ "redirect_uris": [redirect_uri] }).to_string();
    let output = tokio::process::Command::new("curl")
        .args(["--silent", "--fail", "--cacert"])
        .arg(authority.ca_file())
        .args(["--header", "content-type: application/json", "--data", &body])
        .arg(format!("{}/reg", provider.issuer))
        .output()
        .await?;
    anyhow::ensure!(output.status.success(), "the provider does not register clients");
    Ok(serde_json::from_slice(&output.stdout)?)
}
/// Signs in there and consents, as far as it is asked for.
pub async fn at_provider(browser: &Browser, name: &str) -> Result<()> {
    browser.fill("input[name='login']", name).await?;
    browser.fill("input[name='password']", "any").await?;
    browser.click("button[type='submit']").await?;
    if browser.url().await?.path().starts_with("/interaction/") {
        browser.click("button[type='submit']").await?;
    }
    Ok(())
}
