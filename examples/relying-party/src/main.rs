//! `relying-party --issuer https://id.example --client-id … --client-secret … [--listen 127.0.0.1:8090]
//! [--base-url http://127.0.0.1:8090] [--name 期权做市报价] [--ca-file ca.pem]`; each also as `RP_ISSUER` and so on.
use anyhow::{Context, bail};
use relying_party::{App, Config};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = config(std::env::args().skip(1))?;
    let listener = tokio::net::TcpListener::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    println!("{} at {}, signing in through {}", config.name, config.base_url, config.issuer);
    axum::serve(listener, App::new(config)?.router()).await?;
    Ok(())
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
