//! PostgreSQL and what speaks its protocol: threads that each own a connection, opened at first use and again after a loss.
use crate::{
    audit::Lane,
    change, error,
    tx::{Connection, Tx},
    value::{FromRow, Param, Row, Value},
    worker::{Job, Mode, Shared, still_wanted},
};
use crossbeam_channel::Receiver;
use kernel::{Error, Result};
use postgres::{
    config::{Host, SslMode},
    types::ToSql,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Lost races are run again at once: the winner is done, and sleeping would hold the worker.
const TRIES: usize = 8;
const STATEMENTS: usize = 512;

/// How to reach the server; parsed once.
#[derive(Clone)]
pub(crate) struct Target {
    config: postgres::Config,
    tls: MakeRustlsConnect,
}
impl Target {
    /// `sslrootcert=FILE` in the URL names the authorities to trust; without it, the public ones. Where the URL says
    /// nothing of `sslmode`, another machine is reached by TLS alone and this one without.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let bad = |e: &dyn std::fmt::Display| Error::invalid("db.url").because(e.to_string());
        let (url, roots_file) = take_parameter(url, "sslrootcert");
        let mut config: postgres::Config = url.parse().map_err(|e: postgres::Error| bad(&e))?;
        if !url.contains("sslmode=") {
            let here = config.get_hosts().iter().all(is_here)
                && config.get_hostaddrs().iter().all(|a| a.is_loopback());
            config.ssl_mode(if here { SslMode::Disable } else { SslMode::Require });
        }
        config
            .connect_timeout(Duration::from_secs(2))
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(30))
            .application_name("fujie");
        let mut roots = rustls::RootCertStore::empty();
        match roots_file {
            Some(file) => {
                use rustls_pki_types::pem::PemObject;
                for certificate in
                    rustls_pki_types::CertificateDer::pem_file_iter(&file).map_err(|e| bad(&e))?
                {
                    roots.add(certificate.map_err(|e| bad(&e))?).map_err(|e| bad(&e))?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(&e))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }
    fn connect(&self) -> Result<PgConnection> {
        let mut client = self
            .config
            .connect(self.tls.clone())
            .map_err(|e| Error::unavailable("db.unavailable").because(error::postgres(e)))?;
        client
            .batch_execute("SET statement_timeout = '5s'; SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '10s'")
            .map_err(error::postgres)?;
        Ok(PgConnection { client, prepared: HashMap::new() })
    }
}
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|a| a.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}
fn take_parameter(url: &str, name: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let (mut rest, mut found) = (Vec::new(), None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((key, value)) if key == name => found = Some(value.to_owned()),
            _ => rest.push(pair),
        }
    }
    (if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }, found)
}

pub(crate) struct PgConnection {
    client: postgres::Client,
    prepared: HashMap<String, postgres::Statement>,
}
impl PgConnection {
    pub(crate) fn prepare(&mut self, sql: &str) -> Result<postgres::Statement> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).map_err(error::postgres)?;
        if self.prepared.len() >= STATEMENTS {
            self.prepared.clear();
        }
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
    pub(crate) fn rows<R: FromRow>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        most: usize,
    ) -> Result<Vec<R>> {
        let statement = self.prepare(sql)?;
        let values: Vec<Value<'_>> = params.iter().map(|p| p.value()).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        let rows = self.client.query(&statement, &values).map_err(error::postgres)?;
        rows.iter().take(most).map(|row| R::from_row(&Row::Postgres(row))).collect()
    }
    pub(crate) fn run(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64> {
        let statement = self.prepare(sql)?;
        self.run_prepared(&statement, params)
    }
    pub(crate) fn run_prepared(
        &mut self,
        statement: &postgres::Statement,
        params: &[&dyn Param],
    ) -> Result<u64> {
        let values: Vec<Value<'_>> = params.iter().map(|p| p.value()).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
        self.client.execute(statement, &values).map_err(error::postgres)
    }
    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(error::postgres)
    }
}

pub(crate) struct Worker {
    pub target: Target,
    pub shared: Shared,
    connection: Option<PgConnection>,
    lane: Option<Lane>,
}
impl Worker {
    pub(crate) fn new(target: Target, shared: Shared) -> Self {
        Self { target, shared, connection: None, lane: None }
    }
    pub(crate) fn run(mut self, queue: Receiver<Box<dyn Job>>) {
        for job in queue {
            let Some(mut job) = still_wanted(job) else { continue };
            let result = self.attempt(job.as_mut());
            job.finish(result);
        }
    }
    fn attempt(&mut self, job: &mut dyn Job) -> Result<()> {
        let mut last = Error::overloaded("db.busy");
        for _ in 0..TRIES {
            // A connection that died while idle is replaced before the job begins; one that dies under it fails the job.
            if self.connection.as_ref().is_none_or(|c| c.client.is_closed()) {
                (self.connection, self.lane) = (Some(self.target.connect()?), None);
            }
            let Some(connection) = &mut self.connection else { break };
            let result = match job.mode() {
                Mode::Point | Mode::Single => {
                    job.run(&mut Tx::new(Connection::Postgres(connection))).map(drop)
                }
                Mode::Snapshot => snapshot(connection, job),
                Mode::Write => write(connection, &mut self.lane, &self.shared, job),
            };
            let lost = connection.client.is_closed();
            if lost {
                self.connection = None;
            }
            match result {
                // The server never heard the COMMIT of these: another connection may try.
                Err(error) if lost && error.code == "db.unavailable" && job.mode() != Mode::Single => {
                    last = error
                }
                Err(error) if error.code == error::SERIALIZATION => {
                    last = Error::overloaded("db.busy").because(error)
                }
                other => return other,
            }
        }
        Err(last)
    }
}

fn snapshot(connection: &mut PgConnection, job: &mut dyn Job) -> Result<()> {
    connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let result = job.run(&mut Tx::new(Connection::Postgres(connection)));
    let ended = connection.batch("COMMIT");
    result.and(ended)
}

fn write(
    connection: &mut PgConnection,
    lane: &mut Option<Lane>,
    shared: &Shared,
    job: &mut dyn Job,
) -> Result<()> {
    connection.batch("BEGIN ISOLATION LEVEL READ COMMITTED")?;
    let mut head = lane.clone();
    let mut tx = Tx::new(Connection::Postgres(connection));
    tx.ids = Some(std::sync::Arc::clone(&shared.ids));
    let result = job.run(&mut tx).and_then(|events| {
        if !events.is_empty() {
            head.get_or_insert_with(|| Lane::open(shared)).append(&mut tx, shared, events)?;
        }
        change::append(&mut tx, &shared.listeners, shared.clock.now())
    });
    match result {
        Ok(changes) => match connection.batch("COMMIT") {
            Ok(()) => {
                *lane = head;
                shared.listeners.tell(&changes);
                Ok(())
            }
            // Refused by the server: nothing happened, another try is safe.
            Err(error) if error.code == error::SERIALIZATION => Err(error),
            // Nobody knows whether it happened: never tried again, and the lane is abandoned.
            Err(error) => {
                *lane = None;
                Err(Error::unavailable("db.commit_unknown").because(error))
            }
        },
        Err(error) => {
            drop(connection.batch("ROLLBACK"));
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_reached_by_tls_alone() {
        let mode = |url: &str| Target::parse(url).unwrap().config.get_ssl_mode();
        for here in [
            "postgres://fujie@127.0.0.1/x",
            "postgres://fujie@localhost/x",
            "postgres:///x?host=/run/postgresql",
        ] {
            assert_eq!(mode(here), SslMode::Disable, "{here}");
        }
        for there in [
            "postgres://fujie@db.example/x",
            "postgres://fujie@127.0.0.1,192.0.2.1/x",
            "postgres://fujie@192.0.2.1/x",
        ] {
            assert_eq!(mode(there), SslMode::Require, "{there}");
        }
        assert_eq!(mode("postgres://fujie@db.example/x?sslmode=disable"), SslMode::Disable);
        assert!(Target::parse("postgres://fujie@db.example/x?sslrootcert=/no/such/file").is_err());
    }
}
