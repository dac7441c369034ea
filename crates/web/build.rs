//! Lists what is compiled into the binary: the locale files and the built assets with one hash over their bytes.
use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    // Asked when it runs: a build folder that two checkouts share would else bring the other's files.
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let mut out = String::new();
    let locales = root.join("../../locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    out.push_str("pub(crate) static LOCALES: &[(&str, &str)] = &[\n");
    for lang in ["zh-CN", "en"] {
        let folder = locales.join(lang);
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in files(&folder)? {
            let path = folder.join(&file).display().to_string();
            writeln!(out, "({lang:?}, include_str!({path:?})),").map_err(io::Error::other)?;
        }
    }
    out.push_str("];\n");
    let dist = root.join("assets/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut entries = String::new();
    for file in files(&dist)? {
        let path = dist.join(&file).display().to_string();
        for byte in file.bytes().chain(fs::read(&path)?) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        writeln!(entries, "({file:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    writeln!(out, "pub(crate) static ASSETS_HASH: &str = \"{hash:016x}\";").map_err(io::Error::other)?;
    writeln!(out, "pub(crate) static ASSETS: &[(&str, &[u8])] = &[\n{entries}];")
        .map_err(io::Error::other)?;
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("embedded.rs"), out)
}

/// Names of the files of a folder in order, hidden ones left out.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
