//! Scripts of peers that run in node, beside the modules that `scripts/test` installs.
use anyhow::{Context as _, Result};
use std::io::Write as _;
use std::process::Command;

/// Whether a module is installed; without it the test is skipped, or fails where nothing may be skipped.
pub fn has(modules: &[&str]) -> Result<bool> {
    let folder = testkit::target().join("node/node_modules");
    match modules.iter().find(|module| !folder.join(module).is_dir()) {
        None => Ok(true),
        Some(missing) => {
            testkit::skip(&format!("{missing} is not installed in target/node (scripts/test does it)"))?;
            Ok(false)
        }
    }
}

/// A command that runs `tests/node/{script}`. Modules are found from the script's own place, so it is put beside them:
/// whole at once, since another test may be starting the same script.
pub fn command(script: &str) -> Result<Command> {
    let folder = testkit::target().join("node");
    std::fs::create_dir_all(&folder)?;
    let text = std::fs::read(format!("{}/tests/node/{script}", env!("CARGO_MANIFEST_DIR")))
        .with_context(|| script.to_owned())?;
    let mut copy = tempfile::NamedTempFile::new_in(&folder)?;
    copy.write_all(&text)?;
    let place = folder.join(script);
    copy.persist(&place)?;
    let mut command = Command::new("node");
    command.arg(place);
    Ok(command)
}
