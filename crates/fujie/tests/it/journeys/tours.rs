//! Which pages are looked at, and that none is forgotten: from a few addresses a tour follows the links of the pages
//! themselves, one of each kind; a kind that neither a tour, nor a row made by hand, nor a step of a journey comes to is told.
use super::rows::post;
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::LazyLock,
};
use testkit::{Agent, Engine, Server, form, party::Attempt};

/// Who walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    Public,
    Person,
    Administrator,
    Agent,
    Consenting,
    AccountManager,
    ProductManager,
    SystemAdministrator,
    SecurityAdministrator,
    Auditor,
}
const ALL: [Round; 10] = [
    Round::Public,
    Round::Person,
    Round::Administrator,
    Round::Agent,
    Round::Consenting,
    Round::AccountManager,
    Round::ProductManager,
    Round::SystemAdministrator,
    Round::SecurityAdministrator,
    Round::Auditor,
];
/// The desk belongs to five roles: a kind of page that one of these has seen is not looked at again by a later one, unless
/// it is named.
const AT_THE_DESK: [Round; 5] = [
    Round::AccountManager,
    Round::SystemAdministrator,
    Round::ProductManager,
    Round::SecurityAdministrator,
    Round::Auditor,
];

impl Round {
    pub const fn key(self) -> Option<&'static str> {
        Some(match self {
            Self::Public => return None,
            Self::Person => "person",
            Self::Administrator => "administrator",
            Self::Agent => "agent_not_granted",
            Self::Consenting => "agent_granted",
            Self::AccountManager => "account_manager",
            Self::ProductManager => "product_manager",
            Self::SystemAdministrator => "system_administrator",
            Self::SecurityAdministrator => "security_administrator",
            Self::Auditor => "auditor",
        })
    }
    /// Every page of the round.
    pub async fn addresses(self, server: &Server) -> Result<Vec<String>> {
        match self {
            Self::Public => Ok(public()),
            Self::Person => person(server).await,
            Self::Administrator => administrator(server).await,
            Self::Agent => agent(server),
            Self::Consenting => consenting(server),
            _ => self.at_the_desk(server).await,
        }
    }
    async fn at_the_desk(self, server: &Server) -> Result<Vec<String>> {
        let mut seen = BTreeSet::new();
        for round in AT_THE_DESK {
            let agent = signed_in(server, round.key().context("a role")?).await?;
            let starts = round.desk(server, &agent, round == self).await?;
            let found = follow(&agent, starts, &["/desk"], &mut seen).await?;
            if round == self {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
    /// `own`: the round itself, which makes the rows that its pages show.
    async fn desk(self, server: &Server, agent: &Agent, own: bool) -> Result<Vec<String>> {
        let below = match self {
            Self::AccountManager => return account_manager(server, agent, own).await,
            Self::SystemAdministrator => system_administrator(server)?,
            Self::ProductManager => vec![String::new(), "/products".into()],
            Self::SecurityAdministrator => {
                ["", "/policies", "/policies/captcha", "/policies/presets/dengbao3"]
                    .map(String::from)
                    .to_vec()
            }
            _ => vec![String::new(), "/audit".into(), "/refusals".into()],
        };
        Ok(below.iter().map(|path| format!("/desk{path}")).collect())
    }
}

fn public() -> Vec<String> {
    let paths = [
        "/login",
        "/login/sms",
        "/login/passkey",
        "/login/scan",
        "/register",
        "/recover",
        "/help/browsers",
        "/terms",
        "/privacy",
        "/nowhere",
        "/dev/outbox",
    ];
    paths.map(String::from).to_vec()
}
/// The own pages, of somebody who signed in a moment ago.
async fn person(server: &Server) -> Result<Vec<String>> {
    let agent = signed_in(server, "person").await?;
    let (permits, quotes) = (server.demo.product_id("permits")?, server.demo.product_id("option-quotes")?);
    let own = [
        "",
        "/products",
        "/products?q=nothing+of+the+kind",
        &format!("/products/{permits}"),
        &format!("/products/{quotes}/why"),
        "/verify?need=strong",
        "/real-name/new?method=counter",
        "/linked",
        "/recovery-codes",
        "/former",
        "/addresses/new",
        "/close",
        "/data",
        "/agent",
        "/found",
    ];
    let starts = own.iter().map(|path| format!("/me{path}")).chain(["/scan".into(), "/items".into()]);
    follow(&agent, starts.collect(), &["/me", "/items"], &mut BTreeSet::new()).await
}
async fn administrator(server: &Server) -> Result<Vec<String>> {
    let agent = signed_in(server, "administrator").await?;
    let id = server.demo.account("administrator")?.organization_id()?;
    let member = membership(server, "agent_granted")?;
    let product = |code: &str| server.demo.product_id(code);
    let (data, quotes, manifest) = (product("market-data")?, product("option-quotes")?, product("manifest")?);
    for code in ["library", "market-data"] {
        let page = format!("/org/{id}/products");
        post(&agent, &page, &format!("{}/star", product(code)?), &[("wanted", "on")]).await?;
    }
    let below = [
        "/",
        "/?order=1",
        "/members",
        &format!("/members/{member}"),
        &format!("/members/{member}/products"),
        &format!("/members/{member}/products/copy"),
        "/products",
        "/products?q=nothing+of+the+kind",
        &format!("/products/{data}"),
        &format!("/products/{data}/members"),
        &format!("/products/{quotes}"),
        &format!("/products/{quotes}/why"),
        &format!("/admissions/{manifest}"),
        "/grants",
        "/grants/defaults",
        "/machines",
        "/items",
        "/items?q=nothing+of+the+kind",
        "/members/export",
        "/materials/business-licence",
        "/changes/name",
        "/administrators/replace",
    ];
    let starts: Vec<String> = below.iter().map(|path| format!("/org/{id}{path}")).collect();
    let found = follow(&agent, starts, &["/org"], &mut BTreeSet::new()).await?;
    let personal = ["/me", "/me/sessions", "/me/password", "/me/products", "/logout"].map(String::from);
    Ok(found.into_iter().chain(personal).collect())
}
fn agent(server: &Server) -> Result<Vec<String>> {
    let id = server.demo.account("agent_not_granted")?.organization_id()?;
    let client = server.demo.client()?;
    let product = server.demo.product_id(&client.product)?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let denied = Attempt::new().query(&client.client_id, redirect, "openid profile");
    Ok(vec![
        format!("/org/{id}/"),
        format!("/org/{id}/products"),
        format!("/org/{id}/products/{product}"),
        format!("/org/{id}/products/{product}/why"),
        format!("/org/{id}/applications"),
        format!("/oauth2/authorize?{denied}"),
    ])
}
fn consenting(server: &Server) -> Result<Vec<String>> {
    let client = server.demo.client()?;
    let redirect = client.redirect_uris.first().context("a redirect address")?;
    let asked = Attempt::new().query(&client.client_id, redirect, "openid profile phone");
    Ok(vec![format!("/oauth2/authorize?{asked}"), "/oauth2/authorize".into(), "/me".into()])
}
async fn account_manager(server: &Server, agent: &Agent, own: bool) -> Result<Vec<String>> {
    let id = server.demo.account("administrator")?.organization_id()?;
    let (data, quotes) = (server.demo.product_id("market-data")?, server.demo.product_id("option-quotes")?);
    let membership = membership(server, "administrator")?;
    let of = format!("/organizations/{id}");
    let mut below = vec![
        String::new(),
        "/organizations".into(),
        of.clone(),
        format!("{of}/suspend"),
        format!("{of}/administrators/new"),
        format!("{of}/administrators/{membership}"),
        format!("{of}/administrators/{membership}/reset"),
        format!("{of}/administrators/invite"),
        format!("{of}/contracts/new"),
        format!("{of}/contacts/new"),
        format!("{of}/admissions/{quotes}/new"),
        format!("{of}/admissions/batch"),
        format!("{of}/import"),
        format!("{of}/replacement"),
        format!("/products/{data}"),
        format!("/products/{data}/admissions"),
        format!("/products/{quotes}/admissions/batch"),
        "/refusals".into(),
    ];
    if own {
        below.extend(made(server, agent).await?);
    }
    Ok(below.iter().map(|path| format!("/desk{path}")).collect())
}
/// Rows that the demonstration does not hold: a refusal, a request, a batch that was shown, an admission that is suspended.
async fn made(server: &Server, agent: &Agent) -> Result<Vec<String>> {
    let home = format!("/org/{}", server.demo.account("administrator")?.organization_id()?);
    let refused = signed_in(server, "agent_not_granted").await?;
    let quotes = server.demo.product_id("option-quotes")?;
    refused.get(&format!("{home}/products/{quotes}/why")).await?;
    let administrator = signed_in(server, "administrator").await?;
    post(&administrator, &format!("{home}/admissions"), "/request", &[("product", quotes)]).await?;
    let other = server.demo.accounts_of("administrator").nth(1).context("a second organization")?;
    let desk = format!("/desk/organizations/{}", other.organization_id()?);
    let admission = first_admission(agent, &desk).await?;
    let page = format!("{admission}/suspend");
    post(agent, &page, "/suspend", &[("reason", "年度核验未完成")]).await?;
    let choose = format!("/desk/products/{quotes}/admissions/batch");
    let choose = agent.get(&choose).await?;
    let form = choose.form_with("pasted")?.with("pasted", "0427, 9999").with("reason", "年度核验通过");
    let shown = agent.submit(&choose, &form).await?;
    let batch = shown.location().with_context(|| format!("{} {}", shown.status, shown.excerpt()))?;
    let own = first_admission(agent, &home.replace("/org/", "/desk/organizations/")).await?;
    let paths = [
        admission.as_str(),
        &format!("{admission}/resume"),
        &format!("{own}/suspend"),
        batch.path(),
        "/desk/applications?kind=admission",
    ];
    Ok(paths.iter().map(|path| path.trim_start_matches("/desk").to_owned()).collect())
}
async fn first_admission(agent: &Agent, desk: &str) -> Result<String> {
    let links = form::links(&agent.get(desk).await?.body);
    let there = format!("{desk}/admissions/");
    let one = |link: &String| link.strip_prefix(&there).is_some_and(|id| id != "batch" && !id.contains('/'));
    links.into_iter().find(one).with_context(|| format!("no admission at {desk}"))
}
fn system_administrator(server: &Server) -> Result<Vec<String>> {
    let product = server.demo.product_id("market-data")?;
    let paths = [
        "",
        "/staff",
        "/staff/new",
        "/categories",
        "/products/new",
        &format!("/products/{product}"),
        &format!("/products/{product}/edit"),
        &format!("/products/{product}/guide"),
        &format!("/products/{product}/state?to=suspended"),
        &format!("/products/{product}/state?to=withdrawn"),
        &format!("/products/{product}/webhook"),
        &format!("/products/{product}/machines/new"),
        "/channels/deliveries",
        "/channels/texts/contact.email/zh-CN",
        "/channels/new/aliyun",
        "/channels/new/tencent",
        "/channels/new/http",
        "/channels/new/smpp",
        "/channels/new/smtp",
        "/providers/new/alipay",
        "/providers/new/wechat",
        "/providers/new/oidc",
        "/policies",
        "/policies/password",
        "/policies/network",
        "/legacy/new",
    ];
    Ok(paths.iter().map(|path| (*path).to_owned()).collect())
}

/// The outside form of the id of a demo account's membership.
fn membership(server: &Server, key: &str) -> Result<String> {
    let name = &server.demo.account(key)?.login_name;
    let rows = server.database().rows(&format!(
        "SELECT membership.id FROM membership JOIN account ON account.id = account_id WHERE login_name = '{name}'"
    ))?;
    let id = rows.into_iter().flatten().flatten().next().context("no membership")?;
    Ok(kernel::id::MembershipId::from_i64(id.parse()?).to_string())
}

/// The pages of `starts`, then one of each kind below `areas` that their links lead to and `seen` has not.
async fn follow(
    agent: &Agent,
    starts: Vec<String>,
    areas: &[&str],
    seen: &mut BTreeSet<&'static str>,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    // Links that lead to no page, of each kind.
    let mut vain: BTreeMap<&str, usize> = BTreeMap::new();
    let mut queue: VecDeque<(String, bool)> = starts.into_iter().map(|address| (address, true)).collect();
    while let Some((address, start)) = queue.pop_front() {
        let kind = kind_of(&address).with_context(|| format!("{address} is no route"))?;
        if !start && (seen.contains(kind) || vain.get(kind).is_some_and(|times| *times >= 3)) {
            continue;
        }
        let reply = agent.get(&address).await?;
        let is_page = reply.status == 200 && reply.body.contains("<main");
        // A start that is no page is told by the test below.
        if !is_page && !start {
            *vain.entry(kind).or_default() += 1;
            continue;
        }
        seen.insert(kind);
        for link in form::links(&reply.body) {
            let link = link.split('#').next().unwrap_or_default();
            let below = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?']);
            let near = areas.iter().any(|area| link.strip_prefix(area).is_some_and(below));
            if near && kind_of(link).is_some_and(|kind| !seen.contains(kind)) {
                queue.push_back((link.to_owned(), false));
            }
        }
        found.push(address);
    }
    Ok(found)
}
/// The route that answers a GET of this address.
pub fn kind_of(address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let same =
            |(pattern, part): (&&str, &&str)| pattern == part || pattern.starts_with('{') && !part.is_empty();
        pattern.len() == parts.len() && pattern.iter().zip(&parts).all(same)
    };
    // A word before a parameter, as the router has it.
    let open = |path: &str| path.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>();
    KINDS.iter().copied().filter(|kind| fits(kind)).min_by_key(|kind| open(kind))
}
/// Every route that is read.
static KINDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let routes = fujie::wiring::routes();
    let read = routes.table().iter().filter(|route| route.method == "GET");
    read.map(|route| route.path).collect()
});

/// What a browser is not shown as a page.
const NO_PAGES: [&str; 15] = [
    "/",
    "/.well-known/authzen-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/api/v1/openapi.json",
    "/captcha/{file}",
    "/oauth2/jwks",
    "/oauth2/logout",
    "/oauth2/start/{client}",
    "/oauth2/userinfo",
    "/login/scan/state",
    "/login/upstream/{connector}",
    "/login/upstream/{connector}/callback",
    "/org/{organization}",
    "/org/{organization}/grants/apply",
];
/// What a route of this ending sends: a file, or the browser to a product.
const NO_PAGE_ENDS: [&str; 6] =
    ["/{document}", "/template", "/template.csv", "/faults", "/open", "/documents/{document}"];
/// Steps between two others, which no address enters: the journey that comes to one looks at it there.
const STEPS: &[(&str, &[&str])] = &[
    (include_str!("accounts.rs"), &["/login/choose"]),
    (include_str!("defence.rs"), &["/register/held"]),
    (include_str!("legacy.rs"), &["/login/former/{claim}/{token}", "/me/former/take/{claim}/{token}"]),
    (include_str!("profile.rs"), &["/me/close/waiting", "/me/email/verify", "/me/phone/verify"]),
    (include_str!("real_name.rs"), &["/desk/disputes/{dispute}", "/me/real-name/disputes/{dispute}"]),
    (
        include_str!("recover.rs"),
        &["/recover/factor", "/recover/password", "/recover/verify", "/recover/way"],
    ),
    (include_str!("register.rs"), &["/register/verify"]),
    (include_str!("second_step.rs"), &["/login/second", "/login/sms/verify"]),
    (
        include_str!("upstream.rs"),
        &["/login/upstream/{connector}/first", "/login/upstream/{connector}/link", "/me/linked/{id}/unlink"],
    ),
];
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_looked_at() -> Result<()> {
    let server = Server::start(options(Engine::Sqlite).tls()).await?;
    let mut visited = BTreeSet::new();
    let mut faults = Vec::new();
    for round in ALL {
        let agent = match round.key() {
            Some(key) => signed_in(&server, key).await?,
            None => server.agent()?,
        };
        for address in round.addresses(&server).await? {
            let reply = agent.visit(&address).await?;
            visited.extend(kind_of(&address));
            visited.extend(kind_of(reply.url.path()));
            let meant = address.contains("nowhere") || address == "/oauth2/authorize";
            if !meant && reply.status != 200 && !reply.status.is_redirection() {
                faults.push(format!("{round:?} looks at {address}, which answers {}", reply.status));
            }
        }
    }
    let rows = super::rows::prepare(&server).await?;
    visited.extend(rows.addresses().filter_map(kind_of));
    faults.extend(rows.unanswered(&server).await?);
    for (journey, kinds) in STEPS {
        let unseen = kinds.iter().filter(|kind| !journey.contains(&format!("\"{kind}\"")));
        faults.extend(unseen.map(|kind| format!("no journey looks at {kind}")));
    }
    let steps = STEPS.iter().flat_map(|(_, kinds)| kinds.iter().copied());
    let named: BTreeSet<&str> = steps.chain(NO_PAGES).collect();
    let pages = KINDS.iter().filter(|kind| !NO_PAGE_ENDS.iter().any(|end| kind.ends_with(end)));
    for kind in pages {
        match (visited.contains(kind), named.contains(kind)) {
            (false, false) => faults.push(format!("no tour comes to {kind}")),
            (true, true) if !NO_PAGES.contains(kind) => {
                faults.push(format!("{kind} is looked at and need not be named"));
            }
            _ => {}
        }
    }
    faults
        .extend(named.iter().filter(|kind| !KINDS.contains(*kind)).map(|kind| format!("{kind} is no route")));
    anyhow::ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}
