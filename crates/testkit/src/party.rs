//! A product of the tests' own: starts a sign-in, takes the code, redirects onward. It looks at what comes over the wire
//! and verifies no signature; clients that nobody here wrote do that in the peers' journeys.
use crate::{Agent, Demo, tls};
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Query, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// The parameters of one sign-in.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}
impl Attempt {
    /// Unguessable enough for a test: the process, the time and a counter under a hash.
    pub fn new() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let draw = |what: &str| {
            let seed = format!("{what} {} {serial} {:?}", std::process::id(), std::time::Instant::now());
            BASE64URL_NOPAD.encode(&Sha256::digest(seed.as_bytes()))
        };
        Self { state: draw("state"), nonce: draw("nonce"), verifier: draw("verifier") }
    }
    pub fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.as_bytes()))
    }
    /// The query of the authorization request.
    pub fn query(&self, client_id: &str, redirect_uri: &str, scope: &str) -> String {
        crate::form::encode([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("scope", scope),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &self.challenge()),
            ("code_challenge_method", "S256"),
        ])
    }
}
impl Default for Attempt {
    fn default() -> Self {
        Self::new()
    }
}

/// Exchanges a code; answers the status and the JSON body.
pub async fn exchange(
    agent: &Agent,
    demo: &Demo,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
) -> Result<(u16, serde_json::Value)> {
    let client = demo.client()?;
    let body = crate::form::encode([
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ]);
    let request = agent
        .client()
        .post(agent.url("/oauth2/token")?)
        .basic_auth(&client.client_id, Some(&client.client_secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let reply = agent.send(request).await?;
    Ok((reply.status.as_u16(), reply.json()?))
}

/// A text member of a JSON object.
pub fn text<'a>(object: &'a serde_json::Value, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str()
}

/// The first part of a token, decoded.
pub fn header(part: &str) -> Result<serde_json::Value> {
    Ok(serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes())?)?)
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Result<serde_json::Value> {
    let payload = token.split('.').nth(1).context("not a JWT")?;
    Ok(serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes())?)?)
}

struct Shared {
    base: String,
    onward: Option<String>,
    issuer: Mutex<Option<(String, Demo)>>,
    attempts: Mutex<HashMap<String, Attempt>>,
}

/// Serves `/` (start a sign-in), `/callback`, `/landed`, `/out`.
pub struct Party {
    pub base: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}
impl Drop for Party {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Party {
    /// On TLS when `host` is one of the journeys' hosts. With `onward` the callback leads there after the exchange.
    pub async fn start(host: &str, onward: Option<String>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let tls = tls::HOSTS.contains(&host);
        let base = format!("{}://{host}:{port}", if tls { "https" } else { "http" });
        let shared = Arc::new(Shared {
            base: base.clone(),
            onward,
            issuer: Mutex::new(None),
            attempts: Mutex::new(HashMap::new()),
        });
        let router = Router::new()
            .route("/", get(begin))
            .route("/callback", get(callback))
            .route("/landed", get(|| async { Html("<h1 id=\"landed\">landed</h1>") }))
            .route("/out", get(|| async { Html("<h1 id=\"out\">signed out</h1>") }))
            .with_state(shared.clone());
        let task = if tls {
            let acceptor = tokio_rustls::TlsAcceptor::from(tls::authority()?.server_config()?);
            tokio::spawn(serve_tls(listener, acceptor, router))
        } else {
            tokio::spawn(async move { drop(axum::serve(listener, router).await) })
        };
        Ok(Self { base, shared, task })
    }
    pub fn redirect_uri(&self) -> String {
        format!("{}/callback", self.base)
    }
    /// Who signs people in.
    pub fn trust(&self, issuer: &str, demo: &Demo) {
        let mut place = self.shared.issuer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *place = Some((issuer.to_owned(), demo.clone()));
    }
}

async fn serve_tls(listener: TcpListener, acceptor: tokio_rustls::TlsAcceptor, router: Router) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = hyper_util::service::TowerToHyperService::new(router);
            let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            drop(builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await);
        });
    }
}

/// A test's page shows what went wrong as it is.
struct Failure(anyhow::Error);
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let text = format!("{:#}", self.0);
        (axum::http::StatusCode::INTERNAL_SERVER_ERROR, Html(format!("<pre id=\"failure\">{text}</pre>")))
            .into_response()
    }
}
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self(error)
    }
}

impl Shared {
    fn issuer(&self) -> Result<(String, Demo)> {
        let place = self.issuer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        place.clone().context("no issuer was named")
    }
}

/// As the catalog opens a product: the organization in the address is the one to sign in for.
async fn begin(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Result<Redirect, Failure> {
    let (issuer, demo) = shared.issuer()?;
    let attempt = Attempt::new();
    let redirect = format!("{}/callback", shared.base);
    let scope = match asked.get("organization") {
        Some(organization) => format!("openid profile organization:{organization}"),
        None => "openid profile".to_owned(),
    };
    let query = attempt.query(&demo.client()?.client_id, &redirect, &scope);
    let mut attempts = shared.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    attempts.insert(attempt.state.clone(), attempt);
    Ok(Redirect::to(&format!("{issuer}/oauth2/authorize?{query}")))
}

async fn callback(
    State(shared): State<Arc<Shared>>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    let (issuer, demo) = shared.issuer()?;
    let state = parameters.get("state").context("no state")?;
    let attempt = {
        let mut attempts = shared.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        attempts.remove(state).context("unknown state")?
    };
    if let Some(error) = parameters.get("error") {
        let reason = parameters.get("error_description").map_or("", String::as_str);
        return Ok(Html(format!("<p id=\"error\">{error}</p><p id=\"reason\">{reason}</p>")).into_response());
    }
    if parameters.get("iss").map(String::as_str) != Some(issuer.as_str()) {
        return Err(anyhow::anyhow!("iss is {:?}", parameters.get("iss")).into());
    }
    let code = parameters.get("code").context("no code")?;
    let agent = Agent::new(&issuer)?;
    let redirect = format!("{}/callback", shared.base);
    let (status, tokens) = exchange(&agent, &demo, code, &redirect, &attempt.verifier).await?;
    let id_token = text(&tokens, "id_token").with_context(|| format!("{status}: {tokens}"))?;
    let claims = claims(id_token)?;
    if text(&claims, "nonce") != Some(attempt.nonce.as_str()) {
        return Err(anyhow::anyhow!("another nonce: {claims}").into());
    }
    if let Some(onward) = &shared.onward {
        return Ok(Redirect::to(onward).into_response());
    }
    Ok(Html(format!("<pre id=\"claims\">{claims}</pre><pre id=\"tokens\">{tokens}</pre>")).into_response())
}
