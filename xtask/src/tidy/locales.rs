//! Every key in both languages with the same arguments, every key used, every used key there, every error code worded.
use super::Faults;
use crate::source::{self, Source};
use anyhow::Result;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

const LANGUAGES: [&str; 2] = ["zh-CN", "en"];
/// A literal that begins with one of these and a dash is a key.
const PREFIXES: [&str; 17] = [
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
];

/// Key → file and arguments.
type Keys = BTreeMap<String, (String, BTreeSet<String>)>;

pub fn check(root: &Path, rust: &[Source], templates: &[Source], faults: &mut Faults) -> Result<()> {
    let [zh, en] = LANGUAGES.map(|language| keys(root, language, faults));
    let (zh, en) = (zh?, en?);
    for (here, there, language) in [(&zh, &en, "en"), (&en, &zh, "zh-CN")] {
        for (key, (file, arguments)) in here {
            match there.get(key) {
                None => faults.push(format!("locales/{language}: {key} is missing ({file} has it)")),
                Some((_, others)) if others != arguments => {
                    faults.push(format!("locales/{language}: {key} has other arguments than {file}"));
                }
                Some(_) => {}
            }
        }
    }
    let mut used = BTreeSet::new();
    let mut starts = BTreeSet::new();
    let texts = rust
        .iter()
        .filter(|file| !file.path.starts_with("xtask/"))
        .map(|file| (file, file.production()))
        .chain(templates.iter().map(|file| (file, file.text.clone())));
    for (file, text) in texts {
        for piece in text.split('"') {
            if let Some(code) = error_code(piece) {
                used.insert(format!("error-{}", code.replace(['.', '_'], "-")));
            }
            let Some(key) = key_like(piece) else { continue };
            match key.split_once('{') {
                // `format!("organization-role-{}", …)` and `"organization-role-"` stand for all keys that begin so.
                Some((start, _)) => drop(starts.insert(start.to_owned())),
                None if key.ends_with('-') => drop(starts.insert(key.to_owned())),
                None => {
                    if !zh.contains_key(key) {
                        faults.push(format!("{}: the key {key} has no text", file.path));
                    }
                    used.insert(key.to_owned());
                }
            }
        }
        for code in raised(&text) {
            let key = format!("error-{}", code.replace(['.', '_'], "-"));
            if !zh.contains_key(&key) {
                faults.push(format!("{}: the error {code} has no text ({key})", file.path));
            }
        }
    }
    for (key, (file, _)) in &zh {
        let kept = used.contains(key)
            || starts.iter().any(|start| key.starts_with(start.as_str()))
            || key.starts_with("error-kind-");
        if !kept {
            faults.push(format!("{file}: nothing uses {key}"));
        }
    }
    Ok(())
}

fn keys(root: &Path, language: &str, faults: &mut Faults) -> Result<Keys> {
    let mut keys = Keys::new();
    for file in source::files(root, &[&format!("locales/{language}")], &[".ftl"])? {
        let mut current: Option<String> = None;
        for line in file.text.lines() {
            let begins = line.starts_with(|c: char| c.is_ascii_lowercase());
            if begins {
                let Some((key, _)) = line.split_once('=') else {
                    faults.push(format!("{}: not a message: {line}", file.path));
                    continue;
                };
                let key = key.trim().to_owned();
                if keys.insert(key.clone(), (file.path.clone(), BTreeSet::new())).is_some() {
                    faults.push(format!("{}: {key} is there twice", file.path));
                }
                current = Some(key);
            }
            let Some((_, arguments)) = current.as_ref().and_then(|key| keys.get_mut(key)) else { continue };
            for piece in line.split('$').skip(1) {
                let name: String =
                    piece.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                arguments.insert(name);
            }
        }
    }
    Ok(keys)
}

fn key_like(piece: &str) -> Option<&str> {
    let (first, rest) = piece.split_once('-')?;
    let shape = !rest.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '{' | '}' | '_'));
    (PREFIXES.contains(&first) && shape).then_some(piece)
}
/// `room.what_happened`.
fn error_code(piece: &str) -> Option<&str> {
    let shape = piece.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_'));
    let named = piece.starts_with(|c: char| c.is_ascii_lowercase()) && !piece.ends_with(['.', '_']);
    (shape && named && !piece.contains("..")).then_some(piece)
}
/// Codes of errors that a person may meet: internal ones share the general text.
fn raised(text: &str) -> Vec<&str> {
    const MAKERS: [&str; 7] =
        ["invalid", "unauthenticated", "forbidden", "not_found", "conflict", "too_many", "overloaded"];
    let mut found = Vec::new();
    for maker in MAKERS {
        for (at, start) in text.match_indices(&format!("Error::{maker}(\"")) {
            let rest = text.get(at + start.len()..).unwrap_or("");
            found.extend(rest.split('"').next().and_then(error_code));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_codes_and_raised_errors_are_told_apart() {
        assert_eq!(key_like("web-skip"), Some("web-skip"));
        assert_eq!(key_like("login-name"), None);
        assert_eq!(key_like("web-Skip"), None);
        assert_eq!(error_code("membership.last_administrator"), Some("membership.last_administrator"));
        assert_eq!(error_code("A sentence."), None);
        assert_eq!(raised(r#"Error::invalid("a.b").at("c"); Error::internal("d.e")"#), ["a.b"]);
    }
}
