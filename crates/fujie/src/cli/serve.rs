//! `fujie serve`: bind, open, migrate, answer. Binding comes first, so that a taken port fails before anything is touched.
use crate::{config::Config, demo, wiring};
use anyhow::{Context as _, Result};
use std::{process::ExitCode, sync::Arc};
use tokio::net::TcpListener;
use web::{serve::Limits, tls::Tls};

#[derive(clap::Args)]
pub struct Arguments {
    /// Fill an empty data folder with three fictional organizations and say who can sign in; loopback addresses alone
    #[arg(long)]
    demo: bool,
    /// Address to listen on [env: FUJIE_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

pub async fn run(config: Config, arguments: Arguments) -> Result<ExitCode> {
    // A folder that held a demonstration keeps its accounts, whose passwords were on show.
    if arguments.demo || config.data_dir.join("demo.json").exists() {
        config.require_private()?;
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{}: cannot be listened on; another program may be there", config.listen))?;
    let stop = stop_signal()?;
    let base_url = config.base_url_at(listener.local_addr()?)?;
    warm_cryptography();
    let tls = match &config.tls {
        Some(files) => Some(Tls::from_files(&files.certificate, &files.key).with_context(|| {
            format!("tls: {} and {} cannot be used", files.certificate.display(), files.key.display())
        })?),
        None => None,
    };
    let built = wiring::build(&config, &base_url, arguments.demo).await?;
    if arguments.demo {
        println!("{}", demo::prepare(&config, &built, &base_url).await?);
    }
    println!("Fujie serves {base_url}");
    web::serve(listener, tls, built.router.clone(), Arc::clone(&built.standing), Limits::default(), stop)
        .await;
    built.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The library's first random draw takes some 30 ms; nobody should wait for it.
fn warm_cryptography() {
    let warm = || {
        if rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut [0; 32]).is_err() {
            tracing::error!("the cryptographic library gives no randomness");
        }
        web::Lang::warm();
    };
    if let Err(error) = std::thread::Builder::new().name("warm".into()).spawn(warm) {
        tracing::debug!(%error, "no thread to warm up on");
    }
}

/// Ctrl-C, or what a service manager sends. Listens from the call on, not from the first poll: whoever stops a server that
/// has just begun gets the same orderly end.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
    })
}
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "signals cannot be heard");
            std::future::pending::<()>().await;
        }
        tracing::info!("stopping");
    })
}
