//! What this machine could do at best, measured in the same run: a bare password hash, a bare signature, a bare handler.
//! Each is a child process of its own, so that its processor time is read as the server's is.
use crate::{
    http::Connection,
    process::{Counted, Process},
    round::{self, Round, Step, Worker, Workers, median},
};
use anyhow::{Context as _, Result, anyhow, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use http::StatusCode;
use std::{
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
    /// A handler that says one word
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

/// Operations per second of processor time.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub hash: f64,
    pub signature: f64,
    pub handler: f64,
}

/// One round of each.
pub struct Measured {
    pub hash: Round,
    pub signature: Round,
    pub handler: Round,
}
impl Rates {
    /// Medians over the rounds, each limit by itself.
    pub fn of(rounds: &[Measured]) -> Self {
        let over =
            |limit: fn(&Measured) -> &Round| median(rounds.iter().map(|m| limit(m).per_cpu()).collect());
        Self { hash: over(|m| &m.hash), signature: over(|m| &m.signature), handler: over(|m| &m.handler) }
    }
}

/// The three children.
pub struct Limits {
    hash: Child,
    signature: Child,
    handler: Child,
    callers: Workers,
}
impl Limits {
    pub fn start(cost: Cost, threads: usize, connections: usize) -> Result<Self> {
        let mut handler = Child::start(&["bare-handler"])?;
        let authority = handler.line()?;
        let caller = || Box::new(Caller(Connection::new(&authority))) as Box<dyn Worker>;
        Ok(Self {
            hash: Child::start(&["bare-hash", &cost.to_string(), &threads.to_string()])?,
            signature: Child::start(&["bare-signature", &threads.to_string()])?,
            handler,
            callers: (0..connections).map(|_| caller()).collect(),
        })
    }
    pub async fn round(&mut self, duration: Duration) -> Result<Measured> {
        Ok(Measured {
            hash: self.hash.round(duration).await?,
            signature: self.signature.round(duration).await?,
            handler: round::run(&mut self.callers, duration, self.handler.counted()).await?,
        })
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
    fn start(arguments: &[&str]) -> Result<Self> {
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
            Self::Handler => {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                println!("{}", listener.local_addr()?);
                let router = axum::Router::new().route("/", axum::routing::get(|| async { "ok" }));
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(hashes(Cost { memory: 64, passes: 1, lanes: 1 }, soon()).unwrap() > 0);
    }
}
