//! Either store, one of each per test: a file in the data folder, or a database of the PostgreSQL that
//! `FUJIE_TEST_POSTGRES` names, made from a template.
use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// `None` after a word about what is missing.
    pub fn available(self) -> Result<Option<Self>> {
        if self == Self::Postgres && std::env::var_os("FUJIE_TEST_POSTGRES").is_none() {
            crate::skip("FUJIE_TEST_POSTGRES names no PostgreSQL")?;
            return Ok(None);
        }
        Ok(Some(self))
    }
}

/// Where a server keeps its rows.
#[derive(Debug)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres { name: String, url: String },
}

fn server_url() -> Result<url::Url> {
    let text = std::env::var("FUJIE_TEST_POSTGRES").context("FUJIE_TEST_POSTGRES names no PostgreSQL")?;
    url::Url::parse(&text).context("FUJIE_TEST_POSTGRES is not a URL")
}

fn on_server(statement: &str) -> Result<()> {
    let url = server_url()?;
    let statement = statement.to_owned();
    // The client blocks on a runtime of its own, which must not start inside another.
    std::thread::spawn(move || {
        postgres::Client::connect(url.as_str(), postgres::NoTls)?.batch_execute(&statement)
    })
    .join()
    .map_err(|_| anyhow::anyhow!("the PostgreSQL client panicked"))?
    .with_context(|| "PostgreSQL under test")
}

impl Database {
    pub fn sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("fujie.db"))
    }
    pub fn postgres(template: Option<&str>) -> Result<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let name = format!("it_{}_{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
        let template = template.unwrap_or("template0");
        on_server(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))?;
        let mut url = server_url()?;
        url.set_path(&name);
        Ok(Self::Postgres { name, url: url.into() })
    }
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }
    /// One statement beside the server, for what a test sets up or looks up and no page shows. Answers the rows' cells
    /// as text.
    pub fn rows(&self, statement: &str) -> Result<Vec<Vec<Option<String>>>> {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path)?;
                connection.busy_timeout(std::time::Duration::from_secs(5))?;
                let mut prepared = connection.prepare(statement)?;
                let width = prepared.column_count();
                let mut rows = prepared.query([])?;
                let mut out = Vec::new();
                while let Some(row) = rows.next()? {
                    let mut cells = Vec::new();
                    for column in 0..width {
                        cells.push(match row.get_ref(column)? {
                            rusqlite::types::ValueRef::Null => None,
                            rusqlite::types::ValueRef::Integer(n) => Some(n.to_string()),
                            rusqlite::types::ValueRef::Real(n) => Some(n.to_string()),
                            rusqlite::types::ValueRef::Text(t) => {
                                Some(String::from_utf8_lossy(t).into_owned())
                            }
                            rusqlite::types::ValueRef::Blob(b) => Some(data_encoding::HEXLOWER.encode(b)),
                        });
                    }
                    out.push(cells);
                }
                Ok(out)
            }
            Self::Postgres { url, .. } => {
                let (url, statement) = (url.clone(), statement.to_owned());
                std::thread::spawn(move || -> Result<_> {
                    let mut client = postgres::Client::connect(&url, postgres::NoTls)?;
                    let mut out = Vec::new();
                    for message in client.simple_query(&statement)? {
                        if let postgres::SimpleQueryMessage::Row(row) = message {
                            out.push((0..row.len()).map(|i| row.get(i).map(String::from)).collect());
                        }
                    }
                    Ok(out)
                })
                .join()
                .map_err(|_| anyhow::anyhow!("the PostgreSQL client panicked"))?
            }
        }
    }
}
impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { name, .. } = self {
            drop(on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}
