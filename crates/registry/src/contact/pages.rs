//! `/org/{organization}/contacts`: read by administrators.
use super::model::{Contact, ContactId};
use crate::{Registry, material::frame};
use axum::Extension;
use identity::session::SignedIn;
use organization::membership::OrganizationAdministrator;
use serde::Deserialize;
use web::{Ctx, Page, Policy, Query, Routes, html};

const PAGE: i64 = 30;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/contacts", Policy::OrganizationAdministrator, list)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    after: String,
}
#[derive(askama::Template)]
#[template(path = "registry/contacts.html")]
struct List {
    page: Page,
    home: String,
    contacts: Vec<Contact>,
    /// Who edits them.
    manager: Option<String>,
    next: Option<String>,
}
async fn list(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(place): Query<Place>,
) -> web::Result {
    let id = by.organization();
    let after: Option<ContactId> = place.after.parse().ok();
    let mut contacts = room.contacts(id, after, PAGE + 1).await?;
    let more = contacts.len() as i64 > PAGE;
    contacts.truncate(PAGE as usize);
    let organization = room.organizations().organization(id).await?;
    let manager = match organization.account_manager {
        Some(manager) => room.organizations().staff_contact(manager).await?.map(|contact| contact.name),
        None => None,
    };
    let next = contacts.last().filter(|_| more).map(|last| format!("/org/{id}/contacts?after={}", last.id));
    let page = frame(&ctx, room.organizations(), &who, id, ctx.lang.t("registry-contacts")).await?;
    Ok(html(List { home: format!("/org/{id}/"), contacts, manager, next, page }))
}
