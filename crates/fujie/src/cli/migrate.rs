//! `fujie migrate`.
use crate::{config::Config, opening};
use anyhow::Result;
use std::process::ExitCode;

pub async fn run(config: &Config) -> Result<ExitCode> {
    let db = opening::open(config).await?;
    let before = db.version().await.map_err(|error| opening::plain(error, config))?;
    db.migrate().await.map_err(|error| opening::plain(error, config))?;
    db.close().await;
    let now = db::LATEST_MIGRATION;
    if before == now {
        println!("{}: already at version {now}", config.database_shown());
    } else {
        println!("{}: brought from version {before} to {now}", config.database_shown());
    }
    Ok(ExitCode::SUCCESS)
}
