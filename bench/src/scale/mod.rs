//! A hundred thousand organizations and a million people: fills a folder with them once, and drives what must stay quick
//! however many there are.
mod fill;
mod names;
mod pages;
mod plan;
mod products;
mod questions;
mod rows;
mod store;

use crate::{
    people::PASSWORD,
    process::Counted,
    round::{self, Workers},
    server::{self, Client, Launch, Server},
    table::{self, Line},
};
use anyhow::{Context as _, Result, anyhow, ensure};
use db::{Db, Keyring};
use kernel::Rng;
use plan::{Ids, Size};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Of the contract class and granted one by one: both halves are looked at.
const ASKED: &str = "market-data";
const FOUND: &str = "scale.json";
/// Until what starts on its own is done: an index over all grants is read from the database.
const SETTLE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// At least 10000
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..10_000_000))]
    people: u64,
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(10..10_000_000))]
    organizations: u64,
    #[arg(long, default_value_t = 5_000_000)]
    grants: u64,
    /// Where filled folders stay; one of the same size and schema is used again
    #[arg(long, value_name = "DIR", default_value = "target/scale")]
    data: PathBuf,
    /// Fill and stop
    #[arg(long)]
    only_fill: bool,
    /// These rows alone: `console`, `pages`, `search`, `matrix`, `decision`, `evaluation`
    #[arg(long, value_name = "NAME")]
    only: Vec<Part>,
    /// Length of a round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Callers at the same time, where it is not one alone
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// An empty PostgreSQL database instead of SQLite in the folder; filled each time
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The server's program; built and taken from beside this one without
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Console,
    Pages,
    Search,
    Matrix,
    Decision,
    Evaluation,
}

/// What a filled folder holds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Filled {
    first: i64,
    people: u64,
    organizations: u64,
    grants: u64,
}

/// What the rows are driven against.
pub struct World {
    pub authority: String,
    pub counted: Counted,
    pub size: Size,
    pub ids: Ids,
    /// The server of the asked product.
    pub client: Client,
    pub staff: server::Account,
    pub connections: usize,
    pub duration: Duration,
    pub rounds: u16,
}
impl World {
    pub async fn signed_in(&self, person: u64) -> Result<crate::http::Browser> {
        let mut browser = crate::http::Browser::new(&self.authority);
        browser.sign_in(&rows::login_name(person), PASSWORD).await?;
        Ok(browser)
    }
    pub async fn measure(&self, workers: &mut Workers) -> Result<Vec<round::Round>> {
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            rounds.push(round::run(workers, self.duration, self.counted).await?);
        }
        Ok(rounds)
    }
}

pub async fn run(options: Options) -> Result<bool> {
    let launch = Launch::new(options.binary.clone(), options.database_url.clone())?;
    let size = Size { people: options.people, organizations: options.organizations, grants: options.grants };
    let (folder, ids) = filled(&options, &launch, size).await?;
    if options.only_fill {
        return Ok(true);
    }
    let server = launch.start(&folder, server::free_port()?)?;
    eprintln!("started in {:.0} ms", server.start.as_secs_f64() * 1000.0);
    tokio::time::sleep(SETTLE).await;
    let driven = drive(&options, &server, size, ids).await;
    let memory = crate::process::memory(server.counted.server)?;
    server.stop()?;
    let (mut lines, whole) = driven?;
    lines.push(Line::memory("memory (RSS), highest", memory.highest, None));
    print!("{}", table::render(&lines));
    Ok(whole)
}

async fn drive(options: &Options, server: &Server, size: Size, ids: Ids) -> Result<(Vec<Line>, bool)> {
    let demo = server.demo()?;
    let client =
        demo.clients.iter().find(|client| client.product == ASKED).context("no client to ask with")?;
    let staff = demo.accounts.iter().find(|account| account.key == "system_administrator");
    let world = World {
        authority: server.authority.clone(),
        counted: server.counted,
        size,
        ids,
        client: client.clone(),
        staff: staff.context("no system administrator")?.clone(),
        connections: options.connections,
        duration: Duration::from_secs(options.seconds),
        rounds: options.rounds,
    };
    let (mut lines, mut whole) = (Vec::new(), true);
    for part in [Part::Console, Part::Pages, Part::Search, Part::Matrix, Part::Decision, Part::Evaluation] {
        if !options.only.is_empty() && !options.only.contains(&part) {
            continue;
        }
        eprintln!("{part:?}");
        let measured = match part {
            Part::Console => pages::console(&world).await,
            Part::Pages => pages::all(&world).await,
            Part::Search => pages::search(&world).await,
            Part::Matrix => pages::matrix(&world).await,
            Part::Decision => questions::decision(&world).await,
            Part::Evaluation => questions::evaluation(&world).await,
        };
        match measured {
            Ok(measured) => lines.extend(measured),
            Err(error) => {
                eprintln!("{part:?}: {error:#}");
                whole = false;
            }
        }
    }
    Ok((lines, whole))
}

/// The folder, filled now or before.
async fn filled(options: &Options, launch: &Launch, size: Size) -> Result<(PathBuf, Ids)> {
    let name = format!("p{}-o{}-g{}-{}", size.people, size.organizations, size.grants, schema()?);
    let root = std::path::absolute(&options.data)?;
    let folder = root.join(name);
    let database = options.database_url.as_deref();
    if let (Ok(text), None) = (std::fs::read_to_string(folder.join(FOUND)), database) {
        let found: Filled = serde_json::from_str(&text)?;
        return Ok((folder, Ids::from(found.first)));
    }
    // A fill that was cut off begins anew; one of PostgreSQL leaves a folder that fits no other database.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let begun = Instant::now();
    launch.start(&folder, server::free_port()?)?.stop()?;
    let ids = fill_folder(&folder, database, size).await?;
    eprintln!("filled in {:.0} s: {}", begun.elapsed().as_secs_f64(), folder.display());
    if database.is_none() {
        let Size { people, organizations, grants } = size;
        let found = Filled { first: ids.of_first(), people, organizations, grants };
        std::fs::write(folder.join(FOUND), serde_json::to_vec_pretty(&found)?)?;
    }
    Ok((folder, ids))
}
async fn fill_folder(folder: &Path, database_url: Option<&str>, size: Size) -> Result<Ids> {
    let plain = |error: kernel::Error| anyhow!("{error}");
    let data = folder.join("data");
    let keyring = Keyring::open_or_create(&data.join("keyring"), &Rng::System).map_err(plain)?;
    let url = match database_url {
        Some(url) => url.to_owned(),
        None => format!("sqlite:{}", data.join("fujie.db").display()),
    };
    let db = Db::open(db::Options::new(url, Arc::new(keyring))).map_err(plain)?;
    db.migrate().await.map_err(plain)?;
    let ids = fill::fill(&db, size, ASKED).await;
    db.close().await;
    ids
}
/// Of the migrations: data of another schema is not used again.
fn schema() -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    ensure!(!files.is_empty(), "no migrations in {}", folder.display());
    let mut hash = Sha256::new();
    for file in files {
        hash.update(std::fs::read(file)?);
    }
    Ok(data_encoding::HEXLOWER.encode(hash.finalize().get(..4).unwrap_or_default()))
}
