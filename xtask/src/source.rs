//! The files of the workspace, read once.
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file with what the checks ask of it.
pub struct Source {
    /// From the root, with forward slashes.
    pub path: String,
    pub text: String,
}

impl Source {
    /// `crates/<room>/…` → room.
    pub fn room(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
    /// `crates/<room>/src/<feature>/…` → feature.
    pub fn feature(&self) -> Option<&str> {
        let (_, inside) = self.path.split_once("/src/")?;
        inside.split_once('/').map(|(feature, _)| feature)
    }
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
    pub fn is_test(&self) -> bool {
        self.name() == "tests.rs" || self.path.contains("/tests/") || self.path.starts_with("crates/testkit/")
    }
    /// Without the unit tests at the end and without comments.
    pub fn production(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let text = match self.text.find("#[cfg(test)]\nmod tests {") {
            Some(end) => self.text.get(..end).unwrap_or(&self.text),
            None => &self.text,
        };
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }
}

/// All files of these folders whose name ends so; build output and packages of others left out.
pub fn files(root: &Path, folders: &[&str], ends: &[&str]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut found)?;
    }
    found.sort();
    found
        .into_iter()
        .filter(|path| ends.iter().any(|end| path.to_string_lossy().ends_with(end)))
        .map(|path| {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            Ok(Source { path, text })
        })
        .collect()
}
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}
