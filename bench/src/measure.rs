//! Runs an operation on several connections for a while and relates it to the processor time that the server used.
use anyhow::Result;
use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};
use testkit::process::{cpu_seconds, resident_bytes};

/// The processes whose time counts: the server, and those of its database.
#[derive(Clone, Debug)]
pub struct Processes(pub Vec<u32>);
impl Processes {
    /// A process that has ended in the meantime counts no more.
    pub fn cpu(&self) -> f64 {
        self.0.iter().filter_map(|pid| cpu_seconds(*pid).ok()).sum()
    }
    /// Of the server alone, in MB.
    pub fn resident(&self) -> Result<f64> {
        let pid = self.0.first().copied().unwrap_or_default();
        Ok(resident_bytes(pid)? as f64 / 1e6)
    }
}

#[derive(Clone, Debug)]
pub struct Measured {
    pub operations: usize,
    pub wall: f64,
    pub cpu: f64,
    /// Milliseconds, sorted.
    pub latencies: Vec<f64>,
}
impl Measured {
    pub fn rate(&self) -> f64 {
        self.operations as f64 / self.wall
    }
    pub fn per_cpu_second(&self) -> f64 {
        self.operations as f64 / self.cpu
    }
    pub fn percentile(&self, share: f64) -> f64 {
        let place = ((self.latencies.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.latencies.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// A worker does one operation after another until told to stop; it answers the latency of each in milliseconds.
pub async fn run<W, F, Fut>(
    processes: &Processes,
    time: Duration,
    workers: Vec<W>,
    work: F,
) -> Result<(Measured, Vec<W>)>
where
    W: Send + 'static,
    F: Fn(W, Arc<AtomicBool>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<(W, Vec<f64>)>> + Send + 'static,
{
    let stop = Arc::new(AtomicBool::new(false));
    let (begun, before) = (Instant::now(), processes.cpu());
    let tasks: Vec<_> = workers.into_iter().map(|w| tokio::spawn(work.clone()(w, stop.clone()))).collect();
    let timer = tokio::spawn({
        let stop = stop.clone();
        async move {
            tokio::time::sleep(time).await;
            stop.store(true, Ordering::Relaxed);
        }
    });
    let (mut latencies, mut back) = (Vec::new(), Vec::new());
    for task in tasks {
        let (worker, mut measured) = task.await??;
        latencies.append(&mut measured);
        back.push(worker);
    }
    timer.abort();
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), processes.cpu() - before);
    latencies.sort_by(f64::total_cmp);
    Ok((Measured { operations: latencies.len(), wall, cpu, latencies }, back))
}

/// Milliseconds since `begun`.
pub fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}
