//! For tests: how an engine would run a statement. Whatever reads a table that grows without an index is found here, before
//! an installation with a million people finds it.
use crate::{Db, Engine, STATEMENTS, Tx, value::Param};
use kernel::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

/// Tables with a row for each thing that an operator sets up. Every other one grows with people and time.
const SMALL: [&str; 23] = [
    "admission_batch",
    "audit_checkpoint",
    "change_head",
    "client",
    "connector",
    "contract_type",
    "contract_type_product",
    "gateway_state",
    "legacy_import",
    "mail_text",
    "message_template",
    "node",
    "organization_type",
    "product",
    "product_category",
    "product_guide",
    "reminder_language",
    "schema_version",
    "setting",
    "signing_key",
    "sqlite_schema",
    "staff",
    "webhook",
];

/// Whole tables that grow and that every execution of the statement would read, as the engine tells it.
pub fn scans_in(tx: &mut Tx<'_>, engine: Engine, sql: &str) -> Result<Vec<String>> {
    let told = match engine {
        Engine::Sqlite => sqlite_scans(tx, sql)?,
        Engine::Postgres => postgres_scans(tx, sql)?,
    };
    let named = named(sql);
    let grows = |(name, _): &(String, String)| {
        // What stands for no table is a subquery.
        named.get(name.as_str()).is_some_and(|table| !SMALL.contains(table))
    };
    Ok(told.into_iter().filter(grows).map(|(_, line)| line).collect())
}
/// As [`scans_in`], each statement in a transaction of its own; with the place that wrote it.
pub async fn registered_scans(db: &Db) -> Result<Vec<(&'static str, &'static str, String)>> {
    let engine = db.engine();
    let mut found = Vec::new();
    for (at, sql) in STATEMENTS {
        let scans = db
            .read(move |tx| scans_in(tx, engine, sql))
            .await
            .map_err(|error| Error::internal("db.plan").because(format!("{at}: {error}")))?;
        found.extend(scans.into_iter().map(|line| (*at, *sql, line)));
    }
    Ok(found)
}

/// Name or alias, and the line.
type Told = Vec<(String, String)>;
fn sqlite_scans(tx: &mut Tx<'_>, sql: &str) -> Result<Told> {
    let none: Option<i64> = None;
    let params = vec![&none as &dyn Param; parameters(sql)];
    let rows: Vec<(i64, i64, i64, String)> = tx.all(&format!("EXPLAIN QUERY PLAN {sql}"), &params)?;
    let scan = |line: String| Some((line.strip_prefix("SCAN ")?.split(' ').next()?.to_owned(), line));
    Ok(rows.into_iter().filter_map(|(.., line)| scan(line)).collect())
}
/// An empty table is read as a whole whatever indexes it has, so that is made dear.
fn postgres_scans(tx: &mut Tx<'_>, sql: &str) -> Result<Told> {
    for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material"] {
        tx.run(&format!("SET LOCAL {setting} = off"), &[])?;
    }
    tx.run("SET LOCAL plan_cache_mode = force_generic_plan", &[])?;
    // The name outlives the transaction.
    let digest = Sha256::digest(sql);
    let name = format!("plan_{}", data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or_default()));
    let known: Option<String> =
        tx.opt("SELECT name FROM pg_prepared_statements WHERE name = $1", &[&name.as_str()])?;
    if known.is_none() {
        tx.run(&format!("PREPARE {name} AS {sql}"), &[])?;
    }
    let nulls = vec!["NULL"; parameters(sql)].join(", ");
    let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let lines: Vec<String> = tx.all(&format!("EXPLAIN (COSTS OFF) EXECUTE {name}{arguments}"), &[])?;
    // What an index of few rows holds may be read as a whole: on an empty table that looks as cheap as anything.
    let partial: Vec<String> = tx.all(
        "SELECT CAST(c.relname AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indpred IS NOT NULL",
        &[],
    )?;
    let mut found = Told::new();
    for (place, line) in lines.iter().enumerate() {
        let Some((kind, rest)) = line.split_once(" on ") else { continue };
        // The alias stands last.
        let Some(called) = rest.split("  ").next().and_then(|rest| rest.split(' ').next_back()) else {
            continue;
        };
        let index = kind.split_once(" using ").map(|(_, index)| index);
        let bounded = lines.get(place + 1).is_some_and(|next| next.contains("Index Cond:"));
        let whole = index.is_some_and(|index| !bounded && !partial.iter().any(|name| name == index));
        if kind.contains("Seq Scan") || whole {
            found.push((called.to_owned(), line.trim().to_owned()));
        }
    }
    Ok(found)
}
/// The highest `$n`.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    });
    numbers.max().unwrap_or(0)
}
/// Tables by the names that a statement gives them. What it names by `name AS (SELECT …)` itself is none.
fn named(sql: &str) -> HashMap<&str, &str> {
    let words: Vec<&str> = sql
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let own: Vec<&str> = words
        .windows(3)
        .filter_map(|three| match three {
            [name, "AS", "SELECT"] => Some(*name),
            _ => None,
        })
        .collect();
    let mut names = HashMap::new();
    for (place, word) in words.iter().enumerate() {
        if !["FROM", "JOIN", "UPDATE", "INTO"].contains(word) {
            continue;
        }
        let Some(table) = words.get(place + 1).copied().filter(|word| is_name(word) && !own.contains(word))
        else {
            continue;
        };
        let alias = words.get(place + 2).copied().filter(is_name).unwrap_or(table);
        names.insert(alias, table);
    }
    names
}

/// Statements that depend on what is asked are registered nowhere: with this feature each is looked at when it first runs on
/// SQLite, and fails if it would read a table that grows.
static ASKED: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);

/// From [`crate::Query`]: this text was put together; `true` if its whole read is meant.
pub(crate) fn asked(sql: &str, meant: bool) {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if meant || !asked.contains_key(sql) {
        asked.insert(sql.to_owned(), meant);
    }
}
/// Error: `db.scan`.
pub(crate) fn guard(connection: &rusqlite::Connection, sql: &str) -> Result<()> {
    {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at once: from here on it counts as meant.
        match asked.get_mut(sql) {
            Some(meant) if !*meant => *meant = true,
            _ => return Ok(()),
        }
    }
    let mut tx = Tx::new(crate::tx::Connection::Sqlite(connection));
    let scans = scans_in(&mut tx, Engine::Sqlite, sql)?;
    if scans.is_empty() {
        return Ok(());
    }
    ASKED.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned(), false);
    Err(Error::internal("db.scan").because(format!("{}: {sql}", scans.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_tables() {
        let names = named(
            "SELECT m.id, a.name FROM membership m JOIN account a ON a.id = m.account_id WHERE EXISTS (SELECT 1 FROM session)",
        );
        assert_eq!(names, HashMap::from([("m", "membership"), ("a", "account"), ("session", "session")]));
        assert_eq!(named("DELETE FROM counter WHERE key = $1"), HashMap::from([("counter", "counter")]));
        let own = "WITH known AS (SELECT id AS id FROM person) SELECT a.id FROM account a WHERE a.id IN (SELECT id FROM known)";
        assert_eq!(named(own), HashMap::from([("a", "account"), ("person", "person")]));
        assert_eq!(parameters("SELECT $2, $11, '$x'"), 11);
    }
    #[tokio::test(flavor = "multi_thread")]
    async fn whole_reads_are_noticed_on_both_engines() {
        for db in crate::testing::engines().await {
            let engine = db.engine();
            for (sql, scans) in [
                ("SELECT id FROM account WHERE id = $1", 0),
                ("SELECT a.id FROM account a WHERE a.rev = $1", 1),
                ("SELECT COUNT(*) FROM setting", 0),
                (
                    "SELECT a.id FROM account a JOIN membership m ON m.account_id = a.id WHERE a.id = $1 AND m.state = 'active'",
                    0,
                ),
                ("UPDATE session SET user_agent = $1 WHERE user_agent = $2", 1),
                ("DELETE FROM challenge WHERE expires_at < $1", 0),
                ("SELECT id FROM account ORDER BY login_name LIMIT $1", 1),
            ] {
                let found = db.read(move |tx| scans_in(tx, engine, sql)).await.unwrap();
                assert_eq!(found.len(), scans, "{engine:?}: {sql}: {found:?}");
            }
        }
    }
    #[tokio::test]
    async fn a_statement_that_was_put_together_is_looked_at_when_it_runs() {
        let db = crate::testing::sqlite().await;
        let read = |meant: bool| {
            let db = db.clone();
            async move {
                db.read(move |tx| {
                    let query =
                        crate::Query::new("SELECT id FROM person").bind(" WHERE created_at > ?", &1i64);
                    let query = if meant { query.whole("a test") } else { query };
                    tx.all::<i64>(query.sql(), query.params())
                })
                .await
            }
        };
        assert_eq!(read(false).await.unwrap_err().code, "db.scan");
        assert_eq!(read(false).await.unwrap_err().code, "db.scan");
        assert_eq!(read(true).await.unwrap(), Vec::<i64>::new());
    }
}
