//! What a person does on the pages, step by step.
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server};

/// Chinese at a desk on one engine, English on a phone on the other: both languages are walked, and no way twice.
pub fn look(engine: Engine) -> Look {
    match engine {
        Engine::Sqlite => Look::default(),
        Engine::Postgres => Look { language: "en", width: 390, height: 844, ..Look::default() },
    }
}
/// The text of that engine's language.
pub fn said(engine: Engine, zh: &'static str, en: &'static str) -> &'static str {
    match engine {
        Engine::Sqlite => zh,
        Engine::Postgres => en,
    }
}

pub struct Member {
    pub login_name: String,
    pub name: String,
    /// What the slip said.
    pub password: String,
}
impl Member {
    pub fn new(login_name: &str, name: &str) -> Self {
        Self { login_name: login_name.into(), name: name.into(), password: String::new() }
    }
}

/// The administrator adds a member and reads the slip.
pub async fn create_member(
    browser: &Browser,
    server: &Server,
    organization: &str,
    member: &Member,
) -> Result<Member> {
    browser.go(&format!("{}/org/{organization}/members", server.base)).await?;
    browser.click(&format!("a[href='/org/{organization}/members/new']")).await?;
    browser.fill("#name", &member.name).await?;
    browser.fill("#login_name", &member.login_name).await?;
    browser.click("main form[action$='/members/new'] button.primary").await?;
    let password = browser.find("#slip-password").await?.text().await?;
    let password = password.split_whitespace().next().context("an empty slip")?.to_owned();
    Ok(Member { login_name: member.login_name.clone(), name: member.name.clone(), password })
}

/// The administrator grants a product to a member in the matrix.
pub async fn grant(
    browser: &Browser,
    server: &Server,
    organization: &str,
    member: &Member,
    product: &str,
) -> Result<()> {
    let product = server.demo.product_id(product)?;
    let query = format!("q={}&product={product}", member.login_name);
    browser.go(&format!("{}/org/{organization}/grants?{query}", server.base)).await?;
    browser.tick("#grants tbody tr:only-child label").await?;
    browser.click("form:has(#grants) button.primary").await?;
    // Shown before it is done.
    browser.click("#plan button.primary").await?;
    browser.find("#grants input[type=checkbox]:checked").await?;
    Ok(())
}

pub async fn sign_out(browser: &Browser, base: &str) -> Result<()> {
    browser.go(&format!("{base}/logout")).await?;
    browser.click("#logout-confirm").await
}

/// The page that a temporary password leads to.
pub async fn change_temporary_password(browser: &Browser, old: &str, new: &str) -> Result<()> {
    browser.until("asked for a new password", |url| url.path() == "/me/password").await?;
    browser.fill("#current_password", old).await?;
    browser.fill("#new_password", new).await?;
    browser.click("#password-submit").await
}

/// Consent, where it is asked for.
pub async fn allow(browser: &Browser) -> Result<()> {
    browser.settled().await?;
    if browser.has("#consent-allow").await? {
        browser.click("#consent-allow").await?;
    }
    Ok(())
}

/// On the explanation page: asks for the product.
pub async fn ask_for_access(browser: &Browser, reason: &str) -> Result<()> {
    browser.until("the explanation", |url| url.path() == "/oauth2/explain").await?;
    browser.fill("#reason", reason).await?;
    browser.click("#request-access").await?;
    browser.find("#access-requested").await?;
    Ok(())
}

pub async fn approve_application(browser: &Browser, server: &Server, organization: &str) -> Result<()> {
    browser.go(&format!("{}/org/{organization}/applications", server.base)).await?;
    browser.click("main ul.list li a.btn").await?;
    browser.click("main button[name='verdict'][value='approve']").await
}

/// The token names the organization, the role and the level.
pub fn assert_acts_for(claims: &serde_json::Value, organization: &str, role: &str) {
    assert_eq!(claims["acting_for"], "organization", "{claims}");
    assert_eq!(claims["org_id"], organization, "{claims}");
    assert_eq!(claims["organization"]["id"], organization, "{claims}");
    assert!(claims["organization"]["name"].as_str().is_some_and(|name| !name.is_empty()), "{claims}");
    assert_eq!(claims["role"], role, "{claims}");
    assert!(claims["real_name_level"].is_string(), "{claims}");
}
