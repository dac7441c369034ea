//! Who asks: a confidential client, by HTTP Basic as at the token endpoint or by a token of its own. Wrong ones are counted
//! by source; a source that guesses too often is not listened to for a while, on this node without asking anybody.
use crate::{AuthZen, answer::fault};
use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use kernel::Timestamp;
use oidc::{client::Client, token::caller::confidential};
use platform::counter::{Limit, service as counter};
use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use web::Ctx;

/// A thousand questions with everything spelled out, twice over.
const MOST_BYTES: usize = 1024 * 1024;
/// Wrong secrets of one source.
pub const WRONG: Limit = Limit { scope: "authzen.wrong", most: 60, seconds: 300 };
/// Sources that are remembered as blocked; more are counted in the database alone.
const MOST_BLOCKED: usize = 10_000;

/// Sources that guessed too often, and until when. Only what the database counted gets in.
#[derive(Default)]
pub struct Blocked {
    count: AtomicUsize,
    sources: RwLock<HashMap<String, Timestamp>>,
}
impl Blocked {
    fn until(&self, source: &str, now: Timestamp) -> Option<Timestamp> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let sources = self.sources.read().unwrap_or_else(PoisonError::into_inner);
        sources.get(source).copied().filter(|until| *until > now)
    }
    fn add(&self, source: String, until: Timestamp, now: Timestamp) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|_, end| *end > now);
        if sources.len() < MOST_BLOCKED {
            sources.insert(source, until);
        }
        self.count.store(sources.len(), Ordering::Relaxed);
    }
}

/// The client, or the answer to whoever is none.
async fn authenticated(ctx: &Ctx, room: &AuthZen, parts: &Parts) -> Result<Arc<Client>, web::Failure> {
    let (openid, source) = (room.openid(), ctx.source());
    if let Some(until) = room.blocked().until(&source, ctx.now) {
        return Err(too_many(until, ctx.now).into());
    }
    let (method, path) = (&parts.method, parts.uri.path());
    let challenge = match confidential(openid, method, path, &parts.headers, ctx.now).await? {
        Ok(client) => return Ok(client),
        Err(challenge) => challenge,
    };
    // Who says nothing guesses nothing.
    if challenge.guessed {
        let key = openid.db().keyring().mac("authzen.source", &[source.as_bytes()]).to_vec();
        let hit = counter::hit(openid.db(), WRONG, key, ctx.now).await?;
        if !hit.allowed() {
            room.blocked().add(source, hit.until, ctx.now);
            return Err(too_many(hit.until, ctx.now).into());
        }
    }
    let mut response = fault(StatusCode::UNAUTHORIZED, "client authentication failed");
    challenge.add_to(response.headers_mut());
    Err(response.into())
}
fn too_many(until: Timestamp, now: Timestamp) -> Response {
    let mut response = fault(StatusCode::TOO_MANY_REQUESTS, "too many wrong secrets; wait a while");
    let seconds = ((until.as_millis() - now.as_millis()).max(0) + 999) / 1000;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The client and what it sent.
pub async fn read(ctx: &Ctx, room: &AuthZen, request: Request) -> Result<(Arc<Client>, Bytes), web::Failure> {
    let (parts, body) = request.into_parts();
    let client = authenticated(ctx, room, &parts).await?;
    let mut kinds = parts.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let json = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
    if !json || kinds.next().is_some() {
        return Err(fault(StatusCode::BAD_REQUEST, "Content-Type must be application/json").into());
    }
    Ok((client, bytes(body).await?))
}
async fn bytes(body: Body) -> Result<Bytes, web::Failure> {
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(_) => {
            let message = "the body is larger than 1 MiB or broke off";
            Err(fault(StatusCode::BAD_REQUEST, message).into())
        }
    }
}
