//! Rules that matter, as checks. Each names the file and what to do.
mod crates;
mod locales;
mod pages;
mod rooms;

use crate::{assets, source};
use anyhow::{Result, bail};
use std::path::Path;

/// What is wrong, one line each.
pub type Faults = Vec<String>;

pub fn run(root: &Path) -> Result<()> {
    let rust = source::files(root, &["crates", "xtask/src", "bench", "examples"], &[".rs"])?;
    let templates = source::files(root, &["crates"], &[".html"])?;
    let mut faults = Faults::new();
    rooms::check(root, &rust, &mut faults)?;
    locales::check(root, &rust, &templates, &mut faults)?;
    pages::check(root, &rust, &templates, &mut faults)?;
    crates::check(root, &mut faults)?;
    if assets::possible() {
        if let Err(error) = assets::run(root, true) {
            faults.push(format!("crates/web/assets: {error}"));
        }
    } else {
        println!("tidy: node is not here, so the committed assets were not compared with their sources");
    }
    faults.sort();
    faults.dedup();
    if !faults.is_empty() {
        bail!("{} to mend:\n{}", faults.len(), faults.join("\n"));
    }
    println!("tidy: {} files of code and {} templates are in order", rust.len(), templates.len());
    Ok(())
}
