//! The person at their own pages, with the rooms that answer.
use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use identity::{
    Identity, SignedIn,
    account::own::{self, Editable, Own},
    stepup::{self, Need},
};
use kernel::{Error, Result, id::OrganizationId};
use organization::{Organizations, membership::Membership, shell};
use serde::Deserialize;
use web::{Ctx, Failure, Page};

/// A form without fields of its own.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) struct Me {
    pub ctx: Ctx,
    pub who: SignedIn,
    pub identity: Identity,
    pub rooms: Organizations,
}
impl<S: Send + Sync> FromRequestParts<S> for Me {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Response> {
        let ctx = Ctx::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let who = SignedIn::from_request_parts(parts, state).await?;
        let room = || Error::internal("internal").because("the room of organizations was not wired");
        let rooms = parts
            .extensions
            .get::<Organizations>()
            .cloned()
            .ok_or_else(|| Failure::from(room()).into_response())?;
        Ok(Self { ctx, who, identity: rooms.identity().clone(), rooms })
    }
}
impl Me {
    pub fn t(&self, key: &str) -> String {
        self.ctx.lang.t(key)
    }
    pub fn minute(&self, at: kernel::Timestamp) -> String {
        at.local_minute(&self.ctx.app.zone)
    }
    pub fn date(&self, at: kernel::Timestamp) -> String {
        at.local_date(&self.ctx.app.zone)
    }
    /// A page in the frame of the personal space.
    pub async fn page(&self, title: &str) -> Result<Page> {
        self.titled(self.t(title)).await
    }
    /// The same with a title that is no key.
    pub async fn titled(&self, title: String) -> Result<Page> {
        let shell = shell::personal(&self.rooms, &self.ctx, &self.who).await?;
        Ok(Page::new(&self.ctx, title).with_shell(shell))
    }
    pub async fn own(&self) -> Result<Own> {
        own::own(&self.identity, self.who.account, self.ctx.now).await
    }
    pub async fn memberships(&self) -> Result<Vec<Membership>> {
        self.rooms.memberships(self.who.account).await
    }
    /// Which fields are the holder's to change: policy by ownership and role.
    pub async fn editable(&self) -> Result<Editable> {
        let policies = self.identity.settings().policies().await?;
        let administers = match self.who.owner.organization() {
            None => false,
            Some(owner) => self
                .memberships()
                .await?
                .iter()
                .any(|membership| membership.organization == owner && membership.role.administers()),
        };
        Ok(Editable::of(&policies.profile, self.who.owner, administers))
    }
    /// Id and name of the organization that owns the account.
    pub async fn owner(&self) -> Result<Option<(OrganizationId, String)>> {
        let Some(owner) = self.who.owner.organization() else { return Ok(None) };
        let memberships = self.memberships().await?;
        let found = memberships.into_iter().find(|membership| membership.organization == owner);
        Ok(found.map(|membership| (owner, membership.organization_name)))
    }
    /// None: the person proved a moment ago to be there. Else the way to prove it, and back.
    pub async fn must_be_fresh(&self, back: &str) -> Result<Option<Response>> {
        stepup::service::required(&self.identity, &self.ctx, &self.who, Need::Fresh, back).await
    }
}
