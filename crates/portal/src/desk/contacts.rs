//! Frequent contacts of one organization, edited by its account manager.
use super::{Desk, FOR_MANAGEMENT, Nothing, organization::manageable};
use ::registry::{
    Registry,
    contact::{Contact, ContactId, Typed},
};
use axum::Extension;
use kernel::id::{OrganizationId, mark};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash};

const AREA: &str = "/desk/organizations";
const PAGE: i64 = 50;

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/contacts", staff, list)
        .get("/desk/organizations/{organization}/contacts/new", staff, blank)
        .post("/desk/organizations/{organization}/contacts/new", staff, add)
        .get("/desk/organizations/{organization}/contacts/{contact}", staff, edit)
        .post("/desk/organizations/{organization}/contacts/{contact}", staff, change)
        .post("/desk/organizations/{organization}/contacts/{contact}/delete", staff, delete)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    after: String,
}
#[derive(askama::Template)]
#[template(path = "desk/contacts.html")]
struct List {
    page: Page,
    back: String,
    name: String,
    here: String,
    contacts: Vec<Contact>,
    next: Option<String>,
}
async fn list(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<OrganizationId>,
    Query(place): Query<Place>,
) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let after: Option<ContactId> = place.after.parse().ok();
    let mut contacts = room.contacts(id, after, PAGE + 1).await?;
    let more = contacts.len() as i64 > PAGE;
    contacts.truncate(PAGE as usize);
    let here = format!("{AREA}/{id}/contacts");
    let next = contacts.last().filter(|_| more).map(|last| format!("{here}?after={}", last.id));
    Ok(html(List {
        page: desk.page(desk.t("portal-contacts"), AREA).await?,
        back: format!("{AREA}/{id}"),
        name: organization.name,
        here,
        contacts,
        next,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    id: String,
    rev: i64,
    name: String,
    title: String,
    phone: String,
    mail: String,
    purpose: String,
}
impl Members {
    fn typed(&self) -> Typed {
        Typed {
            name: self.name.clone(),
            title: self.title.clone(),
            phone: self.phone.clone(),
            mail: self.mail.clone(),
            purpose: self.purpose.clone(),
        }
    }
}
#[derive(askama::Template)]
#[template(path = "desk/contact_form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    back: String,
    action: String,
    form: Members,
    exists: bool,
}
async fn show(
    desk: &Desk,
    organization: OrganizationId,
    contact: Option<ContactId>,
    form: Members,
    errors: FormErrors,
) -> web::Result {
    let back = format!("{AREA}/{organization}/contacts");
    let title = desk.t(if contact.is_some() { "portal-contact-edit" } else { "portal-contact-new" });
    let view = Edit {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        action: contact.map_or_else(|| format!("{back}/new"), |id| format!("{back}/{id}")),
        exists: contact.is_some(),
        back,
        form,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn blank(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<OrganizationId>,
) -> web::Result {
    manageable(&desk, id).await?;
    let drawn = desk.ctx.form_id(room.db().draw::<mark::Contact>());
    show(&desk, id, None, Members { id: drawn, ..Members::default() }, FormErrors::none()).await
}
async fn add(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<OrganizationId>,
    Form(form): Form<Members>,
) -> web::Result {
    manageable(&desk, id).await?;
    let contact = desk.ctx.check_form_id::<mark::Contact>(&form.id)?;
    let card = match form.typed().parse() {
        Ok(card) => card,
        Err(faults) => return faulty(&desk, id, None, form, &faults).await,
    };
    match room.add_contact(&desk.operator, id, contact, card, desk.ctx.now).await {
        Ok(()) => Ok(saved(id)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, None, form, errors).await
        }
    }
}
fn saved(id: OrganizationId) -> axum::response::Response {
    with_flash(see_other(&format!("{AREA}/{id}/contacts")), "ok", "portal-contact-saved", &[])
}
async fn faulty(
    desk: &Desk,
    organization: OrganizationId,
    contact: Option<ContactId>,
    form: Members,
    faults: &[kernel::Error],
) -> web::Result {
    let mut errors = FormErrors::none();
    for fault in faults {
        errors.push(fault, desk.ctx.lang);
    }
    show(desk, organization, contact, form, errors).await
}
async fn edit(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path((id, contact)): Path<(OrganizationId, ContactId)>,
) -> web::Result {
    manageable(&desk, id).await?;
    let found = room.contact(id, contact).await?;
    let typed = Typed::of(&found.card);
    let form = Members {
        id: String::new(),
        rev: found.rev,
        name: typed.name,
        title: typed.title,
        phone: typed.phone,
        mail: typed.mail,
        purpose: typed.purpose,
    };
    show(&desk, id, Some(contact), form, FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path((id, contact)): Path<(OrganizationId, ContactId)>,
    Form(form): Form<Members>,
) -> web::Result {
    manageable(&desk, id).await?;
    room.contact(id, contact).await?;
    let card = match form.typed().parse() {
        Ok(card) => card,
        Err(faults) => return faulty(&desk, id, Some(contact), form, &faults).await,
    };
    match room.change_contact(&desk.operator, id, (contact, form.rev), card, desk.ctx.now).await {
        Ok(()) => Ok(saved(id)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, Some(contact), form, errors).await
        }
    }
}
async fn delete(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path((id, contact)): Path<(OrganizationId, ContactId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    manageable(&desk, id).await?;
    room.delete_contact(&desk.operator, id, contact, desk.ctx.now).await?;
    Ok(with_flash(see_other(&format!("{AREA}/{id}/contacts")), "ok", "portal-contact-deleted", &[]))
}
