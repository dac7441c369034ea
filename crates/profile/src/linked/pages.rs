//! `/me/linked`.
use ::organization::{Organizations, shell};
use axum::Extension;
use identity::{
    Identity, SignedIn,
    external::{self, ExternalId, Linked, Offer, Purpose},
    stepup::{Need, service as stepup},
};
use kernel::{Error, Id, id::mark};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html_status, in_flow, see_other, with_flash};

const HERE: &str = "/me/linked";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .post("/me/linked/{connector}/link", Policy::SignedIn, link)
        .get("/me/linked/{id}/unlink", Policy::SignedIn, ask)
        .post("/me/linked/{id}/unlink", Policy::SignedIn, unlink)
}

/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}

#[derive(askama::Template)]
#[template(path = "linked/list.html")]
struct List {
    page: Page,
    linked: Vec<Linked>,
    /// Connectors without an identity of this account.
    offers: Vec<Offer>,
}
async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let linked = external::service::linked(&identity, signed_in.account).await?;
    let mut offers = external::service::offered(&identity).await?;
    offers.retain(|offer| linked.iter().all(|linked| linked.connector != offer.connector));
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("profile-linked-title")).with_shell(shell);
    // Its forms end on the provider's site.
    Ok(in_flow(web::html(List { page, linked, offers })))
}
async fn link(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(connector): Path<Id<mark::Connector>>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    let by = Some(&signed_in);
    Ok(external::flow::begin(&identity, &ctx, connector, Purpose::Link, by, HERE).await?)
}

#[derive(askama::Template)]
#[template(path = "linked/unlink.html")]
struct Unlink {
    page: Page,
    errors: FormErrors,
    linked: Linked,
}
fn unlink_path(id: ExternalId) -> String {
    format!("{HERE}/{id}/unlink")
}
async fn page(
    ctx: &Ctx,
    signed_in: &SignedIn,
    identity: &Identity,
    organizations: &Organizations,
    id: ExternalId,
    errors: FormErrors,
) -> web::Result {
    let linked = external::service::linked(identity, signed_in.account).await?;
    let linked = linked
        .into_iter()
        .find(|linked| linked.id == id)
        .ok_or_else(|| Error::not_found("external.unknown_link"))?;
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let title = ctx.lang.ta("profile-linked-unlink-title", &[("provider", linked.label(ctx.lang))]);
    let page = Page::new(ctx, title).with_shell(shell).with_errors(&errors);
    Ok(html_status(errors.status(), Unlink { page, errors, linked }))
}
async fn ask(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<ExternalId>,
) -> web::Result {
    let back = unlink_path(id);
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &back).await? {
        return Ok(first);
    }
    page(&ctx, &signed_in, &identity, &organizations, id, FormErrors::none()).await
}
async fn unlink(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<ExternalId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let back = unlink_path(id);
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &back).await? {
        return Ok(first);
    }
    match external::service::unlink(&identity, &signed_in, id, ctx.now).await {
        Ok(linked) => {
            let (done, provider) = (see_other(HERE), linked.label(ctx.lang));
            Ok(with_flash(done, "ok", "profile-linked-unlinked", &[("provider", provider)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(&ctx, &signed_in, &identity, &organizations, id, errors).await
        }
    }
}
