//! Asking for another name or another entry, and what became of it.
use super::model::Wanted;
use super::service::{Asked, NewChange};
use crate::{
    Registry,
    material::frame,
    registration::{RegistrationId, Typed, noted},
};
use axum::{Extension, extract::Multipart, handler::Handler};
use identity::session::SignedIn;
use kernel::{
    Error,
    clock::Zone,
    id::{ApplicationId, OrganizationId, mark},
};
use organization::application::{ApplicationState, REASON_MAX};
use organization::membership::OrganizationAdministrator;
use platform::document::{self, DocumentId, Received, Upload};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let administrators = Policy::OrganizationAdministrator;
    let limit = document::upload::limit;
    Routes::new()
        .get("/org/{organization}/changes/name", administrators, name)
        .post("/org/{organization}/changes/name", administrators, ask_name.layer(limit()))
        .get("/org/{organization}/registrations/{registration}/change", administrators, entry)
        .post(
            "/org/{organization}/registrations/{registration}/change",
            administrators,
            ask_entry.layer(limit()),
        )
        .get("/org/{organization}/changes/{application}", administrators, one)
        .get("/org/{organization}/changes/{application}/edit", administrators, correct)
        .post("/org/{organization}/changes/{application}/withdraw", administrators, withdraw)
        .get("/org/{organization}/changes/{application}/{document}", administrators, file)
}

#[derive(askama::Template)]
#[template(path = "registry/change_form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    home: String,
    action: String,
    /// For a name; else `entry` is.
    is_name: bool,
    /// As it is now.
    present: String,
    new_name: String,
    entry: Typed,
    reason: String,
    /// Handed in again: the proof that is there suffices.
    again: bool,
    note: Option<String>,
    id: String,
    document_id: String,
    most_megabytes: usize,
}
/// What a form shows, besides the page itself.
#[derive(Default)]
struct Members {
    id: String,
    document_id: String,
    name: String,
    entry: Typed,
    reason: String,
    again: bool,
    note: Option<String>,
}
struct Here<'a> {
    ctx: &'a Ctx,
    room: &'a Registry,
    who: &'a SignedIn,
    by: &'a OrganizationAdministrator,
}
impl Here<'_> {
    async fn form(
        &self,
        registration: Option<RegistrationId>,
        form: Members,
        errors: FormErrors,
    ) -> web::Result {
        let (ctx, organization) = (self.ctx, self.by.organization());
        let present = match registration {
            None => self.room.organizations().organization(organization).await?.name,
            Some(id) => {
                let entry = self.room.registration(organization, id).await?.entry;
                format!("{} {} {}", entry.department, entry.kind, entry.number)
            }
        };
        let title =
            ctx.lang.t(if registration.is_some() { "registry-change-entry" } else { "registry-change-name" });
        let page =
            frame(ctx, self.room.organizations(), self.who, organization, title).await?.with_errors(&errors);
        let drawn = |given: String, fresh: String| if given.is_empty() { fresh } else { given };
        let view = Edit {
            home: format!("/org/{organization}/"),
            action: match registration {
                Some(id) => format!("/org/{organization}/registrations/{id}/change"),
                None => format!("/org/{organization}/changes/name"),
            },
            is_name: registration.is_none(),
            present,
            new_name: form.name,
            entry: form.entry,
            reason: form.reason,
            again: form.again,
            note: form.note,
            id: drawn(form.id, ctx.form_id(self.room.db().draw::<mark::Application>())),
            document_id: drawn(form.document_id, ctx.form_id(self.room.db().draw::<mark::Document>())),
            most_megabytes: document::MOST_BYTES >> 20,
            page,
            errors,
        };
        Ok(html_status(view.errors.status(), view))
    }
    async fn ask(&self, registration: Option<RegistrationId>, received: Received) -> web::Result {
        let ctx = self.ctx;
        let form = Members {
            id: received.text("id").to_owned(),
            document_id: received.text("document_id").to_owned(),
            name: received.text("name").to_owned(),
            entry: Typed {
                department: received.text("department").to_owned(),
                kind: received.text("kind").to_owned(),
                number: received.text("number").to_owned(),
                valid_from: received.text("valid_from").to_owned(),
                valid_until: received.text("valid_until").to_owned(),
            },
            reason: received.text("reason").to_owned(),
            again: !received.text("again").is_empty(),
            note: None,
        };
        let wanted = match registration {
            Some(_) => Wanted::Registration { entry: form.entry.clone() },
            None => Wanted::Name { name: form.name.clone() },
        };
        let mut faults = Vec::new();
        let wanted = wanted.checked(&ctx.app.zone).map_err(|found| faults.extend(found)).ok();
        let reason = kernel::text::paragraph("reason", &form.reason, REASON_MAX)
            .map_err(|fault| faults.push(fault))
            .ok();
        faults.extend(received.too_large);
        let (Some(wanted), Some(reason), true) = (wanted, reason, faults.is_empty()) else {
            return self.form(registration, form, noted(faults, ctx)?).await;
        };
        let upload = match received.file {
            Some(bytes) => {
                Some(Upload { id: ctx.check_form_id::<mark::Document>(&form.document_id)?, bytes })
            }
            None => None,
        };
        let id: ApplicationId = ctx.check_form_id(&form.id)?;
        let new = NewChange { id, registration, wanted, reason, upload };
        match self.room.ask_change(self.by, new, ctx.now).await {
            Ok(id) => {
                let there = see_other(&format!("/org/{}/changes/{id}", self.by.organization()));
                Ok(with_flash(there, "ok", "registry-flash-change-asked", &[]))
            }
            Err(error) => self.form(registration, form, noted(vec![error], ctx)?).await,
        }
    }
}

async fn name(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> web::Result {
    let here = Here { ctx: &ctx, room: &room, who: &who, by: &by };
    here.form(None, Members::default(), FormErrors::none()).await
}
async fn ask_name(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    form: Multipart,
) -> web::Result {
    let received = document::read(&ctx, form, "document").await?;
    Here { ctx: &ctx, room: &room, who: &who, by: &by }.ask(None, received).await
}
async fn entry(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, RegistrationId)>,
) -> web::Result {
    let found = room.registration(by.organization(), id).await?;
    let form = Members { entry: Typed::of(&found.entry, &ctx.app.zone), ..Members::default() };
    Here { ctx: &ctx, room: &room, who: &who, by: &by }.form(Some(id), form, FormErrors::none()).await
}
async fn ask_entry(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, RegistrationId)>,
    form: Multipart,
) -> web::Result {
    room.registration(by.organization(), id).await?;
    let received = document::read(&ctx, form, "document").await?;
    Here { ctx: &ctx, room: &room, who: &who, by: &by }.ask(Some(id), received).await
}
/// The form of what came back, filled in as it was handed in.
async fn correct(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ApplicationId)>,
) -> web::Result {
    let asked = room.change(Some(by.organization()), id).await?;
    if asked.application.state_at(ctx.now) != ApplicationState::Returned {
        return Err(Error::conflict("application.decided").into());
    }
    let mut form = Members {
        id: ctx.form_id(id),
        reason: asked.application.reason.clone().unwrap_or_default(),
        again: true,
        note: asked.application.decision_note.clone(),
        ..Members::default()
    };
    match asked.wanted {
        Wanted::Name { name } => form.name = name,
        Wanted::Registration { entry } => form.entry = entry,
    }
    let row = asked.registration.map(|row| row.id);
    Here { ctx: &ctx, room: &room, who: &who, by: &by }.form(row, form, FormErrors::none()).await
}

struct Happened {
    what: &'static str,
    tone: &'static str,
    who: String,
    at: String,
    note: String,
}
struct File {
    href: String,
    label: String,
}
#[derive(askama::Template)]
#[template(path = "registry/change.html")]
struct One {
    page: Page,
    home: String,
    here: String,
    state: &'static str,
    tone: &'static str,
    present: String,
    wanted: String,
    reason: String,
    files: Vec<File>,
    steps: Vec<Happened>,
    returned: bool,
    open: bool,
}
async fn one(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, ApplicationId)>,
) -> web::Result {
    let organization = by.organization();
    let asked = room.change(Some(organization), id).await?;
    let ids: Vec<_> = asked.steps.iter().filter_map(|step| step.by).collect();
    let people = room.organizations().people(ids).await?;
    let title = ctx.lang.t(asked.application.kind.key());
    let page = frame(&ctx, room.organizations(), &who, organization, title).await?;
    let state = asked.application.state_at(ctx.now);
    let here = format!("/org/{organization}/changes/{id}");
    let (present, wanted) = sides(&asked, &ctx.app.zone);
    Ok(html(One {
        home: format!("/org/{organization}/"),
        state: state.key(),
        tone: state.tone(),
        present,
        wanted,
        reason: asked.application.reason.clone().unwrap_or_default(),
        files: asked
            .files
            .iter()
            .filter(|file| file.erased_at.is_none())
            .map(|file| File {
                href: format!("{here}/{}", file.id),
                label: format!("{} · {} KB", page.t(file.key()), file.kilobytes()),
            })
            .collect(),
        steps: asked
            .steps
            .iter()
            .map(|step| Happened {
                what: step.step.key(),
                tone: step.step.tone(),
                who: step.by.map(|id| people.name(id).to_owned()).unwrap_or_default(),
                at: page.minute(&step.at),
                note: step.note.clone().unwrap_or_default(),
            })
            .collect(),
        returned: state == ApplicationState::Returned,
        open: state.is_open(),
        here,
        page,
    }))
}
/// What is so, and what is asked for.
fn sides(asked: &Asked, zone: &Zone) -> (String, String) {
    match &asked.wanted {
        Wanted::Name { name } => (asked.organization.name.clone(), name.clone()),
        Wanted::Registration { entry } => {
            let present = asked.registration.as_ref().map(|row| Typed::of(&row.entry, zone).line());
            (present.unwrap_or_default(), entry.line())
        }
    }
}
#[derive(Deserialize)]
struct Nothing {}
async fn withdraw(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    by: OrganizationAdministrator,
    Path((organization, id)): Path<(OrganizationId, ApplicationId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    room.withdraw_change(&by, id, ctx.now).await?;
    let there = see_other(&format!("/org/{organization}/changes/{id}"));
    Ok(with_flash(there, "ok", "registry-flash-change-withdrawn", &[]))
}
async fn file(
    Extension(room): Extension<Registry>,
    by: OrganizationAdministrator,
    Path((_, id, document)): Path<(OrganizationId, ApplicationId, DocumentId)>,
) -> web::Result {
    let (kind, content) = room.own_change_file(&by, id, document).await?;
    Ok(document::service::respond(&kind, content))
}
