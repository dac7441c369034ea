//! The real binary, started as an operator would, on a free loopback port.
use crate::{
    Agent, Demo, Engine,
    database::Database,
    party::text,
    process::{Process, free_port},
    tls,
};
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};
use tokio::sync::OnceCell;

/// What a test wants to be different.
#[derive(Clone, Debug)]
pub struct Options {
    pub binary: PathBuf,
    pub engine: Engine,
    /// https://op.test with the test authority's certificate; otherwise http on loopback.
    pub tls: bool,
    /// Registered with the first demo client before the server starts; empty leaves what the demo has.
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where "open" on the first client's product leads.
    pub launch_url: Option<String>,
    /// Messages leave by gateways instead of staying in the demonstration's outbox.
    pub gateways: bool,
}
impl Options {
    pub fn new(binary: impl Into<PathBuf>, engine: Engine) -> Self {
        Self {
            binary: binary.into(),
            engine,
            tls: false,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            launch_url: None,
            gateways: false,
        }
    }
    #[must_use]
    pub fn gateways(self) -> Self {
        Self { gateways: true, ..self }
    }
    #[must_use]
    pub fn launch(self, url: impl Into<String>) -> Self {
        Self { launch_url: Some(url.into()), ..self }
    }
    #[must_use]
    pub fn tls(self) -> Self {
        Self { tls: true, ..self }
    }
    #[must_use]
    pub fn redirect(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }
    #[must_use]
    pub fn post_logout(mut self, uri: impl Into<String>) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }
}

/// A running server with the demonstration's data.
pub struct Server {
    pub base: String,
    pub port: u16,
    pub demo: Demo,
    pub options: Options,
    process: Option<Process>,
    // The order matters: the process ends before its folder and database go.
    database: Database,
    folder: tempfile::TempDir,
}

/// The demonstration is seeded once per test process and engine; each server gets a copy.
struct Seed {
    folder: tempfile::TempDir,
    database: Database,
}
static SQLITE_SEED: OnceCell<Seed> = OnceCell::const_new();
static POSTGRES_SEED: OnceCell<Seed> = OnceCell::const_new();

async fn seed(options: &Options) -> Result<&'static Seed> {
    let cell = match options.engine {
        Engine::Sqlite => &SQLITE_SEED,
        Engine::Postgres => &POSTGRES_SEED,
    };
    let options = Options::new(&options.binary, options.engine);
    cell.get_or_try_init(|| async {
        let folder = tempfile::tempdir()?;
        let database = match options.engine {
            Engine::Sqlite => Database::sqlite(folder.path()),
            Engine::Postgres => Database::postgres(None)?,
        };
        let (process, ..) = launch(&options, folder.path(), &database).await?;
        process.stop(Duration::from_secs(20))?;
        Ok(Seed { folder, database })
    })
    .await
}

impl Server {
    pub async fn start(options: Options) -> Result<Self> {
        let seed = seed(&options).await?;
        let folder = tempfile::tempdir()?;
        copy_folder(seed.folder.path(), folder.path())?;
        let database = match &seed.database {
            Database::Sqlite(_) => Database::sqlite(folder.path()),
            Database::Postgres { name, .. } => Database::postgres(Some(name))?,
        };
        let demo = Demo::read(folder.path())?;
        register(&database, &demo, &options)?;
        let (process, base, port) = launch(&options, folder.path(), &database).await?;
        Ok(Self { base, port, demo, options, process: Some(process), database, folder })
    }
    /// An empty data folder, nothing started: for what the command line does by itself.
    pub fn bare(options: Options) -> Result<Bare> {
        let folder = tempfile::tempdir()?;
        let database = match options.engine {
            Engine::Sqlite => Database::sqlite(folder.path()),
            Engine::Postgres => Database::postgres(None)?,
        };
        write_config(&options, folder.path(), &database, 1)?;
        Ok(Bare { options, database, folder })
    }
    /// Serves what a command has put into a bare folder, a restored backup say.
    pub async fn adopt(bare: Bare, demo: Demo) -> Result<Self> {
        let Bare { options, database, folder } = bare;
        let (process, base, port) = launch(&options, folder.path(), &database).await?;
        Ok(Self { base, port, demo, options, process: Some(process), database, folder })
    }
    pub fn agent(&self) -> Result<Agent> {
        Agent::new(&self.base)
    }
    pub fn database(&self) -> &Database {
        &self.database
    }
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }
    /// The newest code that was sent to this number, from the demonstration's outbox.
    pub async fn code_for(&self, phone: &str) -> Result<String> {
        let agent = self.agent()?;
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let messages = agent.get("/dev/outbox.json").await?.json()?;
            let found =
                messages.as_array().into_iter().flatten().find(|m| {
                    text(m, "to").is_some_and(|to| to.ends_with(phone)) && text(m, "code").is_some()
                });
            if let Some(code) = found.and_then(|m| text(m, "code")) {
                return Ok(code.to_owned());
            }
            anyhow::ensure!(Instant::now() < until, "no code was sent to {phone}: {messages}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    /// SIGKILL, as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("not running")?.kill()
    }
    /// SIGTERM and an orderly end.
    pub fn stop(&mut self) -> Result<()> {
        let status = self.process.take().context("not running")?.stop(Duration::from_secs(20))?;
        anyhow::ensure!(
            status.success(),
            "the server ended with {status}:\n{}",
            log_tail(self.folder.path())
        );
        Ok(())
    }
    /// Starts again on the same data and the same port.
    pub async fn restart(&mut self) -> Result<()> {
        anyhow::ensure!(self.process.is_none(), "still running");
        let (process, base, port) =
            launch_at(&self.options, self.folder.path(), &self.database, self.port).await?;
        (self.process, self.base, self.port) = (Some(process), base, port);
        Ok(())
    }
    /// `fujie ARGUMENTS` on this data.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        run(&self.options.binary, self.folder.path(), arguments)
    }
    pub fn log(&self) -> String {
        log_tail(self.folder.path())
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        self.process = None;
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", log_tail(self.folder.path()));
        }
    }
}

/// A data folder and a database that no server runs on.
pub struct Bare {
    pub options: Options,
    pub database: Database,
    pub folder: tempfile::TempDir,
}
impl Bare {
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        run(&self.options.binary, self.folder.path(), arguments)
    }
}

fn run(binary: &Path, folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = command(binary, folder);
    command.args(arguments).arg("--config").arg(folder.join("fujie.toml")).stdin(Stdio::null());
    command.output().context("running fujie")
}

fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("FUJIE_")) {
            command.env_remove(name);
        }
    }
    command.env("FUJIE_LOG", std::env::var("FUJIE_TEST_LOG").unwrap_or_else(|_| "info".into()));
    command
}

fn write_config(options: &Options, folder: &Path, database: &Database, port: u16) -> Result<String> {
    let quote = |path: &Path| serde_json::to_string(&path.display().to_string());
    let base =
        if options.tls { format!("https://op.test:{port}") } else { format!("http://127.0.0.1:{port}") };
    let mut text = format!(
        "listen = \"127.0.0.1:{port}\"\nbase_url = \"{base}\"\ndata_dir = {}\ndatabase_url = {}\n",
        quote(folder)?,
        serde_json::to_string(&database.url())?,
    );
    if options.tls {
        let authority = tls::authority()?;
        let (certificate, key) = (authority.certificate_file(), authority.key_file());
        text.push_str(&format!("[tls]\ncertificate = {}\nkey = {}\n", quote(&certificate)?, quote(&key)?));
    }
    // Gateways and providers that tests bring with them.
    text.push_str("[outbound]\nallow = [\"127.0.0.0/8\", \"::1\"]\n");
    if options.tls {
        text.push_str(&format!("roots = {}\n", quote(&tls::authority()?.ca_file())?));
    }
    std::fs::write(folder.join("fujie.toml"), text)?;
    Ok(base)
}

async fn launch(options: &Options, folder: &Path, database: &Database) -> Result<(Process, String, u16)> {
    // Another process may take the port between the look and the start.
    let mut last = None;
    for _ in 0..3 {
        match launch_at(options, folder, database, free_port()?).await {
            Ok(started) => return Ok(started),
            Err(error) => last = Some(error),
        }
    }
    Err(last.context("never tried")?)
}

async fn launch_at(
    options: &Options,
    folder: &Path,
    database: &Database,
    port: u16,
) -> Result<(Process, String, u16)> {
    let base = write_config(options, folder, database, port)?;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("server.log"))?;
    let serve: &[&str] = if options.gateways { &["serve"] } else { &["serve", "--demo"] };
    let mut process = Process::spawn(
        command(&options.binary, folder)
            .args(serve)
            .arg("--config")
            .arg(folder.join("fujie.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log),
    )?;
    let agent = Agent::new(&base)?;
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = process.exited()? {
            bail!("the server ended at once with {status}:\n{}", log_tail(folder));
        }
        if agent.get("/readyz").await.is_ok_and(|reply| reply.status.is_success()) {
            return Ok((process, base, port));
        }
        if Instant::now() > until {
            bail!("the server was not ready within a minute:\n{}", log_tail(folder));
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

fn log_tail(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(60)).copied().collect::<Vec<_>>().join("\n")
}

/// The first client's addresses, put where the desk will put them one day.
fn register(database: &Database, demo: &Demo, options: &Options) -> Result<()> {
    let client = demo.client()?;
    for (column, uris) in [
        ("redirect_uris", &options.redirect_uris),
        ("post_logout_redirect_uris", &options.post_logout_redirect_uris),
    ] {
        if uris.is_empty() {
            continue;
        }
        let list = uris.join("\n").replace('\'', "''");
        let id = client.client_id.replace('\'', "''");
        database.rows(&format!("UPDATE client SET {column} = '{list}' WHERE client_id = '{id}'"))?;
    }
    if let Some(url) = &options.launch_url {
        let (url, code) = (url.replace('\'', "''"), client.product.replace('\'', "''"));
        database.rows(&format!("UPDATE product SET launch_url = '{url}' WHERE code = '{code}'"))?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_name() != "server.log" {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
