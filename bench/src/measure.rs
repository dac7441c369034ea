//! Round after round, the limits first and then every row, each beside its peer, so that what disturbs the machine disturbs all
//! alike.
use crate::{
    Options,
    beside::{self, Beside},
    documents,
    limits::Limits,
    process::Counted,
    programs::Programs,
    round::{self, Round, Workers},
    scenarios::{Row, World},
    server::Server,
    table::{self, Line},
    token::Verifier,
};
use anyhow::{Result, ensure};
use std::{sync::Arc, time::Duration};

/// So long a peer runs before its first round, until what it compiles as it runs is compiled.
const WARM_UP: Duration = Duration::from_secs(2);

/// One row of one server.
struct Driven {
    row: Row,
    name: String,
    workers: Workers,
    rounds: Vec<Round>,
    counted: Counted,
    failed: bool,
}
impl Driven {
    async fn prepare(row: Row, name: String, world: &World, counted: Counted) -> Self {
        let mut driven = Self { row, name, workers: Vec::new(), rounds: Vec::new(), counted, failed: false };
        match row.workers(world).await {
            Ok(workers) => driven.workers = workers,
            Err(error) => driven.fails(&error),
        }
        driven
    }
    fn fails(&mut self, error: &anyhow::Error) {
        eprintln!("{}: {error:#}", self.name);
        self.failed = true;
    }
    async fn round(&mut self, duration: Duration) -> Option<Round> {
        if self.failed {
            return None;
        }
        match round::run(&mut self.workers, duration, self.counted).await {
            Ok(round) => Some(round),
            Err(error) => {
                self.fails(&error);
                None
            }
        }
    }
    async fn measure(&mut self, duration: Duration) {
        let round = self.round(duration).await;
        self.rounds.extend(round);
    }
}

/// What came of the rounds.
pub struct Outcome {
    pub lines: Vec<Line>,
    /// What stands below the table; empty if no row has a peer.
    pub beside: String,
    /// Whether all could be measured.
    pub whole: bool,
}

pub async fn measure(
    options: &Options,
    server: &Server,
    threads: usize,
    programs: Option<Programs>,
) -> Result<Outcome> {
    let wanted: Vec<Row> = Row::SCENARIOS.into_iter().filter(|row| options.wants(*row)).collect();
    if wanted.is_empty() {
        return Ok(Outcome { lines: Vec::new(), beside: String::new(), whole: true });
    }
    ensure!(options.connections > 0 && threads > 0, "at least one connection and one thread are needed");
    let world = World {
        authority: server.authority.clone(),
        demo: server.demo()?,
        connections: options.connections,
        verifier: Arc::new(Verifier::discover(&server.authority).await?),
        programs,
        unattended: false,
    };
    let mut driven = Vec::new();
    for row in &wanted {
        driven.push(Driven::prepare(*row, row.title().to_owned(), &world, server.counted).await);
    }
    let mut compared: Vec<Row> = beside::ROWS.into_iter().filter(|row| wanted.contains(row)).collect();
    if options.alone {
        compared.clear();
    }
    let peer = match compared.is_empty() {
        true => None,
        false => Beside::start(options.modules.clone()).await?,
    };
    let mut peers = Vec::new();
    if let Some(peer) = &peer {
        for row in &compared {
            let name = format!("{}, {}", peer.name(), row.title());
            let world = peer.world(*row, options.connections);
            let mut driven = Driven::prepare(*row, name, &world, peer.counted()).await;
            driven.round(WARM_UP).await;
            peers.push(driven);
        }
    }
    let served = documents::served(&server.authority).await?;
    let mut limits = Limits::start(&wanted, &served, options.argon2, threads, options.connections)?;
    let duration = Duration::from_secs(options.seconds);
    for number in 1..=options.rounds {
        eprintln!("round {number} of {}", options.rounds);
        limits.round(duration).await?;
        for driven in &mut driven {
            driven.measure(duration).await;
            if let Some(peer) = peers.iter_mut().find(|peer| peer.row == driven.row) {
                peer.measure(duration).await;
            }
        }
    }
    let rates = limits.rates();
    let line = |driven: &Driven| match driven.failed {
        true => Line::failed(driven.row),
        false => Line::of(driven.row, &driven.rounds, &rates),
    };
    let mut lines: Vec<Line> = driven.iter().map(line).collect();
    for (limit, rounds) in limits.measured() {
        lines.push(Line::plain(&format!("limit: {}", limit.name()), rounds));
    }
    let pair = |peer: &Driven| {
        let own = driven.iter().find(|driven| driven.row == peer.row)?;
        let measured =
            |driven: &Driven| (!driven.failed).then(|| Line::plain(driven.row.title(), &driven.rounds));
        Some((peer.row, measured(own), measured(peer)))
    };
    let beside = match &peer {
        Some(peer) => table::beside(&peer.name(), peers.iter().filter_map(pair)),
        None if compared.is_empty() => String::new(),
        None => "\nnpm's oidc-provider is not installed: nothing stands beside these rows.\n".to_owned(),
    };
    let whole = driven.iter().chain(&peers).all(|driven| !driven.failed);
    Ok(Outcome { lines, beside, whole })
}
