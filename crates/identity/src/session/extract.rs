//! Who is signed in, as an argument of handlers.
use super::{model::has_cryptographic, service};
use crate::{
    Identity,
    account::{AccountState, Owner},
    realname::RealNameLevel,
};
use axum::{extract::FromRequestParts, response::IntoResponse};
use http::request::Parts;
use kernel::{
    Actor, Error, Timestamp,
    id::{AccountId, OrganizationId, SessionId},
};
use platform::StaffRole;
use web::{Ctx, Failure};

/// The person behind a request. Anonymous visitors of a page are led to sign-in, programs get 401.
/// Whoever signed in with a temporary password is led to set an own one first.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: AccountId,
    pub session: SessionId,
    pub name: String,
    pub login_name: String,
    pub phone_masked: Option<String>,
    pub owner: Owner,
    pub state: AccountState,
    /// RFC 8176.
    pub methods: Vec<String>,
    /// 1 to 3.
    pub strength: i64,
    /// When whoever is here signed in; where a phone let them in, when its holder last proved to be there.
    pub authenticated_at: Timestamp,
    /// When the person last proved to be there, by signing in or by a step-up.
    pub verified_at: Timestamp,
    pub level: RealNameLevel,
    pub staff: Option<StaffRole>,
    /// A temporary password, or one older than the policy allows.
    pub must_change_password: bool,
    pub password_overdue: bool,
    pub last_organization: Option<OrganizationId>,
    pub actor: Actor,
}
impl SignedIn {
    /// Whether the session proved two factors, one of them cryptographic.
    pub fn proved_factor(&self) -> bool {
        self.strength >= 2 && has_cryptographic(&self.methods)
    }
}
/// For pages that are open to everybody and greet those who are signed in.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeSignedIn {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        // Several extractors of one handler ask: the answer of the first is kept.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let identity = Identity::of(&parts.extensions)?;
        let found = match web::cookie::session_token(&parts.headers, &ctx.app) {
            Some(token) => service::resolve(&identity, &ctx, &token).await?,
            None => None,
        };
        let found = Self(found);
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = axum::response::Response;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let ctx = Ctx::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let MaybeSignedIn(found) =
            MaybeSignedIn::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Some(signed_in) = found else {
            if ctx.wants_json {
                return Err(Failure::from(Error::unauthenticated("session.required")).into_response());
            }
            return Err(web::see_other(&format!("/login?return_to={}", encoded(&came_from(parts, &ctx)))));
        };
        let path = ctx.path_only();
        if signed_in.must_change_password && path != "/me/password" && path != "/logout" {
            if ctx.wants_json {
                return Err(Failure::from(Error::forbidden("password.change_required")).into_response());
            }
            let back = came_from(parts, &ctx);
            return Err(web::see_other(&format!("/me/password?return_to={}", encoded(&back))));
        }
        Ok(signed_in)
    }
}
/// A form that was posted cannot be followed again: its sender returns to the home page.
fn came_from(parts: &Parts, ctx: &Ctx) -> String {
    if parts.method == http::Method::GET { ctx.path.clone() } else { "/".to_owned() }
}
/// For a value in a query string.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
