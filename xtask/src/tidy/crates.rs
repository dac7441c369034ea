//! Crates that may not be built, by name and by licence. `cargo tree` knows what the chosen features really pull in.
use super::Faults;
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, path::Path, process::Command};

/// A second crypto stack, one that wants the system's OpenSSL, or what our own store replaces.
const BANNED: [&str; 5] = ["openssl-sys", "openssl", "native-tls", "ring", "sqlx"];
/// Our own ids replace it; the passkey library has it for user handles, which is its own affair.
const NOT_OURS: &str = "uuid";

pub fn check(root: &Path, faults: &mut Faults) -> Result<()> {
    let out = Command::new("cargo")
        .args(["tree", "--workspace", "--locked", "--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p};{l}"])
        .current_dir(root)
        .output()
        .context("cargo tree")?;
    ensure!(out.status.success(), "cargo tree: {}", String::from_utf8_lossy(&out.stderr));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    if manifest.lines().any(|line| line.starts_with(NOT_OURS)) {
        faults.push(format!("Cargo.toml: rows and tokens have ids of their own, not {NOT_OURS}"));
    }
    let text = String::from_utf8(out.stdout)?;
    for line in text.lines().collect::<BTreeSet<_>>() {
        // What came before is marked, and comes only once with its own dependencies.
        let line = line.trim_end_matches(" (*)");
        let Some((package, licence)) = line.rsplit_once(';') else { continue };
        let name = package.split(' ').next().unwrap_or(package);
        if BANNED.contains(&name) {
            faults.push(format!("the crate {name} is banned; cargo tree -i {name} shows who wants it"));
        }
        if !permissive(licence) {
            faults.push(format!("the crate {name} has the licence {licence}"));
        }
    }
    Ok(())
}

/// Whether some choice that the licence offers is free of copyleft.
fn permissive(licence: &str) -> bool {
    let strong = |part: &str| ["GPL", "SSPL", "BUSL", "EUPL"].iter().any(|name| part.contains(name));
    licence.replace('/', " OR ").split(" OR ").any(|part| !strong(part))
}

#[cfg(test)]
mod tests {
    use super::permissive;

    #[test]
    fn copyleft_is_refused_unless_there_is_a_choice() {
        for good in ["MIT", "MIT OR GPL-2.0", "MIT/Apache-2.0", "BSD-3-Clause AND MIT", ""] {
            assert!(permissive(good), "{good}");
        }
        for bad in ["GPL-3.0", "AGPL-3.0-only", "LGPL-2.1", "MIT AND GPL-3.0"] {
            assert!(!permissive(bad), "{bad}");
        }
    }
}
