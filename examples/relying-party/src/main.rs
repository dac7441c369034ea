//! `relying-party --issuer https://id.example --client-id … --client-secret … [--listen 127.0.0.1:8090]
//! [--base-url http://127.0.0.1:8090] [--name 期权做市报价] [--ca-file ca.pem]`; each also as `RP_ISSUER` and so on.
//! `relying-party --demo fujie-data/demo.json` plays every product of the demonstration, each at its own port; so does
//! `relying-party` alone where that file lies.
use anyhow::{Context, bail};
use relying_party::{App, Config};
use serde::Deserialize;
use std::path::Path;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    let demo = match args.peek().map(String::as_str) {
        Some("--demo") => Some(args.nth(1).context("--demo wants the path of demo.json")?),
        None if Path::new(DEMO).exists() => Some(DEMO.to_owned()),
        _ => None,
    };
    let configs = match demo {
        Some(path) => demo_configs(&path)?,
        None => vec![config(args)?],
    };
    let mut products = tokio::task::JoinSet::new();
    let alone = configs.len() == 1;
    for config in configs {
        let listener = match tokio::net::TcpListener::bind(&config.listen).await {
            Ok(listener) => listener,
            Err(error) if alone => bail!("cannot listen on {}: {error}", config.listen),
            Err(error) => {
                eprintln!("{} stays away: cannot listen on {}: {error}", config.name, config.listen);
                continue;
            }
        };
        println!("{} at {}, signing in through {}", config.name, config.base_url, config.issuer);
        let router = App::new(config)?.router();
        products.spawn(async move { axum::serve(listener, router).await });
    }
    while let Some(ended) = products.join_next().await {
        ended??;
    }
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
    product: String,
    client_id: String,
    client_secret: String,
    redirect_uris: Vec<String>,
}

/// One product for each client, at the address of its first redirect address.
fn demo_configs(path: &str) -> anyhow::Result<Vec<Config>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?;
    let demo: Demo = serde_json::from_str(&text).with_context(|| format!("{path} is no demo.json"))?;
    let mut configs = Vec::new();
    for client in demo.clients {
        let redirect = client.redirect_uris.first().context("a client without redirect address")?;
        let url = url::Url::parse(redirect)?;
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { continue };
        configs.push(Config {
            issuer: demo.base_url.trim_end_matches('/').to_owned(),
            client_id: client.client_id,
            client_secret: Some(client.client_secret),
            listen: format!("{host}:{port}"),
            base_url: format!("http://{host}:{port}"),
            name: format!("示例产品 {}", client.product),
            ca_file: None,
        });
    }
    Ok(configs)
}

fn config(mut args: impl Iterator<Item = String>) -> anyhow::Result<Config> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut config = Config {
        issuer: env("RP_ISSUER").unwrap_or_else(|| "http://127.0.0.1:8080".into()),
        client_id: env("RP_CLIENT_ID").unwrap_or_default(),
        client_secret: env("RP_CLIENT_SECRET"),
        listen: env("RP_LISTEN").unwrap_or_else(|| "127.0.0.1:8090".into()),
        base_url: env("RP_BASE_URL").unwrap_or_default(),
        name: env("RP_NAME").unwrap_or_else(|| "示例产品 Example product".into()),
        ca_file: env("RP_CA_FILE"),
    };
    while let Some(name) = args.next() {
        let mut value = || args.next().with_context(|| format!("{name} wants a value"));
        match name.as_str() {
            "--issuer" => config.issuer = value()?,
            "--client-id" => config.client_id = value()?,
            "--client-secret" => config.client_secret = Some(value()?),
            "--listen" => config.listen = value()?,
            "--base-url" => config.base_url = value()?,
            "--name" => config.name = value()?,
            "--ca-file" => config.ca_file = Some(value()?),
            other => bail!("unknown option {other}; see the top of examples/relying-party/src/main.rs"),
        }
    }
    if config.client_id.is_empty() {
        bail!("--client-id (or RP_CLIENT_ID) is missing; the demo prints it and keeps it in demo.json");
    }
    if config.base_url.is_empty() {
        config.base_url = format!("http://{}", config.listen);
    }
    Ok(config)
}
