//! `fujie backup FILE`: a copy of the live database, and word about the keyring without which it cannot be read.
use crate::{config::Config, opening};
use anyhow::{Context as _, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::postgres_tools;

/// The database was copied, the keyring was not, and nobody said that this is meant.
const KEYRING_NOT_COPIED: u8 = 3;

#[derive(clap::Args)]
pub struct Arguments {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// Copy the keyring there too; keep it apart from the database copy
    #[arg(long, value_name = "FILE", conflicts_with = "without_keyring")]
    keyring_copy: Option<PathBuf>,
    /// The keyring is kept safe by other means
    #[arg(long)]
    without_keyring: bool,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let file = arguments.file;
    for target in [Some(&file), arguments.keyring_copy.as_ref()].into_iter().flatten() {
        if target.exists() {
            bail!("{}: exists already; name another file", target.display());
        }
    }
    let keyring = config.keyring_path();
    if !keyring.exists() {
        bail!("{}: the keyring is missing; put its copy back", keyring.display());
    }
    match config.sqlite_path() {
        Some(source) => {
            if !source.exists() {
                bail!("{}: there is no database yet", source.display());
            }
            let (folder, part) = private_part(&file)?;
            let target = part.clone();
            let copied = tokio::task::spawn_blocking(move || db::backup_sqlite(&source, &target)).await?;
            let placed =
                copied.map_err(|error| opening::plain(error, config)).and_then(|()| place(&part, &file));
            remove(&folder);
            placed?;
        }
        None => {
            let (folder, part) = private_part(&file)?;
            let (url, target) = (config.database_url.clone(), part.clone());
            let dumped = tokio::task::spawn_blocking(move || postgres_tools::dump(&url, &target)).await?;
            let placed = dumped.and_then(|()| place(&part, &file));
            remove(&folder);
            placed?;
        }
    }
    println!("database copied to {} and checked", file.display());
    if let Some(copy) = arguments.keyring_copy {
        let bytes =
            std::fs::read(&keyring).with_context(|| format!("{}: cannot be read", keyring.display()))?;
        opening::write_private(&copy, &bytes)?;
        println!("keyring copied to {}; keep it apart from the database copy", copy.display());
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "the keyring is {}; without it nobody can read the sealed columns of this copy",
        keyring.display()
    );
    if arguments.without_keyring {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "fujie: the backup is there, but its keyring was not copied; copy that file to a safe place now, and next time say \
         --keyring-copy FILE, or --without-keyring if it is kept safe by other means"
    );
    Ok(ExitCode::from(KEYRING_NOT_COPIED))
}

/// A folder beside the target that only we enter, so that nobody reads the copy while it grows.
fn private_part(file: &Path) -> Result<(PathBuf, PathBuf)> {
    let parent = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    if !parent.is_dir() {
        bail!("{}: this folder does not exist", parent.display());
    }
    let folder = parent.join(format!(".fujie-backup-{}", std::process::id()));
    opening::make_folder(&folder)?;
    let part = folder.join("copy");
    Ok((folder, part))
}

fn place(part: &Path, file: &Path) -> Result<()> {
    let put = || -> std::io::Result<()> {
        #[cfg(unix)]
        std::fs::set_permissions(part, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        std::fs::File::open(part)?.sync_all()?;
        std::fs::rename(part, file)
    };
    put().with_context(|| format!("{}: cannot be written", file.display()))
}

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!(folder = %folder.display(), %error, "a temporary folder stays behind");
    }
}
