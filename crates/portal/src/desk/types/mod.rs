//! Organization types: what makes an exchange member, an importer and an enterprise of a public platform differ, as rows.
mod form;

use super::{Desk, FOR_STAFF, STAFF_ROLES};
use ::organization::organization_type::{OrganizationType, Registration};
use form::Members;
use kernel::id::{OrganizationTypeId, mark};
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/desk/types";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_STAFF);
    Routes::new()
        .get("/desk/types", staff, list)
        .get("/desk/types/new", staff, blank)
        .post("/desk/types/new", staff, create)
        .get("/desk/types/{type}", staff, edit)
        .post("/desk/types/{type}", staff, change)
}

struct Line {
    id: String,
    name: String,
    code: String,
    registration: &'static str,
    materials: String,
    administrators: u32,
}
#[derive(askama::Template)]
#[template(path = "desk/types/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}

async fn list(desk: Desk) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let english = desk.english();
    let lines = desk.organizations.organization_types().await?;
    let lines = lines.into_iter().map(|kind| line(kind, english)).collect();
    Ok(html(List { page: desk.page(desk.t("portal-types"), HERE).await?, lines }))
}
fn line(kind: OrganizationType, english: bool) -> Line {
    let materials: Vec<&str> = kind.policy.materials.iter().map(|rule| rule.name.of(english)).collect();
    Line {
        id: kind.id.to_string(),
        name: kind.name.of(english).to_owned(),
        registration: registration_key(kind.policy.registration),
        materials: materials.join(if english { ", " } else { "、" }),
        administrators: kind.policy.administrators,
        code: kind.code,
    }
}
fn registration_key(registration: Registration) -> &'static str {
    match registration {
        Registration::Platform => "portal-type-registration-platform",
        Registration::Head => "portal-type-registration-head",
    }
}

async fn blank(desk: Desk) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let id = desk.ctx.form_id(desk.organizations.db().draw::<mark::OrganizationType>());
    show(&desk, None, Members::fresh(id), FormErrors::none()).await
}
async fn create(desk: Desk, Form(mut form): Form<Members>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let id = desk.ctx.check_form_id::<mark::OrganizationType>(&form.id)?;
    if form.turn() {
        return show(&desk, None, form, FormErrors::none()).await;
    }
    let parsed = match form.input().parse() {
        Ok(parsed) => parsed,
        Err(faults) => return faulty(&desk, None, form, &faults).await,
    };
    let name = parsed.name.of(desk.english()).to_owned();
    let new = OrganizationType { id, code: parsed.code, name: parsed.name, policy: parsed.policy };
    match desk.organizations.create_organization_type(&desk.operator, new, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "portal-type-created", &[("name", &name)])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, None, form, errors).await
        }
    }
}
async fn edit(desk: Desk, Path(id): Path<OrganizationTypeId>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let found = desk.organizations.organization_type(id).await?;
    show(&desk, Some(id), Members::of(&found), FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Path(id): Path<OrganizationTypeId>,
    Form(mut form): Form<Members>,
) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    desk.organizations.organization_type(id).await?;
    if form.turn() {
        return show(&desk, Some(id), form, FormErrors::none()).await;
    }
    let parsed = match form.input().parse() {
        Ok(parsed) => parsed,
        Err(faults) => return faulty(&desk, Some(id), form, &faults).await,
    };
    let name = parsed.name.of(desk.english()).to_owned();
    match desk.organizations.change_organization_type(&desk.operator, id, form.rev, parsed).await {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "portal-type-changed", &[("name", &name)])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, Some(id), form, errors).await
        }
    }
}
async fn faulty(
    desk: &Desk,
    id: Option<OrganizationTypeId>,
    form: Members,
    faults: &[kernel::Error],
) -> web::Result {
    let mut errors = FormErrors::none();
    for fault in faults {
        errors.push(fault, desk.ctx.lang);
    }
    show(desk, id, form, errors).await
}

#[derive(askama::Template)]
#[template(path = "desk/types/form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    action: String,
    exists: bool,
    form: Members,
    registrations: Vec<form::Choice>,
    identifiers: Vec<form::Choice>,
    head_levels: Vec<form::Choice>,
    agent_levels: Vec<form::Choice>,
    kinds: Vec<form::Choice>,
    rows: Vec<form::Row>,
    may_add: bool,
}
async fn show(desk: &Desk, id: Option<OrganizationTypeId>, form: Members, errors: FormErrors) -> web::Result {
    let name = if desk.english() { &form.name_en } else { &form.name_zh };
    let title = match id {
        Some(_) if !name.trim().is_empty() => name.clone(),
        Some(_) => desk.t("portal-type-edit"),
        None => desk.t("portal-type-new"),
    };
    let rows = form.rows();
    let view = Edit {
        page: desk.page(title, HERE).await?.with_errors(&errors),
        action: id.map_or_else(|| format!("{HERE}/new"), |id| format!("{HERE}/{id}")),
        exists: id.is_some(),
        registrations: form.registrations(),
        identifiers: form.identifier_choices(),
        head_levels: form::levels(&form.head_level),
        agent_levels: form::levels(&form.agent_level),
        kinds: form.kinds(),
        may_add: rows.len() < form::MOST_ROWS,
        rows,
        errors,
        form,
    };
    Ok(html_status(view.errors.status(), view))
}
