//! Who may know whom: rooms look down, features never into another's store, SQL lies in stores.
use super::Faults;
use crate::source::Source;
use anyhow::Result;
use std::path::Path;

/// Where a hash asks the system for large pages; nothing safe does.
const HASH_MEMORY: &str = "crates/identity/src/credential/memory.rs";

/// Lowest first.
const ROOMS: [&str; 20] = [
    "kernel",
    "db",
    "web",
    "platform",
    "upstream",
    "channel",
    "factor",
    "identity",
    "organization",
    "oidc",
    "authzen",
    "recovery",
    "verification",
    "registry",
    "roster",
    "feed",
    "legacy",
    "profile",
    "portal",
    "fujie",
];

pub fn check(root: &Path, rust: &[Source], faults: &mut Faults) -> Result<()> {
    for (height, room) in ROOMS.iter().enumerate() {
        let manifest = std::fs::read_to_string(root.join(format!("crates/{room}/Cargo.toml")))?;
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("");
        let dependencies = dependencies.split("\n[").next().unwrap_or("");
        for above in ROOMS.iter().skip(height) {
            if dependencies
                .lines()
                .any(|line| line.starts_with(&format!("{above}.")) || line.starts_with(&format!("{above} ")))
            {
                faults.push(format!(
                    "crates/{room}/Cargo.toml: {room} may not depend on {above}, which lies above it"
                ));
            }
        }
    }
    for file in rust {
        let production = file.production();
        let in_store = file.name() == "store.rs" || file.room() == Some("db") || file.room().is_none();
        if !in_store && (production.contains("sql!(") || production.contains("Query::new(")) {
            faults.push(format!("{}: SQL lies in store.rs alone", file.path));
        }
        stores(file, &production, faults);
        let allow = concat!("#[", "allow");
        let allow_file = concat!("#![", "allow");
        if file.text.contains(allow) || file.text.contains(allow_file) {
            faults.push(format!("{}: use #[expect(…, reason = \"…\")]", file.path));
        }
        let may_be_unsafe = file.room() == Some("db") || file.path == HASH_MEMORY;
        if file.text.contains(concat!("unsafe", "_code")) && !may_be_unsafe {
            faults.push(format!("{}: unsafe code belongs to db, and to {HASH_MEMORY}", file.path));
        }
    }
    Ok(())
}

/// `crate::grant::store` from another feature, `identity::account::store` from another room.
fn stores(file: &Source, production: &str, faults: &mut Faults) {
    for line in production.lines() {
        for (at, _) in line.match_indices("::store") {
            let before = line.get(..at).unwrap_or("");
            let path =
                before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).next().unwrap_or("");
            let mut steps = path.rsplit("::");
            let (feature, from) = (steps.next().unwrap_or(""), steps.next().unwrap_or(""));
            let foreign_feature = matches!(from, "crate") && file.feature() != Some(feature);
            let foreign_room = ROOMS.contains(&from) && file.room() != Some(from);
            if foreign_feature || foreign_room {
                faults.push(format!("{}: the store of {feature} is its own; call its service", file.path));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        let file = Source { path: path.to_owned(), text: text.to_owned() };
        let mut faults = Vec::new();
        stores(&file, &file.production(), &mut faults);
        faults.len()
    }
    #[test]
    fn a_store_is_for_its_own_feature() {
        let own = "crates/organization/src/grant/service.rs";
        assert_eq!(faults(own, "use crate::grant::store;"), 0);
        assert_eq!(faults(own, "use super::store;"), 0);
        assert_eq!(faults(own, "use crate::admission::store;"), 1);
        assert_eq!(faults(own, "identity::account::store::find(tx)"), 1);
        assert_eq!(faults(own, "// crate::admission::store"), 0);
    }
}
