//! A product's server in Node.js that verifies webhooks with code of its own.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result};
use db::{Db, Keyring};
use kernel::{Actor, Event, Rng, id::AccountId};
use serde_json::Value;
use std::sync::Arc;
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{
    Agent, Engine, Server,
    process::{Process, free_port},
};

on_both_engines!(
    m48_a_product_hears_within_a_second_that_a_grant_ended,
    m48_what_a_command_ends_is_told_by_the_server_that_runs,
);

struct Receiver {
    agent: Agent,
    base: String,
    _process: Process,
}
impl Receiver {
    async fn start() -> Result<Self> {
        let port = free_port()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node/webhook.mjs");
        let process = Process::spawn(
            Command::new("node")
                .arg(script)
                .env("WEBHOOK_PORT", port.to_string())
                .stdin(Stdio::null())
                .stdout(Stdio::null()),
        )?;
        let base = format!("http://127.0.0.1:{port}");
        let agent = Agent::new(&base)?;
        let until = Instant::now() + Duration::from_secs(20);
        while agent.get("/taken").await.is_err() {
            anyhow::ensure!(Instant::now() < until, "node did not start");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Ok(Self { agent, base, _process: process })
    }
    async fn say(&self, path: &str, body: &str) -> Result<()> {
        let request = self.agent.client().post(self.agent.url(path)?).body(body.to_owned());
        anyhow::ensure!(self.agent.send(request).await?.status.is_success(), "{path}");
        Ok(())
    }
    async fn taken(&self) -> Result<Vec<Value>> {
        Ok(self.agent.get("/taken").await?.json()?.as_array().cloned().unwrap_or_default())
    }
    /// Waits until an event fits; all that came, in order.
    async fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let taken = self.taken().await?;
            if let Some(found) = taken.iter().find(|event| fits(event)) {
                return Ok(found.clone());
            }
            anyhow::ensure!(Instant::now() < until, "{what} did not come: {taken:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Staff registers the address; the secret is shown once.
async fn registered(manager: &Agent, here: &str, receiver: &Receiver) -> Result<String> {
    let page = manager.get(here).await?;
    let form = page.form_with("url")?;
    let bad = manager.submit(&page, &form.clone().with("url", "ftp://nowhere")).await?;
    assert_eq!(bad.status, 422, "{}", bad.excerpt());
    let shown = manager.submit(&page, &form.with("url", &format!("{}/hook", receiver.base))).await?;
    let secret = shown
        .body
        .split("whsec_")
        .nth(1)
        .map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c)).collect::<String>()
        })
        .context("no secret")?;
    receiver.say("/secret", &format!("whsec_{secret}")).await?;
    Ok(secret)
}

async fn m48_a_product_hears_within_a_second_that_a_grant_ended(engine: Engine) -> Result<()> {
    let receiver = Receiver::start().await?;
    let server = Server::start(options(engine)).await?;
    let product = server.demo.product_id(&server.demo.client()?.product)?.to_owned();
    let manager = signed_in(&server, "system_administrator").await?;
    let here = format!("/desk/products/{product}/webhook");
    let secret = registered(&manager, &here, &receiver).await?;
    let page = manager.get(&here).await?;
    assert!(!page.body.contains(&secret), "shown once");
    manager.submit(&page, &page.form_to(&format!("{here}/test"))?).await?;
    receiver.until("the test", |event| event["type"] == "webhook.test").await?;

    // An administrator takes a grant back.
    let account = server.demo.account("agent_granted")?.clone();
    let administrator = signed_in(&server, "administrator").await?;
    let organization = account.organization_id()?.to_owned();
    let take_back = async |given: bool| -> Result<Instant> {
        let path = format!("/org/{organization}/grants?q={}&product={product}", account.login_name);
        let page = administrator.get(&path).await?;
        let form = page.form_with("was")?;
        let form = if given { form.with("g0.0", "1") } else { form.without("g0.0") };
        let review = administrator.submit(&page, &form).await?;
        let saved = administrator.submit(&review, &review.form_to("/grants/apply")?).await?;
        assert_eq!(saved.status, 303, "{}", saved.excerpt());
        Ok(Instant::now())
    };
    let done = take_back(false).await?;
    let ended = receiver.until("the end", |event| event["type"] == "access.ended").await?;
    let took = done.elapsed();
    println!("{engine:?}: the product heard of the end after {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(ended["data"]["reason"], "grant.ended");
    assert_eq!(ended["data"]["organization"], organization.as_str());
    assert!(ended["data"]["subject"].is_string() && ended["data"]["sequence"].is_i64());

    // It is down for a while: nothing is lost, and what comes later comes later.
    receiver.say("/refuse", "").await?;
    take_back(true).await?;
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let page = manager.get(&here).await?;
        if page.body.contains("status 503") {
            // Sent again by hand, once it is back.
            receiver.say("/accept", "").await?;
            let again = page.forms().into_iter().find(|form| form.action.contains("/deliveries/"));
            manager.submit(&page, &again.context("nothing to send again")?).await?;
            break;
        }
        anyhow::ensure!(Instant::now() < until, "the failure is not shown: {}", page.excerpt());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    receiver.until("the grant", |event| event["data"]["reason"] == "grant.given").await?;

    // The secret is changed: the former one, which the product still has, is good for a while.
    let page = manager.get(&here).await?;
    manager.submit(&page, &page.form_to(&format!("{here}/secret"))?).await?;
    take_back(false).await?;
    let ends = |event: &Value| event["data"]["reason"] == "grant.ended" && event["id"] != ended["id"];
    receiver.until("the second end", ends).await?;
    let taken = receiver.taken().await?;
    assert!(taken.iter().all(|event| event["wrong"].is_null()), "{taken:?}");
    let ids: std::collections::BTreeSet<&str> =
        taken.iter().filter_map(|event| event["id"].as_str()).collect();
    assert_eq!(ids.len(), taken.len(), "each once: {taken:?}");
    // Whoever does not manage products finds nothing to press.
    let stranger = signed_in(&server, "account_manager").await?;
    assert_eq!(stranger.get(&here).await?.status, 403);
    Ok(())
}

/// A process beside the server, as a command of the program is one: it writes and goes.
async fn m48_what_a_command_ends_is_told_by_the_server_that_runs(engine: Engine) -> Result<()> {
    let receiver = Receiver::start().await?;
    let server = Server::start(options(engine)).await?;
    let product = server.demo.product_id(&server.demo.client()?.product)?.to_owned();
    let manager = signed_in(&server, "system_administrator").await?;
    registered(&manager, &format!("/desk/products/{product}/webhook"), &receiver).await?;
    let keyring = Arc::new(Keyring::open_or_create(&server.folder().join("keyring"), &Rng::System)?);
    let options =
        db::Options { readers: 1, writers: 1, ..db::Options::new(server.database().url(), keyring) };
    let db = tokio::task::spawn_blocking(move || Db::open(options)).await??;
    db.migrate().await?;
    oidc::follow(&db);
    // Nobody signed in to the product yet: that they hold a grant of it is enough to be told of.
    let (login, now) = (server.demo.account("agent_granted")?.login_name.clone(), db.clock().now());
    db.write(move |tx| {
        let id: AccountId = tx.one("SELECT id FROM account WHERE login_name = $1", &[&login])?;
        identity::account::service::set_state_in(tx, id, identity::account::AccountState::Disabled, now)?;
        Ok(((), vec![Event::done(&Actor::system(), "account.disabled").on("account", id)]))
    })
    .await?;
    db.close().await;
    let told = receiver.until("the end", |event| event["data"]["reason"] == "account.disabled").await?;
    assert_eq!((&told["type"], told["data"]["subject"].is_string()), (&"access.ended".into(), true));
    assert!(told["wrong"].is_null(), "{told}");
    Ok(())
}
