//! npm's oidc-provider, driven by the same requests in the same run. It serves the same paths, keeps everything in memory, and
//! signs in whoever comes.
use crate::{
    process::{Counted, Process},
    programs::Programs,
    scenarios::{Row, World},
    server::{Account, Client, Demo},
    token::Verifier,
};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

const SCRIPT: &str = "oidc-provider.mjs";

/// What both can do.
pub const ROWS: [Row; 9] = [
    Row::Authorization,
    Row::ProgramEs256,
    Row::ProgramRs256,
    Row::Refresh,
    Row::Introspection,
    Row::UserinfoCold,
    Row::UserinfoWarm,
    Row::KeySet,
    Row::Discovery,
];

/// What it says of itself.
#[derive(Debug, Deserialize)]
struct Told {
    authority: String,
    version: String,
    node: String,
    secret: String,
    redirect_uri: String,
}

/// Runs until dropped.
#[derive(Debug)]
pub struct Beside {
    process: Process,
    told: Told,
    verifier: Arc<Verifier>,
}
impl Beside {
    /// None if it is not installed, which is said.
    pub async fn start(modules: Option<PathBuf>) -> Result<Option<Self>> {
        let modules = match modules {
            Some(folder) => std::path::absolute(folder)?,
            None => installed()?,
        };
        if !modules.join("node_modules/oidc-provider").is_dir() {
            eprintln!("npm's oidc-provider is not installed in {} (scripts/test does it)", modules.display());
            return Ok(None);
        }
        let script = placed(&modules)?;
        let mut command = Command::new("node");
        command.arg(&script).env("NODE_ENV", "production");
        let mut process = Process::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let output = process.0.stdout.take().context("an output")?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let line = line.await??;
        let told: Told =
            serde_json::from_str(&line).with_context(|| format!("oidc-provider said {line:?}"))?;
        let verifier = Arc::new(Verifier::discover(&told.authority).await?);
        Ok(Some(Self { process, told, verifier }))
    }
    pub fn name(&self) -> String {
        format!("oidc-provider {} (Node.js {})", self.told.version, self.told.node)
    }
    pub fn counted(&self) -> Counted {
        Counted { server: self.process.id(), postgres: None }
    }
    /// The server as a scenario sees it, with the client that the row needs.
    pub fn world(&self, row: Row, connections: usize) -> World {
        let client = |client_id: &str| Client {
            product: client_id.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: self.told.secret.clone(),
            redirect_uris: vec![self.told.redirect_uri.clone()],
        };
        let account = Account {
            key: "agent_granted".to_owned(),
            login_name: "somebody".to_owned(),
            password: String::new(),
            organization_id: None,
        };
        let usual = if row == Row::Refresh { "offline" } else { "usual" };
        World {
            authority: self.told.authority.clone(),
            demo: Demo { accounts: vec![account], clients: vec![client(usual)] },
            connections,
            verifier: Arc::clone(&self.verifier),
            programs: Some(Programs { es256: client("ES256"), rs256: client("RS256") }),
            unattended: true,
        }
    }
}

/// Where `scripts/test` installs: in the target folder that this program was built in.
fn installed() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.ancestors().nth(2).context("a program lies in a profile's folder")?;
    Ok(target.join("node"))
}
/// Modules are found from the script's own place, so it is put beside them, whole at once.
fn placed(modules: &Path) -> Result<PathBuf> {
    let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("node").join(SCRIPT))?;
    let mut copy = tempfile::NamedTempFile::new_in(modules)?;
    copy.write_all(&text)?;
    let place = modules.join(format!("bench-{SCRIPT}"));
    copy.persist(&place)?;
    Ok(place)
}
