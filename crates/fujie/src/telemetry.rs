//! Structured logs and the recorder behind `/metrics`.
use crate::config::{Config, LogFormat};
use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{
    io::IsTerminal as _,
    sync::{Arc, OnceLock},
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
    let handle = HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).clone()?;
    Some(Arc::new(move || handle.render()))
}
