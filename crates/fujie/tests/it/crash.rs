//! `kill -9` under load: whatever was acknowledged is there after the next start, and the audit record verifies.
use crate::support::{options, signed_in_as};
use anyhow::{Context as _, Result};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{Account, Agent, Engine, Server, form};

on_both_engines!(acknowledged_writes_survive_kill_9);

/// What the server said it had done.
#[derive(Default)]
struct Acknowledged {
    members: HashSet<String>,
    /// Cookie jars of sessions.
    sessions: Vec<Agent>,
}

async fn acknowledged_writes_survive_kill_9(engine: Engine) -> Result<()> {
    let mut server = Server::start(options(engine)).await?;
    let administrator = server.demo.account("administrator")?.clone();
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let serial = Arc::new(AtomicU32::new(0));
    let (rounds, limit) =
        if testkit::full_proof() { (50, Duration::from_secs(3600)) } else { (50, Duration::from_secs(5)) };
    let begun = Instant::now();
    let mut round = 0;
    while round < rounds && (round < 3 || begun.elapsed() < limit) {
        let session = signed_in_as(&server, &administrator.login_name, &administrator.password).await?;
        let mut writers = Vec::new();
        for _ in 0..4 {
            let (session, administrator) = (session.clone(), administrator.clone());
            let (acknowledged, serial) = (acknowledged.clone(), serial.clone());
            writers.push(tokio::spawn(async move {
                // Ends with the server.
                write(&session, &administrator, &acknowledged, &serial).await
            }));
        }
        let (agent, account) = (server.agent()?, administrator.clone());
        let (base, sessions) = (server.base.clone(), acknowledged.clone());
        writers.push(tokio::spawn(async move {
            drop(agent);
            loop {
                let agent = Agent::new(&base)?;
                let reply = agent.sign_in(&account.login_name, &account.password).await?;
                if reply.location().is_some() {
                    lock(&sessions).sessions.push(agent);
                }
            }
        }));
        // A little later each time, so that the end meets the writers in different places.
        tokio::time::sleep(Duration::from_millis(150 + (round * 97) % 400)).await;
        server.kill()?;
        for writer in writers {
            drop(writer.await?);
        }
        server.restart().await.with_context(|| format!("after kill -9 number {round}"))?;
        survived(&server, &acknowledged).await.with_context(|| format!("after kill -9 number {round}"))?;
        round += 1;
    }
    server.stop()?;
    let verified = server.run(&["audit", "verify"])?;
    anyhow::ensure!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let (members, sessions) = {
        let all = lock(&acknowledged);
        (all.members.len(), all.sessions.len())
    };
    anyhow::ensure!(
        members >= round as usize && sessions > 0,
        "too little was written: {members} members, {sessions} sessions"
    );
    eprintln!(
        "{engine:?}: {round} × kill -9, {members} members and {sessions} sessions acknowledged, none lost"
    );
    Ok(())
}

fn lock(acknowledged: &Mutex<Acknowledged>) -> std::sync::MutexGuard<'_, Acknowledged> {
    acknowledged.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Creates members one after the other until the server is gone.
async fn write(
    session: &Agent,
    administrator: &Account,
    acknowledged: &Mutex<Acknowledged>,
    serial: &AtomicU32,
) -> Result<()> {
    let target = format!("/org/{}/members/new", administrator.organization_id()?);
    loop {
        let page = session.get(&target).await?;
        let login_name = format!("crash.{:05}", serial.fetch_add(1, Ordering::Relaxed));
        let form = page.form_with("login_name")?.with("login_name", &login_name).with("name", "纪白芸");
        let reply = session.submit(&page, &form).await?;
        let slip = form::text_of(&reply.body, "slip-password").is_some();
        anyhow::ensure!(reply.status == 303 || slip, "{}: {}", reply.status, reply.excerpt());
        lock(acknowledged).members.insert(login_name);
    }
}

async fn survived(server: &Server, acknowledged: &Mutex<Acknowledged>) -> Result<()> {
    let rows = server.database().rows(
        "SELECT account.login_name FROM account JOIN membership ON membership.account_id = account.id \
         JOIN password ON password.account_id = account.id WHERE account.login_name LIKE 'crash.%'",
    )?;
    let there: HashSet<String> = rows.into_iter().flatten().flatten().collect();
    let (lost, sessions): (Vec<String>, Vec<Agent>) = {
        let all = lock(acknowledged);
        (
            all.members.difference(&there).cloned().collect(),
            all.sessions.iter().rev().take(20).cloned().collect(),
        )
    };
    anyhow::ensure!(lost.is_empty(), "{} of the acknowledged members are lost: {lost:?}", lost.len());
    for session in sessions {
        let reply = session.get("/me").await?;
        anyhow::ensure!(
            reply.status == 200,
            "an acknowledged session is lost: {} {:?}",
            reply.status,
            reply.location()
        );
    }
    Ok(())
}
