//! What this machine could do at best, measured in the same run: a bare password hash, bare signatures, bare handlers.
//! Each is done in a child process, so that its processor time is read as the server's is.
use crate::{
    documents::{self, Served},
    http::Connection,
    process::{Counted, Process},
    round::{self, Round, Step, Worker, Workers},
    scenarios::Row,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use axum::serve::ListenerExt as _;
use http::StatusCode;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// About as long as the signed part of an ID token.
const SIGNED: [u8; 640] = [b'a'; 640];

#[derive(Clone, Debug, clap::Subcommand)]
pub enum Bare {
    /// Password hashes on every core, their memory used again
    #[command(name = "bare-hash", hide = true)]
    Hash { cost: Cost, threads: usize },
    /// ES256 signatures on every core
    #[command(name = "bare-signature", hide = true)]
    Signature { threads: usize },
    /// RS256 signatures on every core
    #[command(name = "bare-rsa", hide = true)]
    Rsa { threads: usize },
    /// A handler that says one word, and handlers that say what the server says
    #[command(name = "bare-handler", hide = true)]
    Handler,
}

/// Memory in KiB, passes and lanes of Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
}
impl std::str::FromStr for Cost {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let numbers: Vec<u32> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let [memory, passes, lanes] = *numbers else {
            return Err(anyhow!("three numbers: KiB,passes,lanes"));
        };
        Ok(Self { memory, passes, lanes })
    }
}
impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{},{}", self.memory, self.passes, self.lanes)
    }
}

/// What a row may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    Hash,
    Signature,
    Rsa,
    Request,
    /// The server's own bytes and headers, by a handler that knows nothing else.
    KeySet,
    Discovery,
}
impl Limit {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Signature => "signature",
            Self::Rsa => "RSA signature",
            Self::Request => "request",
            Self::KeySet => "the same key set",
            Self::Discovery => "the same document",
        }
    }
    fn child(self, cost: Cost, threads: usize) -> Vec<String> {
        match self {
            Self::Hash => vec!["bare-hash".to_owned(), cost.to_string(), threads.to_string()],
            Self::Signature => vec!["bare-signature".to_owned(), threads.to_string()],
            Self::Rsa => vec!["bare-rsa".to_owned(), threads.to_string()],
            Self::Request | Self::KeySet | Self::Discovery => vec!["bare-handler".to_owned()],
        }
    }
}

/// Operations per second of processor time, round by round.
#[derive(Clone, Debug, Default)]
pub struct Rates(BTreeMap<Limit, Vec<f64>>);
impl Rates {
    /// What several together come to in each round, and in words; nothing if one of them was not measured.
    pub fn of(&self, parts: &[(u32, Limit)]) -> (String, Vec<f64>) {
        let word = |(count, limit): &(u32, Limit)| match count {
            1 => limit.name().to_owned(),
            _ => format!("{count} {}s", limit.name()),
        };
        let measured = |(count, limit): &(u32, Limit)| {
            (*count, self.0.get(limit).map(Vec::as_slice).unwrap_or_default().iter())
        };
        let mut lists: Vec<_> = parts.iter().map(measured).collect();
        let time =
            |(count, rates): &mut (u32, std::slice::Iter<'_, f64>)| Some(f64::from(*count) / rates.next()?);
        let together = || lists.iter_mut().map(time).sum::<Option<f64>>().map(|time| 1.0 / time);
        let rounds = parts.iter().map(|(_, limit)| self.0.get(limit).map_or(0, Vec::len)).min().unwrap_or(0);
        (
            parts.iter().map(word).collect::<Vec<_>>().join(" + "),
            std::iter::from_fn(together).take(rounds).collect(),
        )
    }
}
impl FromIterator<(Limit, Vec<f64>)> for Rates {
    fn from_iter<T: IntoIterator<Item = (Limit, Vec<f64>)>>(rates: T) -> Self {
        Self(rates.into_iter().collect())
    }
}

/// Those that some rows are made of, each with its child.
pub struct Limits(Vec<Running>);
struct Running {
    limit: Limit,
    child: Child,
    /// None if the child counts by itself.
    callers: Option<Workers>,
    rounds: Vec<Round>,
}
impl Limits {
    /// `served` is what the server under test says to anybody.
    pub fn start(
        rows: &[Row],
        served: &[Served],
        cost: Cost,
        threads: usize,
        connections: usize,
    ) -> Result<Self> {
        let mut wanted: Vec<Limit> =
            rows.iter().flat_map(|row| row.limits()).map(|(_, limit)| *limit).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let start = |limit: Limit| -> Result<Running> {
            let mut child = Child::start(&limit.child(cost, threads))?;
            let document = match limit {
                Limit::Hash | Limit::Signature | Limit::Rsa => {
                    return Ok(Running { limit, child, callers: None, rounds: Vec::new() });
                }
                Limit::Request => None,
                Limit::KeySet => Some(documents::KEY_SET),
                Limit::Discovery => Some(documents::DISCOVERY),
            };
            writeln!(child.input, "{}", serde_json::to_string(served)?)?;
            let authority = child.line()?;
            let caller = |_| Box::new(Caller(Connection::new(&authority))) as Box<dyn Worker>;
            let callers = match document {
                Some(document) => document.workers(&authority, connections),
                None => (0..connections).map(caller).collect(),
            };
            Ok(Running { limit, child, callers: Some(callers), rounds: Vec::new() })
        };
        wanted.into_iter().map(start).collect::<Result<_>>().map(Self)
    }
    /// One round of each.
    pub async fn round(&mut self, duration: Duration) -> Result<()> {
        for running in &mut self.0 {
            let counted = running.child.counted();
            let round = match &mut running.callers {
                Some(callers) => round::run(callers, duration, counted).await?,
                None => running.child.round(duration).await?,
            };
            running.rounds.push(round);
        }
        Ok(())
    }
    /// Each limit by itself.
    pub fn rates(&self) -> Rates {
        let rates = |running: &Running| running.rounds.iter().map(Round::per_cpu).collect();
        self.0.iter().map(|running| (running.limit, rates(running))).collect()
    }
    pub fn measured(&self) -> impl Iterator<Item = (Limit, &[Round])> {
        self.0.iter().map(|running| (running.limit, running.rounds.as_slice()))
    }
}

struct Caller(Connection);
impl Worker for Caller {
    fn once(&mut self) -> Step<'_> {
        Box::pin(async {
            let reply = self.0.get("/").await?.expect(StatusCode::OK)?;
            ensure!(reply.body == "ok", "{}", reply.told());
            Ok(true)
        })
    }
}

/// Reads "this many milliseconds" from its input and answers with a count; its input's end is its end.
struct Child {
    process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}
impl Child {
    fn start(arguments: &[String]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process =
            Process::spawn(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let input = process.0.stdin.take().context("a child has an input")?;
        let output = BufReader::new(process.0.stdout.take().context("a child has an output")?);
        Ok(Self { process, input, output })
    }
    fn counted(&self) -> Counted {
        Counted { server: self.process.id(), postgres: None }
    }
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "a limit's process ended");
        Ok(line.trim_end().to_owned())
    }
    async fn round(&mut self, duration: Duration) -> Result<Round> {
        let (cpu, begun) = (self.counted().cpu_seconds()?, Instant::now());
        writeln!(self.input, "{}", duration.as_millis())?;
        // Blocks a thread of the driver, which has nothing else to do meanwhile.
        let operations = tokio::task::block_in_place(|| self.line())?.parse()?;
        let (cpu, wall) = (self.counted().cpu_seconds()? - cpu, begun.elapsed().as_secs_f64());
        Ok(Round { operations, wall, cpu, latencies: Vec::new() })
    }
}

impl Bare {
    /// The child's side.
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Hash { cost, threads } => serve_counts(threads, |until| hashes(cost, until)),
            Self::Signature { threads } => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
                serve_counts(threads, |until| signatures(&key, until))
            }
            Self::Rsa { threads } => {
                let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
                serve_counts(threads, |until| rsa_signatures(&key, until))
            }
            Self::Handler => {
                let mut served = String::new();
                std::io::stdin().read_line(&mut served)?;
                let router = documents::router(serde_json::from_str(&served)?)?;
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                println!("{}", listener.local_addr()?);
                let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                let ended = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
                tokio::select! {
                    served = axum::serve(listener, router).into_future() => Ok(served?),
                    _ = ended => Ok(()),
                }
            }
        }
    }
}

fn serve_counts(threads: usize, work: impl Fn(Instant) -> Result<usize> + Sync) -> Result<()> {
    for line in std::io::stdin().lines() {
        let until = Instant::now() + Duration::from_millis(line?.parse()?);
        let count = std::thread::scope(|scope| -> Result<usize> {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(until))).collect();
            running.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?).sum()
        })?;
        println!("{count}");
    }
    Ok(())
}

fn hashes(cost: Cost, until: Instant) -> Result<usize> {
    let params =
        Params::new(cost.memory, cost.passes, cost.lanes, Some(32)).map_err(|e| anyhow!("Argon2: {e}"))?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; 32];
    let mut count = 0;
    while Instant::now() < until {
        argon2
            .hash_password_into_with_memory(
                b"a password of usual length",
                b"sixteen bytes ok",
                &mut out,
                &mut memory,
            )
            .map_err(|e| anyhow!("Argon2: {e}"))?;
        count += 1;
    }
    Ok(count)
}

fn signatures(key: &EcdsaKeyPair, until: Instant) -> Result<usize> {
    let rng = SystemRandom::new();
    let mut count = 0;
    while Instant::now() < until {
        std::hint::black_box(key.sign(&rng, &SIGNED)?);
        count += 1;
    }
    Ok(count)
}
fn rsa_signatures(key: &RsaKeyPair, until: Instant) -> Result<usize> {
    let rng = SystemRandom::new();
    let mut signature = vec![0; key.public_modulus_len()];
    let mut count = 0;
    while Instant::now() < until {
        key.sign(&RSA_PKCS1_SHA256, &rng, &SIGNED, &mut signature)?;
        std::hint::black_box(&signature);
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_limits_take_the_time_of_each() {
        let rates: Rates =
            [(Limit::Request, vec![100_000.0, 200_000.0]), (Limit::Signature, vec![50_000.0, 100_000.0])]
                .into_iter()
                .collect();
        let (words, together) = rates.of(&[(2, Limit::Request), (1, Limit::Signature)]);
        assert_eq!(words, "2 requests + signature");
        assert_eq!(together.iter().map(|rate| rate.round()).collect::<Vec<_>>(), [25_000.0, 50_000.0]);
        assert!(rates.of(&[(1, Limit::Hash)]).1.is_empty());
    }

    #[test]
    fn a_cost_is_three_numbers() {
        let cost: Cost = "19456,2,1".parse().unwrap();
        assert_eq!(cost, Cost { memory: 19456, passes: 2, lanes: 1 });
        assert_eq!(cost.to_string(), "19456,2,1");
        for bad in ["", "1,2", "1,2,3,4", "a,2,1"] {
            assert!(bad.parse::<Cost>().is_err(), "{bad}");
        }
    }
    #[test]
    fn bare_work_is_counted() {
        let soon = || Instant::now() + Duration::from_millis(20);
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        assert!(signatures(&key, soon()).unwrap() > 0);
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        assert!(rsa_signatures(&key, soon()).unwrap() > 0);
        assert!(hashes(Cost { memory: 64, passes: 1, lanes: 1 }, soon()).unwrap() > 0);
    }
}
