//! `fujie audit verify`.
use crate::{config::Config, opening};
use anyhow::Result;
use std::process::ExitCode;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Prove that no record was changed, removed or inserted
    Verify,
}

pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    let Command::Verify = command;
    let db = opening::open_existing(config).await?;
    let report = db::audit::verify(&db).await.map_err(|error| opening::plain(error, config))?;
    println!("{}", summary(&report));
    for fault in &report.faults {
        println!("fault: {fault}");
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line about what was walked.
pub fn summary(report: &db::audit::Report) -> String {
    let verdict = match report.faults.len() {
        0 => "the chain is whole".to_owned(),
        1 => "1 fault".to_owned(),
        n => format!("{n} faults"),
    };
    let counted = |n: u64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    format!(
        "{} in {}, {}: {verdict}",
        counted(report.events, "event"),
        counted(report.lanes as u64, "lane"),
        counted(report.checkpoints, "checkpoint")
    )
}
