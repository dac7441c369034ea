//! Load driver: starts the server on a fresh folder, drives it over HTTP and prints one table. See README.md.
mod beside;
mod documents;
mod enumeration;
mod form;
mod http;
mod import;
mod limits;
mod measure;
mod people;
mod process;
mod programs;
mod round;
mod scale;
mod scenarios;
mod server;
mod table;
mod token;
mod work;

use anyhow::Result;
use clap::Parser;
use limits::{Bare, Cost};
use measure::Outcome;
use scenarios::{Row, World};
use server::Launch;
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};
use table::Line;

/// Goals of the project, in MB and ms; the pool's memory is added to the second.
const IDLE_MB: f64 = 40.0;
const LOADED_MB: f64 = 80.0;
const SECOND_START_MS: f64 = 40.0;
/// Until what starts on its own is done.
const SETTLE: Duration = Duration::from_secs(3);
/// A code lives for a minute, and the stock of the token row is as old as a round.
const LONGEST_ROUND: u64 = 20;
const FIRST_STARTS: usize = 3;

#[derive(Parser)]
#[command(about = "Drives the server over HTTP and prints one table")]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    other: Option<Other>,
}
#[derive(clap::Subcommand)]
enum Other {
    #[command(flatten)]
    Bare(Bare),
    /// Over a million people in a hundred thousand organizations
    Scale(scale::Options),
    /// Many people from one file, while others sign in
    Import(import::Options),
}

#[derive(clap::Args)]
struct Options {
    /// Length of a round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=LONGEST_ROUND))]
    seconds: u64,
    /// Rounds of each row, limits between them
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// These rows alone
    #[arg(long, value_name = "NAME")]
    only: Vec<Row>,
    /// An empty PostgreSQL database; SQLite in the data folder without
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The server's program; built and taken from beside this one without
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Callers at the same time
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// The server's Argon2id parameters: KiB,passes,lanes
    #[arg(long, default_value = "19456,2,1")]
    argon2: Cost,
    /// Threads of the limits and hashes at a time in the server's pool [default: one for each core]
    #[arg(long)]
    threads: Option<usize>,
    /// Starts on an existing folder
    #[arg(long, default_value_t = 11)]
    starts: usize,
    /// The folder whose node_modules hold npm's oidc-provider [default: `node` in the target folder]
    #[arg(long, value_name = "DIR", conflicts_with = "alone")]
    modules: Option<PathBuf>,
    /// Without npm's oidc-provider beside it
    #[arg(long)]
    alone: bool,
}
impl Options {
    fn wants(&self, row: Row) -> bool {
        self.only.is_empty() || self.only.contains(&row)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.other {
        Some(Other::Bare(bare)) => bare.run().await.map(|()| true),
        Some(Other::Scale(options)) => scale::run(options).await,
        Some(Other::Import(options)) => import::run(options).await,
        None => drive(cli.options).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row could be measured. A goal that is missed is told in the table and fails nothing.
async fn drive(options: Options) -> Result<bool> {
    let launch = Launch::new(options.binary.clone(), options.database_url.clone())?;
    let folder = tempfile::tempdir()?;
    let port = server::free_port()?;
    let first = launch.start(folder.path(), port)?;
    let mut first_starts = vec![first.start];
    let demo = first.demo()?;
    first.stop()?;
    let needed =
        [Row::ProgramEs256, Row::ProgramRs256, Row::Refresh].into_iter().any(|row| options.wants(row));
    let programs = match needed {
        true => Some(programs::prepare(folder.path(), options.database_url.as_deref(), &demo).await?),
        false => None,
    };
    if [Row::SmsSignIn, Row::Enumeration].into_iter().any(|row| options.wants(row)) {
        people::prepare(folder.path(), options.database_url.as_deref(), people::PEOPLE, people::Hash::Usual)
            .await?;
    }
    // What is driven has seeded nothing: the first start's hashes would still hold their memory.
    let server = launch.start(folder.path(), port)?;

    let threads = match options.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism()?.get(),
    };
    tokio::time::sleep(SETTLE).await;
    let idle = process::memory(server.counted.server)?;

    let Outcome { mut lines, beside, mut whole } =
        measure::measure(&options, &server, threads, programs).await?;
    if options.wants(Row::Enumeration) {
        match enumeration::run(&server.authority).await {
            Ok(places) => lines.extend(places),
            Err(error) => {
                eprintln!("{}: {error:#}", Row::Enumeration.title());
                whole = false;
            }
        }
    }
    if options.wants(Row::Memory) {
        let loaded = process::memory(server.counted.server)?;
        let pool = threads as f64 * f64::from(options.argon2.memory) * 1024.0 / 1e6;
        lines.push(Line::memory("memory (RSS), idle after start", idle.now, Some(IDLE_MB)));
        lines.push(Line::memory("memory (RSS), highest under load", loaded.highest, Some(LOADED_MB + pool)));
        lines.push(Line::memory("memory after the load, mapped files included", loaded.now, None));
        lines.push(Line::memory("memory after the load, without mapped files", loaded.anonymous, None));
    }
    server.stop()?;

    if options.wants(Row::Besides) && options.database_url.is_none() {
        lines.push(besides(&options, &launch).await?);
    }
    if options.wants(Row::Start) {
        // A database outside the folder is empty only once.
        let more = if options.database_url.is_none() { FIRST_STARTS - 1 } else { 0 };
        for _ in 0..more {
            let empty = tempfile::tempdir()?;
            let server = launch.start(empty.path(), server::free_port()?)?;
            first_starts.push(server.start);
            server.stop()?;
        }
        let mut second_starts = Vec::new();
        for _ in 0..options.starts {
            let server = launch.start(folder.path(), port)?;
            second_starts.push(server.start);
            server.stop()?;
        }
        lines.push(Line::start(
            "first start, with demo data, to the first answer",
            &ascending(&first_starts),
            None,
        ));
        let second = ascending(&second_starts);
        lines.push(Line::start("second start, to the first answer", &second, Some(SECOND_START_MS)));
    }
    print!("{}{beside}", table::render(&lines));
    Ok(whole)
}

/// On a server of its own, whose people have passwords that cost next to nothing to compare.
async fn besides(options: &Options, launch: &Launch) -> Result<Line> {
    let folder = tempfile::tempdir()?;
    let port = server::free_port()?;
    launch.start(folder.path(), port)?.stop()?;
    people::prepare(folder.path(), None, people::FEW, people::Hash::Free).await?;
    let server = launch.start(folder.path(), port)?;
    let accounts = (0..people::FEW).map(|number| server::Account {
        key: "walker".to_owned(),
        login_name: people::login_name(number),
        password: people::PASSWORD.to_owned(),
        organization_id: None,
    });
    let demo = server::Demo { accounts: accounts.collect(), ..server.demo()? };
    let verifier = Arc::new(token::Verifier::discover(&server.authority).await?);
    let world = World {
        authority: server.authority.clone(),
        demo,
        connections: options.connections,
        verifier,
        programs: None,
        unattended: false,
    };
    let mut workers = Row::Besides.workers(&world).await?;
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        let duration = Duration::from_secs(options.seconds);
        rounds.push(round::run(&mut workers, duration, server.counted).await?);
    }
    server.stop()?;
    Ok(Line::costing(Row::Besides, &rounds))
}

fn ascending(times: &[Duration]) -> Vec<f64> {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    times
}
