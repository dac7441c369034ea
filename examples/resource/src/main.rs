//! `resource --issuer https://id.example --client-id … --client-secret … --audience https://api.example/ [--listen
//! 127.0.0.1:8070] [--base-url http://127.0.0.1:8070] [--ca-file ca.pem]`; each also as `RS_ISSUER` and so on.
//! `resource --demo fujie-data/demo.json` is the API of the demonstration's first product; so does `resource` alone where
//! that file lies.
use anyhow::{Context, bail};
use resource::{App, Config};
use serde::Deserialize;
use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = config(std::env::args().skip(1))?;
    let listener = tokio::net::TcpListener::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("{}/resource for tokens of {} that name {}", config.base_url, config.issuer, config.audience);
    axum::serve(listener, App::new(config)?.router()).await?;
    Ok(())
}

const DEMO: &str = "fujie-data/demo.json";

#[derive(Deserialize)]
struct Demo {
    base_url: String,
    clients: Vec<DemoClient>,
}
#[derive(Deserialize)]
struct DemoClient {
    client_id: String,
    client_secret: String,
}

fn config(mut args: impl Iterator<Item = String>) -> anyhow::Result<Config> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut config = Config {
        issuer: env("RS_ISSUER").unwrap_or_else(|| "http://127.0.0.1:8080".into()),
        client_id: env("RS_CLIENT_ID").unwrap_or_default(),
        client_secret: env("RS_CLIENT_SECRET").unwrap_or_default(),
        listen: env("RS_LISTEN").unwrap_or_else(|| "127.0.0.1:8070".into()),
        base_url: env("RS_BASE_URL").unwrap_or_default(),
        audience: env("RS_AUDIENCE").unwrap_or_default(),
        ca_file: env("RS_CA_FILE"),
    };
    let mut demo = None;
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--demo" => demo = Some(value),
            "--issuer" => config.issuer = value,
            "--client-id" => config.client_id = value,
            "--client-secret" => config.client_secret = value,
            "--listen" => config.listen = value,
            "--base-url" => config.base_url = value,
            "--audience" => config.audience = value,
            "--ca-file" => config.ca_file = Some(value),
            other => bail!("unknown option {other}; see the top of examples/resource/src/main.rs"),
        }
    }
    if demo.is_none() && config.client_id.is_empty() && Path::new(DEMO).exists() {
        demo = Some(DEMO.into());
    }
    if let Some(path) = demo {
        join_demo(&mut config, &path)?;
    }
    if config.client_id.is_empty() || config.client_secret.is_empty() {
        bail!("--client-id and --client-secret (RS_CLIENT_ID, RS_CLIENT_SECRET) say who asks about tokens");
    }
    if config.base_url.is_empty() {
        config.base_url = format!("http://{}", config.listen);
    }
    if config.audience.is_empty() {
        config.audience = config.base_url.clone();
    }
    Ok(config)
}

/// The demonstration's clients are registered for no API of their own, so their tokens name the provider.
fn join_demo(config: &mut Config, path: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?;
    let demo: Demo = serde_json::from_str(&text).with_context(|| format!("{path} is no demo.json"))?;
    let client = demo.clients.into_iter().next().context("the demonstration has no client")?;
    config.issuer = demo.base_url.trim_end_matches('/').to_owned();
    (config.client_id, config.client_secret) = (client.client_id, client.client_secret);
    if config.audience.is_empty() {
        config.audience = config.issuer.clone();
    }
    Ok(())
}
