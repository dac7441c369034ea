//! Another head: the register says so, an administrator takes it over, the former head's authority ends at once, and the new
//! head goes through the administrators. One engine walks in Chinese at a desk, the other in English on a phone.
use super::{
    real_name::sign_in_as,
    records::{Register, complaints, set_up},
    steps::{look, said, sign_out},
};
use crate::support::{options, signed_in_as};
use anyhow::{Context as _, Result};
use serde_json::json;
use testkit::{Engine, Server, browser::journey};

on_both_engines!(m27_m34_a_new_head_by_the_register_ends_the_old_authority_and_confirms_administrators);

const NAME: &str = "青岚里城市服务有限公司";
const NEW_HEAD: &str = "宋予安";

async fn m27_m34_a_new_head_by_the_register_ends_the_old_authority_and_confirms_administrators(
    engine: Engine,
) -> Result<()> {
    let (server, register) = (Server::start(options(engine).tls()).await?, Register::start("none").await?);
    let account = |login: &str| {
        let found = server.demo.accounts.iter().find(|account| account.login_name == login);
        found.cloned().with_context(|| format!("no demo account {login}"))
    };
    let organization = account("wenruchu")?.organization_id()?.to_owned();
    let home = format!("{}/org/{organization}", server.base);
    // A second administrator, whom the new head will not keep.
    server.database().rows(
        "UPDATE membership SET role = 'administrator' \
         WHERE account_id = (SELECT id FROM account WHERE login_name = 'jiangzhao')",
    )?;
    // The number on the new head's card, as the demonstration proved it.
    let place = fujie::demo::plan::PEOPLE.iter().position(|person| person.login_name == "songyuan");
    let document = fujie::demo::plan::resident_id(place.context("the new head")?);
    let folder = tempfile::tempdir()?;
    let letter = folder.path().join("letter.pdf");
    std::fs::write(&letter, b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n")?;
    let name = format!("m27_succession_{engine:?}");
    journey(&name, look(engine), async |browser| {
        set_up(browser, &server, &register, "示例登记机关").await?;
        sign_in_as(browser, &server, "luozhixia").await?;
        browser.go(&format!("{home}/profile")).await?;
        let code = browser.find("[data-field='uscc'] .num").await?.text().await?.trim().to_owned();
        register.put(&json!([{
            "uscc": code, "name": NAME, "head_name": NEW_HEAD, "state": "live",
            "head_document": { "type": "resident_id", "number": document },
        }]))?;
        // The former head has a page of the organization open, somewhere else.
        journey(&format!("{name}_former"), look(engine), async |former| {
            sign_in_as(former, &server, "wenruchu").await?;
            former.go(&format!("{home}/members")).await?;
            former.find("main h1").await?;

            browser.go(&format!("{home}/sync")).await?;
            browser.click("#sync-ask").await?;
            let row = browser.find("tr[data-key='head_name']").await?.text().await?;
            assert!(row.contains("温如初") && row.contains(NEW_HEAD), "{row}");
            // Shown, and nothing done: not before somebody says that the former head's authority ends.
            former.go(&format!("{home}/members")).await?;
            former.find("main h1").await?;
            if !browser.has("tr[data-key='head_name'] input:checked").await? {
                browser.tick("tr[data-key='head_name'] input").await?;
            }
            browser.click("#sync-apply").await?;
            browser.find("#confirm_head-e").await?;
            browser.tick("#confirm_head").await?;
            browser.picture("difference").await?;
            browser.click("#sync-apply").await?;
            browser.find(".flash[data-t='ok']").await?;

            former.click("main nav.crumbs a").await?;
            let code = former.find("#error-code").await?.text().await?;
            assert!(code.contains("organization.unknown"), "{code}");
            former.go(&format!("{}/me/messages", server.base)).await?;
            let told = former.text().await?;
            assert!(told.contains(NEW_HEAD), "the former head is told: {told}");
            Ok(())
        })
        .await?;
        // Administrators stay, and see that they wait; they cannot confirm one another.
        browser.go(&format!("{home}/succession")).await?;
        let text = browser.text().await?;
        assert!(text.contains("骆知夏") && text.contains("江照"), "{text}");
        assert!(text.contains(said(engine, "待负责人确认", "Waits for the head")), "{text}");
        assert!(!browser.has("main form[action$='/succession']").await?);
        browser.picture("waiting").await?;
        sign_out(browser, &server.base).await?;

        // The new head claims the place; the register proves it, so nobody else is asked.
        sign_in_as(browser, &server, "songyuan").await?;
        browser.go(&format!("{}/me/found", server.base)).await?;
        let kind = "[...document.querySelectorAll('#type label')]
            .find((label) => /办事企业|public-service/.test(label.textContent)).querySelector('input').click()";
        browser.driver.execute(kind, vec![]).await?;
        browser.fill("#name", NAME).await?;
        browser.fill("#code", &code).await?;
        browser.find("#letter").await?.send_keys(letter.to_str().context("path")?).await?;
        browser.click("main form.form button.primary").await?;
        browser.click("main a.btn[href^='/org/']").await?;
        assert!(browser.text().await?.contains(NAME), "{}", browser.excerpt().await);
        browser.go(&format!("{home}/succession")).await?;
        assert_eq!(browser.count("main form[action$='/succession']").await?, 2);
        browser.picture("to-confirm").await?;
        // The message that told them leads here, too.
        let keep = "main li:has(input) button[value='confirm']";
        let first = browser.find("main ul.list.in li b").await?.text().await?;
        browser
            .click(if first.contains("骆知夏") {
                keep
            } else {
                "main li:nth-child(2) button[value='confirm']"
            })
            .await?;
        browser.find(".flash[data-t='ok']").await?;
        let left = browser.find("main ul.list.in").await?.text().await?;
        assert!(left.contains("江照") && !left.contains("骆知夏"), "{left}");
        browser.click("main button[value='end']").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.find("main .empty").await?;
        browser.go(&format!("{home}/members")).await?;
        let text = browser.text().await?;
        assert!(text.contains("骆知夏") && text.contains(NEW_HEAD), "{text}");
        assert!(!text.contains("江照") && !text.contains("温如初"), "{text}");
        assert_eq!(complaints(browser).await?, Vec::<String>::new());
        Ok(())
    })
    .await?;
    // Who was confirmed goes on, who was not is out.
    for (login, status) in [("luozhixia", 200), ("jiangzhao", 404), ("wenruchu", 404)] {
        let account = account(login)?;
        let agent = signed_in_as(&server, &account.login_name, &account.password).await?;
        assert_eq!(
            agent.get(&format!("/org/{organization}/members")).await?.status.as_u16(),
            status,
            "{login}"
        );
    }
    Ok(())
}
