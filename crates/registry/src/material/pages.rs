//! `/org/{organization}/materials`: what is wanted, how each stands, handing in, history.
use super::model::{Line, Material, MaterialId};
use super::service::NewMaterial;
use crate::Registry;
use axum::{Extension, extract::Multipart, handler::Handler};
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{OrganizationId, mark},
};
use organization::membership::OrganizationAdministrator;
use organization::organization_type::MaterialRule;
use organization::{Organizations, shell};
use platform::document::{self, DocumentId, Upload};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Routes, html, html_status, see_other, with_flash,
};

pub fn routes() -> Routes {
    let administrators = Policy::OrganizationAdministrator;
    Routes::new()
        .get("/org/{organization}/materials", administrators, list)
        .get("/org/{organization}/materials/{rule}", administrators, one)
        .post("/org/{organization}/materials/{rule}", administrators, submit.layer(document::upload::limit()))
        .post("/org/{organization}/materials/{rule}/withdraw", administrators, withdraw)
        .get("/org/{organization}/materials/{rule}/{material}/{document}", administrators, file)
}

struct Row {
    key: String,
    name: String,
    required: bool,
    standing: &'static str,
    tone: &'static str,
    until: String,
    note: Option<String>,
    may_submit: bool,
}
#[derive(askama::Template)]
#[template(path = "registry/materials.html")]
struct List {
    page: Page,
    home: String,
    rows: Vec<Row>,
    missing: usize,
}
async fn list(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> web::Result {
    let organization = room.organizations().organization(by.organization()).await?;
    let (lines, _) = room.materials(&organization, ctx.now).await?;
    let page =
        frame(&ctx, room.organizations(), &who, organization.id, ctx.lang.t("registry-materials")).await?;
    let rows: Vec<Row> = lines.iter().map(|line| row(&page, line)).collect();
    let missing = lines.iter().filter(|line| line.rule.required && line.in_force(ctx.now).is_none()).count();
    Ok(html(List { home: format!("/org/{}/", organization.id), rows, missing, page }))
}
fn row(page: &Page, line: &Line) -> Row {
    let in_force = line.in_force(page.ctx.now);
    let newest = line.history.first();
    Row {
        key: line.rule.key.clone(),
        name: line.rule.name.of(page.ctx.lang == Lang::En).to_owned(),
        required: line.rule.required,
        standing: line.standing.key(),
        tone: line.standing.tone(),
        until: in_force.and_then(|m| m.valid_until).map(|until| page.last_day(&until)).unwrap_or_default(),
        note: newest
            .filter(|m| m.state_at(page.ctx.now).is_open() || in_force.is_none())
            .and_then(|m| m.note.clone()),
        may_submit: line.standing.may_submit(),
    }
}
/// A page in the organization's frame.
pub(crate) async fn frame(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    organization: OrganizationId,
    title: String,
) -> Result<Page, web::Failure> {
    Ok(Page::new(ctx, title).with_shell(shell::of(rooms, ctx, who, organization).await?))
}

struct Past {
    id: String,
    state: &'static str,
    tone: &'static str,
    at: String,
    by: String,
    until: String,
    note: String,
    files: Vec<File>,
}
struct File {
    href: String,
    label: String,
}
#[derive(askama::Template)]
#[template(path = "registry/material.html")]
struct One {
    page: Page,
    errors: FormErrors,
    home: String,
    list: String,
    here: String,
    standing: &'static str,
    tone: &'static str,
    needs_expiry: bool,
    accept: String,
    formats: String,
    most_megabytes: usize,
    may_submit: bool,
    returned: Option<String>,
    id: String,
    document_id: String,
    valid_until: String,
    /// What can be taken back.
    waiting: Option<String>,
    history: Vec<Past>,
}
#[derive(Default)]
struct Typed {
    id: String,
    document_id: String,
    valid_until: String,
}
async fn one(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((_, rule)): Path<(OrganizationId, String)>,
) -> web::Result {
    show(&ctx, &room, &who, &by, &rule, Typed::default(), FormErrors::none()).await
}
async fn show(
    ctx: &Ctx,
    room: &Registry,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    rule: &str,
    typed: Typed,
    errors: FormErrors,
) -> web::Result {
    let organization = room.organizations().organization(by.organization()).await?;
    let (lines, _) = room.materials(&organization, ctx.now).await?;
    let line = lines
        .into_iter()
        .find(|line| line.rule.key == rule)
        .ok_or_else(|| Error::not_found("material.rule_unknown"))?;
    let title = line.rule.name.of(ctx.lang == Lang::En).to_owned();
    let page = frame(ctx, room.organizations(), who, organization.id, title).await?.with_errors(&errors);
    let people = room.organizations().people(line.history.iter().map(|m| m.submitted_by)).await?;
    let here = format!("/org/{}/materials/{}", organization.id, line.rule.key);
    let mut history = Vec::with_capacity(line.history.len());
    for material in &line.history {
        let files = room.material(Some(organization.id), material.id).await?.files;
        history.push(past(&page, &here, material, people.name(material.submitted_by), &files));
    }
    let newest = line.history.first();
    let drawn = |given: String, fresh: String| if given.is_empty() { fresh } else { given };
    let view = One {
        home: format!("/org/{}/", organization.id),
        list: format!("/org/{}/materials", organization.id),
        standing: line.standing.key(),
        tone: line.standing.tone(),
        needs_expiry: line.rule.needs_expiry,
        accept: accept(&line.rule),
        formats: formats(&line.rule),
        most_megabytes: document::MOST_BYTES >> 20,
        may_submit: line.standing.may_submit(),
        returned: newest
            .filter(|m| m.state_at(ctx.now) == organization::application::ApplicationState::Returned)
            .and_then(|m| m.note.clone()),
        id: drawn(typed.id, ctx.form_id(room.db().draw::<mark::Material>())),
        document_id: drawn(typed.document_id, ctx.form_id(room.db().draw::<mark::Document>())),
        valid_until: typed.valid_until,
        waiting: newest.filter(|m| m.state_at(ctx.now).is_open()).map(|m| m.id.to_string()),
        history,
        here,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn past(page: &Page, here: &str, material: &Material, by: &str, files: &[document::Card]) -> Past {
    let state = material.state_at(page.ctx.now);
    Past {
        id: material.id.to_string(),
        state: state.key(),
        tone: state.tone(),
        at: page.minute(&material.submitted_at),
        by: by.to_owned(),
        until: material.valid_until.map(|until| page.last_day(&until)).unwrap_or_default(),
        note: material.note.clone().unwrap_or_default(),
        files: files
            .iter()
            .filter(|file| file.erased_at.is_none())
            .map(|file| File {
                href: format!("{here}/{}/{}", material.id, file.id),
                label: format!("{} · {} KB", page.t(file.key()), file.kilobytes()),
            })
            .collect(),
    }
}
fn accept(rule: &MaterialRule) -> String {
    rule.formats.iter().map(|format| format.media_type()).collect::<Vec<_>>().join(",")
}
fn formats(rule: &MaterialRule) -> String {
    rule.formats.iter().map(|format| format.as_str().to_uppercase()).collect::<Vec<_>>().join(" / ")
}

async fn submit(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path((organization, rule)): Path<(OrganizationId, String)>,
    form: Multipart,
) -> web::Result {
    let received = document::read(&ctx, form, "document").await?;
    let typed = Typed {
        id: received.text("id").to_owned(),
        document_id: received.text("document_id").to_owned(),
        valid_until: received.text("valid_until").to_owned(),
    };
    let until = match typed.valid_until.trim() {
        "" => Ok(None),
        date => {
            ctx.app.zone.end_of(date).map(Some).ok_or_else(|| Error::invalid("field.date").at("valid_until"))
        }
    };
    let submitted = match (received.too_large, until) {
        (Some(error), _) | (None, Err(error)) => Err(error),
        (None, Ok(valid_until)) => {
            let new = NewMaterial {
                id: ctx.check_form_id(&typed.id)?,
                upload: Upload {
                    id: ctx.check_form_id::<mark::Document>(&typed.document_id)?,
                    bytes: received.file.unwrap_or_default(),
                },
                valid_until,
            };
            room.submit_material(&by, &rule, new, ctx.now).await
        }
    };
    match submitted {
        Ok(()) => Ok(with_flash(
            see_other(&format!("/org/{organization}/materials")),
            "ok",
            "registry-flash-material-submitted",
            &[],
        )),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &room, &who, &by, &rule, typed, errors).await
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Withdrawal {
    material: String,
}
async fn withdraw(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    by: OrganizationAdministrator,
    Path((organization, rule)): Path<(OrganizationId, String)>,
    Form(form): Form<Withdrawal>,
) -> web::Result {
    let id: MaterialId = form.material.parse().map_err(|_| Error::not_found("material.unknown"))?;
    room.withdraw_material(&by, id, ctx.now).await?;
    let back = see_other(&format!("/org/{organization}/materials/{rule}"));
    Ok(with_flash(back, "ok", "registry-flash-material-withdrawn", &[]))
}
async fn file(
    Extension(room): Extension<Registry>,
    by: OrganizationAdministrator,
    Path((_, _, material, document)): Path<(OrganizationId, String, MaterialId, DocumentId)>,
) -> web::Result {
    let (kind, content) = room.own_material_file(&by, material, document).await?;
    Ok(document::service::respond(&kind, content))
}
