//! Opening the store of an installation: data folder, keyring, database, in this order and with words for the operator.
use crate::config::Config;
use anyhow::{Context as _, Result, anyhow, bail};
use db::{Db, Keyring, Options};
use kernel::Rng;
use std::{path::Path, sync::Arc};

/// Opens the store; data folder and keyring are made at first start.
pub async fn open(config: &Config) -> Result<Db> {
    make_folder(&config.data_dir)?;
    let path = config.keyring_path();
    if !path.exists() {
        refuse_orphan(config).await?;
    }
    let keyring = Keyring::open_or_create(&path, &Rng::System).map_err(|error| plain(error, config))?;
    if let Some(file) = config.sqlite_path() {
        make_private(&file)?;
    }
    connect(config, keyring)
}

/// An empty database file that only its owner reads; SQLite gives its companions the same mode.
fn make_private(file: &Path) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    if let Some(parent) = file.parent()
        && !parent.as_os_str().is_empty()
    {
        make_folder(parent)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop).with_context(|| format!("{}: the database cannot be made", file.display()))
}

/// As [`open`], but nothing is made: for commands that work on what is there.
pub async fn open_existing(config: &Config) -> Result<Db> {
    if let Some(file) = config.sqlite_path()
        && !file.exists()
    {
        bail!("{}: there is no database yet; `fujie serve` makes one", file.display());
    }
    let path = config.keyring_path();
    if !path.exists() {
        bail!("{}: the keyring is missing; put its copy back", path.display());
    }
    let keyring = Keyring::open_or_create(&path, &Rng::System).map_err(|error| plain(error, config))?;
    let db = connect(config, keyring)?;
    let version = db.version().await.map_err(|error| plain(error, config))?;
    if version != db::LATEST_MIGRATION {
        bail!(
            "the database is at version {version}, this program at {}; run `fujie migrate` first",
            db::LATEST_MIGRATION
        );
    }
    Ok(db)
}

fn connect(config: &Config, keyring: Keyring) -> Result<Db> {
    Db::open(Options::new(&config.database_url, Arc::new(keyring))).map_err(|error| plain(error, config))
}

/// A database that has rows but lost its keyring must not get a new one: everything sealed would be unreadable, and what is
/// sealed from then on would not fit to it.
async fn refuse_orphan(config: &Config) -> Result<()> {
    let used = match config.sqlite_path() {
        Some(file) => file.metadata().is_ok_and(|meta| meta.len() > 0),
        None => {
            let probe = Keyring::ephemeral(&Rng::System).map_err(|error| plain(error, config))?;
            connect(config, probe)?.version().await.map_err(|error| plain(error, config))? > 0
        }
    };
    if used {
        bail!(
            "{}: the keyring is missing, but the database {} is in use and can be read only with it; put its copy back \
             (or name an empty data folder and database to begin anew)",
            config.keyring_path().display(),
            config.database_shown()
        );
    }
    Ok(())
}

/// Makes a folder that only its owner enters.
pub fn make_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("{}: the data folder cannot be made", path.display()))
}

/// Writes a file that only its owner reads, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let write = || -> std::io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().with_context(|| format!("{}: cannot be written", path.display()))
}

/// An error in words for whoever runs the server; the code stays, so that it can be looked up.
pub fn plain(error: kernel::Error, config: &Config) -> anyhow::Error {
    let (keyring, database) = (config.keyring_path(), config.database_shown());
    let words = match error.code {
        "keyring.not_read" => format!("{}: the keyring cannot be read", keyring.display()),
        "keyring.not_written" => format!("{}: the keyring cannot be written", keyring.display()),
        "keyring.broken" => format!("{}: the keyring is damaged; put its copy back", keyring.display()),
        "keyring.mode" => format!(
            "{}: others can read the keyring; run chmod 600 on it, and exchange the keys if somebody may have",
            keyring.display()
        ),
        "db.unavailable" => format!("{database}: the database does not answer"),
        "db.busy" => format!("{database}: the database is busy; try again"),
        "db.schema_edited" => format!("{database}: the database was made by another development version"),
        "backup.exists" => "the backup file exists already; name another".to_owned(),
        "backup.damaged" => "the copy does not pass the integrity check".to_owned(),
        _ => "something went wrong".to_owned(),
    };
    match &error.source {
        Some(source) => anyhow!("{words} ({}: {source})", error.code),
        None => anyhow!("{words} ({})", error.code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(folder: &Path) -> Config {
        std::fs::write(folder.join("fujie.toml"), "data_dir = 'data'").unwrap();
        let flags = Flags { config: Some(folder.join("fujie.toml")), ..Flags::default() };
        Config::resolve(&flags, None, &|_| None).unwrap()
    }
    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn the_first_start_makes_files_that_only_the_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        assert!(open_existing(&config).await.is_err(), "nothing is there yet");
        open(&config).await.unwrap().migrate().await.unwrap();
        assert_eq!(mode(&config.data_dir), 0o700);
        assert_eq!(mode(&config.keyring_path()), 0o600);
        assert_eq!(mode(&config.sqlite_path().unwrap()), 0o600);
        open_existing(&config).await.unwrap();
    }
    #[tokio::test]
    async fn a_database_in_use_gets_no_new_keyring() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        open(&config).await.unwrap().migrate().await.unwrap();
        std::fs::rename(config.keyring_path(), folder.path().join("elsewhere")).unwrap();
        let message = open(&config).await.err().unwrap().to_string();
        assert!(message.contains("keyring is missing"), "{message}");
        assert!(!config.keyring_path().exists());
        std::fs::rename(folder.path().join("elsewhere"), config.keyring_path()).unwrap();
        open(&config).await.unwrap();
    }
    #[test]
    fn a_private_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo.json");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
