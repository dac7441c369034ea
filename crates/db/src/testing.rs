//! Fresh migrated stores for tests: SQLite always, PostgreSQL when `FUJIE_TEST_POSTGRES` names a server.
#![expect(clippy::expect_used, reason = "a test without its store cannot go on")]
use crate::{Db, Keyring, Options};
use kernel::{Clock, Rng};
use std::sync::{Arc, Once};

/// SQLite, and PostgreSQL where there is a server. A run that must have both sets `FUJIE_TEST_BOTH`.
pub async fn engines() -> Vec<Db> {
    engines_at(Clock::System).await
}
pub async fn engines_at(clock: Clock) -> Vec<Db> {
    let mut stores = vec![sqlite_at(clock.clone()).await];
    match std::env::var("FUJIE_TEST_POSTGRES") {
        Ok(server) => stores.push(postgres_at(&server, clock).await),
        Err(_) => assert!(
            std::env::var("FUJIE_TEST_BOTH").is_err(),
            "this run must test PostgreSQL too: FUJIE_TEST_POSTGRES is missing"
        ),
    }
    stores
}
pub async fn sqlite() -> Db {
    sqlite_at(Clock::System).await
}
pub async fn sqlite_at(clock: Clock) -> Db {
    let folder = tempfile::Builder::new().prefix("fujie-test-").tempdir().expect("a temporary folder");
    // The folder outlives the test's process; the run removes its temporary folder as a whole.
    let path = folder.keep().join("fujie.db");
    opened(format!("sqlite:{}", path.display()), clock).await
}
/// A database of its own, copied from a migrated template.
pub async fn postgres_at(server: &str, clock: Clock) -> Db {
    let url = tokio::task::spawn_blocking({
        let server = server.to_owned();
        move || fresh_database(&server)
    })
    .await
    .expect("a fresh database");
    opened(url, clock).await
}
/// Every registered statement that the engine refuses to prepare, with its place and the reason.
pub async fn unprepared(db: &Db) -> Vec<String> {
    let mut refused = Vec::new();
    for (at, sql) in crate::STATEMENTS {
        // One read each: a refusal aborts a PostgreSQL transaction.
        if let Err(error) = db.read(move |tx| tx.prepare(sql)).await {
            refused.push(format!("{at}: {error}"));
        }
    }
    refused
}
/// A fresh store that several nodes open: what one changes, the others hear of by polling.
pub struct Shared {
    url: String,
    keyring: Arc<Keyring>,
    clock: Clock,
}
impl Shared {
    /// On each engine, as [`engines_at`].
    pub async fn each_at(clock: Clock) -> Vec<Self> {
        let folder = tempfile::Builder::new().prefix("fujie-test-").tempdir().expect("a temporary folder");
        let mut urls = vec![format!("sqlite:{}", folder.keep().join("fujie.db").display())];
        match std::env::var("FUJIE_TEST_POSTGRES") {
            Ok(server) => {
                let fresh = tokio::task::spawn_blocking(move || fresh_database(&server));
                urls.push(fresh.await.expect("a fresh database"));
            }
            Err(_) => assert!(std::env::var("FUJIE_TEST_BOTH").is_err(), "FUJIE_TEST_POSTGRES is missing"),
        }
        let store = |url| {
            let keyring = Arc::new(Keyring::ephemeral(&Rng::System).expect("a keyring"));
            Self { url, keyring, clock: clock.clone() }
        };
        urls.into_iter().map(store).collect()
    }
    /// One more node.
    pub async fn node(&self) -> Db {
        opened_with(self.url.clone(), Arc::clone(&self.keyring), self.clock.clone()).await
    }
}
async fn opened(url: String, clock: Clock) -> Db {
    let keyring = Arc::new(Keyring::ephemeral(&Rng::System).expect("a keyring"));
    opened_with(url, keyring, clock).await
}
async fn opened_with(url: String, keyring: Arc<Keyring>, clock: Clock) -> Db {
    let options = Options { clock, readers: 2, writers: 4, ..Options::new(url, keyring) };
    let db = tokio::task::spawn_blocking(|| Db::open(options)).await.expect("no panic").expect("a store");
    db.migrate().await.expect("a schema");
    db
}

/// The URL of a new empty-but-migrated database on the server.
pub fn fresh_database(server: &str) -> String {
    static TEMPLATE: Once = Once::new();
    let name = |stem: &str| format!("{stem}_{}", data_encoding::HEXLOWER.encode(&Rng::System.bytes::<8>()));
    let mut admin = postgres::Client::connect(server, postgres::NoTls).expect("the test server");
    static TEMPLATE_NAME: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TEMPLATE.call_once(|| {
        let template = name("template");
        admin.batch_execute(&format!("CREATE DATABASE {template}")).expect("a template database");
        let url = with_database(server, &template);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let keyring = Arc::new(Keyring::ephemeral(&Rng::System).expect("a keyring"));
                let options = Options { readers: 1, writers: 1, ..Options::new(url, keyring) };
                let db = Db::open(options).expect("a store");
                crate::migrate::run(&db).await.expect("a schema");
            });
        })
        .join()
        .expect("the template is migrated");
        TEMPLATE_NAME.set(template).expect("set once");
    });
    let template = TEMPLATE_NAME.get().expect("set by the first test");
    let copy = name("t");
    // The template's own connections may take a moment to go.
    for attempt in 0.. {
        match admin.batch_execute(&format!("CREATE DATABASE {copy} TEMPLATE {template}")) {
            Ok(()) => break,
            Err(error) if attempt < 100 && error.code().is_some_and(|c| c.code() == "55006") => {
                std::thread::sleep(std::time::Duration::from_millis(50))
            }
            Err(error) => assert!(attempt < 0, "no copy of the template: {error}"),
        }
    }
    with_database(server, &copy)
}
/// `postgres://user@host:port/name?…` with another name.
fn with_database(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, String::new()), |(b, q)| (b, format!("?{q}")));
    let (host, _) = base.rsplit_once('/').expect("a URL with a database name");
    format!("{host}/{name}{query}")
}
