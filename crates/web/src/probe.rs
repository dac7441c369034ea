//! Probes for machines: alive, ready, metrics.
use crate::{Ctx, Failure, context::Peer, response};
use axum::{
    Extension, Router,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode, header};
use kernel::{Error, Secret};
use std::sync::Arc;

/// What the binary knows and the probes tell.
#[derive(Clone)]
pub struct Probes {
    /// Whether this node may serve: store reachable, clock right, changes followed.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
    /// Renders the metrics in Prometheus' text form.
    pub metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    /// Lets others than loopback peers read metrics, as a bearer token.
    pub metrics_token: Option<Secret>,
}
impl Default for Probes {
    fn default() -> Self {
        Self { ready: Arc::new(|| Box::pin(async { true })), metrics: None, metrics_token: None }
    }
}

pub(crate) fn router(probes: Probes) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .layer(Extension(probes))
}
/// Probes come by address, not by name, so they are let off the Host check.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

async fn healthz() -> &'static str {
    "ok\n"
}
async fn readyz(Extension(probes): Extension<Probes>) -> Response {
    if (probes.ready)().await {
        "ready\n".into_response()
    } else {
        Failure::from(Error::unavailable("node.not_ready")).into_response()
    }
}
async fn metrics(
    ctx: Ctx,
    peer: Option<Extension<Peer>>,
    Extension(probes): Extension<Probes>,
    headers: HeaderMap,
) -> response::Result {
    let unknown = || Error::not_found("page.unknown");
    let render = probes.metrics.as_ref().ok_or_else(unknown)?;
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .unwrap_or("");
    let token = probes
        .metrics_token
        .as_ref()
        .is_some_and(|token| kernel::secret::equal(token.expose().as_bytes(), bearer.as_bytes()));
    // A proxy on the same machine is a loopback peer too: what it forwards is not.
    let local = peer.is_some_and(|Extension(Peer(peer))| peer.ip().to_canonical().is_loopback())
        && ctx.address.is_loopback()
        && !headers.contains_key("x-forwarded-for")
        && !headers.contains_key("forwarded");
    if !(token || local) {
        return Err(unknown().into());
    }
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], render()).into_response())
}
