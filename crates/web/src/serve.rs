//! The accept loop: time limits on headers and handshakes, a cap on connections, graceful drain.
use crate::{context::Peer, tls::Tls};
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt;

/// Limits of the accept loop.
#[derive(Clone, Debug)]
pub struct Limits {
    pub connections: usize,
    /// From the first byte of a request to the end of its head; also how long an idle connection is kept.
    pub header_time: Duration,
    pub handshake_time: Duration,
    /// How long requests in flight may take after the signal to stop.
    pub drain_time: Duration,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_time: Duration::from_secs(10),
            handshake_time: Duration::from_secs(5),
            drain_time: Duration::from_secs(15),
        }
    }
}

/// Serves until `shutdown` resolves, then drains.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(32 * 1024)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    let builder = Arc::new(builder);
    let mut reload = tokio::time::interval(Duration::from_secs(30));
    tokio::pin!(shutdown);
    loop {
        // A slot is taken before accepting: beyond the cap, callers wait in the kernel's queue.
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            () = &mut shutdown => break,
        };
        let Ok(slot) = slot else { break };
        let (stream, peer) = loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => break accepted,
                    Err(error) => {
                        // Out of descriptors, or the peer left already: neither may end the loop.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                _ = reload.tick() => reload_certificate(tls.as_ref()),
                () = &mut shutdown => return drain(graceful, limits.drain_time).await,
            }
        };
        let connection = Connection {
            builder: Arc::clone(&builder),
            router: router.clone(),
            peer,
            watcher: graceful.watcher(),
            header_time: limits.header_time,
        };
        let (tls, handshake_time) = (tls.clone(), limits.handshake_time);
        tokio::spawn(async move {
            connection.run(stream, tls, handshake_time).await;
            drop(slot);
        });
    }
    drain(graceful, limits.drain_time).await;
}

fn reload_certificate(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        Some(Ok(true)) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => tracing::error!(%error, "the changed certificate cannot be used"),
        _ => {}
    }
}

async fn drain(graceful: GracefulShutdown, time: Duration) {
    if tokio::time::timeout(time, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight at the end of the drain time");
    }
}

struct Connection {
    builder: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    peer: SocketAddr,
    watcher: hyper_util::server::graceful::Watcher,
    header_time: Duration,
}
impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<Tls>, handshake_time: Duration) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no-delay was refused");
        }
        match tls {
            None => {
                // The version sniffing of the auto builder has no clock of its own: wait for the first byte here.
                let mut first = [0];
                match tokio::time::timeout(self.header_time, stream.peek(&mut first)).await {
                    Ok(Ok(1..)) => self.http(stream).await,
                    _ => tracing::debug!("a connection said nothing"),
                }
            }
            Some(tls) => match tokio::time::timeout(handshake_time, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => self.http(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }
    async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { builder, router, peer, watcher, .. } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
