//! `fujie breach-list build`: the list of leaked passwords that new ones are looked up in, made once from a download.
use anyhow::{Context as _, Result};
use identity::credential::breach;
use std::{fs::File, io::BufReader, path::PathBuf, process::ExitCode};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make the list from a text of SHA-1 hashes in order, one `HASH:COUNT` a line, as "Have I Been Pwned" offers it
    Build {
        /// The download, or - for standard input
        from: PathBuf,
        /// The list, for `breach_list` in the configuration; 8 bytes for each password
        out: PathBuf,
    },
}

pub fn run(command: Command) -> Result<ExitCode> {
    let Command::Build { from, out } = command;
    let count = if from.as_os_str() == "-" {
        breach::build(std::io::stdin().lock(), &out)
    } else {
        let file = File::open(&from).with_context(|| format!("{}: cannot be read", from.display()))?;
        breach::build(BufReader::with_capacity(1 << 20, file), &out)
    };
    let count = count.with_context(|| format!("{}: the list was not made", out.display()))?;
    println!("{}: {count} leaked passwords", out.display());
    Ok(ExitCode::SUCCESS)
}
