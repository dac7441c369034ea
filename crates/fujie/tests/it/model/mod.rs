//! Random sequences of everything that changes who may do what, by everybody, against an oracle of plain lists. After every
//! operation the whole state is compared and every answer is searched for what belongs to another organization. A sequence
//! that fails is shrunk and printed with its seed; `FUJIE_MODEL_SEEDS=17..18` runs that one alone.
mod call;
mod check;
mod drive;
mod oracle;
mod rules;
mod world;

use anyhow::{Context as _, Result, bail};
use call::{Dice, Op};
use check::Run;
use testkit::Engine;
use world::World;

on_both_engines!(nobody_reaches_across_or_above_in_random_sequences);

const OPERATIONS: usize = 100;
/// Sequences over one store: the audit record is verified after each, and grows with them.
const TOGETHER: u64 = 25;

/// PostgreSQL takes several times as long for the same rules.
fn sequences(engine: Engine) -> u64 {
    match (testkit::full_proof(), engine) {
        (true, Engine::Sqlite) => 10_000,
        (true, Engine::Postgres) => 1_000,
        (false, Engine::Sqlite) => 40,
        (false, Engine::Postgres) => 15,
    }
}
fn operations(seed: u64) -> Vec<Op> {
    let mut dice = Dice::new(seed);
    (0..OPERATIONS).map(|_| Op::draw(&mut dice)).collect()
}

async fn nobody_reaches_across_or_above_in_random_sequences(engine: Engine) -> Result<()> {
    let seeds = match std::env::var("FUJIE_MODEL_SEEDS") {
        Ok(asked) => {
            let (first, end) = asked.split_once("..").context("FUJIE_MODEL_SEEDS is first..end")?;
            first.parse()?..end.parse()?
        }
        Err(_) => 0..sequences(engine),
    };
    let begun = std::time::Instant::now();
    let (mut done, mut refused, mut counted) = (0_u64, 0_u64, 0_u64);
    let mut world = World::open(engine).await?;
    for seed in seeds {
        if counted > 0 && counted % TOGETHER == 0 {
            world.close().await;
            world = World::open(engine).await?;
        }
        let sequence = operations(seed);
        match Run::of(&world, seed, &sequence).await {
            Ok(numbers) => (done, refused) = (done + numbers.0, refused + numbers.1),
            Err(fault) => {
                let told = shrunk(engine, seed, &sequence, &kind_of(&fault)).await?;
                bail!("seed {seed}: {fault:#}\n\nthe shortest that still fails:\n{told}");
            }
        }
        counted += 1;
        if counted % 100 == 0 {
            eprintln!("{counted} sequences: {done} done, {refused} refused, {:?}", begun.elapsed());
        }
    }
    world.close().await;
    eprintln!("{counted} sequences on {engine:?}: {done} done, {refused} refused, {:?}", begun.elapsed());
    Ok(())
}

/// The beginning of what was wrong: another fault is another story.
fn kind_of(fault: &anyhow::Error) -> String {
    fault.root_cause().to_string().chars().take(12).collect()
}
/// Drops operations as long as it fails in the same way: halves, quarters, single ones.
async fn shrunk(engine: Engine, seed: u64, sequence: &[Op], kind: &str) -> Result<String> {
    let world = World::open(engine).await?;
    let mut kept = sequence.to_vec();
    let mut size = kept.len().div_ceil(2);
    let mut tries = 0;
    loop {
        let (mut at, before) = (0, kept.len());
        while at < kept.len() && tries < 400 {
            let mut fewer = kept.clone();
            fewer.drain(at..(at + size).min(kept.len()));
            tries += 1;
            if Run::of(&world, seed, &fewer).await.is_err_and(|fault| kind_of(&fault) == kind) {
                kept = fewer;
            } else {
                at += size;
            }
        }
        if size == 1 && kept.len() == before {
            break;
        }
        size = size.div_ceil(2);
    }
    let mut run = Run::begin(&world, seed).await?;
    let mut lines = Vec::new();
    for op in kept {
        let outcome = run.step(op).await;
        lines.extend(run.last.take());
        if let Err(fault) = outcome {
            lines.push(format!("  {fault:#}"));
            break;
        }
    }
    if let Err(fault) = run.end().await {
        lines.push(format!("  at the end: {fault:#}"));
    }
    world.close().await;
    Ok(lines.join("\n"))
}
