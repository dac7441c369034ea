//! The server under test: the release binary on a data folder of its own and a free port of the loopback address.
use crate::process::{Counted, Process};
use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

/// A first start derives a password hash for every account of the demonstration.
const LONGEST_START: Duration = Duration::from_secs(60);

/// `demo.json`, as far as the driver needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct Demo {
    pub accounts: Vec<Account>,
    pub clients: Vec<Client>,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    pub key: String,
    pub login_name: String,
    pub password: String,
    pub organization_id: Option<String>,
}
#[derive(Clone, Debug, Deserialize)]
pub struct Client {
    pub product: String,
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
}

/// What every start has in common.
#[derive(Clone, Debug)]
pub struct Launch {
    pub binary: PathBuf,
    pub database_url: Option<String>,
}
impl Launch {
    /// The binary named, or the one beside this program, brought up to date first.
    pub fn new(binary: Option<PathBuf>, database_url: Option<String>) -> Result<Self> {
        let binary = match binary {
            Some(path) => std::path::absolute(path)?,
            None => build()?,
        };
        ensure!(binary.is_file(), "{}: there is no such program", binary.display());
        Ok(Self { binary, database_url })
    }
    /// Starts on the folder and waits for the first 200 of `/healthz`, asking all the time.
    pub fn start(&self, folder: &Path, port: u16) -> Result<Server> {
        std::fs::create_dir_all(folder)?;
        let log = File::options().create(true).append(true).open(folder.join("server.log"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--demo", "--listen", &address.to_string()]).current_dir(folder);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FUJIE_"))
        {
            command.env_remove(name);
        }
        command.env("FUJIE_DATA_DIR", folder.join("data")).stdout(log.try_clone()?).stderr(log);
        if let Some(url) = &self.database_url {
            command.env("FUJIE_DATABASE_URL", url);
        }
        let begun = Instant::now();
        let mut process = Process::spawn(&mut command)?;
        while !healthy(address) {
            let ended = process.0.try_wait()?;
            if ended.is_some() || begun.elapsed() > LONGEST_START {
                let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
                bail!("the server does not answer ({ended:?}):\n{log}");
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        let start = begun.elapsed();
        let postgres =
            self.database_url.as_deref().and_then(local_port).map(crate::process::postmaster).transpose()?;
        let counted = Counted { server: process.id(), postgres };
        Ok(Server { process, counted, authority: address.to_string(), folder: folder.to_owned(), start })
    }
}

/// A running server; ends with its handle.
#[derive(Debug)]
pub struct Server {
    process: Process,
    pub counted: Counted,
    /// Host and port.
    pub authority: String,
    folder: PathBuf,
    /// From before the process began to its first answer.
    pub start: Duration,
}
impl Server {
    pub fn demo(&self) -> Result<Demo> {
        let path = self.folder.join("data/demo.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        serde_json::from_str(&text).context("demo.json has another form")
    }
    pub fn stop(self) -> Result<()> {
        let status = self.process.stop()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The server binds early and answers late, so most of the time of a start passes in `read`.
fn healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LONGEST_START))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// The port of a PostgreSQL on this machine; one elsewhere spends its processor time unseen.
fn local_port(database_url: &str) -> Option<u16> {
    let url = url::Url::parse(database_url).ok().filter(|url| url.scheme().starts_with("postgres"))?;
    let local = matches!(url.host_str()?, "localhost" | "127.0.0.1" | "[::1]");
    local.then(|| url.port().unwrap_or(5432))
}

/// Builds the server with the profile that this program was built with.
fn build() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program lies in a folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--profile", profile, "--package", "fujie"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .context("cargo is needed to build the server; or name one with --binary")?;
    ensure!(status.success(), "the server does not build");
    Ok(folder.join("fujie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_database_of_this_machine_is_counted() {
        assert_eq!(local_port("postgres://u:p@127.0.0.1:54399/x"), Some(54399));
        assert_eq!(local_port("postgres://u@localhost/x"), Some(5432));
        assert_eq!(local_port("postgres://u@db.example.cn/x"), None);
        assert_eq!(local_port("sqlite:x.db"), None);
    }
    #[test]
    fn health_is_a_200() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = |text: &'static str| {
            let listener = listener.try_clone().unwrap();
            std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                drop(stream.read(&mut [0; 1024]));
                stream.write_all(text.as_bytes()).unwrap();
            })
        };
        let first = answer("HTTP/1.1 503 Service Unavailable\r\n\r\n");
        assert!(!healthy(address));
        let second = answer("HTTP/1.1 200 OK\r\n\r\nok");
        assert!(healthy(address));
        first.join().unwrap();
        second.join().unwrap();
    }
}
