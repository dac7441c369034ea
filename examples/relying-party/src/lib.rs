//! A small product behind Fujie. It shows all that a product has to do: send people to the provider with code flow and
//! PKCE, check the answer (state, issuer), exchange the code, verify the ID token, ask userinfo, sign out at the provider
//! too, and say something sensible when access is denied. State lives in memory, which is enough for an example.
mod pages;
pub mod provider;

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use provider::{Provider, SignedIn};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Clone, Debug)]
pub struct Config {
    pub issuer: String,
    pub client_id: String,
    /// None: a public client.
    pub client_secret: Option<String>,
    pub listen: String,
    /// How browsers reach this product; `{base_url}/callback` is its redirect address.
    pub base_url: String,
    pub name: String,
    /// PEM of a private certificate authority, where the provider's certificate comes from one.
    pub ca_file: Option<String>,
}

/// A sign-in that has begun: what the answer must fit to.
#[derive(Clone)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

#[derive(Clone)]
pub struct App {
    config: Arc<Config>,
    provider: Arc<Provider>,
    begun: Arc<Mutex<HashMap<String, Begun>>>,
    sessions: Arc<Mutex<HashMap<String, SignedIn>>>,
}

/// More unfinished sign-ins than this, and the oldest half makes room: an example's way of bounding its memory.
const MOST_BEGUN: usize = 10_000;

impl App {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let provider = Arc::new(Provider::new(&config)?);
        Ok(Self { config: Arc::new(config), provider, begun: Arc::default(), sessions: Arc::default() })
    }
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/logout", get(logout))
            .route("/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], pages::STYLE) }))
            .with_state(self)
    }
    /// Cookies of different ports of one host are shared, so the name says whose it is.
    fn cookie_name(&self) -> String {
        let port = self.config.base_url.rsplit(':').next().filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
        format!("product-{}", port.unwrap_or("0"))
    }
    fn cookie(&self, headers: &HeaderMap) -> Option<String> {
        let name = self.cookie_name();
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        all.flat_map(|line| line.split("; ")).find_map(|pair| {
            pair.split_once('=').filter(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
        })
    }
    fn set_cookie(&self, value: &str) -> [(header::HeaderName, String); 1] {
        let secure = if self.config.base_url.starts_with("https:") { "; Secure" } else { "" };
        let name = self.cookie_name();
        [(header::SET_COOKIE, format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"))]
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn home(State(app): State<App>, headers: HeaderMap) -> Response {
    let session = app.cookie(&headers).and_then(|id| lock(&app.sessions).get(&id).cloned());
    match session {
        None => pages::welcome(&app.config).into_response(),
        // Ask again rather than trust what was true at sign-in: a grant may have been taken back since.
        Some(session) => match app.provider.userinfo(&session.access_token).await {
            Ok(userinfo) => pages::signed_in(&app.config, &session, Some(&userinfo)).into_response(),
            Err(_) => pages::signed_in(&app.config, &session, None).into_response(),
        },
    }
}

#[derive(Deserialize)]
struct LoginQuery {
    /// Organization that the person came from, if the provider started the sign-in.
    organization: Option<String>,
}

/// Also the product's `launch_url`: a click in the provider's catalogue leads here and, without a question, back.
async fn login(State(app): State<App>, Query(query): Query<LoginQuery>) -> Result<Response, Failure> {
    let begun = Begun { state: provider::random(), nonce: provider::random(), verifier: provider::random() };
    let url = app
        .provider
        .authorization_url(&begun.state, &begun.nonce, &begun.verifier, query.organization.as_deref())
        .await?;
    let id = provider::random();
    let mut all = lock(&app.begun);
    if all.len() >= MOST_BEGUN {
        all.clear();
    }
    all.insert(id.clone(), begun);
    drop(all);
    Ok((app.set_cookie(&id), Redirect::to(&url)).into_response())
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Failure> {
    let begun = app.cookie(&headers).and_then(|id| lock(&app.begun).remove(&id));
    let Some(begun) = begun else {
        return Err(Failure(anyhow::anyhow!(
            "this browser has not begun to sign in here, or has finished already"
        )));
    };
    if answer.state.as_deref() != Some(&begun.state) {
        return Err(Failure(anyhow::anyhow!("the answer's state is not the one that was sent")));
    }
    // RFC 9207: an answer of another provider must not be taken for ours.
    if answer.iss.as_deref() != Some(&app.config.issuer) {
        return Err(Failure(anyhow::anyhow!("the answer does not come from {}", app.config.issuer)));
    }
    if let Some(error) = answer.error {
        return Ok(pages::denied(
            &app.config,
            &error,
            answer.error_description.as_deref().unwrap_or_default(),
        )
        .into_response());
    }
    let code = answer.code.ok_or_else(|| anyhow::anyhow!("the answer holds neither a code nor an error"))?;
    let session = app.provider.exchange(&code, &begun.verifier, &begun.nonce).await?;
    // A new id at sign-in, so that nobody can have planted the old one.
    let id = provider::random();
    lock(&app.sessions).insert(id.clone(), session);
    Ok((app.set_cookie(&id), Redirect::to("/")).into_response())
}

/// Ends the session here, then at the provider, which leads back to the start page.
async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    let session = app.cookie(&headers).and_then(|id| lock(&app.sessions).remove(&id));
    let target = match session {
        Some(session) => app.provider.logout_url(&session.id_token).await?,
        None => "/".to_owned(),
    };
    Ok((app.set_cookie(""), Redirect::to(&target)).into_response())
}

/// Anything unexpected, as a page.
pub(crate) struct Failure(anyhow::Error);
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self(error)
    }
}
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::BAD_GATEWAY, pages::failed(&format!("{:#}", self.0))).into_response()
    }
}
