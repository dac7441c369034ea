//! A policy enforcement point in Node.js, written from the AuthZEN specification alone, against a running server.
use crate::support::options;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::process::Command;
use testkit::{Engine, Server};

on_both_engines!(m49_an_enforcement_point_of_the_specification_is_answered);

async fn m49_an_enforcement_point_of_the_specification_is_answered(engine: Engine) -> Result<()> {
    let server = Server::start(options(engine)).await?;
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let client = server.demo.client()?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node/authzen.mjs");
    let mut node = Command::new("node");
    node.arg(script)
        .env("PDP_BASE_URL", &server.base)
        .env("PDP_ORGANIZATION", &organization)
        .env("PDP_PRODUCT", &client.product)
        .env("PDP_CLIENT_ID", &client.client_id)
        .env("PDP_CLIENT_SECRET", &client.client_secret);
    let output = tokio::task::spawn_blocking(move || node.output()).await?.context("starting node")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_str(said.trim()).with_context(|| said.clone())?;
    ensure!(found["members"].as_u64().is_some_and(|members| members > 0), "{found}");
    assert_eq!(
        found["semantics"],
        json!({
            "default": [true, false, true],
            "execute_all": [true, false, true],
            "deny_on_first_deny": [true, false],
            "permit_on_first_permit": [true],
        })
    );
    assert_eq!(found["resources"], json!([{ "type": "product", "id": client.product }]));
    assert_eq!(found["actions"], json!([{ "name": "use" }]));
    Ok(())
}
