//! `kill -9` in the middle of batches of admissions, again and again: they go on where they stopped, and in the end every
//! organization of them is admitted once, on its record once, and the operation record verifies.
use crate::support::{options, signed_in};
use anyhow::{Context as _, Result, ensure};
use std::time::{Duration, Instant};
use testkit::{Agent, Engine, Server};

on_both_engines!(m44_batches_of_admissions_survive_kill_9);

async fn m44_batches_of_admissions_survive_kill_9(engine: Engine) -> Result<()> {
    let mut server = Server::start(options(engine)).await?;
    let (each, most_kills) = if testkit::full_proof() { (2_000, 30) } else { (700, 4) };
    let batches = ["alpha", "beta", "gamma"];
    let all = each * batches.len();
    let agent = signed_in(&server, "account_manager").await?;
    let product = server.demo.product_id("option-quotes")?.to_owned();
    for (at, name) in batches.iter().enumerate() {
        firms(&server, name, 7_000_000 + at * 10_000, each)?;
    }
    for name in batches {
        confirmed(&agent, &product, name, each).await?;
    }
    let (mut kills, mut begun) = (0_u64, false);
    let until = Instant::now() + Duration::from_secs(if testkit::full_proof() { 1800 } else { 120 });
    loop {
        // A little later each time, so that the end meets the worker in different places.
        let over = watch(&server, Duration::from_millis(90 + kills * 61 % 300)).await?;
        let done = count(&server, "SELECT CAST(SUM(done) AS BIGINT) FROM admission_batch")?;
        begun |= done > 0;
        if over {
            ensure!(done == all, "{done} of {all}");
            break;
        }
        ensure!(Instant::now() < until, "the batches stay at {done} of {all}");
        if kills == most_kills {
            continue;
        }
        server.kill()?;
        kills += 1;
        // What was committed belongs together, whenever the end came.
        let done = count(&server, "SELECT CAST(SUM(done) AS BIGINT) FROM admission_batch")?;
        let settled = count(&server, "SELECT COUNT(*) FROM admission_batch_row WHERE state = 'done'")?;
        ensure!(settled == done && count(&server, MADE)? == done, "after kill -9 number {kills}");
        // As if the lease of the worker that died had run out.
        server.database().rows("UPDATE admission_batch SET lease_until = 0")?;
        server.restart().await.with_context(|| format!("after kill -9 number {kills}"))?;
    }
    ensure!(begun && kills >= 2, "too few were met at work: {kills}");
    ensure!(
        count(&server, "SELECT CAST(SUM(refused) AS BIGINT) FROM admission_batch")? == 0,
        "none is refused"
    );
    let once = "SELECT COUNT(DISTINCT organization_id) FROM admission WHERE organization_id BETWEEN 7000000 AND 7999999 \
                AND state = 'active'";
    ensure!(count(&server, MADE)? == all && count(&server, once)? == all, "everybody is admitted once");
    for counted in ["COUNT(*)", "COUNT(DISTINCT object_id)"] {
        let recorded = format!(
            "SELECT {counted} FROM audit_event WHERE action = 'admission.granted' AND request_id LIKE 'batch-%'"
        );
        ensure!(count(&server, &recorded)? == all, "each stands in the record once");
    }
    server.stop()?;
    let verified = server.run(&["audit", "verify"])?;
    ensure!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    eprintln!("{engine:?}: {all} admissions, {kills} × kill -9, each made and recorded once");
    Ok(())
}

const MADE: &str = "SELECT COUNT(*) FROM admission WHERE organization_id BETWEEN 7000000 AND 7999999";

/// Organizations of the account manager who is signed in.
fn firms(server: &Server, name: &str, first: usize, each: usize) -> Result<()> {
    let statement = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {each})
         INSERT INTO organization (id, type_id, name, name_folded, short_name, account_manager_id, state, rev, created_at)
         SELECT {first} + n.i, o.type_id, '{name} ' || n.i, '{name} ' || n.i, '{name}', o.account_manager_id, 'active', 0,
            o.created_at
         FROM n CROSS JOIN organization o WHERE o.id = (SELECT MIN(id) FROM organization WHERE account_manager_id IS NOT NULL)"
    );
    server.database().rows(&statement).map(drop)
}
/// Everything that the filter shows, looked at and confirmed.
async fn confirmed(agent: &Agent, product: &str, name: &str, each: usize) -> Result<()> {
    let page = agent.get(&format!("/desk/products/{product}/admissions/batch?name={name}")).await?;
    let form = page.form_with("reason")?.with("matching", "yes").with("action", "admit");
    let reply = agent.submit(&page, &form.with("reason", "年度核验")).await?;
    let batch = reply.location().with_context(|| format!("{}: {}", reply.status, reply.excerpt()))?;
    let shown = agent.get(batch.path()).await?;
    ensure!(shown.body.contains(&format!("id=\"batch-changes\">{each}<")), "{}", shown.excerpt());
    let reply = agent.submit(&shown, &shown.form_to(batch.path())?.with("decision", "apply")).await?;
    ensure!(reply.status == 303, "{}", reply.excerpt());
    Ok(())
}
/// Whether all are over after a while, or sooner.
async fn watch(server: &Server, pause: Duration) -> Result<bool> {
    let until = Instant::now() + pause;
    loop {
        let over = count(server, "SELECT COUNT(*) FROM admission_batch WHERE state <> 'done'")? == 0;
        if over || Instant::now() >= until {
            return Ok(over);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
fn count(server: &Server, statement: &str) -> Result<usize> {
    let found = server.database().rows(statement)?;
    let count = found.into_iter().flatten().flatten().next().context("no count")?;
    Ok(count.parse()?)
}
