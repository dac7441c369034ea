//! `/org/{organization}/registrations`: the list, and the own rows' form.
use super::model::{Registration, RegistrationId, Source, Typed};
use crate::{Registry, material::frame};
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{OrganizationId, mark},
};
use organization::membership::OrganizationAdministrator;
use serde::Deserialize;
use web::{
    Ctx, Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash,
};

const PAGE: i64 = 30;

pub fn routes() -> Routes {
    let administrators = Policy::OrganizationAdministrator;
    Routes::new()
        .get("/org/{organization}/registrations", administrators, list)
        .get("/org/{organization}/registrations/new", administrators, blank)
        .post("/org/{organization}/registrations/new", administrators, add)
        .get("/org/{organization}/registrations/{registration}", administrators, edit)
        .post("/org/{organization}/registrations/{registration}", administrators, change)
        .post("/org/{organization}/registrations/{registration}/end", administrators, end)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    after: String,
}
struct Row {
    id: String,
    department: String,
    kind: String,
    number: String,
    until: String,
    left: String,
    state: &'static str,
    tone: &'static str,
    source: String,
    own: bool,
}
#[derive(askama::Template)]
#[template(path = "registry/registrations.html")]
struct List {
    page: Page,
    home: String,
    rows: Vec<Row>,
    /// How many on this page end soon or ended.
    warned: usize,
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
    let after: Option<RegistrationId> = place.after.parse().ok();
    let mut found = room.registrations(id, after, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| format!("/org/{id}/registrations?after={}", last.id));
    let page = frame(&ctx, room.organizations(), &who, id, ctx.lang.t("registry-registrations")).await?;
    let rows: Vec<Row> = found.iter().map(|registration| row(&page, registration)).collect();
    let warned = rows.iter().filter(|row| matches!(row.tone, "bad" | "wait")).count();
    Ok(html(List { home: format!("/org/{id}/"), rows, warned, next, page }))
}
fn row(page: &Page, registration: &Registration) -> Row {
    let now = page.ctx.now;
    let (state, tone) = registration.standing(now);
    let entry = &registration.entry;
    Row {
        id: registration.id.to_string(),
        department: entry.department.clone(),
        kind: entry.kind.clone(),
        number: entry.number.clone(),
        until: entry.valid_until.map(|until| page.last_day(&until)).unwrap_or_default(),
        left: match registration.days_left(now) {
            Some(days) if days > 0 && tone == "wait" => page.t1("registry-days-left", "days", days),
            _ => String::new(),
        },
        state,
        tone,
        source: source_of(page, registration),
        own: registration.source == Source::Own,
    }
}
fn source_of(page: &Page, registration: &Registration) -> String {
    let at = page.date(&registration.updated_at);
    match (registration.source, &registration.source_name) {
        (Source::Registry, Some(name)) => page.t2("registry-source-registry", "name", name, "date", at),
        _ => page.t1("registry-source-own", "date", at),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    id: String,
    rev: i64,
    department: String,
    kind: String,
    number: String,
    valid_from: String,
    valid_until: String,
}
impl Members {
    fn of(typed: Typed, rev: i64) -> Self {
        Self {
            id: String::new(),
            rev,
            department: typed.department,
            kind: typed.kind,
            number: typed.number,
            valid_from: typed.valid_from,
            valid_until: typed.valid_until,
        }
    }
    fn typed(&self) -> Typed {
        Typed {
            department: self.department.clone(),
            kind: self.kind.clone(),
            number: self.number.clone(),
            valid_from: self.valid_from.clone(),
            valid_until: self.valid_until.clone(),
        }
    }
}
#[derive(askama::Template)]
#[template(path = "registry/registration_form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    home: String,
    list: String,
    action: String,
    form: Members,
    /// Of one that exists, for ending it.
    registration: Option<String>,
}
async fn show(
    ctx: &Ctx,
    room: &Registry,
    who: &SignedIn,
    organization: OrganizationId,
    registration: Option<RegistrationId>,
    form: Members,
    errors: FormErrors,
) -> web::Result {
    let title = ctx.lang.t(if registration.is_some() {
        "registry-registration-edit"
    } else {
        "registry-registration-new"
    });
    let page = frame(ctx, room.organizations(), who, organization, title).await?.with_errors(&errors);
    let place = registration.map_or_else(|| "new".to_owned(), |id| id.to_string());
    let view = Edit {
        home: format!("/org/{organization}/"),
        list: format!("/org/{organization}/registrations"),
        action: format!("/org/{organization}/registrations/{place}"),
        registration: registration.map(|id| id.to_string()),
        form,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn blank(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> web::Result {
    let id = ctx.form_id(room.db().draw::<mark::Registration>());
    let form = Members { id, ..Members::default() };
    show(&ctx, &room, &who, by.organization(), None, form, FormErrors::none()).await
}
async fn add(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<Members>,
) -> web::Result {
    let id = ctx.check_form_id::<mark::Registration>(&form.id)?;
    let done = match form.typed().parse(&ctx.app.zone) {
        Ok(entry) => room.add_registration(&by, id, entry, ctx.now).await.map_err(|error| vec![error]),
        Err(faults) => Err(faults),
    };
    finish(&ctx, &room, &who, &by, None, form, done).await
}
async fn edit(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, RegistrationId)>,
) -> web::Result {
    let found = room.registration(by.organization(), id).await?;
    if found.source == Source::Registry {
        return Ok(see_other(&format!("/org/{}/registrations/{id}/change", by.organization())));
    }
    let form = Members::of(Typed::of(&found.entry, &ctx.app.zone), found.rev);
    show(&ctx, &room, &who, by.organization(), Some(id), form, FormErrors::none()).await
}
async fn change(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, id)): Path<(OrganizationId, RegistrationId)>,
    Form(form): Form<Members>,
) -> web::Result {
    room.registration(by.organization(), id).await?;
    let done = match form.typed().parse(&ctx.app.zone) {
        Ok(entry) => {
            room.change_registration(&by, (id, form.rev), entry, ctx.now).await.map_err(|error| vec![error])
        }
        Err(faults) => Err(faults),
    };
    finish(&ctx, &room, &who, &by, Some(id), form, done).await
}
async fn finish(
    ctx: &Ctx,
    room: &Registry,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: Option<RegistrationId>,
    form: Members,
    done: Result<(), Vec<Error>>,
) -> web::Result {
    let Err(faults) = done else {
        let list = see_other(&format!("/org/{}/registrations", by.organization()));
        return Ok(with_flash(list, "ok", "registry-flash-registration-saved", &[]));
    };
    show(ctx, room, who, by.organization(), id, form, noted(faults, ctx)?).await
}
/// Those that typing mends come back with the form; any other ends the request.
pub(crate) fn noted(faults: Vec<Error>, ctx: &Ctx) -> Result<FormErrors, web::Failure> {
    let mut errors = FormErrors::none();
    for fault in faults {
        match fault.kind {
            kernel::Kind::Invalid | kernel::Kind::Conflict | kernel::Kind::TooMany => {
                errors.push(&fault, ctx.lang);
            }
            _ => return Err(fault.into()),
        }
    }
    Ok(errors)
}
#[derive(Deserialize)]
struct Nothing {}
async fn end(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    by: OrganizationAdministrator,
    Path((organization, id)): Path<(OrganizationId, RegistrationId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    room.end_registration(&by, id, ctx.now).await?;
    let list = see_other(&format!("/org/{organization}/registrations"));
    Ok(with_flash(list, "ok", "registry-flash-registration-ended", &[]))
}
