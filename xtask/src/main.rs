//! Checks that keep the house in order, and the assets of the pages.
mod assets;
mod source;
mod tidy;

use anyhow::{Context, Result, bail};
use std::{path::PathBuf, process::ExitCode};

const USAGE: &str = "cargo xtask tidy            rules of the house
cargo xtask assets          make crates/web/assets/dist from src
cargo xtask assets --check  compare them";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // Asked when it runs: a build folder that two checkouts share would else judge the other.
    let folder = std::env::var("CARGO_MANIFEST_DIR").context("run it by `cargo xtask`")?;
    let root = PathBuf::from(folder).parent().context("xtask lies in the workspace")?.to_owned();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(&root),
        ["assets"] => assets::run(&root, false),
        ["assets", "--check"] => assets::run(&root, true),
        _ => bail!("{USAGE}"),
    }
}
