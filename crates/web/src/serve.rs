//! The accept loop: time limits on headers and handshakes, a cap on connections, graceful drain.
use crate::{context::Peer, standing::Standing, tls::Tls};
use axum::{Router, body::Body};
use futures_util::future::Either;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
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
    /// For the head of a request, and for a new connection to say anything.
    pub header_time: Duration,
    /// How long a connection is kept without a request in hand.
    pub idle_time: Duration,
    pub handshake_time: Duration,
    /// How long requests in flight may take after the signal to stop.
    pub drain_time: Duration,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            handshake_time: Duration::from_secs(5),
            drain_time: Duration::from_secs(15),
        }
    }
}

/// Serves until `shutdown` resolves, then drains. What `standing` answers never comes to the router.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    standing: Arc<Standing>,
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
            standing: Arc::clone(&standing),
            peer,
            watcher: graceful.watcher(),
            limits: limits.clone(),
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            connection.run(stream, tls).await;
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
    standing: Arc<Standing>,
    peer: SocketAddr,
    watcher: Watcher,
    limits: Limits,
}
impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<Tls>) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no-delay was refused");
        }
        let Some(tls) = tls else { return self.http(stream).await };
        match tokio::time::timeout(self.limits.handshake_time, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }
    async fn http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { builder, router, standing, peer, watcher, limits } = self;
        let activity = Arc::new(Activity::new());
        let seen = Arc::clone(&activity);
        let service = service_fn(move |request: Request<Incoming>| {
            let busy = Busy::new(Arc::clone(&seen));
            let answer = match standing.answer(&request) {
                Some(ready) => Either::Left(std::future::ready(Ok(ready))),
                None => {
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(Peer(peer));
                    Either::Right(router.clone().oneshot(request))
                }
            };
            async move {
                let answer = answer.await;
                drop(busy);
                answer
            }
        });
        let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::pin!(connection);
        // hyper has no clock for a connection that says nothing, stops within HTTP/2's preface or reads its answer slowly.
        let mut look = tokio::time::interval(limits.header_time.min(limits.idle_time) / 2);
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                _ = look.tick() => {
                    if activity.is_stale(&limits) {
                        tracing::debug!("an idle connection was closed");
                        return;
                    }
                }
            }
        }
    }
}

/// When a connection last had a request in hand.
struct Activity {
    opened: Instant,
    requests: AtomicU64,
    in_hand: AtomicU64,
    /// Milliseconds after `opened`.
    last: AtomicU64,
}
impl Activity {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            requests: AtomicU64::new(0),
            in_hand: AtomicU64::new(0),
            last: AtomicU64::new(0),
        }
    }
    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
    fn is_stale(&self, limits: &Limits) -> bool {
        let allowed =
            if self.requests.load(Ordering::Relaxed) == 0 { limits.header_time } else { limits.idle_time };
        let idle = Duration::from_millis(self.now().saturating_sub(self.last.load(Ordering::Relaxed)));
        self.in_hand.load(Ordering::Relaxed) == 0 && idle > allowed
    }
}
/// A request in hand, also if its handler is dropped half-way.
struct Busy(Arc<Activity>);
impl Busy {
    fn new(activity: Arc<Activity>) -> Self {
        activity.requests.fetch_add(1, Ordering::Relaxed);
        activity.in_hand.fetch_add(1, Ordering::Relaxed);
        Self(activity)
    }
}
impl Drop for Busy {
    fn drop(&mut self) {
        self.0.last.store(self.0.now(), Ordering::Relaxed);
        self.0.in_hand.fetch_sub(1, Ordering::Relaxed);
    }
}
