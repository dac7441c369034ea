//! Many spaces in one session, what products tell in each, and what is for administrators alone.
use crate::support::{allow, options, signed_in, signed_in_as};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{
    Agent, Engine, Look, Server,
    browser::journey,
    demo::{Account, Client},
    form,
    party::Attempt,
};
use web::Policy;

on_both_engines!(
    m39_m41_one_session_many_spaces_and_two_tabs_of_two_firms,
    m40_my_organizations_are_listed_by_role_and_found,
    m41_a_form_of_one_firm_is_refused_by_another,
    m43_what_is_for_administrators_is_neither_offered_to_agents_nor_opens,
    m65_the_personal_space_holds_cases_inquiries_complaints_messages_and_favourites,
    m65_a_product_reaches_those_who_use_it_and_only_as_long,
    m66_the_space_of_an_organization_holds_its_cases_inquiries_and_agents,
);

/// Acts for two firms: head of the first, agent of the second.
fn of_two_firms(server: &Server) -> Result<(&Account, String, String)> {
    let head = server.demo.account("legal_representative")?;
    let agent = server.demo.accounts_of("agent_granted").find(|a| a.login_name == head.login_name);
    let second = agent.context("the head of one firm is an agent of another")?.organization_id()?.to_owned();
    Ok((head, head.organization_id()?.to_owned(), second))
}

async fn m39_m41_one_session_many_spaces_and_two_tabs_of_two_firms(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let (person, first, second) = of_two_firms(&server)?;
    for language in ["zh-CN", "en"] {
        let look = Look { language, ..Look::default() };
        journey(&format!("m41_{engine:?}_{language}"), look, async |browser| {
            let base = &server.base;
            let words = |zh: &'static str, en: &'static str| if language == "en" { en } else { zh };
            browser.sign_in(base, &person.login_name, &person.password).await?;
            // "Enter organization space" on the personal home, without signing in again.
            browser.go(&format!("{base}/me")).await?;
            let home = browser.text().await?;
            assert!(home.contains(words("进入企业空间", "Enter organization space")), "{home}");
            browser.click(&format!("#all-spaces a[href='/org/{first}/']")).await?;
            assert!(browser.text().await?.contains("澄江证券股份有限公司"));
            assert_eq!(browser.find("body").await?.attr("data-space").await?.as_deref(), Some("org"));
            // The switcher: the other firm, then the personal space.
            browser.tick("button.switch").await?;
            browser.click(&format!("#spaces a[href='/org/{second}/']")).await?;
            assert!(browser.text().await?.contains("远帆国际货运代理有限公司"));
            let back = browser.find("#enter-personal").await?.text().await?;
            assert!(back.contains(words("进入个人空间", "Enter personal space")), "{back}");
            browser.click("#enter-personal").await?;
            assert_eq!(browser.path().await?, "/me");
            assert_eq!(browser.find("body").await?.attr("data-space").await?.as_deref(), Some("person"));

            // Two tabs, two firms: forms sent in turn, each acts where it was opened.
            let one = browser.driver.window().await?;
            browser.go(&format!("{base}/org/{first}/members/new")).await?;
            let two = browser.driver.new_tab().await?;
            browser.driver.switch_to_window(two.clone()).await?;
            browser.go(&format!("{base}/org/{second}/")).await?;
            browser.fill("#confirm", "远帆").await?;
            browser.driver.switch_to_window(one.clone()).await?;
            browser.fill("#name", "季白芸").await?;
            let login = if language == "en" { "jibaiyun" } else { "jibaiyunzh" };
            browser.fill("#login_name", login).await?;
            browser.driver.switch_to_window(two.clone()).await?;
            browser.click("form[action$='/leave'] button").await?;
            assert_eq!(browser.path().await?, format!("/org/{second}/leave"));
            browser.find("#confirm-e").await?;
            browser.driver.switch_to_window(one.clone()).await?;
            browser.click("main form[action$='/members/new'] button.primary").await?;
            assert!(
                browser.path().await?.starts_with(&format!("/org/{first}/")),
                "{}",
                browser.path().await?
            );
            browser.go(&format!("{base}/org/{first}/members?q={login}")).await?;
            assert!(browser.text().await?.contains("季白芸"));
            // The form of one firm, sent to the other's address: refused, and nothing is done.
            browser.driver.switch_to_window(two).await?;
            browser.go(&format!("{base}/org/{second}/")).await?;
            browser.fill("#confirm", "澄江证券").await?;
            let swap = "document.querySelector(\"form[action$='/leave']\").action = arguments[0]";
            browser.driver.execute(swap, vec![json!(format!("{base}/org/{first}/leave"))]).await?;
            browser.click("form[action$='/leave'] button").await?;
            assert_eq!(browser.find("#error-code").await?.text().await?, "form.other_space");
            browser.go(&format!("{base}/org/{first}/")).await?;
            assert!(browser.text().await?.contains("澄江证券股份有限公司"), "still a member");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn m40_my_organizations_are_listed_by_role_and_found(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let (person, first, second) = of_two_firms(&server)?;
    for language in ["zh-CN", "en"] {
        // On a phone, without scripts.
        let look = Look { language, width: 390, height: 844, scripts: false, ..Look::default() };
        journey(&format!("m40_{engine:?}_{language}"), look, async |browser| {
            let base = &server.base;
            browser.sign_in(base, &person.login_name, &person.password).await?;
            browser.go(&format!("{base}/me/organizations")).await?;
            browser.find("#role-legal_representative").await?;
            browser.find("#role-agent").await?;
            browser.choose("#role", "agent").await?;
            browser.click("form.filter button.primary").await?;
            assert!(!browser.has(&format!("main a[href='/org/{first}/']")).await?);
            browser.find(&format!("main a[href='/org/{second}/']")).await?;
            browser.go(&format!("{base}/me/organizations")).await?;
            browser.fill("#q", "澄江").await?;
            browser.click("form.filter button.primary").await?;
            assert!(!browser.has(&format!("main a[href='/org/{second}/']")).await?);
            browser.click(&format!("main a[href='/org/{first}/']")).await?;
            assert_eq!(browser.path().await?, format!("/org/{first}/"));
            // Nothing fits, and what is too long.
            browser.go(&format!("{base}/me/organizations?q=%25")).await?;
            browser.find(".empty").await?;
            browser.go(&format!("{base}/me/organizations?q={}", "x".repeat(61))).await?;
            browser.find("#q-e").await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The same by hand, with every form that a page of the first firm holds.
async fn m41_a_form_of_one_firm_is_refused_by_another(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let (person, first, second) = of_two_firms(&server)?;
    let agent = signed_in_as(&server, &person.login_name, &person.password).await?;
    let pages = ["", "members/new", "invitations/new", "grants", "products", "applications", "profile"];
    let mut sent = 0;
    for page in pages {
        let page = agent.get(&format!("/org/{first}/{page}")).await?;
        assert_eq!(page.status, 200, "{}", page.url);
        for mut form in page.forms() {
            if form.method != "post" || !form.action.starts_with(&format!("/org/{first}/")) {
                continue;
            }
            form.action = format!("/org/{second}/leave");
            let form = form.without("confirm").with("confirm", "远帆货代");
            let refused = agent.submit(&page, &form).await?;
            assert_eq!(refused.status, 403, "{}", refused.excerpt());
            assert_eq!(refused.error_code().as_deref(), Some("form.other_space"));
            sent += 1;
        }
    }
    assert!(sent >= 3, "{sent} forms");
    // The frame's own forms belong to no firm; and the second firm is still there.
    let page = agent.get(&format!("/org/{second}/")).await?;
    assert_eq!(page.status, 200);
    let preferences = page.form_to("/preferences")?;
    assert_eq!(agent.submit(&page, &preferences).await?.status, 303);
    Ok(())
}

/// Whether a path is one of the route's.
fn fits(route: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}

async fn m43_what_is_for_administrators_is_neither_offered_to_agents_nor_opens(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let account = server.demo.account("agent_granted")?;
    let own = account.organization_id()?;
    let agent = signed_in(&server, "agent_granted").await?;
    let table = fujie::wiring::routes();
    let routes = table.table();
    // Nothing opens; whoever may is named.
    let home = agent.get(&format!("/org/{own}/")).await?;
    let token = home.forms().iter().find_map(|f| f.value("csrf").map(str::to_owned)).context("a token")?;
    let mut walked = 0;
    for route in routes.iter().filter(|route| route.policy == Policy::OrganizationAdministrator) {
        let filled = route.path.split('/').map(|part| match part {
            "{organization}" => own,
            part if part.starts_with('{') => "0000000000042",
            part => part,
        });
        let path = filled.collect::<Vec<_>>().join("/");
        let reply = match route.method.as_str() {
            "GET" => agent.get(&path).await?,
            _ => agent.post(&path, &[("csrf", &token)]).await?,
        };
        let name = format!("{} {}", route.method, route.path);
        assert_eq!(reply.status, 403, "{name}: {}", reply.excerpt());
        assert_eq!(reply.error_code().as_deref(), Some("membership.administrators_only"), "{name}");
        for who in ["周语桐", "林知远"] {
            assert!(reply.body.contains(who), "{name} does not name {who}");
        }
        walked += 1;
    }
    assert!(walked >= 20, "{walked} routes");

    // Nothing leads there: neither a link nor a form of any page that an agent reaches.
    let mut open: Vec<String> = vec!["/me".into(), format!("/org/{own}/")];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut offered = Vec::new();
    while let Some(path) = open.pop() {
        if seen.len() > 150 || !seen.insert(path.clone()) {
            continue;
        }
        let page = agent.get(&path).await?;
        if page.status != 200
            || !page.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
        {
            continue;
        }
        let links = form::links(&page.body).into_iter().map(|href| ("GET", href));
        let forms =
            page.forms().into_iter().map(|f| (if f.method == "post" { "POST" } else { "GET" }, f.action));
        for (method, target) in links.chain(forms).collect::<Vec<_>>() {
            let Ok(url) = page.url.join(&target) else { continue };
            if url.origin() != page.url.origin() {
                continue;
            }
            let there = routes.iter().any(|route| {
                route.policy == Policy::OrganizationAdministrator
                    && route.method.as_str() == method
                    && fits(route.path, url.path())
                    && !routes.iter().any(|other| {
                        other.policy != Policy::OrganizationAdministrator
                            && other.method == route.method
                            && other.path == url.path()
                    })
            });
            if there {
                offered.push(format!("{path} offers {method} {}", url.path()));
            }
            let inside = ["/me", "/org/", "/items"].iter().any(|start| url.path().starts_with(start));
            if method == "GET" && inside {
                open.push(url.path().to_owned());
            }
        }
    }
    assert!(seen.len() > 20, "the walk saw {seen:?}");
    assert!(seen.contains(&format!("/org/{own}/cases")), "{seen:?}");
    offered.sort();
    offered.dedup();
    assert!(offered.is_empty(), "{}", offered.join("\n"));
    // The same pages are an administrator's.
    let administrator = signed_in(&server, "administrator").await?;
    for page in ["members", "grants", "materials", "record"] {
        assert_eq!(administrator.get(&format!("/org/{own}/{page}")).await?.status, 200, "{page}");
        assert!(
            administrator.get(&format!("/org/{own}/")).await?.body.contains(&format!("/org/{own}/{page}\""))
        );
    }
    Ok(())
}

async fn m65_the_personal_space_holds_cases_inquiries_complaints_messages_and_favourites(
    engine: Engine,
) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let person = server.demo.account("legal_representative")?;
    for language in ["zh-CN", "en"] {
        let look = Look { language, ..Look::default() };
        journey(&format!("m65_{engine:?}_{language}"), look, async |browser| {
            let base = &server.base;
            browser.sign_in(base, &person.login_name, &person.password).await?;
            browser.go(&format!("{base}/me")).await?;
            // The home: numbers and the newest cases; each leads on.
            browser.click(".tiles a[href='/me/cases']").await?;
            assert!(browser.text().await?.contains("从业人员资格变更登记"));
            browser.fill("#q", "证书").await?;
            browser.click("form.filter button.primary").await?;
            let found = browser.text().await?;
            assert!(found.contains("数字证书补办") && !found.contains("居住证信息核验"), "{found}");
            browser.go(&format!("{base}/me/cases")).await?;
            browser.choose("#state", "done").await?;
            browser.click("form.filter button.primary").await?;
            let found = browser.text().await?;
            assert!(found.contains("居住证信息核验") && !found.contains("数字证书补办"), "{found}");
            browser.click("main tbody th a").await?;
            assert!(browser.text().await?.contains("核验通过"));
            // A day that is none.
            browser.go(&format!("{base}/me/cases?from=2026-02-30")).await?;
            browser.find("#from-e").await?;
            assert!(browser.find("title").await?.prop("text").await?.unwrap_or_default().len() > 3);
            for (path, title) in
                [("inquiries", "个体户能否在线变更经营范围"), ("complaints", "窗口排队时间过长")]
            {
                browser.go(&format!("{base}/me/{path}")).await?;
                assert!(browser.text().await?.contains(title), "{path}");
            }
            // A product's message among the messages: filtered by its product, opened, read.
            browser.go(&format!("{base}/me/messages?source={}", server.demo.product_id("permits")?)).await?;
            assert!(browser.text().await?.contains("数字证书补办需要补正材料"));
            browser.click("form[action$='/open'] button").await?;
            assert!(browser.path().await?.starts_with("/me/entries/"), "{}", browser.path().await?);
            assert!(browser.text().await?.contains("十个工作日内"));
            browser.go(&format!("{base}/me/messages?source=platform")).await?;
            assert!(!browser.text().await?.contains("数字证书补办需要补正材料"));
            // Star an item, find it among the favourites, take the star away.
            let query = if language == "en" { "Residence" } else { "居住证" };
            browser.go(&format!("{base}/items")).await?;
            browser.fill("#q", query).await?;
            browser.click("form.filter button.primary").await?;
            browser.click("#items button.star").await?;
            browser.find("#items button.star[aria-pressed='true']").await?;
            browser.go(&format!("{base}/me/favourites")).await?;
            browser.click("#items li a").await?;
            assert!(browser.path().await?.starts_with("/items/"));
            browser.click("button.star[aria-pressed='true']").await?;
            browser.go(&format!("{base}/me/favourites")).await?;
            browser.find(".empty").await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// A row of the feed as the product's server sends it; answers the result or the code of the error.
async fn push(agent: &Agent, client: &Client, row: &Value) -> Result<String> {
    let request = agent
        .client()
        .post(agent.url("/api/v1/feed/entries")?)
        .basic_auth(&client.client_id, Some(&client.client_secret))
        .header("content-type", "application/json")
        .body(json!({ "entries": [row] }).to_string());
    let reply = agent.send(request).await?;
    anyhow::ensure!(reply.status == 200, "{} {}", reply.status, reply.excerpt());
    let result = reply.json()?["results"][0].clone();
    let word = if result["result"] == "error" { &result["code"] } else { &result["result"] };
    Ok(word.as_str().context("a word")?.to_owned())
}

async fn m65_a_product_reaches_those_who_use_it_and_only_as_long(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let client = server.demo.clients.iter().find(|c| c.product == "library").context("the library")?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let person = server.demo.account("person")?;
    let agent = signed_in_as(&server, &person.login_name, &person.password).await?;
    // The product learns the subject by a sign-in, not before.
    let attempt = Attempt::new();
    let query = attempt.query(&client.client_id, redirect, "openid");
    let page = agent.visit(&format!("/oauth2/authorize?{query}")).await?;
    let last = allow(&agent, page).await?;
    let code = last.location_parameter("code").with_context(|| last.excerpt())?;
    let body = form::encode([
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", attempt.verifier.as_str()),
    ]);
    let request = agent
        .client()
        .post(agent.url("/oauth2/token")?)
        .basic_auth(&client.client_id, Some(&client.client_secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let tokens = agent.send(request).await?.json()?;
    let token = tokens["access_token"].as_str().with_context(|| tokens.to_string())?.to_owned();
    let request = agent.client().get(agent.url("/oauth2/userinfo")?).bearer_auth(&token);
    let sub = agent.send(request).await?.json()?["sub"].as_str().context("a subject")?.to_owned();

    let row = |number: &str, at: &str| {
        json!({
            "external_id": number, "kind": "inquiry", "subject": { "person": sub }, "title": "接口限流如何计算",
            "text": "按客户端每分钟计数。", "state": "done", "updated_at": at,
            "link": redirect.replace("/callback", "/questions/7"),
        })
    };
    assert_eq!(push(&agent, client, &row("Q-7", "2026-07-01T08:00:00+08:00")).await?, "created");
    let list = agent.get("/me/inquiries").await?;
    assert!(list.body.contains("接口限流如何计算"), "{}", list.excerpt());
    let link = form::links(&list.body).into_iter().find(|href| {
        href.starts_with("/me/entries/") && list.body.contains(&format!("{href}\">接口限流如何计算"))
    });
    let entry = agent.get(&link.context("the entry")?).await?;
    assert!(entry.body.contains("/questions/7"), "{}", entry.excerpt());
    // Another product does not know the person, whatever it heard of them.
    let other = server.demo.clients.iter().find(|c| c.product == "subsidy").context("another product")?;
    let mut foreign = row("Q-8", "2026-07-01T08:00:00+08:00");
    foreign["link"] = Value::Null;
    assert_eq!(push(&agent, other, &foreign).await?, "feed.subject_unknown");
    // Nor does a session open the API.
    let by_session = agent.post("/api/v1/feed/entries", &[]).await?;
    assert_eq!(by_session.status, 401);
    Ok(())
}

async fn m66_the_space_of_an_organization_holds_its_cases_inquiries_and_agents(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine).tls()).await?;
    let (mine, other) = (server.demo.account("agent_granted")?, server.demo.account("agent_not_granted")?);
    let organization = mine.organization_id()?;
    for language in ["zh-CN", "en"] {
        let look = Look { language, width: 390, height: 844, ..Look::default() };
        journey(&format!("m66_{engine:?}_{language}"), look, async |browser| {
            let base = &server.base;
            let home = format!("{base}/org/{organization}/");
            browser.sign_in(base, &mine.login_name, &mine.password).await?;
            browser.go(&home).await?;
            // Administrators by role, and the agents.
            let text = browser.text().await?;
            for name in ["林知远", "周语桐", "陈思齐", "许望舒"] {
                assert!(text.contains(name), "{name} is not on {text}");
            }
            browser.go(&format!("{home}cases")).await?;
            let cases = browser.text().await?;
            assert!(cases.contains("行情数据专线接入") && cases.contains("陈思齐"), "{cases}");
            browser.click("main tbody th a").await?;
            assert!(browser.path().await?.starts_with(&format!("/org/{organization}/entries/")));
            browser.go(&format!("{home}inquiries")).await?;
            assert!(browser.text().await?.contains("逐笔行情的许可范围"));
            browser.go(&format!("{home}cases?until=yesterday")).await?;
            browser.find("#until-e").await?;
            Ok(())
        })
        .await?;
    }
    // A colleague sees the same; "only mine" is empty for them; an outsider finds nothing.
    let colleague = signed_in_as(&server, &other.login_name, &other.password).await?;
    let list = colleague.get(&format!("/org/{organization}/cases")).await?;
    assert!(list.body.contains("行情数据专线接入"));
    let own = colleague.get(&format!("/org/{organization}/cases?mine=1")).await?;
    assert!(!own.body.contains("行情数据专线接入"));
    let entry =
        form::links(&list.body).into_iter().find(|href| href.contains("/entries/")).context("an entry")?;
    let outsider = signed_in(&server, "person").await?;
    for path in
        [entry.as_str(), &format!("/org/{organization}/cases"), &format!("/org/{organization}/inquiries")]
    {
        assert_eq!(outsider.get(path).await?.status, 404, "{path}");
    }
    Ok(())
}
