//! `fujie keys list`, `fujie keys rotate`.
use crate::{config::Config, opening};
use anyhow::Result;
use kernel::{Actor, Timestamp};
use oidc::keys::{Keys, rotate};
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Show the signing keys that are published, and when each signs
    List,
    /// Make new signing keys; they sign once clients had time to fetch them
    Rotate {
        /// Sign with the new keys from now on and publish the old ones no longer, because others may know them
        #[arg(long)]
        at_once: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let db = opening::open_existing(config).await?;
    db.migrate().await.map_err(|error| opening::plain(error, config))?;
    let moment = |at: Timestamp| at.local_minute(&config.zone);
    match command {
        Command::List => {
            let now = db.clock().now();
            let keys = Keys::new(db.clone());
            let set = keys.current(now).await.map_err(|error| opening::plain(error, config))?;
            for key in set.list().iter().filter(|key| now < key.published_until) {
                let until = if key.signs_until == Timestamp::FOREVER {
                    String::new()
                } else {
                    format!(
                        " until {}, published until {}",
                        moment(key.signs_until),
                        moment(key.published_until)
                    )
                };
                println!("{}: {} signs from {}{until}", key.algorithm, key.kid, moment(key.signs_from));
            }
        }
        Command::Rotate { at_once } => {
            let rotated = rotate(&db, &Actor::system(), at_once)
                .await
                .map_err(|error| opening::plain(error, config))?;
            for key in rotated {
                println!("{}: {} signs from {}", key.algorithm, key.kid, moment(key.signs_from));
            }
        }
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
