//! The command line. Names are frozen: other people's scripts rely on them.
mod audit;
mod backup;
mod breach_list;
mod check;
mod keys;
mod migrate;
mod postgres_tools;
mod restore;
pub mod serve;
mod staff;

use crate::config::{Config, Flags};
use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "fujie",
    version,
    about = "Fujie 符节: who is this person, for whom do they act, may they do this here, now?"
)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate the database and serve
    Serve(serve::Arguments),
    /// Bring the database to this version without serving
    Migrate,
    /// Accounts of the platform's staff
    Staff {
        #[command(subcommand)]
        command: staff::Command,
    },
    /// Signing keys
    Keys {
        #[command(subcommand)]
        command: keys::Command,
    },
    /// The audit record
    Audit {
        #[command(subcommand)]
        command: audit::Command,
    },
    /// Copy the database, while it is in use
    Backup(backup::Arguments),
    /// Bring a backup back into an empty data folder
    Restore(restore::Arguments),
    /// The list of leaked passwords
    BreachList {
        #[command(subcommand)]
        command: breach_list::Command,
    },
    /// Look at configuration, database, keyring, clock, migrations and audit record
    Check,
}

/// Runs one command; 0 means done, 1 that something went wrong, 3 that a backup has no keyring beside it.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match command(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fujie: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(cli: Cli) -> Result<ExitCode> {
    // `check` reports a configuration that does not load as its first line.
    let listen = match &cli.command {
        Command::Serve(arguments) => arguments.listen.as_deref(),
        _ => None,
    };
    let config = Config::load(&cli.flags, listen);
    if let Command::Check = cli.command {
        return runtime()?.block_on(check::run(config));
    }
    // Needs neither configuration nor store, so that it runs wherever the download lies.
    if let Command::BreachList { command } = cli.command {
        return breach_list::run(command);
    }
    let config = config?;
    crate::telemetry::start_logging(&config)?;
    runtime()?.block_on(async {
        match cli.command {
            Command::Serve(arguments) => serve::run(config, arguments).await,
            Command::Migrate => migrate::run(&config).await,
            Command::Staff { command } => staff::run(&config, command).await,
            Command::Keys { command } => keys::run(&config, command).await,
            Command::Audit { command } => audit::run(&config, command).await,
            Command::Backup(arguments) => backup::run(&config, arguments).await,
            Command::Restore(arguments) => restore::run(&config, arguments).await,
            Command::Check | Command::BreachList { .. } => Ok(ExitCode::SUCCESS),
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")
}
