//! The capability from the path: `/org/{organization}/development/…`.
use super::Developer;
use crate::{Organizations, membership::Viewing};
use axum::extract::{Extension, FromRequestParts};
use http::request::Parts;
use kernel::Error;
use web::{Ctx, Failure};

impl<S: Send + Sync> FromRequestParts<S> for Developer {
    type Rejection = Failure;
    /// 404 for an organization that is not the account's, 403 for members who are no developers; administrators are, and prove
    /// the factor that the policy asks of them.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Viewing(member) = Viewing::from_request_parts(parts, state).await?;
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let Extension(rooms) = Extension::<Organizations>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::internal("internal").because("the router lacks the organization room"))?;
        Ok(rooms.developer(&member, ctx.now).await?)
    }
}
