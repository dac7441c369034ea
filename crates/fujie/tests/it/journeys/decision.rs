//! Why a product cannot be used: the page of each missing layer, the request in one click, another space, the number.
use crate::{journeys::steps, support::options};
use anyhow::{Context as _, Result};
use testkit::{Browser, Engine, Look, Server, browser::journey, party::Attempt};

on_both_engines!(
    m49_each_missing_layer_has_its_page_in_both_languages,
    m49_one_click_asks_and_the_approval_opens_the_product,
    m46_m49_an_administrator_is_led_to_the_request_for_the_admission,
    m49_another_space_is_offered_and_staff_find_the_refusal_by_its_number,
    m49_a_network_that_products_need_is_not_taken_away,
);

/// Layer, what takes it away, what gives it back, and the first sentence of the page in both languages.
struct Case {
    layer: &'static str,
    away: &'static str,
    back: &'static str,
    zh: &'static str,
    en: &'static str,
    /// What else the page names: an office, a network, a way out.
    also: (&'static str, &'static str),
    /// Where that stands: the request, the second factor, or the list of what to do and by whom.
    there: &'static str,
}
const WAYS: &str = "#explain-ways";
/// The form, with whoever decides about it.
const REQUEST: &str = "form:has(#request-access)";
const CASES: &[Case] = &[
    Case {
        layer: "account",
        away: "UPDATE account SET state = 'unactivated' WHERE login_name = 'chensiqi'",
        back: "UPDATE account SET state = 'active' WHERE login_name = 'chensiqi'",
        zh: "账号尚未激活",
        en: "The account is not activated",
        also: ("用 IC 卡登录后激活账号", "Sign in with your card and activate the account"),
        there: WAYS,
    },
    Case {
        layer: "product",
        away: "UPDATE product SET state = 'suspended' WHERE code = 'market-data'",
        back: "UPDATE product SET state = 'active' WHERE code = 'market-data'",
        zh: "产品暂停服务",
        en: "The product is paused",
        also: ("苏景行", "苏景行"),
        there: WAYS,
    },
    Case {
        layer: "audience",
        away: "UPDATE product SET audience = 'person' WHERE code = 'market-data'",
        back: "UPDATE product SET audience = 'organization' WHERE code = 'market-data'",
        zh: "此产品只能以本人身份使用",
        en: "The product is for persons, not for organizations",
        also: ("请用您本人的账号办理", "use an account of your own"),
        there: WAYS,
    },
    Case {
        layer: "organization",
        away: "UPDATE organization SET state = 'suspended' WHERE short_name = '澄江证券'",
        back: "UPDATE organization SET state = 'active' WHERE short_name = '澄江证券'",
        zh: "机构已停用",
        en: "The organization is suspended",
        also: ("顾明哲", "顾明哲"),
        there: WAYS,
    },
    Case {
        layer: "membership",
        away: "UPDATE membership SET valid_until = valid_from + 1 WHERE account_id =
            (SELECT id FROM account WHERE login_name = 'chensiqi')",
        back: "UPDATE membership SET valid_until = 9223372036854775807 WHERE account_id =
            (SELECT id FROM account WHERE login_name = 'chensiqi')",
        zh: "您在此机构的身份已到期",
        en: "Your membership has expired",
        also: ("周语桐", "周语桐"),
        there: WAYS,
    },
    Case {
        layer: "role",
        away: "UPDATE product SET roles_allowed = 'administrator legal_representative' WHERE code = 'market-data'",
        back: "UPDATE product SET roles_allowed = 'legal_representative administrator agent' WHERE code = 'market-data'",
        zh: "此产品不面向您的角色",
        en: "The product is not for your role",
        also: ("由本机构其他角色的人员办理", "A colleague with another role can do it"),
        there: WAYS,
    },
    Case {
        layer: "admission",
        away:
            "UPDATE admission SET state = 'suspended', suspended_by = 'account_manager' WHERE state = 'active'
            AND product_id = (SELECT id FROM product WHERE code = 'market-data')",
        back: "UPDATE admission SET state = 'active', suspended_by = NULL WHERE state = 'suspended'
            AND product_id = (SELECT id FROM product WHERE code = 'market-data')",
        zh: "机构的准入已暂停",
        en: "The admission is suspended",
        also: ("顾明哲", "顾明哲"),
        there: WAYS,
    },
    Case {
        layer: "registry",
        away: "UPDATE organization SET registry_state = 'revoked' WHERE short_name = '澄江证券'",
        back: "UPDATE organization SET registry_state = 'live' WHERE short_name = '澄江证券'",
        zh: "登记机关显示机构已吊销",
        en: "The register shows the organization as revoked",
        also: ("顾明哲", "顾明哲"),
        there: WAYS,
    },
    Case {
        layer: "contract",
        away: "UPDATE contract SET valid_until = valid_from + 1 WHERE number = 'HT-DEMO-0318'",
        back: "UPDATE contract SET valid_until = 9223372036854775807 WHERE number = 'HT-DEMO-0318'",
        zh: "准入所依据的合同已到期",
        en: "The contract behind the admission has expired",
        also: ("顾明哲", "顾明哲"),
        there: WAYS,
    },
    Case {
        layer: "grant",
        away: "UPDATE product_grant SET valid_until = valid_from + 1 WHERE state = 'active'
            AND product_id = (SELECT id FROM product WHERE code = 'market-data')",
        back: "UPDATE product_grant SET valid_until = 9223372036854775807 WHERE state = 'active'
            AND product_id = (SELECT id FROM product WHERE code = 'market-data')",
        zh: "您的授权已到期",
        en: "Your grant has expired",
        also: ("周语桐", "周语桐"),
        there: REQUEST,
    },
    Case {
        layer: "real_name",
        away: "UPDATE product SET minimum_level = 'advanced' WHERE code = 'market-data'",
        back: "UPDATE product SET minimum_level = 'unverified' WHERE code = 'market-data'",
        zh: "实名等级低于此产品的要求",
        en: "Your real-name level is too low for this product",
        also: ("前往实名认证", "Prove who you are"),
        there: WAYS,
    },
    Case {
        layer: "strength",
        away: "UPDATE product SET minimum_strength = 2 WHERE code = 'market-data'",
        back: "UPDATE product SET minimum_strength = 1 WHERE code = 'market-data'",
        zh: "此产品要求更高强度的登录方式",
        en: "The product asks for a stronger sign-in",
        also: ("再验证一次即可使用", "One more proof opens it"),
        there: "section:has(#explain-verify)",
    },
    Case {
        layer: "network",
        away: "UPDATE product SET network_zone = 'vpn' WHERE code = 'market-data'",
        back: "UPDATE product SET network_zone = NULL WHERE code = 'market-data'",
        zh: "当前网络不在允许的范围内",
        en: "Your network is not among those allowed",
        also: ("vpn", "vpn"),
        there: WAYS,
    },
];

async fn m49_each_missing_layer_has_its_page_in_both_languages(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let client = server.demo.client()?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let agent = server.demo.account("agent_granted")?;
    let english = Look { language: "en", width: 390, height: 844, ..Look::default() };
    for (language, look) in [("zh", Look::default()), ("en", english)] {
        journey(&format!("m49_layers_{language}_{engine:?}"), look, async |browser| {
            browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
            let mut numbers = std::collections::BTreeSet::new();
            for case in CASES {
                server.database().rows(case.away)?;
                let query = Attempt::new().query(&client.client_id, redirect, "openid");
                browser.go(&format!("{}/oauth2/authorize?{query}", server.base)).await?;
                browser.until("the explanation", |url| url.path() == "/oauth2/explain").await?;
                let reason = browser.find("#explain-reason").await?.text().await?;
                let (text, also) = match language {
                    "zh" => (case.zh, case.also.0),
                    _ => (case.en, case.also.1),
                };
                anyhow::ensure!(reason.contains(text), "{}: {reason}", case.layer);
                let there = browser.find(case.there).await?.text().await?;
                anyhow::ensure!(there.contains(also), "{}: {also} is not named: {there}", case.layer);
                numbers.insert(number(browser).await?);
                browser.find("#explain-back").await?;
                browser.picture(case.layer).await?;
                server.database().rows(case.back)?;
            }
            anyhow::ensure!(numbers.len() == CASES.len(), "each refusal has its number: {numbers:?}");
            // With all of it back, the product opens.
            let query = Attempt::new().query(&client.client_id, redirect, "openid");
            browser.go(&format!("{}/oauth2/authorize?{query}", server.base)).await?;
            browser.until("no explanation", |url| url.path() != "/oauth2/explain").await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn number(browser: &Browser) -> Result<String> {
    let text = browser.find("#request-number .num").await?.text().await?;
    anyhow::ensure!(text.trim().len() == 14, "no request number: {text:?}");
    Ok(text.trim().to_owned())
}

async fn m49_one_click_asks_and_the_approval_opens_the_product(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    journey(&format!("m49_request_{engine:?}"), steps::look(engine), async |browser| {
        let agent = server.demo.account("agent_not_granted")?;
        let id = agent.organization_id()?;
        let product = server.demo.product_id("market-data")?;
        let why = format!("{}/org/{id}/products/{product}/why", server.base);
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        // The click in the catalog.
        browser.go(&format!("{}/org/{id}/products/{product}/open", server.base)).await?;
        browser.until("the explanation", |url| url.path().ends_with("/why")).await?;
        anyhow::ensure!(browser.text().await?.contains("周语桐"), "who decides is named");
        browser.click("#request-access").await?;
        browser.find("#access-requested").await?;
        browser.picture("asked").await?;
        steps::sign_out(browser, &server.base).await?;
        let administrator = server.demo.account("administrator")?;
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        steps::approve_application(browser, &server, id).await?;
        steps::sign_out(browser, &server.base).await?;
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        browser.go(&why).await?;
        browser.until("the product", |url| !url.path().ends_with("/why")).await?;
        let usable = steps::said(engine, "可以使用", "Available");
        let text = browser.text().await?;
        anyhow::ensure!(text.contains(usable) || !browser.has("#explain-reason").await?, "{text}");
        Ok(())
    })
    .await
}

async fn m46_m49_an_administrator_is_led_to_the_request_for_the_admission(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    journey(&format!("m46_m49_admission_{engine:?}"), steps::look(engine), async |browser| {
        let administrator = server.demo.account("administrator")?;
        let id = administrator.organization_id()?;
        let product = server.demo.product_id("option-quotes")?;
        let why = format!("{}/org/{id}/products/{product}/why", server.base);
        browser.sign_in(&server.base, &administrator.login_name, &administrator.password).await?;
        browser.go(&why).await?;
        let ways = browser.find("#explain-ways").await?.text().await?;
        anyhow::ensure!(ways.contains("顾明哲"), "whoever admits is named: {ways}");
        number(browser).await?;
        browser.picture("led").await?;
        browser.click(&format!("#explain-ways a[href='/org/{id}/admissions#product-{product}']")).await?;
        browser.click(&format!("#product-{product} form[action$='/request'] button")).await?;
        browser.find(&format!("#product-{product} form[action$='/withdraw']")).await?;
        browser.picture("asked").await?;
        // Somebody who does business there is told whom to turn to, and has no such way.
        steps::sign_out(browser, &server.base).await?;
        let agent = server.demo.account("agent_granted")?;
        browser.sign_in(&server.base, &agent.login_name, &agent.password).await?;
        browser.go(&why).await?;
        let ways = browser.find("#explain-ways").await?.text().await?;
        anyhow::ensure!(ways.contains("顾明哲"), "{ways}");
        anyhow::ensure!(!browser.has(&format!("#explain-ways a[href^='/org/{id}/admissions']")).await?);
        Ok(())
    })
    .await
}

async fn m49_another_space_is_offered_and_staff_find_the_refusal_by_its_number(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    journey(&format!("m49_elsewhere_{engine:?}"), steps::look(engine), async |browser| {
        let head = server.demo.account("legal_representative")?;
        let id = head.organization_id()?;
        let product = server.demo.product_id("declaration")?;
        browser.sign_in(&server.base, &head.login_name, &head.password).await?;
        browser.go(&format!("{}/org/{id}/products/{product}/why", server.base)).await?;
        let there = browser.find("#explain-elsewhere").await?.text().await?;
        anyhow::ensure!(there.contains("远帆国际货运代理有限公司"), "{there}");
        let number = number(browser).await?;
        browser.picture("elsewhere").await?;
        browser.click("#explain-elsewhere a.btn").await?;
        browser.until("the other space", |url| !url.path().contains(id)).await?;
        anyhow::ensure!(!browser.has("#explain-reason").await?, "it opens there");
        steps::sign_out(browser, &server.base).await?;
        // Whoever looks after the organization finds it, typed as it was heard.
        let manager = server.demo.account("account_manager")?;
        browser.sign_in(&server.base, &manager.login_name, &manager.password).await?;
        browser.go(&format!("{}/desk/refusals", server.base)).await?;
        browser.picture("refusals").await?;
        browser.fill("#number", &number.replace('-', " ").to_lowercase()).await?;
        browser.click("#look-up").await?;
        browser.find("#refusal-layers").await?;
        let text = browser.text().await?;
        anyhow::ensure!(text.contains(&number), "{text}");
        let missing = steps::said(
            engine,
            "机构还没有取得此产品的准入",
            "The organization is not admitted to this product",
        );
        anyhow::ensure!(text.contains(missing) && text.contains("林知远"), "{text}");
        browser.picture("refusal").await?;
        // An auditor finds it too; a number that nobody was told is nobody's.
        steps::sign_out(browser, &server.base).await?;
        let auditor = server.demo.account("auditor")?;
        browser.sign_in(&server.base, &auditor.login_name, &auditor.password).await?;
        browser.go(&format!("{}/desk/refusals?number={number}", server.base)).await?;
        browser.find("#refusal-layers").await?;
        browser.go(&format!("{}/desk/refusals?number=0000-0000-0000", server.base)).await?;
        anyhow::ensure!(!browser.has("table").await?, "nothing was found");
        Ok(())
    })
    .await
}

async fn m49_a_network_that_products_need_is_not_taken_away(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    journey(&format!("m49_network_{engine:?}"), steps::look(engine), async |browser| {
        server.database().rows("UPDATE product SET network_zone = 'vpn' WHERE code = 'market-data'")?;
        let staff = server.demo.account("system_administrator")?;
        let page = format!("{}/desk/policies/network", server.base);
        let save = "#policy-save";
        browser.sign_in(&server.base, &staff.login_name, &staff.password).await?;
        browser.go(&page).await?;
        // Wrong first: no range, then a name twice.
        for wrong in ["office", "vpn 10.8.0.0/16; vpn 10.9.0.0/16", "vpn 10.8.0.0/99"] {
            browser.fill("#zones", wrong).await?;
            browser.click(save).await?;
            browser.find("#zones-e").await?;
            anyhow::ensure!(browser.value("#zones").await? == wrong, "what was typed stays");
        }
        browser.fill("#zones", "office 10.1.0.0/16; vpn 10.8.0.0/16").await?;
        browser.click(save).await?;
        browser.until("the list", |url| url.path() == "/desk/policies").await?;
        browser.go(&page).await?;
        browser.fill("#zones", "office 10.1.0.0/16").await?;
        browser.click(save).await?;
        let fault = browser.find("#zones-e").await?.text().await?;
        anyhow::ensure!(fault.contains("vpn") && !fault.contains("office"), "{fault}");
        browser.picture("needed").await?;
        // Once nobody names it, it goes.
        server.database().rows("UPDATE product SET network_zone = NULL WHERE code = 'market-data'")?;
        browser.click(save).await?;
        browser.until("the list", |url| url.path() == "/desk/policies").await?;
        anyhow::ensure!(!browser.text().await?.contains("10.8.0.0"), "{}", browser.excerpt().await);
        Ok(())
    })
    .await
}
