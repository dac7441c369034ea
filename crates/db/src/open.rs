//! Opening a store, and the ways to use it.
use crate::{
    change::{Change, Listeners, Poll},
    migrate, node, postgres,
    seal::Keyring,
    sqlite,
    tx::{Connection, Statement, Tx},
    upkeep,
    worker::{Mode, Queue, Shared, contained},
};
use kernel::{Clock, Error, Event, Id, Result, Rng, Timestamp, id::IdSource};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub struct Options {
    /// `sqlite:PATH`, or `postgres://…`.
    pub url: String,
    pub keyring: Arc<Keyring>,
    pub clock: Clock,
    pub rng: Rng,
    /// Reading threads, each with a connection.
    pub readers: usize,
    /// Writing connections; PostgreSQL alone, SQLite has one writer.
    pub writers: usize,
}
impl Options {
    pub fn new(url: impl Into<String>, keyring: Arc<Keyring>) -> Self {
        let url = url.into();
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let readers = if url.starts_with("sqlite:") { cores.max(2) } else { 8 };
        Self { url, keyring, clock: Clock::System, rng: Rng::System, readers, writers: 8 }
    }
}

/// A handle; clones share the store.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    engine: Engine,
    path: Option<PathBuf>,
    reads: Queue,
    writes: Queue,
    bulk: Queue,
    /// SQLite: point reads run on the caller's thread when one of these is free. A hop to another thread would cost
    /// twice what the read does.
    points: Vec<Mutex<rusqlite::Connection>>,
    shared: Shared,
    rng: Rng,
    poll: Poll,
    node: OnceLock<(i64, Vec<u8>)>,
    renewed_at: AtomicI64,
    statements_read: Arc<AtomicU64>,
}

impl Db {
    /// Blocking: opens files and starts threads. PostgreSQL is reached with the first job.
    pub fn open(options: Options) -> Result<Self> {
        let shared = Shared {
            keyring: options.keyring,
            clock: options.clock.clone(),
            ids: Arc::new(IdSource::new(options.clock)),
            listeners: Listeners::default(),
        };
        let (reads, read_jobs) = Queue::new();
        let (writes, write_jobs) = Queue::new();
        let (bulk, bulk_jobs) = Queue::new();
        let mut points = Vec::new();
        let (engine, path) = match options.url.strip_prefix("sqlite:") {
            Some(path) => {
                let path = PathBuf::from(path);
                let connection = sqlite::open(&path, false)?;
                let writer = sqlite::Writer {
                    connection,
                    urgent: write_jobs,
                    bulk: bulk_jobs,
                    shared: shared.clone(),
                    lane: None,
                };
                spawn("db-write", move || writer.run())?;
                for _ in 0..options.readers {
                    let (connection, jobs) = (sqlite::open(&path, true)?, read_jobs.clone());
                    spawn("db-read", move || sqlite::reader(connection, jobs))?;
                    points.push(Mutex::new(sqlite::open(&path, true)?));
                }
                (Engine::Sqlite, Some(path))
            }
            None => {
                let target = postgres::Target::parse(&options.url)?;
                // Reads and writes have connections of their own, so that a long report cannot starve sign-ins.
                for (count, jobs) in
                    [(options.readers, read_jobs), (options.writers, write_jobs), (1, bulk_jobs)]
                {
                    for _ in 0..count {
                        let (worker, jobs) =
                            (postgres::Worker::new(target.clone(), shared.clone()), jobs.clone());
                        spawn("db-postgres", move || worker.run(jobs))?;
                    }
                }
                (Engine::Postgres, None)
            }
        };
        Ok(Self(Arc::new(Inner {
            engine,
            path,
            reads,
            writes,
            bulk,
            points,
            shared,
            rng: options.rng,
            poll: Poll::new(),
            node: OnceLock::new(),
            renewed_at: AtomicI64::new(0),
            statements_read: Arc::default(),
        })))
    }
    /// Brings the schema up to date, takes a node number and begins the upkeep. Call once, inside the runtime.
    pub async fn migrate(&self) -> Result<()> {
        if !migrate::is_current(self).await {
            let applied = migrate::run(self).await?;
            tracing::info!(applied, "schema is up to date");
        }
        let (number, holder) = node::lease(self).await?;
        self.0.shared.ids.set_node(number as u16);
        self.0.node.set((number, holder)).map_err(|_| Error::internal("db.migrated_twice"))?;
        self.note_renewal();
        upkeep::start(self);
        Ok(())
    }
    /// The schema's version; 0 for an empty store.
    pub async fn version(&self) -> Result<i64> {
        migrate::version(self).await
    }
    /// For a clean end: signs a last checkpoint and gives the node number back.
    pub async fn close(&self) {
        if let Err(error) = crate::audit::checkpoint(self).await {
            tracing::warn!(%error, "no audit checkpoint could be signed");
        }
        if let Some((number, holder)) = self.node() {
            drop(node::release(self, number, &holder).await);
        }
    }

    /// Several statements over one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let statements = Arc::clone(&self.0.statements_read);
        let run = move |tx: &mut Tx<'_>| -> Result<(T, Vec<Event>)> {
            let found = run(tx);
            statements.fetch_add(tx.statements, Ordering::Relaxed);
            Ok((found?, Vec::new()))
        };
        answer(self.0.reads.submit(Mode::Snapshot, run)?).await
    }
    /// As `read`, for a few statements that find a few rows: on the caller's thread, as `read_one`.
    pub async fn read_few<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        for point in &self.0.points {
            if let Ok(connection) = point.try_lock() {
                return sqlite::snapshot(&connection, |tx| {
                    let found = contained(tx, &run);
                    self.0.statements_read.fetch_add(tx.statements, Ordering::Relaxed);
                    found
                });
            }
        }
        self.read(run).await
    }
    /// A single statement.
    pub async fn read_one<T: Send + 'static>(
        &self,
        run: impl for<'t, 'c> Fn(Statement<'t, 'c>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.statements_read.fetch_add(1, Ordering::Relaxed);
        for point in &self.0.points {
            if let Ok(connection) = point.try_lock() {
                return contained(&mut Tx::new(Connection::Sqlite(&connection)), |tx| run(Statement(tx)));
            }
        }
        answer(self.0.reads.submit(Mode::Point, move |tx| Ok((run(Statement(tx))?, Vec::new())))?).await
    }
    /// A change and its audit events, in one transaction. The closure may run twice; `Err` has written nothing.
    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<(T, Vec<Event>)> + Send + 'static,
    ) -> Result<T> {
        self.holds_its_number()?;
        answer(self.0.writes.submit(Mode::Write, run)?).await
    }
    /// Counters, leases, last-seen: changes that no operation record misses. `reason` is for the reader.
    pub async fn write_unaudited<T: Send + 'static>(
        &self,
        _reason: &'static str,
        run: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        answer(self.0.writes.submit(Mode::Write, move |tx| Ok((run(tx)?, Vec::new())))?).await
    }
    /// One unaudited statement that writes.
    pub async fn exec<T: Send + 'static>(
        &self,
        _reason: &'static str,
        run: impl for<'t, 'c> Fn(Statement<'t, 'c>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        answer(self.0.writes.submit(Mode::Single, move |tx| Ok((run(Statement(tx))?, Vec::new())))?).await
    }
    /// As `write`, behind everything urgent: one slice of an import or a clean-up.
    pub async fn write_bulk<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> Result<(T, Vec<Event>)> + Send + 'static,
    ) -> Result<T> {
        self.holds_its_number()?;
        answer(self.0.bulk.submit(Mode::Write, run)?).await
    }

    pub fn draw<T>(&self) -> Id<T> {
        self.0.shared.ids.draw()
    }
    pub fn engine(&self) -> Engine {
        self.0.engine
    }
    /// The file of an embedded store.
    pub fn path(&self) -> Option<&std::path::Path> {
        self.0.path.as_deref()
    }
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.0.shared.keyring
    }
    pub fn clock(&self) -> &Clock {
        &self.0.shared.clock
    }
    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }
    /// Calls `listener` for every change, the own node's before it is acknowledged. It must be quick and must not block.
    pub fn on_change(&self, listener: impl Fn(&Change) + Send + Sync + 'static) {
        self.0.shared.listeners.add(Arc::new(listener));
    }
    /// Calls `companion` at the end of every transaction that changes something, with its changes: what it writes is part of
    /// the transaction, so that whatever follows from a change cannot be forgotten by whoever makes it. What it answers is
    /// called with the number of the first change. It may run twice, as the transaction may.
    pub fn on_write(
        &self,
        companion: impl Fn(&mut Tx<'_>, &[(&'static str, i64)], Timestamp) -> Result<Option<crate::Numbered>>
        + Send
        + Sync
        + 'static,
    ) {
        self.0.shared.listeners.accompany(Arc::new(companion));
    }
    /// Statements of reads so far: what a page asks must not grow with what it shows.
    pub fn statements_read(&self) -> u64 {
        self.0.statements_read.load(Ordering::Relaxed)
    }
    /// How long ago the last complete poll of the change log began; None before the first.
    pub fn change_age(&self) -> Option<Duration> {
        self.0.poll.age()
    }
    /// The database's clock minus this process's, in milliseconds; an embedded store has this process's clock.
    pub async fn clock_skew(&self) -> Result<i64> {
        if self.0.engine == Engine::Sqlite {
            return Ok(0);
        }
        let theirs: i64 = self
            .read_one(|s| s.one("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)", &[]))
            .await?;
        Ok(theirs - self.clock().now().as_millis())
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.shared.listeners
    }
    pub(crate) fn poll(&self) -> &Poll {
        &self.0.poll
    }
    pub(crate) fn node(&self) -> Option<(i64, Vec<u8>)> {
        self.0.node.get().cloned()
    }
    pub(crate) fn note_renewal(&self) {
        self.0.renewed_at.store(self.clock().now().as_millis(), Ordering::Relaxed);
    }
    pub(crate) fn downgrade(&self) -> WeakDb {
        WeakDb(Arc::downgrade(&self.0))
    }
    /// A process whose number could not be renewed for an hour stops issuing ids, long before another may take it.
    fn holds_its_number(&self) -> Result<()> {
        let renewed = Timestamp::from_millis(self.0.renewed_at.load(Ordering::Relaxed));
        let lost = self.0.node.get().is_some()
            && matches!(self.clock(), Clock::System)
            && renewed.plus_seconds(3600) < self.clock().now();
        if lost { Err(Error::unavailable("db.node_lease_lost")) } else { Ok(()) }
    }
}

pub(crate) struct WeakDb(Weak<Inner>);
impl WeakDb {
    pub(crate) fn upgrade(&self) -> Option<Db> {
        self.0.upgrade().map(Db)
    }
}

async fn answer<T>(receiver: tokio::sync::oneshot::Receiver<Result<T>>) -> Result<T> {
    receiver.await.map_err(|_| Error::unavailable("db.closed"))?
}
fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map(drop)
        .map_err(|e| Error::unavailable("db.thread").because(e))
}
