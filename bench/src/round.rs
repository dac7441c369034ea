//! A round: workers repeat one checked operation for some seconds, while the server's processor time is read.
use crate::process::Counted;
use anyhow::{Result, ensure};
use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Resolves to whether there was anything to do.
pub type Step<'a> = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

/// One caller with its connection.
pub trait Worker: Send {
    /// One step of what a round needs beforehand, unmeasured; repeated for as long as the round will last.
    fn stock(&mut self) -> Step<'_> {
        Box::pin(async { Ok(false) })
    }
    /// One operation, its answers checked; false if the stock is used up.
    fn once(&mut self) -> Step<'_>;
}
pub type Workers = Vec<Box<dyn Worker>>;

#[derive(Clone, Debug, Default)]
pub struct Round {
    pub operations: usize,
    pub wall: f64,
    pub cpu: f64,
    /// Milliseconds, ascending.
    pub latencies: Vec<f64>,
}
impl Round {
    pub fn rate(&self) -> f64 {
        self.operations as f64 / self.wall
    }
    pub fn per_cpu(&self) -> f64 {
        self.operations as f64 / self.cpu
    }
    pub fn percentile(&self, percent: usize) -> f64 {
        percentile(&self.latencies, percent)
    }
}

/// Nearest rank in an ascending list.
pub fn percentile(ascending: &[f64], percent: usize) -> f64 {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1).copied().unwrap_or(f64::NAN)
}
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}

pub async fn run(workers: &mut Workers, duration: Duration, counted: Counted) -> Result<Round> {
    all(workers, duration, true).await?;
    let (cpu, begun) = (counted.cpu_seconds()?, Instant::now());
    let mut latencies = all(workers, duration, false).await?;
    let (cpu, wall) = (counted.cpu_seconds()? - cpu, begun.elapsed().as_secs_f64());
    ensure!(!latencies.is_empty(), "nothing was done");
    latencies.sort_by(f64::total_cmp);
    Ok(Round { operations: latencies.len(), wall, cpu, latencies })
}

/// Lets every worker go on until the time is over or it has nothing to do; one failure ends the round.
async fn all(workers: &mut Workers, duration: Duration, stock: bool) -> Result<Vec<f64>> {
    let until = Instant::now() + duration;
    let mut tasks = JoinSet::new();
    for mut worker in workers.drain(..) {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let begun = Instant::now();
                if begun >= until || !if stock { worker.stock().await? } else { worker.once().await? } {
                    return anyhow::Ok((worker, latencies));
                }
                latencies.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (worker, mut own) = done??;
        workers.push(worker);
        latencies.append(&mut own);
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([50, 95, 99, 100].map(|p| percentile(&hundred, p)), [50.0, 95.0, 99.0, 100.0]);
        assert_eq!(percentile(&[7.0], 99), 7.0);
        assert!(percentile(&[], 50).is_nan());
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
    #[tokio::test]
    async fn a_worker_stops_when_its_stock_is_used_up() {
        struct Baker(usize);
        impl Worker for Baker {
            fn stock(&mut self) -> Step<'_> {
                self.0 += 1;
                let more = self.0 < 5;
                Box::pin(async move { Ok(more) })
            }
            fn once(&mut self) -> Step<'_> {
                let some = self.0 > 0;
                self.0 = self.0.saturating_sub(1);
                Box::pin(async move { Ok(some) })
            }
        }
        let counted = Counted { server: std::process::id(), postgres: None };
        let mut workers: Workers = vec![Box::new(Baker(0)), Box::new(Baker(0))];
        let round = run(&mut workers, Duration::from_secs(5), counted).await.unwrap();
        assert_eq!((round.operations, workers.len()), (10, 2));
        assert!(round.wall < 5.0 && round.percentile(99) < 5000.0);
    }
}
