//! One person with several accounts, a password that changes under open sessions, second factors that were lost.
use crate::{
    journeys::{
        factors::{code, wrong},
        looks::look_at_step,
        real_name::{SEED, ask, comes_to, set_up, sign_in_as, start_verifier, unbind},
        steps,
    },
    support::{options, signed_in, signed_in_as},
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey, demo::Account};
use verifier::population::person;

on_both_engines!(
    m04_several_accounts_of_one_person_let_the_person_choose,
    m15_a_new_password_keeps_this_session_under_another_token,
    m32_lost_factors_are_removed_by_the_administrator,
    m31_lost_factors_of_an_administrator_are_removed_at_the_desk,
);

const NEW: &str = "Quiet-harbour-5518";

fn looks() -> [Look; 2] {
    [Look { width: 390, height: 844, ..Look::default() }, Look { language: "en", ..Look::default() }]
}
async fn says(browser: &Browser, text: &str) -> Result<()> {
    let shown = browser.text().await?;
    anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
    Ok(())
}
/// At `/me/password`.
async fn change_password(browser: &Browser, current: &str, new: &str) -> Result<()> {
    browser.fill("#current_password", current).await?;
    browser.fill("#new_password", new).await?;
    browser.click("#password-submit").await
}
/// The session as it is an hour later.
fn age(server: &Server) -> Result<()> {
    server.database().rows("UPDATE session SET verified_at = verified_at - 3600000").map(drop)
}
/// The newest notice of this purpose left for this number.
async fn told(server: &Server, phone: &str, purpose: &str) -> Result<bool> {
    let messages = server.agent()?.get("/dev/outbox.json").await?.json()?;
    Ok(messages.as_array().into_iter().flatten().any(|message| {
        message["to"].as_str().is_some_and(|to| to.ends_with(phone)) && message["purpose"] == purpose
    }))
}

/// An account of the own and one of the organization, proven to be the same person's, with the same password: the document
/// number alone does not say which.
async fn m04_several_accounts_of_one_person_let_the_person_choose(engine: Engine) -> Result<()> {
    let (server, verifier) = (Server::start(options(engine).tls()).await?, start_verifier("none").await?);
    let setup = format!("m04_several_desk_{engine:?}");
    let zh = matches!(engine, Engine::Sqlite);
    let desk = Look { language: if zh { "zh-CN" } else { "en" }, ..Look::default() };
    journey(&setup, desk, async |browser| set_up(browser, &server, &verifier, engine).await).await?;
    let words = [
        ("个人账号", "机构管理的账号", "选择已过期"),
        ("Personal account", "Managed by", "choice has expired"),
    ];
    let people = [("songyuan", "chensiqi", 7), ("peisiyuan", "xuwangshu", 8)];
    for ((look, (own, managed, over)), (alone, member, number)) in looks().into_iter().zip(words).zip(people)
    {
        let language = look.language;
        journey(&format!("m04_several_{language}_{engine:?}"), look, async |browser| {
            let (base, somebody) = (&server.base, person(SEED, number));
            for login_name in [alone, member] {
                let account = server.demo.accounts.iter().find(|account| account.login_name == login_name);
                let account = account.context("a demo account")?;
                sign_in_as(browser, &server, login_name).await?;
                unbind(browser, &server).await?;
                ask(browser, &server, "two_element", &somebody).await?;
                comes_to(browser, "approved").await?;
                browser.go(&format!("{base}/me/password")).await?;
                change_password(browser, &account.password, NEW).await?;
                browser.find(".flash[data-t='ok']").await?;
                steps::sign_out(browser, base).await?;
            }
            // In lower case, as people type it; wrong for both, then nobody's number: the same words.
            let typed = somebody.number.to_lowercase();
            browser.sign_in(base, &typed, "Wrong-guess-1").await?;
            let wrong = browser.find("#login-password-e").await?.text().await?;
            browser.picture("wrong").await?;
            browser.sign_in(base, &person(SEED, 900 + number).number, NEW).await?;
            assert_eq!(browser.find("#login-password-e").await?.text().await?, wrong);

            browser.go(&format!("{base}/login?return_to=/me/security")).await?;
            browser.sign_in_here(&typed, NEW).await?;
            browser.until("asked which", |url| url.path() == "/login/choose").await?;
            for line in [alone, member, own, managed] {
                says(browser, line).await?;
            }
            browser.picture("choose").await?;
            if matches!(engine, Engine::Sqlite) {
                look_at_step(browser, language, "/login/choose").await?;
            }
            let choice = browser.url().await?;
            browser.tick("label.choice:last-of-type").await?;
            let chosen = browser.find("label.choice:has(input:checked) b").await?.text().await?;
            browser.click("main form[action='/login/choose'] button.primary").await?;
            browser.until("where it was going", |url| url.path() == "/me/security").await?;
            says(browser, &chosen).await?;
            // Chosen is chosen: the way back leads to the sign-in page.
            browser.go(choice.as_str()).await?;
            says(browser, over).await?;
            steps::sign_out(browser, base).await?;
            // The other one, the next time.
            let other = if chosen == alone { member } else { alone };
            browser.go(&format!("{base}/login?return_to=/me/security")).await?;
            browser.sign_in_here(&typed, NEW).await?;
            let places = browser.find("main form[action='/login/choose']").await?.text().await?;
            anyhow::ensure!(places.contains(other), "{places}");
            browser.tick("label.choice:first-of-type").await?;
            browser.click("main form[action='/login/choose'] button.primary").await?;
            browser.until("where it was going", |url| url.path() == "/me/security").await?;
            says(browser, other).await
        })
        .await?;
    }
    Ok(())
}

async fn m15_a_new_password_keeps_this_session_under_another_token(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let words = [("当前密码", "与当前密码相同"), ("current password", "equals the current one")];
    for ((look, (current, unchanged)), key) in
        looks().into_iter().zip(words).zip(["agent_granted", "administrator"])
    {
        journey(&format!("m15_password_{}_{engine:?}", look.language), look, async |browser| {
            let (base, account) = (&server.base, server.demo.account(key)?);
            let elsewhere = signed_in(&server, key).await?;
            browser.sign_in(base, &account.login_name, &account.password).await?;
            browser.go(&format!("{base}/me/security")).await?;
            browser.click("main a[href^='/me/password']").await?;
            change_password(browser, "Wrong-guess-1", NEW).await?;
            says(browser, current).await?;
            browser.find("#current_password-e").await?;
            browser.picture("wrong").await?;
            for (new, text) in
                [(account.password.as_str(), unchanged), ("12345678", ""), (account.login_name.as_str(), "")]
            {
                change_password(browser, &account.password, new).await?;
                let error = browser.find("#new_password-e").await?.text().await?;
                anyhow::ensure!(error.contains(text), "{new}: {error}");
            }
            assert_eq!(elsewhere.get("/me").await?.status, 200, "nothing has changed yet");
            let before = cookies(browser).await?;
            change_password(browser, &account.password, NEW).await?;
            browser.find(".flash[data-t='ok']").await?;
            browser.picture("changed").await?;
            // This one goes on, under another token; the old token opens nothing, nor does the other browser.
            browser.go(&format!("{base}/me/sessions")).await?;
            assert_eq!(browser.path().await?, "/me/sessions");
            let after = cookies(browser).await?;
            for (cookie, path) in [(&before, "/login"), (&after, "")] {
                let agent = server.agent()?;
                let request = agent.client().get(agent.url("/me/security")?).header("cookie", cookie);
                let reply = agent.send(request).await?;
                let led = reply.location().map(|to| to.path().to_owned()).unwrap_or_default();
                assert_eq!(led, path, "{} {}", reply.status, reply.excerpt());
            }
            let ended = elsewhere.get("/me").await?;
            assert_eq!(ended.location().map(|to| to.path().to_owned()).as_deref(), Some("/login"));
            let phone = account.phone.as_deref().context("a phone")?;
            assert!(told(&server, phone, "notice.password_changed").await?, "the holder was not told");
            assert!(
                server.agent()?.sign_in(&account.login_name, &account.password).await?.location().is_none()
            );
            signed_in_as(&server, &account.login_name, NEW).await.map(drop)
        })
        .await?;
    }
    Ok(())
}
/// As the browser would send them.
async fn cookies(browser: &Browser) -> Result<String> {
    let all = browser.driver.get_all_cookies().await?;
    Ok(all.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; "))
}

/// An app and its codes on paper, as the holder adds them.
async fn add_app(browser: &Browser, server: &Server, account: &Account) -> Result<()> {
    let base = &server.base;
    browser.sign_in(base, &account.login_name, &account.password).await?;
    browser.go(&format!("{base}/me/authenticator/new")).await?;
    let secret = browser.find("#totp-secret").await?.text().await?;
    browser.fill("#code", &wrong(&secret)?).await?;
    browser.click("#totp-submit").await?;
    browser.find("#code-e").await?;
    browser.fill("#code", &code(&secret, 0)?).await?;
    browser.click("#totp-submit").await?;
    browser.click("#codes-kept").await?;
    steps::sign_out(browser, base).await
}
/// Whoever finds an open session must not hand out a way in: the own password, wrong first.
async fn prove_again(browser: &Browser, password: &str) -> Result<()> {
    browser.until("asked to prove it", |url| url.path() == "/me/verify").await?;
    browser.fill("#password", "Wrong-guess-1").await?;
    browser.click("#verify-submit").await?;
    browser.find("#password-e").await?;
    browser.picture("verify").await?;
    browser.fill("#password", password).await?;
    browser.click("#verify-submit").await
}
/// The old sessions are over, the password alone signs in, and the holder knows.
async fn removed(server: &Server, account: &Account, before: &testkit::Agent) -> Result<()> {
    let ended = before.get("/me").await?;
    assert_eq!(ended.location().map(|to| to.path().to_owned()).as_deref(), Some("/login"));
    let phone = account.phone.as_deref().context("a phone")?;
    assert!(told(server, phone, "notice.factor_removed").await?, "the holder was not told");
    let agent = server.agent()?;
    let reply = agent.sign_in(&account.login_name, &account.password).await?;
    assert_ne!(reply.location().context("not signed in")?.path(), "/login/second");
    let messages = agent.get("/me/messages").await?;
    let titles = ["已删除验证方式", "Sign-in method removed"];
    assert!(titles.iter().any(|title| messages.body.contains(title)), "{}", messages.excerpt());
    Ok(())
}

async fn m32_lost_factors_are_removed_by_the_administrator(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let words = ["已移除第二验证因素", "Second factors removed"];
    for ((look, flash), key) in looks().into_iter().zip(words).zip(["agent_granted", "agent_not_granted"]) {
        journey(&format!("m32_factors_{}_{engine:?}", look.language), look, async |browser| {
            let (account, administrator) = (server.demo.account(key)?, server.demo.account("administrator")?);
            let base = &server.base;
            let before = signed_in(&server, key).await?;
            let members = format!("{base}/org/{}/members", administrator.organization_id()?);
            browser.sign_in(base, &administrator.login_name, &administrator.password).await?;
            browser.go(&format!("{members}?q={}", account.login_name)).await?;
            browser.click("main tbody th a").await?;
            let member = browser.url().await?;
            assert!(!browser.has("#factors-remove").await?, "a button without effect");
            steps::sign_out(browser, base).await?;
            add_app(browser, &server, account).await?;

            browser.sign_in(base, &administrator.login_name, &administrator.password).await?;
            age(&server)?;
            browser.go(member.as_str()).await?;
            browser.find("#factors-remove").await?.scroll_into_view().await?;
            browser.picture("member").await?;
            browser.click("#factors-remove").await?;
            prove_again(browser, &administrator.password).await?;
            browser.until("back at the member", |url| url.path() == member.path()).await?;
            assert_eq!(before.get("/me").await?.status, 200, "nothing has changed yet");
            browser.click("#factors-remove").await?;
            says(browser, flash).await?;
            assert!(!browser.has("#factors-remove").await?, "a button without effect");
            browser.picture("removed").await?;
            removed(&server, account, &before).await
        })
        .await?;
    }
    Ok(())
}

async fn m31_lost_factors_of_an_administrator_are_removed_at_the_desk(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let words = ["的第二验证因素", "Second factors of"];
    // An administrator of each organization's.
    let names = ["zhouyutong", "yenanzhi"];
    for ((look, flash), login_name) in looks().into_iter().zip(words).zip(names) {
        journey(&format!("m31_factors_{}_{engine:?}", look.language), look, async |browser| {
            let account = server.demo.accounts.iter().find(|account| account.login_name == login_name);
            let account = account.context("a demo account")?;
            let (base, staff) = (&server.base, server.demo.account("system_administrator")?);
            let before = signed_in_as(&server, &account.login_name, &account.password).await?;
            add_app(browser, &server, account).await?;
            browser.sign_in(base, &staff.login_name, &staff.password).await?;
            age(&server)?;
            let organization = format!("/desk/organizations/{}", account.organization_id()?);
            browser.go(&format!("{base}{organization}")).await?;
            browser.picture("organization").await?;
            browser.click(&format!("a[href^='{organization}/administrators/'][href$='/factors']")).await?;
            prove_again(browser, &staff.password).await?;
            browser.until("asked whether", |url| url.path().ends_with("/factors")).await?;
            browser.picture("confirm").await?;
            assert_eq!(before.get("/me").await?.status, 200, "nothing has changed yet");
            browser.click("main form[action$='/factors'] button").await?;
            browser.until("back at the organization", |url| url.path() == organization).await?;
            says(browser, flash).await?;
            browser.picture("removed").await?;
            let again = format!("a[href^='{organization}/administrators/'][href$='/factors']");
            assert!(!browser.has(&again).await?, "nobody else there has one");
            removed(&server, account, &before).await
        })
        .await?;
    }
    Ok(())
}
