//! `/org/{organization}/members/import`: by the organization's own administrators.
use super::model::ImportJobId;
use super::service::Importer;
use super::view::{self, Decided, MOST_BODY, Place, Wanted};
use crate::Roster;
use axum::{Extension, handler::Handler};
use identity::SignedIn;
use organization::membership::OrganizationAdministrator;
use organization::shell;
use platform::document::upload;
use std::sync::Arc;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Query, Result, Routes};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/members/import", POLICY, start)
        .post("/org/{organization}/members/import", POLICY, receive.layer(upload::limit_of(MOST_BODY)))
        .get("/org/{organization}/members/import/template", POLICY, template)
        .get("/org/{organization}/members/import/{job}", POLICY, show)
        .post("/org/{organization}/members/import/{job}", POLICY, decide)
        .get("/org/{organization}/members/import/{job}/faults", POLICY, faults)
}

fn place(ctx: &Ctx, by: &OrganizationAdministrator) -> Place {
    let home = format!("/org/{}/", by.organization());
    Place {
        base: format!("{home}members/import"),
        members: format!("{home}members"),
        above: vec![
            (home.clone(), ctx.lang.t("organization-space")),
            (format!("{home}members"), ctx.lang.t("organization-nav-members")),
        ],
        importer: Importer {
            organization: by.organization(),
            policy: Arc::clone(&by.membership().policy),
            by: by.clone().into(),
        },
    }
}
async fn page(
    ctx: &Ctx,
    room: &Roster,
    who: &SignedIn,
    by: &OrganizationAdministrator,
) -> kernel::Result<Page> {
    let shell = shell::of(room.organizations(), ctx, who, by.organization()).await?;
    Ok(Page::new(ctx, ctx.lang.t("roster-import")).with_shell(shell))
}
async fn start(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    let page = page(&ctx, &room, &who, &by).await?;
    view::start(&ctx, &room, &place(&ctx, &by), page, FormErrors::none()).await
}
async fn receive(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
    form: upload::Sent,
) -> Result {
    let place = place(&ctx, &by);
    view::receive(&ctx, &room, &place, form, page(&ctx, &room, &who, &by)).await
}
async fn template(ctx: Ctx, _by: OrganizationAdministrator, Query(wanted): Query<Wanted>) -> Result {
    view::template(&ctx, &wanted)
}
type Ids = (String, String);
/// The second id of the path; the first one made the capability.
fn job_id(ids: &Ids) -> kernel::Result<ImportJobId> {
    ids.1.parse().map_err(|_| kernel::Error::not_found("roster.import_unknown"))
}
async fn show(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
) -> Result {
    let job = room.import(by.organization(), job_id(&ids)?).await?;
    let page = page(&ctx, &room, &who, &by).await?;
    view::show(&ctx, &room, &place(&ctx, &by), page, job, FormErrors::none()).await
}
async fn decide(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(decided): Form<Decided>,
) -> Result {
    let job = room.import(by.organization(), job_id(&ids)?).await?;
    let place = place(&ctx, &by);
    view::decide(&ctx, &room, &place, &who, job, decided, page(&ctx, &room, &who, &by)).await
}
async fn faults(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Query(wanted): Query<Wanted>,
) -> Result {
    let job = room.import(by.organization(), job_id(&ids)?).await?;
    view::faults(&ctx, &room, &job, &wanted).await
}
