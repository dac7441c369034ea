//! The embedded engine: reader threads with a connection each, and one writer that commits in groups. A group is what
//! already waits in the queue when a commit begins; nobody waits for company, and all are answered after the one fsync.
use crate::{
    audit::Lane,
    change::{self, Change},
    error,
    tx::{Connection, Tx},
    worker::{Job, Mode, Shared, still_wanted},
};
use crossbeam_channel::{Receiver, TryRecvError};
use kernel::{Error, Result};
use rusqlite::config::DbConfig;
use std::sync::Arc;
use std::{path::Path, time::Instant};

/// Jobs of one group commit.
const GROUP: usize = 256;
const SLOW_MS: u128 = 5;

/// A page that is written again before the log is taken over is taken over once: hence a log of 16 MB.
/// No memory map: a growing file is mapped again and again, which costs writers a quarter, and counts as resident.
pub(crate) fn open(path: &Path, read_only: bool) -> Result<rusqlite::Connection> {
    without_memory_statistics();
    let connection = rusqlite::Connection::open(path).map_err(error::sqlite)?;
    connection
        .execute_batch(
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
             PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(error::sqlite)?;
    if read_only {
        connection.execute_batch("PRAGMA query_only = ON").map_err(error::sqlite)?;
    }
    connection.set_prepared_statement_cache_capacity(512);
    // Without it the planner looks at bound values, and every statement with `column = $n` is prepared anew each time it
    // comes out of the cache, because a returned statement's bindings are cleared.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error::sqlite)?;
    Ok(connection)
}

/// SQLite's memory statistics take one global mutex at every allocation: two readers were slower than one.
pub(crate) fn without_memory_statistics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: called once, before the first connection of the process is opened, as SQLITE_CONFIG_* demands.
        let code = unsafe { rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0i32) };
        if code != rusqlite::ffi::SQLITE_OK {
            tracing::warn!(code, "SQLite keeps its memory statistics; reads will be slower");
        }
    });
}

pub(crate) fn reader(connection: rusqlite::Connection, queue: Receiver<Box<dyn Job>>) {
    while let Some(job) = next_of(&queue) {
        let Some(mut job) = still_wanted(job) else { continue };
        let result = match job.mode() {
            Mode::Point => job.run(&mut Tx::new(Connection::Sqlite(&connection))).map(drop),
            _ => snapshot(&connection, |tx| job.run(tx)).map(drop),
        };
        job.finish(result);
    }
}
/// A receiver alone spins and yields before it sleeps, which takes the processor from those who have work.
fn next_of(queue: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
    crossbeam_channel::select! {
        recv(queue) -> job => job.ok(),
        recv(crossbeam_channel::never::<()>()) -> _ => None,
    }
}
/// Several statements that see the same.
pub(crate) fn snapshot<T>(
    connection: &rusqlite::Connection,
    run: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    statement(connection, "BEGIN")?;
    let result = run(&mut Tx::new(Connection::Sqlite(connection)));
    let ended = statement(connection, "COMMIT");
    result.and_then(|value| ended.map(|()| value))
}

type Steps = &'static [&'static str];
/// A job of a group, and what it changed.
type Ran = (Box<dyn Job>, Result<Vec<Change>>);

pub(crate) struct Writer {
    pub connection: rusqlite::Connection,
    pub urgent: Receiver<Box<dyn Job>>,
    /// Slices of bulk work: one at a time, and only when nothing urgent waits.
    pub bulk: Receiver<Box<dyn Job>>,
    pub shared: Shared,
    pub lane: Option<Lane>,
}

impl Writer {
    pub(crate) fn run(mut self) {
        while let Some(job) = self.next() {
            self.group(job);
        }
        // The last checkpoint of the log; what it leaves is read at the next start.
        drop(self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    fn next(&self) -> Option<Box<dyn Job>> {
        match self.urgent.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        crossbeam_channel::select! {
            recv(self.urgent) -> job => job.ok(),
            recv(self.bulk) -> job => job.ok(),
        }
    }
    fn group(&mut self, first: Box<dyn Job>) {
        let mut done: Vec<Ran> = Vec::new();
        let mut lane = self.lane.take();
        let committed = statement(&self.connection, "BEGIN IMMEDIATE").and_then(|()| {
            let mut next = Some(first);
            while let Some(job) = next {
                if let Some(mut job) = still_wanted(job) {
                    let alone = done.iter().all(|(_, result)| result.is_err());
                    let result = self.one(job.as_mut(), &mut lane, alone);
                    done.push((job, result));
                    if self.connection.is_autocommit() {
                        return Err(Error::unavailable("db.unavailable")
                            .because("the transaction of the group is gone"));
                    }
                }
                next = if done.len() < GROUP { self.urgent.try_recv().ok() } else { None };
            }
            statement(&self.connection, "COMMIT")
        });
        match committed {
            Ok(()) => {
                self.lane = lane;
                for (_, result) in &done {
                    if let Ok(changes) = result {
                        self.shared.listeners.tell(changes);
                    }
                }
                for (job, result) in done {
                    job.finish(result.map(drop));
                }
            }
            Err(cause) => {
                // Nobody knows what a failed COMMIT left: the lane is abandoned, a new one opens with the next event.
                if !self.connection.is_autocommit() {
                    drop(statement(&self.connection, "ROLLBACK"));
                }
                tracing::error!(%cause, jobs = done.len(), "a group commit failed");
                for (job, result) in done {
                    job.finish(Err(result
                        .err()
                        .unwrap_or_else(|| Error::unavailable("db.unavailable").because(cause.to_string()))));
                }
            }
        }
    }
    /// `alone`: nothing of the transaction has to survive this job. It then goes without a savepoint, whose journal of pages
    /// costs a tenth of a small write, and is walked from its beginning at each statement of a long one.
    fn one(&self, job: &mut dyn Job, lane: &mut Option<Lane>, alone: bool) -> Result<Vec<Change>> {
        let started = Instant::now();
        let (begin, keep, undo): (Steps, Steps, Steps) = if alone {
            (&[], &[], &["ROLLBACK", "BEGIN IMMEDIATE"])
        } else {
            (&["SAVEPOINT job"], &["RELEASE job"], &["ROLLBACK TO job", "RELEASE job"])
        };
        let run = |steps: Steps| steps.iter().try_for_each(|sql| statement(&self.connection, sql));
        run(begin)?;
        let mut head = lane.clone();
        let mut tx = Tx::new(Connection::Sqlite(&self.connection));
        tx.ids = Some(Arc::clone(&self.shared.ids));
        let result = job.run(&mut tx).and_then(|events| {
            if !events.is_empty() {
                head.get_or_insert_with(|| Lane::open(&self.shared)).append(&mut tx, &self.shared, events)?;
            }
            change::append(&mut tx, &self.shared.listeners, self.shared.clock.now())
        });
        let result = match result {
            Ok(changes) => run(keep).map(|()| {
                *lane = head;
                changes
            }),
            Err(error) => {
                drop(run(undo));
                Err(error)
            }
        };
        let took = started.elapsed().as_millis();
        if took > SLOW_MS {
            tracing::warn!(duration_ms = took as u64, job = job.name(), "a write held the writer for long");
        }
        result
    }
}

fn statement(connection: &rusqlite::Connection, sql: &'static str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map(drop).map_err(error::sqlite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_statement_is_not_prepared_anew() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("x.db"), false).unwrap();
        connection
            .execute_batch("CREATE TABLE a (id BIGINT PRIMARY KEY, n BIGINT); CREATE INDEX a_n ON a (n)")
            .unwrap();
        for n in 5..9i64 {
            let mut statement = connection
                .prepare_cached("SELECT b.id FROM a JOIN a b ON b.n = a.id WHERE a.n = $1 AND b.id > $2")
                .unwrap();
            assert!(statement.query([n, n]).unwrap().next().unwrap().is_none());
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
        }
    }
}
