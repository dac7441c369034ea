//! A peer in a process of its own that is spoken with in lines of JSON, and the store in which it is registered.
use anyhow::{Context as _, Result};
use db::{Db, Keyring};
use kernel::{Rng, id::ProductId};
use oidc::client::{
    Algorithm, NewClient, Settings,
    service::{Clients, create_client},
};
use organization::Operator;
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};
use testkit::{Server, process::Process};

pub struct Talk {
    _process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}
impl Talk {
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = format!("{:?}", command.get_program());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("starting {program}"))?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { _process: Process::from(child), input, output })
    }
    pub fn say(&mut self, value: &Value) -> Result<()> {
        Ok(writeln!(self.input, "{value}")?)
    }
    /// What it says next; it may have to ask the server before.
    pub fn hear(&mut self) -> Result<Value> {
        tokio::task::block_in_place(|| {
            let mut line = String::new();
            self.output.read_line(&mut line)?;
            serde_json::from_str(&line).with_context(|| format!("the peer said {line:?}"))
        })
    }
    /// The text of one member of what it says next.
    pub fn hear_text(&mut self, member: &str) -> Result<String> {
        let said = self.hear()?;
        Ok(said[member].as_str().with_context(|| format!("no {member} in {said}"))?.to_owned())
    }
}

/// What the running server writes to, for a registration as the desk would make it.
pub struct Register {
    pub db: Db,
    pub by: Operator,
    /// The demonstration's first.
    pub product: ProductId,
}
impl Register {
    pub async fn open(server: &Server) -> Result<Self> {
        let keyring = Arc::new(Keyring::open_or_create(&server.folder().join("keyring"), &Rng::System)?);
        let store =
            db::Options { readers: 2, writers: 2, ..db::Options::new(server.database().url(), keyring) };
        let db = tokio::task::spawn_blocking(move || Db::open(store)).await??;
        db.migrate().await?;
        let known = Clients::new(db.clone()).find(&server.demo.client()?.client_id).await?;
        let product = known.context("the demonstration's client")?.product;
        Ok(Self { db, by: Operator::installation(), product })
    }
    pub fn client(&self, name: &str, redirect_uri: &str, settings: Settings) -> NewClient {
        NewClient {
            id: self.db.draw(),
            product: self.product,
            name: name.into(),
            redirect_uris: vec![redirect_uri.into()],
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            skip_consent: false,
            id_token_algorithm: Algorithm::Es256,
            settings,
        }
    }
    /// Writes it and lets go of the store; the name that it goes by from now on.
    pub async fn create(self, client: NewClient) -> Result<String> {
        let registered = create_client(&self.db, &self.by, client).await?;
        self.db.close().await;
        Ok(registered.client_id)
    }
}
