//! npm's SMPP and SMTP servers in a Node.js process, and what staff does at the desk to use them.
use super::node;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};
use testkit::{Agent, Server, form, process::Process, tls};
use tokio::sync::{Mutex, mpsc};

pub struct Gateways {
    pub smpp: String,
    pub smtp: String,
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    _process: Process,
}
impl Gateways {
    /// `None` where the packages are not installed and a test may be skipped. `secure` speaks TLS from the first byte.
    pub async fn start(secure: bool) -> Result<Option<Self>> {
        if !node::has(&["smpp", "smtp-server"])? {
            return Ok(None);
        }
        let authority = tls::authority()?;
        let mut child = node::command("gateways.mjs")?
            .env("MAIL_SECURE", if secure { "yes" } else { "no" })
            .env("MAIL_CERTIFICATE", authority.certificate_file())
            .env("MAIL_KEY", authority.key_file())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting node")?;
        let output = child.stdout.take().context("no output")?;
        let process = Process::from(child);
        let (send, events) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                if let Ok(event) = serde_json::from_str(&line)
                    && send.send(event).is_err()
                {
                    break;
                }
            }
        });
        let mut gateways =
            Self { smpp: String::new(), smtp: String::new(), events: Mutex::new(events), _process: process };
        let ready = gateways.next("listening").await?;
        (gateways.smpp, gateways.smtp) = (ready["smpp"].to_string(), ready["smtp"].to_string());
        Ok(Some(gateways))
    }
    /// The next event of a kind; others before it are passed over.
    pub async fn next(&self, kind: &str) -> Result<Value> {
        let mut events = self.events.lock().await;
        loop {
            let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await;
            let event = event.with_context(|| format!("no {kind}"))?.context("node ended")?;
            if event["kind"] == kind {
                return Ok(event);
            }
        }
    }
}

pub async fn staff(server: &Server) -> Result<Agent> {
    crate::support::signed_in(server, "system_administrator").await
}
/// Fills a form of the desk and sends it; it must lead on.
pub async fn fill(agent: &Agent, path: &str, fields: &[(&str, &str)]) -> Result<String> {
    let page = agent.visit(path).await?;
    let mut form = page.form_to(path)?;
    for (name, value) in fields {
        form = form.with(name, value);
    }
    let id = form.value("id").unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
    let reply = agent.submit(&page, &form).await?;
    anyhow::ensure!(reply.location().is_some(), "{path}: {} {}", reply.status, reply.excerpt());
    Ok(id)
}
/// Sends a test and gives what the desk says of it.
pub async fn test(agent: &Agent, gateway: &str, to: &str, purpose: &str, lang: &str) -> Result<String> {
    let path = format!("/desk/channels/{gateway}/test");
    let page = agent.visit(&path).await?;
    let form = page.form_to(&path)?.with("to", to).with("purpose", purpose).with("lang", lang);
    let reply = agent.submit(&page, &form).await?;
    form::text_of(&reply.body, "verdict")
        .with_context(|| format!("no verdict: {} {}", reply.status, reply.excerpt()))
}
/// Waits until the record of deliveries says so.
pub async fn recorded(agent: &Agent, words: &[&str]) -> Result<()> {
    let until = std::time::Instant::now() + Duration::from_secs(10);
    loop {
        let page = agent.visit("/desk/channels/deliveries").await?;
        if words.iter().all(|word| page.body.contains(word)) {
            return Ok(());
        }
        anyhow::ensure!(std::time::Instant::now() < until, "{words:?} are not all in {}", page.excerpt());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
