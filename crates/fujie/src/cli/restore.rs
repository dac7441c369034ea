//! `fujie restore FILE`: a backup becomes the data of an empty folder, and is proven to be whole before it counts.
use super::{audit, postgres_tools};
use crate::{config::Config, opening};
use anyhow::{Context as _, Result, bail};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// What `fujie backup` wrote
    file: PathBuf,
    /// Copy of the keyring that belongs to it [default: the keyring that already lies in the data folder]
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let file = arguments.file;
    refuse_used_folder(config, arguments.keyring.is_some())?;
    let keyring = keyring_text(config, arguments.keyring.as_deref(), &file)?;
    db::Keyring::parse(&keyring, &kernel::Rng::System).map_err(|error| opening::plain(error, config))?;
    let kind = kind_of(&file)?;
    match (config.sqlite_path(), kind) {
        (Some(target), Kind::Sqlite) => {
            db::check_sqlite(&file).map_err(|error| opening::plain(error, config))?;
            opening::make_folder(&config.data_dir)?;
            if target.exists() {
                bail!("{}: exists already; restore into an empty folder", target.display());
            }
            if let Some(parent) = target.parent() {
                opening::make_folder(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
            }
            let bytes = std::fs::File::open(&file)?;
            copy_private(bytes, &target)?;
        }
        (None, Kind::Postgres) => {
            opening::make_folder(&config.data_dir)?;
            postgres_tools::restore(&config.database_url, &file)?;
        }
        (Some(_), Kind::Postgres) => bail!(
            "{}: is a copy of a PostgreSQL database; set FUJIE_DATABASE_URL to an empty one",
            file.display()
        ),
        (None, Kind::Sqlite) => {
            bail!("{}: is a copy of an SQLite database; unset FUJIE_DATABASE_URL", file.display())
        }
    }
    opening::write_private(&config.keyring_path(), keyring.as_bytes())?;
    let proven = prove(config).await;
    if proven.is_err() {
        // What does not verify must not stand in the way of the next try.
        forget(config, arguments.keyring.is_some());
    }
    proven?;
    println!("restored into {}", config.data_dir.display());
    Ok(ExitCode::SUCCESS)
}

/// Opens what was restored and walks its audit record.
async fn prove(config: &Config) -> Result<()> {
    let db = opening::open(config).await?;
    let version = db.version().await.map_err(|error| opening::plain(error, config))?;
    if version > db::LATEST_MIGRATION {
        bail!(
            "the backup is of version {version}, this program knows {}; use a newer one",
            db::LATEST_MIGRATION
        );
    }
    let report = db::audit::verify(&db).await.map_err(|error| opening::plain(error, config))?;
    println!("audit record: {}", audit::summary(&report));
    for fault in &report.faults {
        println!("fault: {fault}");
    }
    if report.faults.is_empty() {
        Ok(())
    } else {
        bail!(
            "the audit record does not verify: the backup was changed, or the keyring belongs to another one"
        )
    }
}

/// Removes what this run wrote: the embedded database, and the keyring unless it lay there before.
fn forget(config: &Config, keyring_written: bool) {
    let mut written = Vec::new();
    if let Some(database) = config.sqlite_path() {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = database.as_os_str().to_owned();
            name.push(suffix);
            written.push(PathBuf::from(name));
        }
    }
    if keyring_written {
        written.push(config.keyring_path());
    }
    for file in written {
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, file = %file.display(), "could not be removed"),
        }
    }
}

enum Kind {
    Sqlite,
    Postgres,
}

fn kind_of(file: &Path) -> Result<Kind> {
    let mut head = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(16).read_to_end(&mut head))
        .with_context(|| format!("{}: cannot be read", file.display()))?;
    if head.starts_with(b"SQLite format 3\0") {
        Ok(Kind::Sqlite)
    } else if head.starts_with(postgres_tools::MAGIC) {
        Ok(Kind::Postgres)
    } else {
        bail!("{}: is no backup that `fujie backup` wrote", file.display())
    }
}

/// The folder may be missing or empty; the configuration file may lie there, and a keyring if none is named.
fn refuse_used_folder(config: &Config, keyring_named: bool) -> Result<()> {
    let folder = &config.data_dir;
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", folder.display())),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let configuration = match (entry.path().canonicalize(), config.file.canonicalize()) {
            (Ok(one), Ok(other)) => one == other,
            _ => false,
        };
        if !configuration && (keyring_named || name != "keyring") {
            bail!(
                "{}: is not empty ({} lies there); restore into an empty folder, by --data-dir or FUJIE_DATA_DIR",
                folder.display(),
                name.to_string_lossy()
            );
        }
    }
    Ok(())
}

fn keyring_text(config: &Config, named: Option<&Path>, file: &Path) -> Result<String> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if config.keyring_path().exists() => config.keyring_path(),
        None => bail!("{}: needs the keyring that belongs to it; say --keyring FILE", file.display()),
    };
    std::fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn copy_private(mut from: std::fs::File, target: &Path) -> Result<()> {
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let mut copy = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut to = options.open(&part)?;
        std::io::copy(&mut from, &mut to)?;
        to.sync_all()?;
        std::fs::rename(&part, target)
    };
    copy().with_context(|| format!("{}: cannot be written", target.display()))
}
