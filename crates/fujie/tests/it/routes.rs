//! Every route refuses whom its policy refuses, and no route appears without being seen here.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use testkit::{Agent, Engine, Reply, Server};
use web::{Policy, RouteInfo};

on_both_engines!(strangers_and_wrong_roles_are_refused_everywhere);

/// A route that is added, removed, or gets another policy shows up as a difference in this list.
#[test]
fn the_table_of_routes_is_as_reviewed() {
    let mut lines: Vec<String> = fujie::wiring::routes()
        .table()
        .iter()
        .map(|r| {
            format!(
                "{:<5} {:<70} {:?}{}",
                r.method.as_str(),
                r.path,
                r.policy,
                if r.blind { " blind" } else { "" }
            )
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!("routes", lines.join("\n"));
}

/// A path in which every parameter has a value: the organization's own, an unknown id for the rest.
fn path(route: &RouteInfo, organization: &str) -> String {
    let filled = route.path.split('/').map(|part| match part {
        "{organization}" => organization,
        part if part.starts_with('{') => "0000000000042",
        part => part,
    });
    filled.collect::<Vec<_>>().join("/")
}

async fn call(agent: &Agent, route: &RouteInfo, target: &str, token: Option<&str>) -> Result<Reply> {
    if route.method == "GET" {
        return agent.get(target).await;
    }
    match token {
        Some(token) => agent.post(target, &[("csrf", token)]).await,
        None => agent.post(target, &[]).await,
    }
}

/// Nothing was shown and nothing was done.
fn is_refusal(reply: &Reply) -> bool {
    match reply.status.as_u16() {
        303 => reply.location().is_some_and(|to| to.path() == "/login"),
        401 | 403 | 404 => true,
        _ => false,
    }
}

async fn form_token(agent: &Agent) -> Result<String> {
    let page = agent.get("/me").await?;
    let forms = page.forms();
    let token = forms.iter().find_map(|f| f.value("csrf"));
    Ok(token.with_context(|| format!("/me has no form: {}", page.excerpt()))?.to_owned())
}

async fn strangers_and_wrong_roles_are_refused_everywhere(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let table = fujie::wiring::routes();
    let own = server.demo.account("administrator")?.organization_id()?.to_owned();
    let keys = [
        "person",
        "agent_granted",
        "administrator",
        "legal_representative",
        "account_manager",
        "system_administrator",
        "security_administrator",
        "auditor",
    ];
    let mut people = BTreeMap::new();
    for key in keys {
        let agent = signed_in(&server, key).await?;
        let token = form_token(&agent).await?;
        people.insert(key, (agent, token));
    }
    let mut faults = Vec::new();
    for route in table.table() {
        let target = path(route, &own);
        let name = format!("{} {}", route.method, route.path);
        if !matches!(route.policy, Policy::Public | Policy::Internal) {
            let reply = call(&server.agent()?, route, &target, None).await?;
            if !is_refusal(&reply) && reply.status != 400 {
                faults.push(format!("{name}: a stranger got {} {:?}", reply.status, reply.location()));
            }
        }
        // Whoever the policy does not name; the demonstration's staff belong to no organization.
        let refused: Vec<&str> = match route.policy {
            Policy::Public | Policy::Internal | Policy::SignedIn => Vec::new(),
            Policy::Member => vec!["person", "account_manager", "auditor"],
            Policy::OrganizationAdministrator => {
                vec!["person", "agent_granted", "account_manager", "auditor"]
            }
            Policy::Staff(roles) => {
                let staff = ["account_manager", "system_administrator", "security_administrator", "auditor"];
                let others = staff.into_iter().filter(|role| !roles.contains(role));
                ["person", "agent_granted", "administrator", "legal_representative"]
                    .into_iter()
                    .chain(others)
                    .collect()
            }
            // A browser's session is no client authentication.
            Policy::Client => vec!["administrator", "system_administrator"],
        };
        for key in refused {
            let (agent, token) = people.get(key).context("signed in above")?;
            let reply = call(agent, route, &target, Some(token)).await?;
            let client = route.policy == Policy::Client;
            if !(is_refusal(&reply) || client && reply.status == 400) {
                faults.push(format!("{name}: {key} got {} {:?}", reply.status, reply.location()));
            }
            // Members learn that a page is not for them; to others the organization does not exist.
            let member = matches!(key, "agent_granted");
            if route.policy == Policy::OrganizationAdministrator && member && reply.status != 403 {
                faults.push(format!("{name}: a member without the role got {} instead of 403", reply.status));
            }
        }
    }
    anyhow::ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}

/// The description of the API is OpenAPI 3.1 and names every route under /api/v1 with its method.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_description_lists_every_api_route() -> Result<()> {
    let server = Server::start(options(Engine::Sqlite)).await?;
    let agent = server.agent()?;
    let reply = agent.get("/api/v1/openapi.json").await?;
    let document = reply.json()?;
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")), "{}", document["openapi"]);
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    for route in fujie::wiring::routes().table().iter().filter(|r| r.path.starts_with("/api/v1/")) {
        if route.path.ends_with("/openapi.json") {
            continue;
        }
        let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
        assert!(operation["responses"].is_object(), "{} {} is not described", route.method, route.path);
    }
    // Every reference leads somewhere.
    let mut lost = Vec::new();
    references(&document, &mut |reference| {
        let pointer = reference.trim_start_matches('#');
        if document.pointer(pointer).is_none() {
            lost.push(reference.to_owned());
        }
    });
    assert!(lost.is_empty(), "{lost:?}");
    Ok(())
}

fn references(value: &serde_json::Value, found: &mut dyn FnMut(&str)) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                if let (true, Some(reference)) = (name == "$ref", member.as_str()) {
                    found(reference);
                }
                references(member, found);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
