//! Steps that several end-to-end tests take.
use anyhow::{Context as _, Result};
use testkit::{Agent, Engine, Options, Reply, Server, party::Attempt};

/// One test on each engine; the body is `async fn(Engine) -> Result<()>`.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> anyhow::Result<()> {
                super::$name(testkit::Engine::Sqlite).await
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> anyhow::Result<()> {
                match testkit::Engine::Postgres.available()? {
                    Some(engine) => super::$name(engine).await,
                    None => Ok(()),
                }
            }
        }
    )+ };
}

pub fn options(engine: Engine) -> Options {
    Options::new(env!("CARGO_BIN_EXE_fujie"), engine)
}

/// A browser without scripts that a demo account is signed in with.
pub async fn signed_in(server: &Server, key: &str) -> Result<Agent> {
    let account = server.demo.account(key)?;
    signed_in_as(server, &account.login_name, &account.password).await
}
pub async fn signed_in_as(server: &Server, login_name: &str, password: &str) -> Result<Agent> {
    let agent = server.agent()?;
    let reply = agent.sign_in(login_name, password).await?;
    anyhow::ensure!(
        reply.location().is_some(),
        "{login_name} was not signed in: {} {}",
        reply.status,
        reply.excerpt()
    );
    Ok(agent)
}

/// Follows an authorization request through consent to the code; the agent is signed in.
pub async fn authorize(
    agent: &Agent,
    server: &Server,
    redirect_uri: &str,
    attempt: &Attempt,
) -> Result<String> {
    let client = server.demo.client()?;
    let query = attempt.query(&client.client_id, redirect_uri, "openid profile");
    let first = agent.visit(&format!("/oauth2/authorize?{query}")).await?;
    let last = allow(agent, first).await?;
    last.location_parameter("code")
        .with_context(|| format!("no code: {} {:?}\n{}", last.status, last.location(), last.excerpt()))
}

/// Presses "allow" if the consent page is what came.
pub async fn allow(agent: &Agent, page: Reply) -> Result<Reply> {
    if page.status.is_redirection() {
        return Ok(page);
    }
    let form = page.form_to("/consent")?;
    let form = form.allowed();
    let reply = agent.submit(&page, &form).await?;
    agent.follow(reply).await
}
