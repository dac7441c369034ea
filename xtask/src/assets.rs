//! Runs the asset builder, which needs Node; the server does not.
use anyhow::{Context, Result, ensure};
use std::{path::Path, process::Command};

pub fn run(root: &Path, check: bool) -> Result<()> {
    let folder = root.join("crates/web/assets");
    if !folder.join("node_modules/lightningcss").exists() {
        let status = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&folder)
            .status()
            .context("npm is needed to build the assets")?;
        ensure!(status.success(), "npm ci did not finish");
    }
    let mut command = Command::new("node");
    command.arg("build.mjs").current_dir(&folder);
    if check {
        command.arg("--check");
    }
    ensure!(
        command.status().context("node is needed to build the assets")?.success(),
        "assets are not as built"
    );
    Ok(())
}

/// Whether this machine can build them at all.
pub fn possible() -> bool {
    ["node", "npm"]
        .iter()
        .all(|tool| Command::new(tool).arg("--version").output().is_ok_and(|out| out.status.success()))
}
