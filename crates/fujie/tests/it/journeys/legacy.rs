//! Accounts of an earlier system: staff bring them over, the old logins keep working, whoever knew the password of one that
//! belonged to nobody says whose it is, and staff take a merge back.
use crate::{
    journeys::{
        looks::look_at_step,
        steps::{self, look, said},
    },
    support::options,
};
use anyhow::{Context as _, Result};
use fujie::demo::plan;
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(m42_enterprise_accounts_of_an_earlier_system_become_peoples_own);

/// MD5 over the password and the salt `pepper`.
const HASH: &str = "6a98270d113c52ad220aa08358b25b75";
const OLD_PASSWORD: &str = "灯笼2018";
const FIRM: &str = "云帆国际贸易有限公司";

async fn says(browser: &Browser, text: &str) -> Result<()> {
    let shown = browser.text().await?;
    anyhow::ensure!(shown.contains(text), "no {text} in {shown}");
    Ok(())
}
async fn hand_in(browser: &Browser, path: &std::path::Path, button: &str) -> Result<()> {
    browser.find("#file").await?.send_keys(path.to_str().context("path")?).await?;
    browser.click(button).await
}
/// A file with one proven holder, one that nobody is on record for, and one that cannot be taken over.
fn table() -> String {
    let holder = plan::PEOPLE.iter().position(|person| person.login_name == "wenruchu").unwrap_or_default();
    let document = plan::resident_id(holder);
    format!(
        "登录名,密码算法,密码散列,盐,企业名称,姓名,证件号码,手机号\n\
         QY-0001,md5-salt-last,{HASH},pepper,{FIRM},温如初,{document},\n\
         QY-0002,md5-salt-last,{HASH},pepper,{FIRM},,,\n\
         QY-0003,crypt,x,,{FIRM},,,\n"
    )
}

async fn m42_enterprise_accounts_of_an_earlier_system_become_peoples_own(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let folder = tempfile::tempdir()?;
    let (wrong, right) = (folder.path().join("wrong.csv"), folder.path().join("accounts.csv"));
    let history = folder.path().join("history.csv");
    std::fs::write(&wrong, "姓名,电话\n温如初,1\n")?;
    std::fs::write(&right, table())?;
    std::fs::write(
        &history,
        "登录名,时间,类别,内容\nQY-0002,2017-03-05 14:30,办件,办结：进口许可申请\nQY-9999,2017-03-05,登录,x\n",
    )?;

    // As staff see it, at a desk.
    let language = look(engine).language;
    let desk = Look { language, ..Look::default() };
    journey(&format!("m42_desk_{engine:?}"), desk.clone(), async |browser| {
        let base = &server.base;
        let staff = server.demo.account("system_administrator")?;
        browser.sign_in(base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{base}/desk/legacy")).await?;
        browser.picture("empty").await?;
        browser.click("a[href='/desk/legacy/new']").await?;
        browser.fill("#source", "原企业办事平台").await?;
        hand_in(browser, &wrong, "#bring").await?;
        browser.find("#file-e").await?;
        says(browser, "登录名").await?;
        assert_eq!(browser.value("#source").await?, "原企业办事平台", "what was typed stays");
        browser.picture("wrong-header").await?;
        hand_in(browser, &right, "#bring").await?;
        browser.find("#import-over").await?;
        for (label, n) in
            [("portal-legacy-merged", "1"), ("portal-legacy-asks", "1"), ("portal-legacy-refused", "1")]
        {
            let shown = browser.find(&format!("[data-count='{label}']")).await?.text().await?;
            assert_eq!(shown.trim(), n, "{label}");
        }
        says(browser, said(engine, "密码算法不支持", "not supported")).await?;
        browser.picture("brought").await?;
        hand_in(browser, &history, "#bring-history").await?;
        browser.find(".flash[data-t='ok']").await?;
        steps::sign_out(browser, base).await
    })
    .await?;

    journey(&format!("m42_{engine:?}"), look(engine), async |browser| {
        let base = &server.base;
        // The old login opens the personal space, with the way into the enterprise's.
        browser.sign_in(base, "QY-0001", "灯笼2019").await?;
        browser.find("#login-password-e").await?;
        browser.sign_in(base, "qy-0001", OLD_PASSWORD).await?;
        browser.until("in", |url| !url.path().starts_with("/login")).await?;
        browser.go(&format!("{base}/me/organizations")).await?;
        says(browser, FIRM).await?;
        browser.go(&format!("{base}/me/former")).await?;
        says(browser, "qy-0001").await?;
        browser.picture("former").await?;
        steps::sign_out(browser, base).await?;

        // Nobody is on record: the first sign-in asks.
        browser.sign_in(base, "QY-0002", OLD_PASSWORD).await?;
        browser.until("asked whose", |url| url.path().starts_with("/login/former/")).await?;
        says(browser, FIRM).await?;
        browser.picture("whose").await?;
        let language = look(engine).language;
        look_at_step(browser, language, "/login/former/{claim}/{token}").await?;
        let claim = browser.url().await?;
        browser.click("main a.btn.primary").await?;
        let own = server.demo.accounts.iter().find(|account| account.login_name == "songyuan");
        let own = own.context("a demo account")?;
        browser.sign_in_here(&own.login_name, &own.password).await?;
        browser.until("back at the claim", |url| url.path().starts_with("/me/former/take/")).await?;
        says(browser, "宋予安").await?;
        browser.picture("take").await?;
        look_at_step(browser, language, "/me/former/take/{claim}/{token}").await?;
        browser.click("#take-submit").await?;
        browser.find(".flash[data-t='ok']").await?;
        // Once.
        browser.go(claim.as_str()).await?;
        says(browser, said(engine, "已过期或已完成", "over or done")).await?;
        browser.click("a[href$='/history']").await?;
        says(browser, "办结：进口许可申请").await?;
        browser.picture("history").await?;
        steps::sign_out(browser, base).await?;
        browser.sign_in(base, "QY-0002", OLD_PASSWORD).await?;
        browser.until("in", |url| !url.path().starts_with("/login")).await?;
        browser.go(&format!("{base}/me/former")).await?;
        browser.click("a[href$='/remove']").await?;
        browser.picture("remove").await?;
        browser.click("#remove-submit").await?;
        browser.find(".flash[data-t='ok']").await?;
        steps::sign_out(browser, base).await?;
        browser.sign_in(base, "QY-0002", OLD_PASSWORD).await?;
        browser.find("#login-password-e").await?;
        Ok(())
    })
    .await?;

    journey(&format!("m42_undo_{engine:?}"), desk, async |browser| {
        let base = &server.base;
        let staff = server.demo.account("system_administrator")?;
        browser.sign_in(base, &staff.login_name, &staff.password).await?;
        browser.go(&format!("{base}/desk/legacy")).await?;
        browser.click("section[aria-labelledby='imports'] tbody a").await?;
        browser.click("a[href*='state=merged']").await?;
        browser.click("section[aria-labelledby='lines'] tbody a").await?;
        browser.picture("line").await?;
        // What the browser lets through is not yet a reason.
        browser.fill("#reason", "  ").await?;
        browser.click("#undo-submit").await?;
        browser.find("#reason-e").await?;
        browser.fill("#reason", "登记有误").await?;
        browser.click("#undo-submit").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.find("#decide-submit").await?;
        browser.fill("#login_name", "nobody7").await?;
        browser.fill("#reason", "柜台核对").await?;
        browser.click("#decide-submit").await?;
        browser.find("#login_name-e").await?;
        browser.picture("undone").await?;
        Ok(())
    })
    .await
}
