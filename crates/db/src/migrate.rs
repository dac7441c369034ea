//! Numbered migrations, one text for both engines. Each runs in a transaction with its own version row, so that a start
//! that was cut off goes on where it stopped.
use crate::{Db, open::Engine};
use kernel::{Error, Result};
use sha2::{Digest, Sha256};

const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../../migrations/0001_platform.sql")),
    (2, include_str!("../../../migrations/0002_identity.sql")),
    (3, include_str!("../../../migrations/0003_organization.sql")),
    (4, include_str!("../../../migrations/0004_oidc.sql")),
    (5, include_str!("../../../migrations/0005_channel.sql")),
    (6, include_str!("../../../migrations/0006_factor.sql")),
    (7, include_str!("../../../migrations/0007_external.sql")),
    (8, include_str!("../../../migrations/0008_profile.sql")),
    (9, include_str!("../../../migrations/0009_verification.sql")),
    (10, include_str!("../../../migrations/0010_registry.sql")),
    (11, include_str!("../../../migrations/0011_roster.sql")),
    (12, include_str!("../../../migrations/0012_feed.sql")),
    (13, include_str!("../../../migrations/0013_legacy.sql")),
    (14, include_str!("../../../migrations/0014_catalogue.sql")),
    (15, include_str!("../../../migrations/0015_admission.sql")),
    (16, include_str!("../../../migrations/0016_decision.sql")),
    (17, include_str!("../../../migrations/0017_webhook.sql")),
];
/// The version of a store that is up to date.
pub const LATEST: i64 = match MIGRATIONS.last() {
    Some((version, _)) => *version,
    None => 0,
};

/// Applies what is missing; answers how many were applied.
pub(crate) async fn run(db: &Db) -> Result<i64> {
    let engine = db.engine();
    db.write_unaudited("migration table", |tx| {
        tx.batch(
            "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, digest BYTEA NOT NULL)",
        )
    })
    .await
    // Two nodes that start at once: the other one made the table.
    .or_else(|error| if error.is_duplicate() { Ok(()) } else { Err(error) })?;
    db.write_unaudited("migration lock", |tx| {
        // Row 0 is what nodes that migrate at once wait for.
        tx.run(
            "INSERT INTO schema_version (version, digest) VALUES (0, $1) ON CONFLICT DO NOTHING",
            &[&Vec::<u8>::new()],
        )
        .map(drop)
    })
    .await?;
    let mut applied = 0;
    for (version, text) in MIGRATIONS {
        let digest = Sha256::digest(text.as_bytes()).to_vec();
        let sql = if engine == Engine::Sqlite { to_sqlite(text) } else { (*text).to_owned() };
        applied += db
            .write_unaudited("migration", move |tx| {
                tx.run("UPDATE schema_version SET digest = digest WHERE version = 0", &[])?;
                let known: Option<Vec<u8>> = tx.opt("SELECT digest FROM schema_version WHERE version = $1", &[version])?;
                match known {
                    Some(known) if known == digest => Ok(0),
                    Some(_) => Err(Error::unavailable("db.schema_edited").because(format!(
                        "migration {version} of this store has another text than this program: before 0.1.0 start with a fresh data folder"
                    ))),
                    None => {
                        tx.batch(&sql)?;
                        tx.run("INSERT INTO schema_version (version, digest) VALUES ($1, $2)", &[version, &digest])?;
                        Ok(1)
                    }
                }
            })
            .await?;
    }
    Ok(applied)
}

/// The version of the store, 0 when it is empty, and whether its texts are this program's.
pub(crate) async fn version(db: &Db) -> Result<i64> {
    let version = db.read_one(|s| s.opt::<Option<i64>>("SELECT MAX(version) FROM schema_version", &[])).await;
    match version {
        Ok(version) => Ok(version.flatten().unwrap_or(0)),
        // No table yet. Anything else shows when the migration runs.
        Err(error) if error.code == "db.statement" => Ok(0),
        Err(error) => Err(error),
    }
}

/// True when every migration is there with this program's text: the usual start, without a write.
pub(crate) async fn is_current(db: &Db) -> bool {
    let rows = db
        .read_one(|s| {
            s.all::<(i64, Vec<u8>)>(
                "SELECT version, digest FROM schema_version WHERE version > 0 ORDER BY version",
                &[],
            )
        })
        .await;
    rows.is_ok_and(|rows| {
        rows.len() == MIGRATIONS.len()
            && rows.iter().zip(MIGRATIONS).all(|(row, (version, text))| {
                row.0 == *version && row.1 == Sha256::digest(text.as_bytes()).to_vec()
            })
    })
}

/// The PostgreSQL text as SQLite's: types renamed, tables STRICT so that a wrong type is an error there too. A table that is
/// all key (terms of a search, pairs) is kept in its key alone: the rows would lie there a second time.
fn to_sqlite(text: &str) -> String {
    let code: String =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let code = code.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB").replace("BOOLEAN", "INTEGER");
    code.split_inclusive(';')
        .map(|statement| {
            match statement.trim_start().starts_with("CREATE TABLE").then(|| statement.rfind(')')).flatten() {
                Some(end) if is_all_key(statement) => {
                    format!("{}) STRICT, WITHOUT ROWID;", statement.split_at(end).0)
                }
                Some(end) => format!("{}) STRICT;", statement.split_at(end).0),
                None => statement.to_owned(),
            }
        })
        .collect()
}
/// Whether every column of a table of this project's form (one column a line) belongs to its primary key.
fn is_all_key(statement: &str) -> bool {
    let lines = || statement.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(key) = lines().find_map(|line| line.strip_prefix("PRIMARY KEY (")) else { return false };
    let columns = lines().filter(|line| {
        let words = ["CREATE", "PRIMARY", "UNIQUE", "FOREIGN", ")"];
        !words.iter().any(|word| line.starts_with(word))
    });
    columns.count() == key.split(',').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_all_key_lies_there_once() {
        let pairs =
            "CREATE TABLE p (\n  a BIGINT NOT NULL,\n  b BIGINT NOT NULL, -- why\n  PRIMARY KEY (a, b)\n);\n";
        let counted = "CREATE TABLE c (\n  a BIGINT NOT NULL,\n  n BIGINT NOT NULL,\n  PRIMARY KEY (a)\n);";
        let own = "\nCREATE TABLE o (\n  a BIGINT PRIMARY KEY,\n  n TEXT NOT NULL\n);";
        let text = to_sqlite(&format!("{pairs}{counted}{own}"));
        let ends: Vec<bool> = text
            .split_inclusive(';')
            .take(3)
            .map(|table| table.ends_with("STRICT, WITHOUT ROWID;"))
            .collect();
        assert_eq!(ends, [true, false, false], "{text}");
        assert!(text.contains("a INTEGER PRIMARY KEY"));
    }
}
