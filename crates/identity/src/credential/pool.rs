//! Argon2id on threads of its own, so that a burst of sign-ins cannot starve the rest. Each thread reuses its memory
//! (page faults cost more than a third of a hash); it is wiped when the queue is empty and freed after a quiet while.
use super::{
    memory::Memory,
    model::{Parameters, Password, Phc},
};
use crate::former::FormerHash;
use argon2::{Algorithm, Argon2, Params, Version};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use kernel::{Error, Result, Rng};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

const HASH_BYTES: usize = 32;
/// What stands for a hash where a former one was compared.
const MATCHES: &[u8] = b"matches";
/// The next hash overwrites every block, so wiping waits for a moment in which none comes: it costs a sixth of a hash.
const LULL: Duration = Duration::from_millis(50);
const KEEP_MEMORY: Duration = Duration::from_secs(20);
/// Whoever waited this long has been told "busy" by something else.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever would wait longer is refused at once: those who wait are answered soon, however many come.
const MOST_WAIT: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub struct PasswordPool {
    jobs: Sender<Job>,
    rng: Rng,
    threads: u64,
    /// What a hash took lately, in microseconds.
    took: Arc<AtomicU64>,
    /// Passwords that somebody waits for.
    under_way: Arc<AtomicUsize>,
}
/// Counted for as long as it is there.
struct Counted(Arc<AtomicUsize>);
impl Counted {
    fn among(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(all))
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Job {
    password: Password,
    parameters: Parameters,
    salt: Vec<u8>,
    /// Compared after the hash, which then is the work that everybody's password costs.
    former: Option<FormerHash>,
    queued: Instant,
    reply: oneshot::Sender<Result<Vec<u8>>>,
}

/// Of one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub matches: bool,
    /// Stored with parameters that are no longer the policy's: hash anew at this opportunity.
    pub outdated: bool,
}

impl PasswordPool {
    /// `threads` hash at a time, `queue` wait, none longer than a second; beyond that answers are `signin.busy`.
    pub fn new(threads: usize, queue: usize, rng: Rng) -> Result<Self> {
        let (jobs, receiver) = crossbeam_channel::bounded(queue.max(1));
        let took = Arc::new(AtomicU64::new(0));
        for number in 0..threads.max(1) {
            let (receiver, took) = (receiver.clone(), Arc::clone(&took));
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&receiver, &took))
                .map_err(|e| Error::internal("password.thread").because(e))?;
        }
        Ok(Self { jobs, rng, threads: threads.max(1) as u64, took, under_way: Arc::default() })
    }
    /// One thread a core; cheap hashes fill the queue, dear ones the second.
    pub fn with_defaults(rng: Rng) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self::new(cores, cores * 128, rng)
    }
    /// Whether somebody waits for a password: what can wait a moment leaves them the processor.
    pub fn is_busy(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }
    /// Before anything is looked up or used up: whether a hash would be waited for too long. Error: `signin.busy`.
    pub fn admit(&self) -> Result<()> {
        let waiting =
            (self.jobs.len() as u64).saturating_mul(self.took.load(Ordering::Relaxed)) / self.threads;
        if self.jobs.is_full() || u128::from(waiting) > MOST_WAIT.as_micros() {
            return Err(Error::overloaded("signin.busy"));
        }
        Ok(())
    }
    /// The stored form of a password. Error: `signin.busy`.
    pub async fn hash(&self, password: &Password, parameters: Parameters) -> Result<String> {
        let salt = self.rng.bytes::<16>().to_vec();
        let hash = self.submit(password, parameters, salt.clone(), None).await?;
        Ok(Phc { parameters, salt, hash }.to_string())
    }
    /// Compares with a stored form; without one does the same work and never matches. Error: `signin.busy`.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&str>,
        current: Parameters,
    ) -> Result<Verdict> {
        self.verify_or(password, stored, (current, current)).await
    }
    /// As [`Self::verify`], where it must not show whether there is a stored form: without one the work is that of
    /// `stand_in`, which [`super::in_use::InUse`] chose.
    pub async fn verify_or(
        &self,
        password: &Password,
        stored: Option<&str>,
        (current, stand_in): (Parameters, Parameters),
    ) -> Result<Verdict> {
        if let Some(text) = stored.filter(|text| FormerHash::is(text)) {
            let former =
                FormerHash::parse(text).ok_or_else(|| Error::internal("password.unreadable_hash"))?;
            let told = self.submit(password, current, b"nobody's password".to_vec(), Some(former)).await?;
            return Ok(Verdict { matches: told == MATCHES, outdated: true });
        }
        let stored = match stored {
            Some(text) => Some(Phc::parse(text).ok_or_else(|| Error::internal("password.unreadable_hash"))?),
            None => None,
        };
        let Some(phc) = stored else {
            self.submit(password, stand_in, b"nobody's password".to_vec(), None).await?;
            return Ok(Verdict { matches: false, outdated: false });
        };
        let hash = self.submit(password, phc.parameters, phc.salt, None).await?;
        Ok(Verdict {
            matches: kernel::secret::equal(&hash, &phc.hash),
            outdated: phc.parameters != current || phc.hash.len() != HASH_BYTES,
        })
    }
    async fn submit(
        &self,
        password: &Password,
        parameters: Parameters,
        salt: Vec<u8>,
        former: Option<FormerHash>,
    ) -> Result<Vec<u8>> {
        self.admit()?;
        let _counted = Counted::among(&self.under_way);
        let (reply, answer) = oneshot::channel();
        let job = Job { password: password.clone(), parameters, salt, former, queued: Instant::now(), reply };
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Error::overloaded("signin.busy")),
            Err(TrySendError::Disconnected(_)) => return Err(Error::internal("password.pool_gone")),
        }
        metrics::gauge!("fujie_password_queue").set(self.jobs.len() as f64);
        answer.await.map_err(|_| Error::overloaded("signin.busy"))?
    }
}

fn work(jobs: &Receiver<Job>, took: &AtomicU64) {
    let mut memory = Memory::default();
    loop {
        let job = match jobs.recv_timeout(LULL) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                memory.wipe();
                match jobs.recv_timeout(KEEP_MEMORY) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        memory = Memory::default();
                        match jobs.recv() {
                            Ok(job) => job,
                            Err(_) => return,
                        }
                    }
                }
            }
        };
        // Nobody waits any more: the hash would be for nothing.
        if job.reply.is_closed() || job.queued.elapsed() > PATIENCE {
            continue;
        }
        let begun = Instant::now();
        let outcome = hash(&job, &mut memory);
        // A mean over the last ones; a lost update between threads changes nothing.
        let (known, this) = (took.load(Ordering::Relaxed), begun.elapsed().as_micros() as u64);
        took.store(if known == 0 { this } else { (known * 7 + this) / 8 }, Ordering::Relaxed);
        drop(job.reply.send(outcome));
    }
}
fn hash(job: &Job, memory: &mut Memory) -> Result<Vec<u8>> {
    let wrong = |e: argon2::Error| Error::internal("password.parameters").because(e.to_string());
    let Parameters { memory_kib, passes, lanes } = job.parameters;
    let params = Params::new(memory_kib, passes, lanes, Some(HASH_BYTES)).map_err(wrong)?;
    let blocks = params.block_count();
    let mut out = vec![0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(job.password.bytes(), &job.salt, &mut out, memory.of(blocks))
        .map_err(wrong)?;
    Ok(match &job.former {
        None => out,
        Some(former) if former.matches(job.password.bytes()) => MATCHES.to_vec(),
        Some(_) => Vec::new(),
    })
}
