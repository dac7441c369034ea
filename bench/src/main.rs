//! Starts the release binary on the demonstration's data, drives it over kept HTTP connections and prints one table.
//! README.md says how it measures.
mod http;
mod limits;
mod measure;
mod scenario;
mod table;

use anyhow::{Context, Result, bail};
use clap::Parser;
use measure::Processes;
use std::{path::PathBuf, process::Command, time::Duration};
use table::Table;

#[derive(Parser)]
struct Arguments {
    /// Seconds of each row.
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
    /// Store: sqlite, or postgres with FUJIE_TEST_POSTGRES naming a server (see scripts/with-postgres).
    #[arg(long, default_value = "sqlite")]
    engine: String,
    /// The binary; without it the workspace's is built with --release.
    #[arg(long)]
    binary: Option<PathBuf>,
    #[arg(long, hide = true)]
    serve_bare: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.serve_bare {
        return limits::serve_bare().await;
    }
    let engine = match arguments.engine.as_str() {
        "sqlite" => testkit::Engine::Sqlite,
        "postgres" => testkit::Engine::Postgres,
        other => bail!("no engine {other}"),
    };
    let binary = match arguments.binary {
        Some(binary) => binary,
        None => build()?,
    };
    let time = Duration::from_secs_f64(arguments.seconds);
    let mut table = Table::new(engine, arguments.seconds);

    eprintln!("start-up");
    let (first, second) = scenario::start_up(&binary, engine).await?;
    table.start_up(first, second);

    let mut bench = scenario::Bench::start(&binary, engine).await?;
    table.memory("RSS idle", bench.processes().resident()?, "≤ 40 MB");

    eprintln!("limits");
    let (parameters, hash) = limits::argon2(&bench.stored_hash()?, 2.0)?;
    let signature = limits::es256(1.0)?;
    let handler = scenario::bare_handler(time).await?;

    eprintln!("password sign-in");
    let measured = bench.sign_in(time).await?;
    table.row(
        "password sign-in (page and form)",
        &measured,
        &format!("bare Argon2id {parameters}"),
        Some(hash),
        "≥ 90 % of the limit",
    );
    eprintln!("authorization code");
    let (authorize, token, whole) = bench.authorization_code(time).await?;
    table.row(
        "session authorize + code exchange",
        &whole,
        "bare ES256 signature",
        Some(signature),
        "≥ 3,000 /cs",
    );
    table.row("— authorize alone", &authorize, "bare axum handler", Some(handler), "");
    table.row("— token alone", &token, "bare ES256 signature", Some(signature), "");
    eprintln!("userinfo, decision");
    table.row("userinfo", &bench.userinfo(time).await?, "bare axum handler", Some(handler), "");
    table.row("decision", &bench.decision(time).await?, "bare axum handler", Some(handler), "");
    eprintln!("pages");
    for (name, path) in bench.pages()? {
        let measured = bench.page(&path, time).await?;
        table.row(&format!("page {name}"), &measured, "bare axum handler", Some(handler), "≤ 3 ms of CPU");
    }
    table.memory("RSS after the load", bench.processes().resident()?, "≤ 80 MB + hash pool");
    table.print();
    Ok(())
}

/// The release binary of this workspace.
fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(["build", "--release", "--package", "fujie"]).status()?;
    anyhow::ensure!(status.success(), "the release binary does not build");
    let here = std::env::current_exe()?;
    Ok(here.parent().context("no folder")?.join("fujie"))
}

/// The server first; then everything that belongs to the private PostgreSQL under test.
fn processes(server: u32, engine: testkit::Engine) -> Processes {
    let mut all = vec![server];
    if engine == testkit::Engine::Postgres {
        all.extend(scenario::postgres_processes());
    }
    Processes(all)
}
