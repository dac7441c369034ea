//! The matrix and its two views, shown before applied; copies, defaults, periods; two administrators at once.
use crate::{
    journeys::steps::{self, Member, look, said},
    support::options,
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey};

on_both_engines!(
    m48_grants_are_shown_before_they_are_made_given_periods_copied_and_taken_back,
    m48_two_administrators_at_once_and_the_second_learns_what_the_first_changed,
    m48_new_members_get_what_the_organization_gives,
);

/// The administrator of the exchange member, signed in; the organization's id.
async fn administrator(browser: &Browser, server: &Server) -> Result<String> {
    let account = server.demo.account("administrator")?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await?;
    Ok(account.organization_id()?.to_owned())
}

async fn m48_grants_are_shown_before_they_are_made_given_periods_copied_and_taken_back(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    // Without scripts: nothing here needs them.
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m48_grants_{engine:?}"), look, async |browser| {
        let organization = administrator(browser, &server).await?;
        let org = format!("{}/org/{organization}", server.base);
        let data = server.demo.product_id("market-data")?;
        // Found by initials; the one who has nothing.
        browser.go(&format!("{org}/grants?q=xws&product={data}&has=no")).await?;
        assert_eq!(browser.count("#grants tbody tr").await?, 1, "{}", browser.excerpt().await);
        browser.tick("#grants tbody td label").await?;
        browser.click("form:has(#grants) button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "确认授权更改", "Confirm grant changes")), "{text}");
        assert!(
            text.contains(said(engine, "行情数据接入", "Market data")) && text.contains("xuwangshu"),
            "{text}"
        );
        browser.picture("review").await?;
        // An end that is none is refused at its field, and nothing else is lost.
        set_date(browser, "#until", "2020-01-31").await?;
        browser.click("#plan button.primary").await?;
        browser.find("#until-e").await?;
        set_date(browser, "#until", "2099-06-30").await?;
        browser.click("#plan button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "已保存：授予 1 项", "Saved: 1 granted")), "{text}");

        // By person: another end, shown as before and after.
        let found = browser.count("#grants tbody tr").await?;
        assert_eq!(found, 0, "who has it is no longer among those who have not");
        browser.go(&format!("{org}/grants?q=xuwangshu")).await?;
        browser.click("#grants tbody th a").await?;
        let person = browser.url().await?;
        let line = format!("tr:has(a[href$='/products/{data}/members'])");
        assert_eq!(browser.value(&format!("{line} input[type=date]")).await?, "2099-06-30");
        set_date(browser, &format!("{line} input[type=date]"), "2098-12-31").await?;
        browser.picture("person").await?;
        browser.click("#lines button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains("2099-06-30") && text.contains("2098-12-31"), "{text}");
        browser.click("#plan button.primary").await?;
        assert_eq!(browser.url().await?.path(), person.path());
        assert_eq!(browser.value(&format!("{line} input[type=date]")).await?, "2098-12-31");

        // Copied from the colleague who has two.
        browser.click("a[href$='/products/copy']").await?;
        browser.fill("#q", "chensiqi").await?;
        browser.click("form.filter button.primary").await?;
        browser.picture("copy").await?;
        browser.click("main ul.list form button").await?;
        assert_eq!(browser.count("#plan ul.list li").await?, 1);
        browser.click("#plan button.primary").await?;
        assert_eq!(browser.count("#lines td input[type=checkbox]:checked").await?, 2);

        // By product: everybody who has it; taken back from one.
        browser.go(&format!("{org}/products/{data}/members?has=yes")).await?;
        let text = browser.text().await?;
        assert!(text.contains("xuwangshu") && text.contains("chensiqi"), "{text}");
        browser.picture("product").await?;
        browser.tick("tr:has(a[href*='/members/']):has(input[value^='2098']) label.tick").await?;
        browser.click("#lines button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains(said(engine, "收回", "Take back")), "{text}");
        browser.click("#plan button.primary").await?;
        assert!(!browser.text().await?.contains("xuwangshu"), "{}", browser.excerpt().await);

        // A whole page at once; what cannot be is said with its reason.
        browser.go(&format!("{org}/grants")).await?;
        browser.choose("#bulk", data).await?;
        browser.click("button[name='do'][value='give']").await?;
        let text = browser.find("#refused").await?.text().await?;
        assert!(text.contains(said(engine, "不低于", "role")) || !text.is_empty(), "{text}");
        browser.picture("bulk").await?;
        Ok(())
    })
    .await
}
/// Dates are typed in another order by every browser's language; the value is what counts.
async fn set_date(browser: &Browser, css: &str, date: &str) -> Result<()> {
    let field = browser.find(css).await?;
    let (year, rest) = date.split_once('-').context("a date")?;
    let (month, day) = rest.split_once('-').context("a date")?;
    field.clear().await?;
    for typed in
        [format!("{month}{day}{year}"), format!("{year}\u{E004}{month}{day}"), format!("{day}{month}{year}")]
    {
        field.clear().await?;
        field.send_keys(&typed).await?;
        if browser.value(css).await? == date {
            return Ok(());
        }
    }
    anyhow::bail!("{css} holds {} and not {date}", browser.value(css).await?)
}

async fn m48_two_administrators_at_once_and_the_second_learns_what_the_first_changed(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m48_stale_{engine:?}"), look(engine), async |browser| {
        let organization = administrator(browser, &server).await?;
        let data = server.demo.product_id("market-data")?;
        let gateway = server.demo.product_id("gateway-test")?;
        let page = format!("/org/{organization}/grants?q=xuwangshu");
        browser.go(&format!("{}{page}", server.base)).await?;
        for product in [data, gateway] {
            let column = column_of(browser, product).await?;
            browser.tick(&format!("#grants tbody td:nth-child({column}) label")).await?;
        }
        // With scripts the page counts what is not saved yet.
        let note = browser.find(".savebar p").await?.text().await?;
        assert!(note.contains('2'), "{note}");
        browser.click("form:has(#grants) button.primary").await?;
        assert_eq!(browser.count("#plan ul.list li p").await?, 2);

        // Meanwhile, in another window, the same person gets one of them.
        let other = crate::support::signed_in(&server, "administrator").await?;
        let theirs = other.get(&format!("{page}&product={data}")).await?;
        let review = other.submit(&theirs, &theirs.form_with("was")?.with("g0.0", "1")).await?;
        let saved = other.submit(&review, &review.form_to("/grants/apply")?).await?;
        assert_eq!(saved.status, 303, "{}", saved.excerpt());

        browser.click("#plan button.primary").await?;
        let stale = browser.find("#stale").await?.text().await?;
        assert!(stale.contains(said(engine, "行情数据接入", "Market data")), "{stale}");
        assert!(stale.contains(said(engine, "周语桐", "周语桐")), "whose it was: {stale}");
        browser.picture("stale").await?;
        let held = server.database().rows(
            "SELECT COUNT(*) FROM product_grant g JOIN membership m ON m.id = g.membership_id
             JOIN account a ON a.id = m.account_id WHERE a.login_name = 'xuwangshu' AND g.state = 'active'",
        )?;
        assert_eq!(held, [[Some("1".to_owned())]], "nothing of the second was written");
        // The rest can be confirmed as it stands.
        assert_eq!(browser.count("#plan ul.list li p").await?, 1);
        browser.click("#plan button.primary").await?;
        assert_eq!(browser.count("#grants tbody td input:checked").await?, 2);
        Ok(())
    })
    .await
}
/// The place of a product's column, as CSS counts.
async fn column_of(browser: &Browser, product: &str) -> Result<usize> {
    for column in 2..60 {
        if browser.has(&format!("#grants thead th:nth-child({column}) a[href*='{product}']")).await? {
            return Ok(column);
        }
    }
    anyhow::bail!("no column of {product}")
}

async fn m48_new_members_get_what_the_organization_gives(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m48_defaults_{engine:?}"), look, async |browser| {
        let organization = administrator(browser, &server).await?;
        let org = format!("{}/org/{organization}", server.base);
        let data = server.demo.product_id("market-data")?;
        browser.go(&format!("{org}/grants")).await?;
        browser.click("a[href$='/grants/defaults']").await?;
        browser.tick(&format!("#defaults label:has(input[value='{data}'])")).await?;
        browser.click("#defaults button.primary").await?;
        assert!(browser.has(&format!("#defaults input[value='{data}']:checked")).await?);
        browser.picture("defaults").await?;
        let member = Member::new("jibaiyun", "纪白芸");
        steps::create_member(browser, &server, &organization, &member).await?;
        browser.go(&format!("{org}/products/{data}/members?has=yes&q=jibaiyun")).await?;
        assert!(browser.text().await?.contains("纪白芸"), "{}", browser.excerpt().await);
        // On record.
        let events = server.database().rows(
            "SELECT COUNT(*) FROM audit_event WHERE action IN ('grant.defaults_changed', 'grant.granted')
             AND detail LIKE '%default%' OR action = 'grant.defaults_changed'",
        )?;
        assert!(events[0][0].as_deref().is_some_and(|count| count != "0"), "{events:?}");
        Ok(())
    })
    .await
}
