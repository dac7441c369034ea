//! Structured logs and the recorder behind `/metrics`.
use crate::config::{Config, LogFormat};
use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{
    io::IsTerminal as _,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tracing_subscriber::{EnvFilter, fmt};

/// Logs go to standard error, so that what a command answers stays alone on standard output.
pub fn start_logging(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log_filter).with_context(|| {
        format!("log.filter: {:?} is not a filter such as info,db=debug", config.log_filter)
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Human => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// What `/metrics` renders. One recorder a process; a second server in the same process, as in tests, has none.
pub fn recorder() -> Option<Arc<dyn Fn() -> String + Send + Sync>> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = HANDLE.get_or_init(install).clone()?;
    Some(Arc::new(move || handle.render()))
}

/// Upper bounds of the histograms, in seconds: from a page out of memory to a request that is given up.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const UPKEEP: Duration = Duration::from_secs(5);

fn install() -> Option<PrometheusHandle> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?.install_recorder().ok()?;
    let kept = handle.clone();
    // Measurements pile up in memory until they are sorted into buckets, and nobody may ever ask for them.
    let upkeep = std::thread::Builder::new().name("metrics".into()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP);
            kept.run_upkeep();
        }
    });
    upkeep.is_ok().then_some(handle)
}
