//! An administrator's whole work with a managed member, and the two halves ending what they opened.
use crate::{
    journeys::steps::{self, Member},
    support::{authorize, options, signed_in},
};
use anyhow::{Context as _, Result};
use testkit::{
    Engine, Look, Server,
    browser::journey,
    party::{self, Attempt},
};

on_both_engines!(
    m32_an_administrator_finds_edits_resets_suspends_and_deletes_a_member,
    m48_taking_back_a_grant_ends_tokens_and_sign_in_within_a_second,
);

async fn m32_an_administrator_finds_edits_resets_suspends_and_deletes_a_member(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    // On a phone and without scripts: dialogs, menus and confirmations are complete without them.
    let look = Look { width: 390, height: 844, scripts: false, ..Look::default() };
    journey(&format!("m32_{engine:?}"), look, async |browser| {
        let administrator = server.demo.account("administrator")?;
        let organization = administrator.organization_id()?;
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        let member =
            steps::create_member(browser, &server, organization, &Member::new("jibaiyun", "纪白芸")).await?;
        // Found by a part of the name.
        browser.go(&format!("{}/org/{organization}/members", server.base)).await?;
        browser.fill("#q", "白芸").await?;
        browser.click("form.filter button.primary").await?;
        assert!(browser.text().await?.contains("jibaiyun"), "{}", browser.excerpt().await);
        browser.click("main tbody th a").await?;
        let page = browser.url().await?;
        // Edited.
        browser.fill("#phone", "19900009876").await?;
        browser.click("form[aria-labelledby='h-edit'] button.primary").await?;
        assert!(browser.text().await?.contains("199****9876"), "{}", browser.excerpt().await);
        // A new password, on a slip; the old one is dead.
        browser.go(page.as_str()).await?;
        browser.click("form[action$='/reset'] button").await?;
        let second = browser.find("#slip-password").await?.text().await?;
        let second = second.split_whitespace().next().context("an empty slip")?.to_owned();
        assert_ne!(second, member.password);
        let stranger = server.agent()?;
        assert!(stranger.sign_in(&member.login_name, &member.password).await?.location().is_none());
        assert!(stranger.sign_in(&member.login_name, &second).await?.location().is_some());
        // Suspended: the organization is closed to them; resumed: open.
        browser.go(page.as_str()).await?;
        browser.click("button[name='to'][value='suspended']").await?;
        browser.find("button[name='to'][value='active']").await?;
        browser.click("button[name='to'][value='active']").await?;
        // Deleted, after the login name was typed; a wrong one keeps everything.
        browser.fill("#confirm", "somebody").await?;
        browser.click("form[action$='/delete'] button").await?;
        browser.find("#confirm-e").await?;
        browser.fill("#confirm", "jibaiyun").await?;
        browser.click("form[action$='/delete'] button").await?;
        let reply = server.agent()?.sign_in(&member.login_name, &second).await?;
        assert!(reply.location().is_none(), "a deleted member signs in");
        Ok(())
    })
    .await
}

/// Tokens and the next authorization, while the member's session stays.
async fn m48_taking_back_a_grant_ends_tokens_and_sign_in_within_a_second(engine: Engine) -> Result<()> {
    const REDIRECT: &str = "http://127.0.0.1:9/callback";
    let server = Server::start(options(engine).redirect(REDIRECT)).await?;
    let (agent, attempt) = (signed_in(&server, "agent_granted").await?, Attempt::new());
    let code = authorize(&agent, &server, REDIRECT, &attempt).await?;
    let (status, tokens) = party::exchange(&agent, &server.demo, &code, REDIRECT, &attempt.verifier).await?;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().context("an access token")?.to_owned();
    let userinfo = async || -> Result<u16> {
        let request = agent.client().get(agent.url("/oauth2/userinfo")?).bearer_auth(&token);
        Ok(agent.send(request).await?.status.as_u16())
    };
    assert_eq!(userinfo().await?, 200);

    let administrator = signed_in(&server, "administrator").await?;
    let account = server.demo.account("agent_granted")?;
    let product = server.demo.product_id(&server.demo.client()?.product)?;
    let (id, name) = (account.organization_id()?, &account.login_name);
    let page = administrator.get(&format!("/org/{id}/grants?q={name}&product={product}")).await?;
    let form = page.form_with("was")?;
    let ticked: Vec<String> =
        form.fields.iter().filter(|(n, _)| n.starts_with('g')).map(|(n, _)| n.clone()).collect();
    assert_eq!(ticked.len(), 1, "{ticked:?}");
    let review = administrator.submit(&page, &form.without(&ticked[0])).await?;
    assert_eq!(userinfo().await?, 200, "shown is not done");
    let saved = administrator.submit(&review, &review.form_to("/grants/apply")?).await?;
    assert_eq!(saved.status, 303, "{}", saved.excerpt());
    assert_eq!(userinfo().await?, 401, "the token outlived the grant");
    let query = Attempt::new().query(&server.demo.client()?.client_id, REDIRECT, "openid profile");
    let denied = agent.visit(&format!("/oauth2/authorize?{query}")).await?;
    assert_eq!(denied.url.path(), "/oauth2/explain", "{} {:?}", denied.status, denied.location());
    // Going back tells the product why, in a word that a program can match.
    let back = denied.form_to("/oauth2/explain/back")?;
    let reply = agent.submit(&denied, &back).await?;
    assert_eq!(reply.location_parameter("error").as_deref(), Some("access_denied"));
    assert!(
        reply.location_parameter("iss").is_some() && reply.location_parameter("error_description").is_some()
    );
    Ok(())
}
