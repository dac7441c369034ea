//! Who hands authority on, to whom and until when: links that open once, invitations bound to a phone, a letter with a stamp.
use crate::{
    journeys::{
        register::solved,
        steps::{self, look, said},
    },
    support::{options, signed_in, signed_in_as},
};
use anyhow::{Context as _, Result};
use testkit::{Agent, Browser, Engine, Look, Server, browser::journey, form};

on_both_engines!(
    m32_m33_an_activation_link_by_sms_opens_the_account_once,
    m33_a_printed_slip_opens_by_its_code_without_scripts,
    m34_an_invited_person_registers_with_the_phone_and_joins,
    m34_period_suspension_and_end_are_told_with_their_reasons,
    m34_crafted_forms_reach_nobody_at_or_above_the_own_role,
    m29_m37_a_member_hands_in_a_letter_and_the_powers_pass,
    m31_the_desk_creates_edits_renews_and_replaces_administrators,
    m43_a_membership_ended_in_one_tab_stops_the_other_tabs_next_click,
);

const PASSWORD: &str = "Bamboo-lantern-7291";

/// The newest message to the number that leads there.
async fn link_to(server: &Server, phone: &str, place: &str) -> Result<String> {
    let agent = server.agent()?;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        let messages = agent.get("/dev/outbox.json").await?.json()?;
        let texts = messages
            .as_array()
            .into_iter()
            .flatten()
            .filter(|message| message["to"].as_str().is_some_and(|to| to.ends_with(phone)));
        for text in texts.filter_map(|message| message["text"].as_str()) {
            if let Some((_, rest)) = text.split_once(place) {
                let token: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
                return Ok(format!("{}{place}{token}", server.base));
            }
        }
        anyhow::ensure!(std::time::Instant::now() < until, "no link was sent to {phone}: {messages}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<String> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await?;
    Ok(account.organization_id.clone().unwrap_or_default())
}
/// Into a date field, whose own editor differs by the browser's language.
async fn fill_date(browser: &Browser, css: &str, date: &str) -> Result<()> {
    browser.find(css).await?;
    let script = "document.querySelector(arguments[0]).value = arguments[1];";
    browser.driver.execute(script, vec![css.into(), date.into()]).await?;
    Ok(())
}
fn member_page(html: &str, login_name: &str) -> Option<String> {
    // The list's rows: a link, then the login name.
    let (before, _) = html.split_once(&format!("<small>{login_name}</small>"))?;
    let (_, link) = before.rsplit_once("href=\"")?;
    Some(link.split('"').next()?.to_owned())
}

async fn m32_m33_an_activation_link_by_sms_opens_the_account_once(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m32_link_{engine:?}"), look(engine), async |browser| {
        let organization = sign_in(browser, &server, "administrator").await?;
        let new = format!("{}/org/{organization}/members/new", server.base);
        browser.go(&new).await?;
        browser.fill("#name", "纪白芸").await?;
        browser.fill("#login_name", "jibaiyun").await?;
        // A link by SMS without a number is told at the field, and what was typed stays.
        browser.tick("input[name='handing'][value='sms']").await?;
        browser.click("main form[action$='/members/new'] button.primary").await?;
        browser.find("#phone-e").await?;
        assert_eq!(browser.value("#login_name").await?, "jibaiyun");
        browser.fill("#phone", "19900007701").await?;
        browser.click("main form[action$='/members/new'] button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains("199****7701"), "{text}");
        assert!(text.contains(said(engine, "待激活", "Not activated")), "{text}");
        browser.picture("sent").await?;
        let link = link_to(&server, "19900007701", "/activate/").await?;
        steps::sign_out(browser, &server.base).await?;

        browser.go(&link).await?;
        assert!(browser.text().await?.contains("jibaiyun"), "{}", browser.excerpt().await);
        browser.fill("#new_password", "12345678").await?;
        browser.click("#activate-submit").await?;
        browser.find("#new_password-e").await?;
        browser.picture("weak").await?;
        browser.fill("#new_password", PASSWORD).await?;
        browser.click("#activate-submit").await?;
        browser.until("asked to sign in", |url| url.path() == "/login").await?;
        browser.sign_in_here("jibaiyun", PASSWORD).await?;
        browser.until("let in", |url| url.path() == "/me").await?;
        // The number came with the link, so it signs in too.
        let reply = server.agent()?.sign_in("19900007701", PASSWORD).await?;
        reply.location().context("the phone does not sign in")?;
        // A link that was used opens nothing more.
        browser.go(&link).await?;
        let over = browser.find("#activation-over").await?.text().await?;
        assert!(over.contains(said(engine, "已使用过", "was used before")), "{over}");
        browser.picture("used").await?;
        browser.go(&format!("{}/activate/nothing", server.base)).await?;
        browser.find("#activation-over").await?;
        Ok(())
    })
    .await
}

async fn m33_a_printed_slip_opens_by_its_code_without_scripts(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m33_slip_{engine:?}"), look, async |browser| {
        let organization = sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{organization}/members/new", server.base)).await?;
        browser.fill("#name", "纪白芸").await?;
        browser.fill("#login_name", "jibaiyun").await?;
        browser.tick("input[name='handing'][value='print']").await?;
        browser.click("main form[action$='/members/new'] button.primary").await?;
        let code = browser.find("#slip-code").await?.text().await?;
        let code = code.split_whitespace().next().context("an empty slip")?.to_owned();
        browser.find(".qr svg").await?;
        browser.picture("slip").await?;
        steps::sign_out(browser, &server.base).await?;
        browser.go(&format!("{}/activate", server.base)).await?;
        browser.fill("#code", "ABCD-EFGH-JKMN-PQRS").await?;
        browser.click("#activate-next").await?;
        browser.find("#code-e").await?;
        browser.fill("#code", &code.to_lowercase()).await?;
        browser.click("#activate-next").await?;
        browser.fill("#new_password", PASSWORD).await?;
        browser.click("#activate-submit").await?;
        browser.until("asked to sign in", |url| url.path() == "/login").await?;
        browser.sign_in_here("jibaiyun", PASSWORD).await?;
        browser.until("let in", |url| url.path() == "/me").await?;
        browser.go(&format!("{}/activate", server.base)).await?;
        browser.fill("#code", &code).await?;
        browser.click("#activate-next").await?;
        let told = browser.find("#code-e").await?.text().await?;
        assert!(told.contains(said(engine, "已使用过", "was used before")), "{told}");
        // M05: whoever goes on guessing is asked whether they are a person.
        for _ in 0..2 {
            browser.fill("#code", "ABCD-EFGH-JKMN-PQRS").await?;
            browser.click("#activate-next").await?;
            browser.find("#code-e").await?;
        }
        browser.picture("guessed").await?;
        browser.fill("#code", &code).await?;
        browser.fill("#captcha-answer", "99").await?;
        browser.click("#activate-next").await?;
        browser.find("#captcha-answer-e").await?;
        browser.click("button[name='captcha-way'][value='words']").await?;
        browser.find("#captcha-answer-h").await?;
        assert_eq!(browser.value("#code").await?, code, "what was typed is kept");
        Ok(())
    })
    .await
}

async fn m34_an_invited_person_registers_with_the_phone_and_joins(engine: Engine) -> Result<()> {
    const PHONE: &str = "19900007702";
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m34_invite_{engine:?}"), look(engine), async |browser| {
        let organization = sign_in(browser, &server, "legal_representative").await?;
        let list = format!("{}/org/{organization}/invitations", server.base);
        browser.go(&format!("{list}/new")).await?;
        // Bad input, all at once and each at its field.
        browser.fill("#phone", "12345").await?;
        fill_date(browser, "#until", "2020-01-31").await?;
        browser.click("#invite").await?;
        browser.find("#phone-e").await?;
        browser.find("#until-e").await?;
        browser.picture("bad").await?;
        browser.fill("#phone", PHONE).await?;
        browser.fill("#name", "纪白芸").await?;
        fill_date(browser, "#until", "2099-12-31").await?;
        browser.fill("#scope", "仅办理行情业务").await?;
        browser.click("#invite").await?;
        browser.until("the list", |url| url.path().ends_with("/invitations")).await?;
        assert!(browser.text().await?.contains("199****7702"), "{}", browser.excerpt().await);
        browser.picture("list").await?;
        let first = link_to(&server, PHONE, "/join/").await?;
        // One open invitation a number.
        browser.go(&format!("{list}/new")).await?;
        browser.fill("#phone", PHONE).await?;
        browser.click("#invite").await?;
        browser.find("#phone-e").await?;
        // Sent again: the link before opens nothing.
        browser.go(&list).await?;
        browser.click("button[name='way'][value='sms']").await?;
        let link = newer(&server, PHONE, &first).await?;
        steps::sign_out(browser, &server.base).await?;
        browser.go(&first).await?;
        browser.find("#join-over").await?;

        // A stranger learns nothing of the organization.
        browser.go(&link).await?;
        let text = browser.text().await?;
        assert!(text.contains("7702") && !text.contains("澄江"), "{text}");
        browser.picture("stranger").await?;
        // Nor does somebody with another number.
        let agent = signed_in(&server, "legal_representative").await?;
        let other = agent.get(&link).await?;
        assert_eq!(other.status, 403, "{}", other.excerpt());
        assert!(other.body.contains("id=\"join-other\"") && !other.body.contains("仅办理行情业务"));

        browser.click("#join-register").await?;
        browser.fill("#name", "纪白芸").await?;
        browser.fill("#login_name", "jibaiyun").await?;
        browser.fill("#password", PASSWORD).await?;
        browser.fill("#phone", PHONE).await?;
        browser.tick("#agree").await?;
        solved(browser).await?;
        browser.click("#register-submit").await?;
        browser.until("asked for the code", |url| url.path() == "/register/verify").await?;
        browser.fill("#code", &server.code_for(PHONE).await?).await?;
        browser.click("#verify-submit").await?;
        browser.until("back at the invitation", |url| url.path().starts_with("/join/")).await?;
        let offer = browser.find("#offer").await?.text().await?;
        for word in ["澄江证券", "林知远", "2099-12-31", "仅办理行情业务"] {
            assert!(offer.contains(word), "{word} in {offer}");
        }
        browser.picture("offer").await?;
        browser.click("#join-accept").await?;
        browser.until("in the organization", |url| url.path() == format!("/org/{organization}/")).await?;
        browser.picture("joined").await?;
        browser.go(&link).await?;
        browser.find("#join-over").await?;
        Ok(())
    })
    .await
}
/// The link of a message after this one.
async fn newer(server: &Server, phone: &str, than: &str) -> Result<String> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        let link = link_to(server, phone, "/join/").await?;
        if link != than {
            return Ok(link);
        }
        anyhow::ensure!(std::time::Instant::now() < until, "nothing newer than {than}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn m34_period_suspension_and_end_are_told_with_their_reasons(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m34_period_{engine:?}"), look(engine), async |browser| {
        let organization = sign_in(browser, &server, "administrator").await?;
        let agent = server.demo.account("agent_granted")?.clone();
        let admin = signed_in(&server, "administrator").await?;
        let members = admin.get(&format!("/org/{organization}/members")).await?;
        let page = member_page(&members.body, &agent.login_name).context("the member's page")?;
        browser.go(&format!("{}{page}", server.base)).await?;
        // The end lies before today, then a good one.
        fill_date(browser, "#until", "2020-01-31").await?;
        browser.click("#renew").await?;
        browser.find("#until-e").await?;
        browser.picture("past").await?;
        fill_date(browser, "#until", "2099-12-31").await?;
        browser.fill("#renew_reason", "合同续签").await?;
        browser.click("#renew").await?;
        let period = browser.find("#member-period").await?.text().await?;
        assert!(period.contains("2099-12-31"), "{period}");
        browser.fill("#state_reason", "休假").await?;
        browser.click("button[name='to'][value='suspended']").await?;
        browser.find("button[name='to'][value='active']").await?;
        let told = browser.find("#member-timeline").await?.text().await?;
        assert!(told.contains("合同续签") && told.contains("休假"), "{told}");
        browser.picture("timeline").await?;
        assert!(server.agent()?.sign_in(&agent.login_name, &agent.password).await?.location().is_none());
        browser.click("button[name='to'][value='active']").await?;
        assert!(server.agent()?.sign_in(&agent.login_name, &agent.password).await?.location().is_some());
        Ok(())
    })
    .await
}

/// Below the own role alone, whatever the form says, and never in another organization.
async fn m34_crafted_forms_reach_nobody_at_or_above_the_own_role(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let admin = signed_in(&server, "administrator").await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let page = admin.get(&format!("/org/{organization}/invitations/new")).await?;
    for role in ["administrator", "legal_representative"] {
        let form = page.form_with("phone")?.with("phone", "19900007703").with("role", role);
        let reply = admin.submit(&page, &form).await?;
        assert_eq!(reply.status, 403, "{role}: {}", reply.excerpt());
        assert_eq!(reply.error_code().as_deref(), Some("membership.role_too_high"));
    }
    let page = admin.get(&format!("/org/{organization}/members/new")).await?;
    let form = page.form_with("login_name")?.with("login_name", "raised").with("name", "某人");
    let reply = admin.submit(&page, &form.with("role", "administrator")).await?;
    assert_eq!(reply.error_code().as_deref(), Some("membership.role_too_high"), "{}", reply.excerpt());
    // The head's own membership, and the administrator's: nothing that the page does not offer works by hand.
    let members = admin.get(&format!("/org/{organization}/members")).await?;
    let token = form::forms(&page.body)
        .into_iter()
        .find_map(|form| form.value("csrf").map(str::to_owned))
        .context("a form token")?;
    for login_name in ["linzhiyuan", "zhouyutong"] {
        let target = member_page(&members.body, login_name).context("the member's page")?;
        for (path, fields) in [
            ("/period", vec![("until", "2099-12-31"), ("renew_reason", "")]),
            ("/state", vec![("to", "suspended"), ("state_reason", "")]),
            ("/reset", vec![("handing", "print")]),
            ("/delete", vec![("confirm", login_name), ("end_reason", "")]),
        ] {
            let mut fields = fields.clone();
            fields.push(("csrf", &token));
            let reply = admin.post(&format!("{target}{path}"), &fields).await?;
            assert_eq!(
                reply.error_code().as_deref(),
                Some("membership.role_too_high"),
                "{login_name}{path}: {} {}",
                reply.status,
                reply.excerpt()
            );
        }
    }
    // Another organization's member under the own address does not exist.
    let foreign = server.demo.accounts_of("administrator").nth(1).context("another administrator")?;
    let theirs = signed_in_as(&server, &foreign.login_name, &foreign.password).await?;
    let list = theirs.get(&format!("/org/{}/members", foreign.organization_id()?)).await?;
    let page = member_page(&list.body, "fangyubai").context("their member")?;
    let id = page.rsplit('/').next().context("an id")?;
    let reply = admin.get(&format!("/org/{organization}/members/{id}")).await?;
    assert_eq!(reply.status, 404);
    let reply = admin.get(&page).await?;
    assert_eq!(reply.status, 404);
    Ok(())
}

/// A PDF as far as its first bytes say.
fn letter() -> Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".pdf").tempfile()?;
    std::fs::write(file.path(), "%PDF-1.7\na letter with a stamp\n")?;
    Ok(file)
}

async fn m29_m37_a_member_hands_in_a_letter_and_the_powers_pass(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let (paper, wrong) = (letter()?, tempfile::Builder::new().suffix(".pdf").tempfile()?);
    std::fs::write(wrong.path(), "<html>no letter</html>")?;
    journey(&format!("m37_{engine:?}"), look(engine), async |browser| {
        let organization = sign_in(browser, &server, "agent_granted").await?;
        browser.go(&format!("{}/org/{organization}/administrators", server.base)).await?;
        let chain = browser.find("#chain").await?.text().await?;
        assert!(chain.contains("林知远") && chain.contains("周语桐"), "{chain}");
        browser.picture("chain").await?;
        browser.click("#replace").await?;
        browser.fill("#reason", "原管理员离职").await?;
        let path = |file: &tempfile::NamedTempFile| file.path().to_str().map(str::to_owned).context("a path");
        browser.find("#letter").await?.send_keys(path(&wrong)?).await?;
        browser.click("#replace-submit").await?;
        browser.find("#letter-e").await?;
        browser.picture("wrong-file").await?;
        browser.find("#letter").await?.send_keys(path(&paper)?).await?;
        browser.fill("#incoming", "nobodyhere").await?;
        browser.click("#replace-submit").await?;
        browser.find("#incoming-e").await?;
        browser.fill("#incoming", "chensiqi").await?;
        browser.find("#letter").await?.send_keys(path(&paper)?).await?;
        browser.click("#replace-submit").await?;
        browser.find("#replacement-state").await?;
        browser.picture("asked").await?;
        let id = browser.url().await?.path().rsplit('/').next().context("an id")?.to_owned();
        steps::sign_out(browser, &server.base).await?;

        sign_in(browser, &server, "account_manager").await?;
        browser.go(&format!("{}/desk/replacements/{id}", server.base)).await?;
        browser.click("button[name='verdict'][value='return']").await?;
        browser.find("#note-e").await?;
        browser.picture("desk").await?;
        browser.click("button[name='verdict'][value='approve']").await?;
        browser.picture("passed").await?;
        // The powers are where the letter put them, in the session that was open all the time.
        let agent = signed_in(&server, "agent_granted").await?;
        assert_eq!(agent.get(&format!("/org/{organization}/members")).await?.status, 200);
        let former = signed_in(&server, "administrator").await?;
        assert_eq!(former.get(&format!("/org/{organization}/members")).await?.status, 403);
        Ok(())
    })
    .await
}

async fn m31_the_desk_creates_edits_renews_and_replaces_administrators(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let paper = letter()?;
    journey(&format!("m31_{engine:?}"), look(engine), async |browser| {
        sign_in(browser, &server, "account_manager").await?;
        let theirs = server.demo.accounts_of("administrator").nth(1).context("another organization")?;
        let organization = theirs.organization_id()?.to_owned();
        let desk = format!("{}/desk/organizations/{organization}", server.base);
        browser.go(&format!("{desk}/administrators/new")).await?;
        browser.fill("#name", "纪白芸").await?;
        browser.fill("#login_name", "jibaiyun").await?;
        browser.fill("#phone", "19900007704").await?;
        browser.tick("input[name='handing'][value='sms']").await?;
        fill_date(browser, "#until", "2099-12-31").await?;
        browser.click("main form button.primary").await?;
        browser.until("the organization", |url| url.path().ends_with(&organization)).await?;
        let link = link_to(&server, "19900007704", "/activate/").await?;
        activate(&server.agent()?, &link).await?;
        assert!(server.agent()?.sign_in("jibaiyun", PASSWORD).await?.location().is_some());
        // Details: another name, another end, a suspension.
        browser.click("a[aria-label$='纪白芸'][href*='/administrators/']").await?;
        browser.fill("#name", "纪白云").await?;
        browser.click("form[aria-labelledby='h-edit'] button.primary").await?;
        assert!(browser.text().await?.contains("纪白云"), "{}", browser.excerpt().await);
        let page = browser.url().await?;
        fill_date(browser, "#until", "2020-01-31").await?;
        browser.click("form[action$='/period'] button").await?;
        browser.find("#until-e").await?;
        browser.go(page.as_str()).await?;
        browser.fill("#state_reason", "核实身份").await?;
        browser.click("button[name='to'][value='suspended']").await?;
        assert!(browser.text().await?.contains("核实身份"), "{}", browser.excerpt().await);
        browser.picture("details").await?;
        browser.click("button[name='to'][value='active']").await?;
        // Replaced by somebody who was not here: a slip with link and code.
        browser.go(&format!("{desk}/replacement")).await?;
        browser.tick("#outgoing label:first-of-type").await?;
        browser.tick("input[name='who'][value='new']").await?;
        browser.fill("#name", "骆知秋").await?;
        browser.fill("#login_name", "luozhiqiu").await?;
        browser.fill("#reason", "原管理员离职").await?;
        let path = paper.path().to_str().context("a path")?.to_owned();
        browser.find("#letter").await?.send_keys(path).await?;
        browser.picture("replace").await?;
        browser.click("#replace").await?;
        browser.find("#slip-code").await?;
        browser.picture("slip").await?;
        Ok(())
    })
    .await
}
async fn activate(agent: &Agent, link: &str) -> Result<()> {
    let page = agent.get(link).await?;
    let form = page.form_with("new_password")?.with("new_password", PASSWORD);
    let reply = agent.submit(&page, &form).await?;
    anyhow::ensure!(reply.status == 303, "{} {}", reply.status, reply.excerpt());
    Ok(())
}

/// Two tabs of one browser: what ended in the one is over in the other, whatever its page still shows.
async fn m43_a_membership_ended_in_one_tab_stops_the_other_tabs_next_click(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m43_tabs_{engine:?}"), look(engine), async |browser| {
        let person = server
            .demo
            .accounts_of("agent_granted")
            .find(|account| account.login_name == "linzhiyuan")
            .context("somebody in two organizations")?
            .clone();
        let organization = person.organization_id()?.to_owned();
        browser.sign_in(&server.base, &person.login_name, &person.password).await?;
        let home = format!("{}/org/{organization}/", server.base);
        browser.go(&home).await?;
        let first = browser.driver.window().await?;
        let second = browser.driver.new_tab().await?;
        browser.driver.switch_to_window(second).await?;
        browser.go(&format!("{home}products")).await?;
        browser.find("main h1").await?;
        // Leaves in the first tab.
        browser.driver.switch_to_window(first).await?;
        browser.fill("#confirm", "远帆货代").await?;
        browser.click("form[action$='/leave'] button").await?;
        // The second still shows the organization; its next click finds that it is over.
        let tabs = browser.driver.windows().await?;
        browser.driver.switch_to_window(tabs.last().context("a tab")?.clone()).await?;
        browser.click("main nav.crumbs a").await?;
        let code = browser.find("#error-code").await?.text().await?;
        assert!(code.contains("organization.unknown"), "{code}");
        browser.picture("stopped").await?;
        Ok(())
    })
    .await
}
