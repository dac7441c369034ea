//! `fujie keys rotate`.
use crate::{config::Config, opening};
use anyhow::Result;
use kernel::Actor;
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make new signing keys; they sign once clients had time to fetch them
    Rotate {
        /// Sign with the new keys from now on, because an old one may be known to others
        #[arg(long)]
        at_once: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let Command::Rotate { at_once } = command;
    let db = opening::open_existing(config).await?;
    db.migrate().await.map_err(|error| opening::plain(error, config))?;
    let rotated = oidc::keys::service::rotate(&db, &Actor::system(), at_once)
        .await
        .map_err(|error| opening::plain(error, config))?;
    db.close().await;
    for key in rotated {
        println!("{}: {} signs from {}", key.algorithm, key.kid, key.signs_from.local_minute(&config.zone));
    }
    Ok(ExitCode::SUCCESS)
}
