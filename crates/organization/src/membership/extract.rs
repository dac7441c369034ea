//! Capabilities from the path: `/org/{organization}/…`.
use super::model::{Member, OrganizationAdministrator};
use crate::Organizations;
use axum::extract::{Extension, FromRequestParts, RawPathParams};
use http::request::Parts;
use identity::session::SignedIn;
use kernel::{Error, id::OrganizationId};
use web::{Ctx, Failure};

/// A request for a page that this member may not use, though the organization is theirs.
fn administrators_only() -> Error {
    Error::forbidden("membership.administrators_only")
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let unknown = || Error::not_found("organization.unknown");
        let Extension(organizations) =
            Extension::<Organizations>::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        let id: OrganizationId = params
            .iter()
            .find(|(name, _)| *name == "organization")
            .ok_or_else(unknown)
            .and_then(|(_, value)| value.parse().map_err(|_| unknown()))?;
        Ok(organizations.member(&signed_in, id, ctx.now).await?)
    }
}
impl<S: Send + Sync> FromRequestParts<S> for OrganizationAdministrator {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let member = Member::from_request_parts(parts, state).await?;
        Ok(member.as_administrator().ok_or_else(administrators_only)?)
    }
}
