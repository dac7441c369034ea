//! Passwords that leaked elsewhere: a file of sorted 8-byte prefixes of SHA-1, made from a download of "Have I Been Pwned".
//! Nothing is mapped or held in memory; a look is two dozen small reads.
use super::model::Password;
use sha1::{Digest, Sha1};
use std::{
    fs::File,
    io::{BufRead, BufWriter, Error, ErrorKind, Result, Write},
    os::unix::fs::FileExt,
    path::Path,
};

const MAGIC: &[u8; 8] = b"fujiebl1";
const HEAD: u64 = 8;
const WIDTH: u64 = 8;
/// So many prefixes are read at once when the place is nearly known.
const WINDOW: u64 = 512;

/// An open list.
#[derive(Debug)]
pub struct BreachList {
    file: File,
    count: u64,
}
impl BreachList {
    /// Fails for a file that `fujie breach-list build` did not write to its end.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut magic = [0; 8];
        let wrong =
            || Error::new(ErrorKind::InvalidData, "this is no list that `fujie breach-list build` wrote");
        file.read_exact_at(&mut magic, 0).map_err(|_| wrong())?;
        if magic != *MAGIC || !(length - HEAD).is_multiple_of(WIDTH) {
            return Err(wrong());
        }
        Ok(Self { file, count: (length - HEAD) / WIDTH })
    }
    pub fn count(&self) -> u64 {
        self.count
    }
    pub fn contains(&self, password: &Password) -> Result<bool> {
        self.contains_prefix(prefix(password.bytes()))
    }
    fn contains_prefix(&self, wanted: u64) -> Result<bool> {
        let (mut from, mut to) = (0, self.count);
        while to - from > WINDOW {
            let middle = from + (to - from) / 2;
            let mut bytes = [0; 8];
            self.file.read_exact_at(&mut bytes, HEAD + middle * WIDTH)?;
            if u64::from_be_bytes(bytes) <= wanted { from = middle } else { to = middle }
        }
        let mut bytes = vec![0; usize::try_from((to - from) * WIDTH).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, HEAD + from * WIDTH)?;
        let (prefixes, _) = bytes.as_chunks::<8>();
        Ok(prefixes.binary_search_by_key(&wanted, |bytes| u64::from_be_bytes(*bytes)).is_ok())
    }
}
fn prefix(password: &[u8]) -> u64 {
    let hash = Sha1::digest(password);
    hash.first_chunk::<8>().map_or(0, |head| u64::from_be_bytes(*head))
}

/// Writes the list from lines `40 hexadecimal digits[:count]` in order, as the download has them; returns how many.
/// A list that is not complete never takes the place of one that is.
pub fn build(lines: impl BufRead, out: &Path) -> Result<u64> {
    let partial = out.with_extension("partial");
    let built = write(lines, &partial);
    match built {
        Ok(count) => {
            std::fs::rename(&partial, out)?;
            Ok(count)
        }
        Err(error) => {
            drop(std::fs::remove_file(&partial));
            Err(error)
        }
    }
}
fn write(mut lines: impl BufRead, path: &Path) -> Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(MAGIC)?;
    let (mut last, mut count, mut number) = (None, 0_u64, 0_u64);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            break;
        }
        number += 1;
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let hash = text.split(':').next().unwrap_or_default();
        let wrong = |what: &str| Error::new(ErrorKind::InvalidData, format!("line {number}: {what}"));
        let shape = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let head = hash.get(..16).filter(|_| shape).and_then(|head| u64::from_str_radix(head, 16).ok());
        let head = head.ok_or_else(|| wrong("not 40 hexadecimal digits of SHA-1, a colon and a count"))?;
        match last {
            Some(before) if before == head => continue,
            Some(before) if before > head => {
                return Err(wrong("out of order; sort the file first (LC_ALL=C sort)"));
            }
            _ => {}
        }
        out.write_all(&head.to_be_bytes())?;
        (last, count) = (Some(head), count + 1);
    }
    if count == 0 {
        return Err(Error::new(ErrorKind::InvalidData, "there is not one hash in it"));
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse("password", text).unwrap()
    }
    fn line(password: &str) -> String {
        let hash: String =
            Sha1::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{hash}:{}\n", password.len())
    }
    fn folder() -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("fujie-breach-{}", kernel::Rng::System.short_token()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_on_the_list_is_found_and_nothing_else() {
        let folder = folder();
        for count in [1_usize, 2, 511, 512, 513, 5000] {
            let mut lines: Vec<String> = (0..count).map(|n| line(&format!("leaked {n}"))).collect();
            lines.sort();
            // As a Windows tool writes it, with a line twice and an empty one.
            let text = format!("{}\r\n\r\n{}", lines.first().unwrap().trim(), lines.concat());
            let path = folder.join("list");
            assert_eq!(build(text.as_bytes(), &path).unwrap(), count as u64);
            let list = BreachList::open(&path).unwrap();
            assert_eq!(list.count(), count as u64);
            for n in 0..count {
                assert!(list.contains(&password(&format!("leaked {n}"))).unwrap(), "{n} of {count}");
            }
            assert!((0..500).all(|n| !list.contains(&password(&format!("fresh {n}"))).unwrap()));
            assert!(!list.contains_prefix(0).unwrap() && !list.contains_prefix(u64::MAX).unwrap());
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
    #[test]
    fn a_file_that_is_no_list_is_refused_and_a_good_one_is_kept() {
        let folder = folder();
        let path = folder.join("list");
        build(line("leaked").as_bytes(), &path).unwrap();
        let mut unordered = [line("a"), line("b"), line("c")];
        unordered.sort();
        unordered.reverse();
        for (text, says) in [
            (unordered.concat(), "out of order"),
            ("password:3\n".to_owned(), "line 1"),
            (format!("{}é{}\n", "A".repeat(15), "B".repeat(23)), "line 1"),
            (String::new(), "not one hash"),
        ] {
            let error = build(text.as_bytes(), &path).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!path.with_extension("partial").exists());
            assert!(BreachList::open(&path).unwrap().contains(&password("leaked")).unwrap());
        }
        std::fs::write(&path, b"fujiebl1abc").unwrap();
        assert!(BreachList::open(&path).is_err());
        std::fs::write(&path, b"x").unwrap();
        assert!(BreachList::open(&path).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
