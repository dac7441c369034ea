//! `fujie check`: one line for each thing that must be in order, in plain words; exit code 1 if one is not.
use super::audit;
use crate::{config::Config, opening};
use anyhow::Result;
use db::{Db, Keyring, Options};
use kernel::Rng;
use std::{process::ExitCode, sync::Arc};

/// A node further off than this does not serve either.
const MOST_SKEW_MS: i64 = 2_000;
/// Ids carry milliseconds since then, so a clock before it cannot draw any.
const EARLIEST_MS: i64 = 1_767_225_600_000;

#[derive(Default)]
struct Report {
    faults: usize,
}
impl Report {
    fn good(&self, what: &str, words: impl std::fmt::Display) {
        println!("ok    {what:<14} {words}");
    }
    fn bad(&mut self, what: &str, words: impl std::fmt::Display) {
        self.faults += 1;
        println!("fault {what:<14} {words}");
    }
    fn take<T>(&mut self, what: &str, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.bad(what, format!("{error:#}"))).ok()
    }
    fn done(self) -> ExitCode {
        if self.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

pub async fn run(config: Result<Config>) -> Result<ExitCode> {
    let mut report = Report::default();
    let Some(config) = report.take("configuration", config) else { return Ok(report.done()) };
    configuration(&mut report, &config);
    let Some(keyring) = keyring(&mut report, &config) else { return Ok(report.done()) };
    let Some(db) = database(&mut report, &config, keyring) else { return Ok(report.done()) };
    clock(&mut report, &config, &db).await;
    if !migrations(&mut report, &config, &db).await {
        return Ok(report.done());
    }
    let verified = db::audit::verify(&db).await.map_err(|error| opening::plain(error, &config));
    if let Some(found) = report.take("audit record", verified) {
        match found.faults.first() {
            None => report.good("audit record", audit::summary(&found)),
            Some(first) => report.bad("audit record", format!("{}, first: {first}", audit::summary(&found))),
        }
    }
    Ok(report.done())
}

fn configuration(report: &mut Report, config: &Config) {
    let base_url = match &config.base_url {
        Some(url) => url.to_string(),
        None => format!("http://{}", config.listen),
    };
    if let Some(tls) = &config.tls
        && let Err(error) = web::tls::Tls::from_files(&tls.certificate, &tls.key)
    {
        return report.bad(
            "configuration",
            format!("tls: {} and {} cannot be used: {error}", tls.certificate.display(), tls.key.display()),
        );
    }
    if let Err(error) = crate::outbound::build(config) {
        return report.bad("configuration", format!("{error:#}"));
    }
    if let Err(error) = crate::wiring::breach_list(config) {
        return report.bad("configuration", format!("{error:#}"));
    }
    report.good("configuration", format!("listens on {}, known as {base_url}", config.listen));
}

fn keyring(report: &mut Report, config: &Config) -> Option<Keyring> {
    let path = config.keyring_path();
    if !path.exists() {
        report.bad(
            "keyring",
            format!("{} is missing; `fujie serve` makes it with a new database", path.display()),
        );
        return None;
    }
    let opened = Keyring::open_or_create(&path, &Rng::System).map_err(|error| opening::plain(error, config));
    let keyring = report.take("keyring", opened)?;
    report.good("keyring", format!("{}, mode 0600", path.display()));
    Some(keyring)
}

fn database(report: &mut Report, config: &Config, keyring: Keyring) -> Option<Db> {
    if let Some(file) = config.sqlite_path() {
        if !file.exists() {
            report.bad("database", format!("{} is missing; `fujie serve` makes it", file.display()));
            return None;
        }
        let sound = db::check_sqlite(&file).map_err(|error| opening::plain(error, config));
        report.take("database", sound)?;
    }
    let opened = Db::open(Options::new(&config.database_url, Arc::new(keyring)))
        .map_err(|error| opening::plain(error, config));
    report.take("database", opened)
}

async fn clock(report: &mut Report, config: &Config, db: &Db) {
    let now = db.clock().now();
    if now.as_millis() < EARLIEST_MS {
        return report.bad("clock", format!("shows {}, which cannot be", now.rfc3339()));
    }
    let skew = db.clock_skew().await.map_err(|error| opening::plain(error, config));
    // The first question to a PostgreSQL server: its answer is also the word about the database.
    let Some(skew) = report.take("database", skew) else { return };
    report.good("database", format!("{} answers", config.database_shown()));
    if skew.abs() > MOST_SKEW_MS {
        report.bad("clock", format!("is {skew} ms off the database's; at most {MOST_SKEW_MS} are allowed"));
    } else {
        report.good("clock", now.rfc3339());
    }
}

async fn migrations(report: &mut Report, config: &Config, db: &Db) -> bool {
    let version = db.version().await.map_err(|error| opening::plain(error, config));
    let Some(version) = report.take("migrations", version) else { return false };
    let latest = db::LATEST_MIGRATION;
    if version == latest {
        report.good("migrations", format!("version {version}, as this program"));
    } else {
        report
            .bad("migrations", format!("version {version}, this program has {latest}; run `fujie migrate`"));
    }
    version == latest
}
