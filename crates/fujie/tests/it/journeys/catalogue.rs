//! The catalog, the guide, stars, the console, and the desk behind them.
use crate::{
    journeys::steps::{self, look, said},
    support::{options, signed_in},
};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey, party::Party};

on_both_engines!(
    m50_the_catalog_is_searched_and_each_product_says_how_it_stands,
    m51_a_star_without_scripts_makes_a_shortcut_whose_place_can_change,
    m52_one_click_signs_in_for_the_organization_of_the_tab,
    m53_a_guide_is_written_looked_at_and_published,
    m54_the_console_says_what_waits_and_leads_there,
    m50_categories_and_the_life_of_a_product_at_the_desk,
    m53_a_look_at_what_is_typed_does_not_hide_what_somebody_else_kept,
    m52_an_address_typed_in_chinese_opens,
);

async fn sign_in(browser: &Browser, server: &Server, key: &str) -> Result<String> {
    let account = server.demo.account(key)?;
    browser.sign_in(&server.base, &account.login_name, &account.password).await?;
    Ok(account.organization_id.clone().unwrap_or_default())
}

async fn m50_the_catalog_is_searched_and_each_product_says_how_it_stands(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m50_catalog_{engine:?}"), look(engine), async |browser| {
        let id = sign_in(browser, &server, "agent_granted").await?;
        let catalog = format!("{}/org/{id}/products", server.base);
        browser.go(&catalog).await?;
        browser.picture("all").await?;
        let text = browser.find("#product-market-data").await?.text().await?;
        assert!(text.contains(said(engine, "可以使用", "Usable")), "{text}");
        let text = browser.find("#product-hosting").await?.text().await?;
        assert!(text.contains(said(engine, "合同", "contract")), "{text}");
        // For persons: named, and where they are used.
        browser.find("#elsewhere").await?;
        browser.fill("#q", "jswdk").await?;
        browser.click("form[role='search'] button").await?;
        assert_eq!(browser.count("main article.product").await?, 1, "pinyin initials");
        browser.find("#product-library").await?;
        browser.picture("found").await?;
        browser.go(&format!("{catalog}?q=%E4%B8%8D%E5%AD%98%E5%9C%A8")).await?;
        browser.find(".empty a.btn").await?;
        browser.picture("nothing").await?;
        browser.go(&format!("{catalog}?usable=1")).await?;
        assert!(!browser.has("#product-hosting").await?);
        browser.go(&format!("{catalog}?category=support")).await?;
        assert_eq!(browser.count("main article.product").await?, 1);
        // What may not be used leads to the reason, and the request shows in the catalog.
        steps::sign_out(browser, &server.base).await?;
        sign_in(browser, &server, "agent_not_granted").await?;
        browser.go(&catalog).await?;
        browser.click("#product-market-data h3 a").await?;
        browser.until("the reason", |url| url.path().ends_with("/why")).await?;
        browser.click("#request-access").await?;
        browser.find("#access-requested").await?;
        browser.go(&catalog).await?;
        let tag = browser.find("#product-market-data a.tag[data-t='wait']").await?.text().await?;
        assert!(tag.contains(said(engine, "申请审批中", "Request pending")), "{tag}");
        browser.picture("pending").await?;
        // The personal space has its own.
        steps::sign_out(browser, &server.base).await?;
        let person =
            server.demo.account("person").or_else(|_| server.demo.account("legal_representative"))?;
        browser.sign_in(&server.base, &person.login_name, &person.password).await?;
        browser.go(&format!("{}/me/products", server.base)).await?;
        browser.find("#product-permits").await?;
        browser.picture("personal").await?;
        Ok(())
    })
    .await
}

async fn m51_a_star_without_scripts_makes_a_shortcut_whose_place_can_change(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m51_star_{engine:?}"), look, async |browser| {
        let id = sign_in(browser, &server, "agent_granted").await?;
        let home = format!("{}/org/{id}/", server.base);
        browser.go(&home).await?;
        browser.find("#shortcuts .empty a.btn").await?;
        browser.picture("empty").await?;
        for code in ["market-data", "gateway-test", "library"] {
            browser.go(&format!("{home}products?q={code}")).await?;
            browser.click(&format!("#product-{code} button.star")).await?;
            let at = browser.until("back", |url| url.path().ends_with("/products")).await?;
            assert_eq!(at.query(), Some(format!("q={code}").as_str()), "the same page");
            assert_eq!(at.fragment(), Some(format!("product-{code}").as_str()), "the same place");
            browser.find(&format!("#product-{code} button.star[aria-pressed='true']")).await?;
        }
        browser.go(&home).await?;
        assert_eq!(browser.count("#shortcuts .launch li").await?, 3);
        browser.picture("shortcuts").await?;
        browser.click("#order").await?;
        browser.click("#shortcuts li:nth-child(3) button[value='up']").await?;
        browser.until("ordering", |url| url.query() == Some("order=1")).await?;
        browser.picture("order").await?;
        browser.click("#shortcuts li:first-child button[value='off']").await?;
        browser.go(&home).await?;
        let library = server.demo.product_id("library")?;
        assert_eq!(browser.count("#shortcuts .launch li").await?, 2);
        browser.find(&format!("#shortcuts .launch li:first-child a[data-product='{library}']")).await?;
        // Not on the personal console.
        browser.go(&format!("{}/me/products", server.base)).await?;
        assert!(!browser.has("button.star[aria-pressed='true']").await?);
        Ok(())
    })
    .await
}

/// Two tabs, two firms: each click acts for the firm of its own page.
async fn m52_one_click_signs_in_for_the_organization_of_the_tab(engine: Engine) -> Result<()> {
    let party = Party::start("rp.test", None).await?;
    let options = options(engine).tls().redirect(party.redirect_uri()).launch(format!("{}/", party.base));
    let server = Server::start(options).await?;
    party.trust(&server.base, &server.demo);
    journey(&format!("m52_tabs_{engine:?}"), look(engine), async |browser| {
        // Open to whoever does business, so that one person has it in two firms.
        let manager = server.demo.account("product_manager")?;
        browser.sign_in(&server.base, &manager.login_name, &manager.password).await?;
        let product = server.demo.product_id("market-data")?;
        browser.go(&format!("{}/desk/products/{product}/edit", server.base)).await?;
        browser.tick("input[name='admission_class'][value='open']").await?;
        browser.tick("input[name='grant_mode'][value='every_agent']").await?;
        browser.click("main form button.primary").await?;
        browser.find(".flash[data-t='ok']").await?;
        steps::sign_out(browser, &server.base).await?;
        let person = server.demo.account("legal_representative")?;
        browser.sign_in(&server.base, &person.login_name, &person.password).await?;
        let own = server.demo.accounts.iter().filter(|account| account.login_name == person.login_name);
        let firms: Vec<String> = own.filter_map(|account| account.organization_id.clone()).collect();
        assert_eq!(firms.len(), 2, "{firms:?}");
        let mut tabs = Vec::new();
        for firm in &firms {
            tabs.push(browser.driver.new_tab().await?);
            browser.driver.switch_to_window(tabs.last().context("no tab")?.clone()).await?;
            browser.go(&format!("{}/org/{firm}/products", server.base)).await?;
        }
        for (tab, firm) in tabs.iter().zip(&firms) {
            browser.driver.switch_to_window(tab.clone()).await?;
            browser.click("#product-market-data h3 a").await?;
            steps::allow(browser).await?;
            browser.until("at the product", |url| url.host_str() == Some("rp.test")).await?;
            let text = browser.find("#claims").await?.text().await?;
            let claims: serde_json::Value = serde_json::from_str(&text)?;
            assert_eq!(claims["org_id"], firm.as_str(), "{claims}");
        }
        // It is remembered where it was opened.
        browser.go(&format!("{}/org/{}/", server.base, firms.first().context("no firm")?)).await?;
        browser.find("#recent a").await?;
        browser.picture("recent").await?;
        // From the console it is one click too; what may no longer be used says why.
        browser.click("#recent a").await?;
        steps::allow(browser).await?;
        browser.until("at the product", |url| url.host_str() == Some("rp.test")).await?;
        Ok(())
    })
    .await
}

async fn m53_a_guide_is_written_looked_at_and_published(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m53_guide_{engine:?}"), look, async |browser| {
        let manager = server.demo.account("product_manager")?;
        browser.sign_in(&server.base, &manager.login_name, &manager.password).await?;
        let product = server.demo.product_id("declaration")?;
        let guide = format!("{}/desk/products/{product}/guide", server.base);
        browser.go(&format!("{guide}?text=zh")).await?;
        let text = "# 申报流程\n\n先<script>alert(1)</script>录入，再[提交](javascript:alert(1))\n\n- 报关单\n- 发票";
        browser.fill("#markdown", text).await?;
        browser.click("#guide-preview").await?;
        assert_eq!(browser.find("#preview .prose h3").await?.text().await?, "申报流程");
        assert!(!browser.has("#preview .prose script, #preview .prose a").await?, "what runs is dropped");
        browser.picture("preview").await?;
        browser.click("#guide-save").await?;
        browser.find(".flash[data-t='ok']").await?;
        // One language alone is not published.
        browser.click("#guide-publish").await?;
        browser.find("#markdown-e").await?;
        browser.go(&format!("{guide}?text=en")).await?;
        browser.fill("#markdown", "# How to declare\n\nSee the [rules](https://kb.test/rules).").await?;
        browser.click("#guide-save").await?;
        browser.fill("#knowledge_url", "https://kb.test/declaration").await?;
        browser.fill("#contact_zh", "通关服务部 0532-5555 0100").await?;
        browser.click("#about-save").await?;
        browser.find(".flash[data-t='ok']").await?;
        browser.click("#guide-publish").await?;
        browser.find("#guide-state[data-t='ok']").await?;
        browser.picture("published").await?;
        steps::sign_out(browser, &server.base).await?;

        let account = server.demo.accounts.iter().find(|account| account.login_name == "fangyubai");
        let agent = account.context("the demonstration has no such agent")?;
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        let id = agent.organization_id()?;
        browser.go(&format!("{}/org/{id}/products/{product}", server.base)).await?;
        let text = browser.find("#guide").await?.text().await?;
        assert!(text.contains(said(engine, "申报流程", "How to declare")), "{text}");
        let knowledge = browser.find("#knowledge").await?.attr("href").await?;
        assert_eq!(knowledge.as_deref(), Some("https://kb.test/declaration"));
        assert!(browser.find("#contact").await?.text().await?.contains("0532-5555"));
        let conditions = browser.find("#conditions").await?.text().await?;
        assert!(conditions.contains(said(engine, "使用条件", "What it takes")), "{conditions}");
        browser.find("#product-open").await?;
        browser.picture("guide").await?;
        // To whoever may not use it, the same page says so and leads to the reason.
        steps::sign_out(browser, &server.base).await?;
        let account = server.demo.accounts.iter().find(|account| account.login_name == "shaowenxi");
        let agent = account.context("the demonstration has no such agent")?;
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        browser.go(&format!("{}/org/{id}/products/{product}", server.base)).await?;
        browser.find("#conditions .tag[data-t='bad']").await?;
        browser.picture("closed").await?;
        browser.click("#product-why").await?;
        browser.find("#request-access").await?;
        Ok(())
    })
    .await
}

async fn m54_the_console_says_what_waits_and_leads_there(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    journey(&format!("m54_console_{engine:?}"), look(engine), async |browser| {
        let agent = signed_in(&server, "agent_not_granted").await?;
        let id = server.demo.account("agent_not_granted")?.organization_id()?;
        let product = server.demo.product_id("market-data")?;
        let why = agent.get(&format!("/org/{id}/products/{product}/why")).await?;
        let form = why.form_to("/why")?;
        agent.submit(&why, &form.with("reason", "办理行情接入")).await?;
        sign_in(browser, &server, "administrator").await?;
        browser.go(&format!("{}/org/{id}/", server.base)).await?;
        let todos = browser.find("#todos").await?.text().await?;
        assert!(todos.contains(said(engine, "1 条申请待审批", "wait for your decision: 1")), "{todos}");
        browser.find("#ending").await?;
        browser.find("#sign-ins .tag[data-t='ok']").await?;
        browser.picture("administrator").await?;
        browser.click("#todos li:first-child a.btn").await?;
        browser.until("the requests", |url| url.path().ends_with("/applications")).await?;
        // Nothing waits: the page says so, and what to do.
        steps::sign_out(browser, &server.base).await?;
        let granted = server.demo.account("agent_granted")?;
        browser.sign_in(&server.base, &granted.login_name, &granted.password).await?;
        browser.go(&format!("{}/org/{id}/", server.base)).await?;
        browser.find("#shortcuts .empty a.btn").await?;
        browser.picture("agent").await?;
        steps::sign_out(browser, &server.base).await?;
        let person = server.demo.account("legal_representative")?;
        browser.sign_in(&server.base, &person.login_name, &person.password).await?;
        browser.go(&format!("{}/me", server.base)).await?;
        browser.find("#shortcuts").await?;
        browser.find("#todos").await?;
        browser.picture("personal").await?;
        Ok(())
    })
    .await
}

async fn m50_categories_and_the_life_of_a_product_at_the_desk(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let look = Look { scripts: false, ..look(engine) };
    journey(&format!("m50_desk_{engine:?}"), look, async |browser| {
        sign_in(browser, &server, "system_administrator").await?;
        browser.go(&format!("{}/desk/categories", server.base)).await?;
        browser.fill("#code", "Reports").await?;
        browser.fill("#name_zh", "报送与报备").await?;
        browser.fill("#name_en", "Reports").await?;
        browser.click("#category-create").await?;
        browser.find("#code-e").await?;
        browser.fill("#code", "reports").await?;
        browser.click("#category-create").await?;
        browser.find(".flash[data-t='ok']").await?;
        let last = "#categories li:last-child";
        // An empty one goes away after a question, and comes again.
        browser.click(&format!("{last} a[href$='/delete']")).await?;
        browser.click("main form button.danger").await?;
        browser.find(".flash[data-t='ok']").await?;
        assert_ne!(browser.find(last).await?.attr("data-code").await?.as_deref(), Some("reports"));
        for (field, text) in [("#code", "reports"), ("#name_zh", "报送与报备"), ("#name_en", "Reports")]
        {
            browser.fill(field, text).await?;
        }
        browser.click("#category-create").await?;
        browser.find(".flash[data-t='ok']").await?;
        assert_eq!(browser.find(last).await?.attr("data-code").await?.as_deref(), Some("reports"));
        browser.click(&format!("{last} button[value='up']")).await?;
        assert_ne!(browser.find(last).await?.attr("data-code").await?.as_deref(), Some("reports"));
        browser.picture("categories").await?;
        // A product under it: a draft that nobody sees, published, paused, withdrawn.
        let product = server.demo.product_id("hosting")?;
        browser.go(&format!("{}/desk/products/{product}/edit", server.base)).await?;
        browser.choose("#category", "reports").await?;
        browser.tick("input[name='minimum_strength'][value='2']").await?;
        browser.choose("#network_zone", "intranet").await?;
        browser.picture("edit").await?;
        browser.click("main form button.primary").await?;
        let text = browser.text().await?;
        assert!(text.contains("intranet") && text.contains(said(engine, "报送与报备", "Reports")), "{text}");
        browser.click("a[href$='/state?to=suspended']").await?;
        browser.find("#effects").await?;
        browser.picture("suspend").await?;
        browser.click("#set-state").await?;
        browser.find("#product-state[data-t='bad']").await?;
        browser.click("a[href$='/state?to=withdrawn']").await?;
        browser.fill("#confirm", "something").await?;
        browser.click("#set-state").await?;
        browser.find("#confirm-e").await?;
        browser.fill("#confirm", "hosting").await?;
        browser.click("#set-state").await?;
        browser.find("a[href$='/state?to=draft']").await?;
        browser.picture("withdrawn").await?;
        steps::sign_out(browser, &server.base).await?;
        let id = sign_in(browser, &server, "agent_granted").await?;
        browser.go(&format!("{}/org/{id}/products", server.base)).await?;
        assert!(!browser.has("#product-hosting").await?);
        Ok(())
    })
    .await
}

/// Two windows, one guide: the one that looked at its text in between is told as well.
async fn m53_a_look_at_what_is_typed_does_not_hide_what_somebody_else_kept(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let product = server.demo.product_id("declaration")?;
    let page = format!("/desk/products/{product}/guide?text=zh");
    let (first, second) =
        (signed_in(&server, "product_manager").await?, signed_in(&server, "product_manager").await?);
    let (slow, fast) = (first.get(&page).await?, second.get(&page).await?);
    let typed = |page: &testkit::Reply, text: &str, action: &str| -> Result<testkit::Form> {
        Ok(page.form_with("markdown")?.with("markdown", text).with("action", action))
    };
    let seen = first.submit(&slow, &typed(&slow, "# 甲", "preview")?).await?;
    second.submit(&fast, &typed(&fast, "# 乙", "save")?).await?;
    // Looked at once more, now that the other one has saved.
    let seen = first.submit(&seen, &typed(&seen, "# 甲，改", "preview")?).await?;
    let lost = first.submit(&seen, &typed(&seen, "# 甲，改", "save")?).await?;
    assert_eq!(lost.status, 409, "{}", lost.excerpt());
    assert!(lost.body.contains("甲，改"), "what was typed is still there");
    assert!(second.get(&page).await?.body.contains("# 乙"));
    // Knowledge base and contact have their own form, of the same product.
    let (slow, fast) = (first.get(&page).await?, second.get(&page).await?);
    let about = |page: &testkit::Reply, contact: &str| -> Result<testkit::Form> {
        Ok(page.form_with("contact_zh")?.with("contact_zh", contact))
    };
    second.submit(&fast, &about(&fast, "通关服务部 0532-5555 0100")?).await?;
    let lost = first.submit(&slow, &about(&slow, "另一部门")?).await?;
    assert_eq!(lost.status, 409, "{}", lost.excerpt());
    assert!(lost.body.contains("另一部门"));
    assert!(second.get(&page).await?.body.contains("0532-5555"));
    Ok(())
}

async fn m52_an_address_typed_in_chinese_opens(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let product = server.demo.product_id("library")?;
    let manager = signed_in(&server, "product_manager").await?;
    let edit = manager.get(&format!("/desk/products/{product}/edit")).await?;
    let form = edit.form_with("launch_url")?;
    for bad in [
        "资料.test/入口",
        "https://资料.test @evil.test/",
        "https://bank.test@evil.test/",
        "javascript:alert(1)",
    ] {
        let refused = manager.submit(&edit, &form.clone().with("launch_url", bad)).await?;
        assert!(
            refused.status.is_client_error() && refused.body.contains("id=\"launch_url-e\""),
            "{bad}: {}",
            refused.status
        );
    }
    manager.submit(&edit, &form.with("launch_url", "https://资料.test/入口?类=甲")).await?;
    let agent = signed_in(&server, "agent_granted").await?;
    let id = server.demo.account("agent_granted")?.organization_id()?;
    let there = agent.get(&format!("/org/{id}/products/{product}/open")).await?;
    let there = there.location().with_context(|| format!("{}: {}", there.status, there.excerpt()))?;
    assert!(there.host_str().is_some_and(|host| host.starts_with("xn--")), "{there}");
    assert!(there.query_pairs().any(|(name, value)| name == "organization" && value == id), "{there}");
    Ok(())
}
