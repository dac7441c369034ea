//! `kill -9` in the middle of an import, again and again: it goes on where it stopped, and in the end everybody of the file is
//! there, each once, found by search, told once, and in an operation record that verifies.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result, ensure};
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};
use testkit::{Agent, Engine, Server};

on_both_engines!(an_import_survives_kill_9);

async fn an_import_survives_kill_9(engine: Engine) -> Result<()> {
    let mut server = Server::start(options(engine)).await?;
    let (people, most_kills) = if testkit::full_proof() { (60_000, 40) } else { (1_500, 4) };
    // Few have a number: links go out slowly.
    let told = (0..people).filter(|n| has_phone(*n)).count();
    let organization = server.demo.account("administrator")?.organization_id()?.to_owned();
    let agent = signed_in(&server, "administrator").await?;
    let job = sent(&agent, &organization, &sheet(people)).await?;
    let page = agent.get(&job).await?;
    let form = page.form_with("notify")?.with("decision", "confirm");
    let reply = agent.submit(&page, &form).await?;
    ensure!(reply.status == 303, "{}", reply.excerpt());

    let (mut kills, mut begun) = (0_u64, false);
    let until = Instant::now() + Duration::from_secs(if testkit::full_proof() { 1800 } else { 120 });
    loop {
        // A little later each time, so that the end meets the worker in different places.
        let pause = Duration::from_millis(120 + kills * 61 % 400);
        let state = watch(&server, pause).await?;
        let [created, failed, notified] = numbers(&server)?;
        ensure!(failed == 0, "{failed} rows were not made");
        begun |= created > 0;
        if state == "done" {
            ensure!((created, notified) == (people, told), "{created} made, {notified} told");
            break;
        }
        ensure!(Instant::now() < until, "the import stays {state} with {created} of {people}");
        if kills == most_kills {
            continue;
        }
        server.kill()?;
        kills += 1;
        // What was committed belongs together: as many accounts as the job counts, whenever the end came.
        let [created, ..] = numbers(&server)?;
        ensure!(rows(&server, PEOPLE)? == created, "after kill -9 number {kills}");
        // As if the lease of the worker that died had run out.
        server.database().rows("UPDATE import_job SET lease_until = 0")?;
        server.restart().await.with_context(|| format!("after kill -9 number {kills}"))?;
    }
    ensure!(begun && kills >= 3, "too few were met at work: {kills}");
    let each_once = "SELECT COUNT(DISTINCT login_name) FROM account WHERE login_name LIKE 'crashed.%'";
    ensure!(rows(&server, PEOPLE)? == people && rows(&server, each_once)? == people);
    let members = "SELECT COUNT(*) FROM membership JOIN account ON account.id = membership.account_id \
                   WHERE account.login_name LIKE 'crashed.%' AND membership.managed AND membership.state = 'active'";
    ensure!(rows(&server, members)? == people, "everybody is a member once");
    let unfound = "SELECT COUNT(*) FROM account WHERE login_name LIKE 'crashed.%' AND NOT EXISTS \
                   (SELECT 1 FROM search_gram WHERE search_gram.account_id = account.id)";
    ensure!(rows(&server, unfound)? == 0, "everybody is found by search");
    let links = "SELECT COUNT(*) FROM activation JOIN account ON account.id = activation.account_id \
                 WHERE account.login_name LIKE 'crashed.%'";
    ensure!(rows(&server, links)? == told, "one link each");
    let recorded = "SELECT COUNT(DISTINCT object_id) FROM audit_event WHERE action = 'membership.created' \
                    AND request_id LIKE 'import-%'";
    ensure!(rows(&server, recorded)? == people, "everybody stands in the record");
    server.stop()?;
    let verified = server.run(&["audit", "verify"])?;
    ensure!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    eprintln!("{engine:?}: {people} people, {kills} × kill -9, each made and told once");
    Ok(())
}

const PEOPLE: &str = "SELECT COUNT(*) FROM account WHERE login_name LIKE 'crashed.%'";

fn has_phone(n: usize) -> bool {
    n.is_multiple_of(100)
}
fn sheet(people: usize) -> String {
    let mut text = String::from("姓名,登录名,手机号\n");
    for n in 0..people {
        let phone = if has_phone(n) { format!("139{n:08}") } else { String::new() };
        writeln!(text, "纪白芸,crashed.{n:06},{phone}").ok();
    }
    text
}
/// The address of the job.
async fn sent(agent: &Agent, organization: &str, file: &str) -> Result<String> {
    let base = format!("/org/{organization}/members/import");
    let page = agent.get(&base).await?;
    let form = page.form_to("/members/import")?;
    let reply = agent.upload(&page, &form, "people.csv", file.as_bytes()).await?;
    let job = reply.location().with_context(|| format!("{}: {}", reply.status, reply.excerpt()))?;
    Ok(job.path().to_owned())
}
/// The state after a while, or sooner when it is done.
async fn watch(server: &Server, pause: Duration) -> Result<String> {
    let until = Instant::now() + pause;
    loop {
        let found = server.database().rows("SELECT state FROM import_job")?;
        let state = found.into_iter().flatten().flatten().next().context("no job")?;
        if state == "done" || Instant::now() >= until {
            return Ok(state);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
fn numbers(server: &Server) -> Result<[usize; 3]> {
    let found = server.database().rows("SELECT created, failed, notified FROM import_job")?;
    let row = found.into_iter().next().context("no job")?;
    let numbers: Vec<usize> = row.into_iter().flatten().filter_map(|text| text.parse().ok()).collect();
    numbers.try_into().map_err(|row| anyhow::anyhow!("{row:?}"))
}
fn rows(server: &Server, statement: &str) -> Result<usize> {
    let found = server.database().rows(statement)?;
    let count = found.into_iter().flatten().flatten().next().context("no count")?;
    Ok(count.parse()?)
}
