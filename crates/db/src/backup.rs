//! Copies of an embedded store, taken while it runs and checked before they are trusted.
use crate::error;
use kernel::{Error, Result};
use std::path::Path;

/// Writes a compact copy to a file that does not exist yet, and checks it. Blocking.
pub fn backup_sqlite(source: &Path, target: &Path) -> Result<()> {
    if target.exists() {
        return Err(Error::conflict("backup.exists"));
    }
    let text = target.to_str().ok_or_else(|| Error::invalid("backup.path"))?;
    // Not a query_only connection: SQLite counts VACUUM INTO as a write.
    let connection = crate::sqlite::open(source, false)?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(error::sqlite)?;
    drop(connection);
    let file =
        std::fs::File::open(target).map_err(|e| Error::unavailable("backup.not_written").because(e))?;
    file.sync_all().map_err(|e| Error::unavailable("backup.not_written").because(e))?;
    check_sqlite(target)
}

/// SQLite's own integrity and foreign key checks. Error `backup.damaged`. Blocking.
pub fn check_sqlite(path: &Path) -> Result<()> {
    crate::sqlite::without_memory_statistics();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(error::sqlite)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(error::sqlite)?;
    let strays = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut statement| statement.exists([]))
        .map_err(error::sqlite)?;
    if verdict == "ok" && !strays {
        Ok(())
    } else {
        Err(Error::unavailable("backup.damaged").because(verdict))
    }
}
