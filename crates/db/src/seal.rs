//! Column encryption and blind indexes. The keys live in a keyring file beside the data, never in the database.
//! Sealed bytes: format 1 · key number · 12-byte nonce · AES-256-GCM of the text, bound to column and row.
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use kernel::{Error, Result, Rng};
use sha2::Sha256;
use std::{collections::BTreeMap, io::Write, path::Path};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
type Key = Zeroizing<[u8; 32]>;

pub struct Keyring {
    /// The key that seals from now on.
    current: u8,
    seal: BTreeMap<u8, Aes256Gcm>,
    index: Key,
    mac: Key,
    audit: Key,
    rng: Rng,
}

impl Keyring {
    /// Reads the file, or makes it with mode 0600 at first start. Errors: `keyring.*`, each for the operator's log.
    pub fn open_or_create(path: &Path, rng: &Rng) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                check_mode(path)?;
                Self::parse(&text, rng)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = Self::fresh(rng);
                write_new(path, &text).map_err(|e| Error::unavailable("keyring.not_written").because(e))?;
                Self::parse(&text, rng)
            }
            Err(error) => Err(Error::unavailable("keyring.not_read").because(error)),
        }
    }
    /// Only for tests and for checking a copy.
    pub fn ephemeral(rng: &Rng) -> Result<Self> {
        Self::parse(&Self::fresh(rng), rng)
    }
    /// One key a line: `name base64`.
    fn fresh(rng: &Rng) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(
            "# Keys of this Fujie. Without this file the sealed columns of the database cannot be read.\nversion 1\n",
        ));
        for name in ["seal.1", "index", "mac", "audit"] {
            let key = Zeroizing::new(rng.bytes::<32>());
            text.push_str(&format!("{name} {}\n", *Zeroizing::new(data_encoding::BASE64.encode(&*key))));
        }
        text
    }
    pub fn parse(text: &str, rng: &Rng) -> Result<Self> {
        let broken = || Error::unavailable("keyring.broken");
        let mut keys: BTreeMap<&str, Key> = BTreeMap::new();
        for line in text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let (name, value) = line.trim().split_once(' ').ok_or_else(broken)?;
            if name == "version" {
                if value != "1" {
                    return Err(broken());
                }
                continue;
            }
            let bytes = Zeroizing::new(data_encoding::BASE64.decode(value.as_bytes()).map_err(|_| broken())?);
            keys.insert(name, Zeroizing::new(bytes.as_slice().try_into().map_err(|_| broken())?));
        }
        let mut seal = BTreeMap::new();
        for (name, key) in &keys {
            if let Some(number) = name.strip_prefix("seal.") {
                let cipher = Aes256Gcm::new_from_slice(key.as_slice()).map_err(|_| broken())?;
                seal.insert(number.parse::<u8>().map_err(|_| broken())?, cipher);
            }
        }
        let current = *seal.keys().next_back().ok_or_else(broken)?;
        let mut take = |name: &str| keys.remove(name).ok_or_else(broken);
        Ok(Self {
            current,
            seal,
            index: take("index")?,
            mac: take("mac")?,
            audit: take("audit")?,
            rng: rng.clone(),
        })
    }
    /// `column` is `table.column`; the result opens for this column of this row alone.
    pub fn seal(&self, column: &'static str, row: i64, text: &str) -> Vec<u8> {
        self.seal_bytes(column, row, text.as_bytes())
    }
    #[expect(
        clippy::expect_used,
        reason = "AES-GCM fails only for texts of 64 GiB and keys that are absent by construction"
    )]
    pub fn seal_bytes(&self, column: &'static str, row: i64, bytes: &[u8]) -> Vec<u8> {
        let cipher = self.seal.get(&self.current).expect("the current key is present");
        let nonce_bytes = self.rng.bytes::<12>();
        let aad = aad(column, row);
        let sealed = cipher
            .encrypt(&Nonce::from(nonce_bytes), Payload { msg: bytes, aad: &aad })
            .expect("the text is short");
        let mut out = Vec::with_capacity(2 + nonce_bytes.len() + sealed.len());
        out.extend_from_slice(&[FORMAT, self.current]);
        out.extend_from_slice(&nonce_bytes);
        out.extend_from_slice(&sealed);
        out
    }
    /// Error `seal.broken` when the bytes were made for another column, row or keyring.
    pub fn open(&self, column: &'static str, row: i64, sealed: &[u8]) -> Result<String> {
        let plain = self.open_bytes(column, row, sealed)?;
        String::from_utf8(plain).map_err(|_| Error::internal("seal.broken"))
    }
    pub fn open_bytes(&self, column: &'static str, row: i64, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::internal("seal.broken").because(column);
        let (header, rest) = sealed.split_first_chunk::<2>().ok_or_else(broken)?;
        let (nonce, text) = rest.split_first_chunk::<12>().ok_or_else(broken)?;
        let [FORMAT, number] = *header else { return Err(broken()) };
        let cipher = self.seal.get(&number).ok_or_else(broken)?;
        cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg: text, aad: &aad(column, row) })
            .map_err(|_| broken())
    }
    /// Blind index: equal texts of a column give equal bytes, which tell nothing without the key.
    pub fn blind(&self, column: &'static str, normalized: &str) -> Vec<u8> {
        keyed(&self.index, &[column.as_bytes(), normalized.as_bytes()]).to_vec()
    }
    /// For form tokens, handles, client secrets: `purpose` keeps the uses apart.
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = Vec::with_capacity(parts.len() + 1);
        all.push(purpose.as_bytes());
        all.extend_from_slice(parts);
        keyed(&self.mac, &all)
    }
    pub(crate) fn audit_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        keyed(&self.audit, parts)
    }
    /// Keyed bigrams of a folded text within a scope, each once: candidates for search. One character gives itself.
    pub fn grams(&self, scope: i64, text: &str) -> Vec<i64> {
        let letters: Vec<char> =
            kernel::text::normalize(text).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        self.grams_of(scope, &letters)
    }
    /// The same of letters that are folded already.
    pub fn grams_of(&self, scope: i64, letters: &[char]) -> Vec<i64> {
        let mut grams: Vec<i64> = letters
            .windows(2.min(letters.len().max(1)))
            .map(|pair| {
                let text: String = pair.iter().collect();
                let bytes = keyed(&self.index, &[b"gram", &scope.to_be_bytes(), text.as_bytes()]);
                bytes.first_chunk::<8>().map_or(0, |head| i64::from_be_bytes(*head))
            })
            .collect();
        grams.sort_unstable();
        grams.dedup();
        grams
    }
}

fn aad(column: &str, row: i64) -> Vec<u8> {
    let mut aad = column.as_bytes().to_vec();
    aad.push(b'|');
    aad.extend_from_slice(&row.to_be_bytes());
    aad
}
/// HMAC-SHA-256 over the parts, each with its length before it, so that no two lists give the same bytes.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_slice()).expect("any key length will do");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // The name must survive a power loss as well as the bytes: what it seals is committed right after.
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
#[cfg(unix)]
fn check_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)
        .map_err(|e| Error::unavailable("keyring.not_read").because(e))?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(Error::unavailable("keyring.mode").because("others can read the keyring: chmod 600"))
    }
}
#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_text_opens_for_its_own_column_and_row_alone() {
        let rng = Rng::System;
        let keyring = Keyring::ephemeral(&rng).unwrap();
        let sealed = keyring.seal("account.phone", 7, "+8613800138000");
        assert_eq!(keyring.open("account.phone", 7, &sealed).unwrap(), "+8613800138000");
        assert!(keyring.open("account.phone", 8, &sealed).is_err());
        assert!(keyring.open("account.email", 7, &sealed).is_err());
        assert!(Keyring::ephemeral(&rng).unwrap().open("account.phone", 7, &sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(keyring.open("account.phone", 7, &sealed[..cut]).is_err());
        }
        assert_ne!(sealed, keyring.seal("account.phone", 7, "+8613800138000"));
    }
    #[test]
    fn the_keyring_file_is_private_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let first = Keyring::open_or_create(&path, &Rng::System).unwrap();
        let again = Keyring::open_or_create(&path, &Rng::System).unwrap();
        assert_eq!(first.blind("a", "b"), again.blind("a", "b"));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Keyring::open_or_create(&path, &Rng::System).err().unwrap().code, "keyring.mode");
    }
    #[test]
    fn bigrams_find_parts_of_names() {
        let keyring = Keyring::ephemeral(&Rng::System).unwrap();
        let name = keyring.grams(1, "陈思齐");
        assert_eq!(name.len(), 2);
        assert!(keyring.grams(1, "思齐").iter().all(|g| name.contains(g)));
        assert!(keyring.grams(2, "思齐").iter().all(|g| !name.contains(g)));
        assert!(keyring.grams(1, "").is_empty());
    }
}
