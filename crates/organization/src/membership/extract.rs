//! Capabilities from the path: `/org/{organization}/…`.
use super::model::{Member, OrganizationAdministrator, Viewing};
use crate::{Organizations, shell};
use askama::Template;
use axum::extract::{Extension, FromRequestParts, RawPathParams};
use axum::response::Response;
use http::{StatusCode, request::Parts};
use identity::session::SignedIn;
use identity::stepup::service::{Demand, demand_factor};
use kernel::{Error, id::OrganizationId};
use platform::setting::SecondFactorDemand;
use web::{Ctx, Failure, Lang, Page, html_status, initial};

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Failure;
    /// 404 for an organization that is not the account's.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let rooms = rooms(parts, state).await?;
        let unknown = || Error::not_found("organization.unknown");
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| unknown())?;
        let id: OrganizationId = params
            .iter()
            .find(|(name, _)| *name == "organization")
            .ok_or_else(unknown)
            .and_then(|(_, value)| value.parse().map_err(|_| unknown()))?;
        Ok(rooms.member(&signed_in, id, ctx.now).await?)
    }
}
impl<S: Send + Sync> FromRequestParts<S> for OrganizationAdministrator {
    type Rejection = Failure;
    /// 403 for members who do not administer: the organization is theirs, and the page says who can help.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let member = Member::from_request_parts(parts, state).await?;
        if let Some(administrator) = member.as_administrator() {
            require_factor(parts, state, &administrator).await?;
            return Ok(administrator);
        }
        let error = Error::forbidden("membership.administrators_only");
        let ctx = Ctx::from_request_parts(parts, state).await?;
        if ctx.wants_json {
            return Err(error.into());
        }
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let rooms = rooms(parts, state).await?;
        Err(refusal(&ctx, &rooms, &signed_in, &member, &error).await?.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewing {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let member = Member::from_request_parts(parts, state).await?;
        if let Some(administrator) = member.as_administrator() {
            require_factor(parts, state, &administrator).await?;
        }
        Ok(Self(member))
    }
}
/// Where the policy asks administrators for a second factor: who has one proves it, who has none sets one up first.
async fn require_factor<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    administrator: &OrganizationAdministrator,
) -> Result<(), Failure> {
    let rooms = rooms(parts, state).await?;
    let policies = rooms.identity().settings().policies().await?;
    if policies.second_factor.administrators == SecondFactorDemand::Optional {
        return Ok(());
    }
    let signed_in = SignedIn::from_request_parts(parts, state).await?;
    let ctx = Ctx::from_request_parts(parts, state).await?;
    let demand = Demand {
        error: "membership.second_factor_required",
        told: "organization-second-wanted",
        home: format!("/org/{}/", administrator.organization()),
    };
    demand_factor(rooms.identity(), &ctx, &signed_in, &demand).await
}

async fn rooms<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Organizations, Failure> {
    Extension::<Organizations>::from_request_parts(parts, state)
        .await
        .map(|Extension(rooms)| rooms)
        .map_err(|_| Error::internal("internal").because("the router lacks the organization room").into())
}

#[derive(Template)]
#[template(path = "membership/administrators_only.html")]
struct RefusalPage {
    page: Page,
    home: String,
    message: String,
    code: &'static str,
    /// Initial, name, role.
    people: Vec<(String, String, String)>,
}
async fn refusal(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    error: &Error,
) -> kernel::Result<Response> {
    let organization = member.organization();
    let rows = rooms.administrators(organization, ctx.now).await?;
    let found = rooms.people(rows.iter().map(|row| row.account)).await?;
    let page = Page::new(ctx, ctx.lang.t("organization-administrators-only"))
        .with_shell(shell::of(rooms, ctx, who, organization).await?);
    let view = RefusalPage {
        page,
        home: format!("/org/{organization}/"),
        message: ctx.lang.error(error),
        code: error.code,
        people: rows
            .iter()
            .map(|row| {
                let name = found.name(row.account);
                let role = member.policy().role_label(row.role).of(ctx.lang == Lang::En);
                (initial(name), name.to_owned(), role.to_owned())
            })
            .collect(),
    };
    Ok(html_status(StatusCode::FORBIDDEN, view))
}
