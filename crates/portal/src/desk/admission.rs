//! One admission, also after its end: what it rests on, since when, why, with what proves it; suspending, resuming and ending
//! it, with a reason; and evidence that comes later.
use super::{
    Desk, FOR_ORGANIZATIONS,
    admissions::{AREA, Why, may_edit, state_of},
    contracts::{fresh_document, upload},
    organizations::names,
};
use ::organization::{
    admission::{AdmissionChange, AdmissionLine, AdmissionState},
    decision::{LayerState, layer_key},
    organization::Organization,
};
use axum::handler::Handler as _;
use kernel::{
    Error,
    id::{AdmissionId, OrganizationId},
};
use platform::{document, document::DocumentId};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let (staff, limit) = (Policy::Staff(FOR_ORGANIZATIONS), document::upload::limit());
    Routes::new()
        .get("/desk/organizations/{organization}/admissions/{admission}", staff, show)
        .post("/desk/organizations/{organization}/admissions/{admission}/files", staff, add.layer(limit))
        .get("/desk/organizations/{organization}/admissions/{admission}/files/{document}", staff, file)
        .get("/desk/organizations/{organization}/admissions/{admission}/suspend", staff, suspending)
        .post("/desk/organizations/{organization}/admissions/{admission}/suspend", staff, suspend)
        .get("/desk/organizations/{organization}/admissions/{admission}/resume", staff, resuming)
        .post("/desk/organizations/{organization}/admissions/{admission}/resume", staff, resume)
        .get("/desk/organizations/{organization}/admissions/{admission}/end", staff, ending)
        .post("/desk/organizations/{organization}/admissions/{admission}/end", staff, end)
}

/// The admission, as a reader of the organization sees it.
async fn find(
    desk: &Desk,
    id: OrganizationId,
    admission: AdmissionId,
) -> Result<(Organization, AdmissionLine), Failure> {
    let organization = desk.organization(id).await?;
    let rooms = &desk.organizations;
    let line = rooms.desk_admission(&desk.operator, &organization, admission, desk.ctx.now).await?;
    Ok((organization, line))
}
fn has_ended(line: &AdmissionLine) -> bool {
    line.admission.as_ref().is_some_and(|there| there.state == AdmissionState::Ended)
}

struct File {
    href: String,
    label: String,
}
#[derive(askama::Template)]
#[template(path = "desk/admission.html")]
struct Detail {
    page: Page,
    back: String,
    organization: String,
    here: String,
    state: &'static str,
    tone: &'static str,
    /// Why it is without effect.
    missing: Option<String>,
    class: &'static str,
    contract: Option<(String, String)>,
    since: String,
    until: String,
    by: String,
    note: String,
    state_reason: String,
    members: String,
    renew: String,
    suspended: bool,
    ended: bool,
    /// None for whoever edits it; otherwise who does.
    why: Option<String>,
    files: Vec<File>,
    evidence_id: String,
    errors: FormErrors,
}
async fn show(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    render(&desk, ids, FormErrors::none()).await
}
async fn render(desk: &Desk, (id, admission): Ids, errors: FormErrors) -> web::Result {
    let (organization, line) = find(desk, id, admission).await?;
    let Some(there) = line.admission.clone() else {
        return Err(Error::not_found("admission.unknown").into());
    };
    let may = may_edit(desk, &organization, &line.product);
    let files = match may {
        Ok(()) => desk.organizations.admission_evidence(&desk.operator, id, admission).await?,
        Err(_) => Vec::new(),
    };
    let who = there.granted_by.into_iter().chain(may.err().and_then(Why::person)).collect();
    let people = names(desk, who).await?;
    let (state, tone) = state_of(&line);
    let here = format!("{AREA}/{id}/admissions/{admission}");
    let page = desk.page(line.product.name.of(desk.english()), AREA).await?.with_errors(&errors);
    let until =
        line.contract.as_ref().map_or(there.valid_until, |one| one.valid_until.min(there.valid_until));
    let ended = has_ended(&line);
    let view = Detail {
        back: format!("{AREA}/{id}"),
        organization: organization.name,
        state,
        tone,
        missing: (!ended && line.layer.state != LayerState::Met).then(|| page.t(&layer_key(line.layer.code))),
        class: super::words::class(line.product.admission_class),
        contract: line
            .contract
            .as_ref()
            .map(|one| (one.number.clone(), format!("{AREA}/{id}/contracts/{}", one.id))),
        since: page.date(&there.valid_from),
        until: desk.until(until),
        by: there.granted_by.and_then(|by| people.get(&by)).cloned().unwrap_or_default(),
        note: there.note.unwrap_or_default(),
        state_reason: there.state_reason.unwrap_or_default(),
        members: line.members_shown(),
        renew: format!("{AREA}/{id}/admissions/{}/new", line.product.id),
        suspended: there.state == AdmissionState::Suspended,
        ended,
        why: may.err().map(|why| why.text(desk, &people)),
        files: files
            .iter()
            .filter(|file| file.erased_at.is_none())
            .map(|file| File {
                href: format!("{here}/files/{}", file.id),
                label: format!("{} · {} KB", page.t(file.key()), file.kilobytes()),
            })
            .collect(),
        evidence_id: fresh_document(desk),
        here,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn add(desk: Desk, Path(ids): Path<Ids>, form: document::upload::Sent) -> web::Result {
    let (id, admission) = ids;
    let (organization, line) = find(&desk, id, admission).await?;
    if may_edit(&desk, &organization, &line.product).is_err() {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let mut received = document::upload::read_sent(&desk.ctx, form, "evidence").await?;
    let file_id = received.text("evidence_id").to_owned();
    let file = upload(&desk, &mut received, "evidence", &file_id)
        .and_then(|file| file.ok_or_else(|| Error::invalid("document.empty").at("evidence")));
    let rooms = &desk.organizations;
    let added = match file {
        Ok(file) => rooms.add_admission_evidence(&desk.operator, id, admission, file, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => {
            let there = see_other(&format!("{AREA}/{id}/admissions/{admission}"));
            Ok(with_flash(there, "ok", "portal-admission-evidence-added", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, ids, errors).await
        }
    }
}
async fn file(
    desk: Desk,
    Path((id, admission, file)): Path<(OrganizationId, AdmissionId, DocumentId)>,
) -> web::Result {
    desk.organization(id).await?;
    let (kind, content) = desk.organizations.admission_file(&desk.operator, id, admission, file).await?;
    Ok(document::service::respond(&kind, content))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Changing {
    rev: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_change.html")]
struct ChangePage {
    page: Page,
    back: String,
    organization: String,
    action: String,
    /// How it stands now, and why: what somebody else did while a form was open.
    state: &'static str,
    tone: &'static str,
    state_reason: String,
    lost: String,
    button: &'static str,
    danger: bool,
    errors: FormErrors,
    form: Changing,
}
type Ids = (OrganizationId, AdmissionId);
/// Somebody was faster: what had ended is not suspended, resumed or ended.
fn over((id, admission): Ids) -> web::Result {
    let there = see_other(&format!("{AREA}/{id}/admissions/{admission}"));
    Ok(with_flash(there, "bad", "portal-admission-over", &[]))
}
async fn render_change(
    desk: &Desk,
    (id, admission): Ids,
    change: AdmissionChange,
    reason: String,
    errors: FormErrors,
) -> web::Result {
    let (organization, line) = find(desk, id, admission).await?;
    if may_edit(desk, &organization, &line.product).is_err() {
        return Err(Error::forbidden("staff.role_required").into());
    }
    if has_ended(&line) {
        return over((id, admission));
    }
    let (title, lost, button) = match change {
        AdmissionChange::Suspend => {
            ("portal-admission-suspend-title", "portal-admission-suspend-lost", "portal-admission-suspend")
        }
        AdmissionChange::Resume => {
            ("portal-admission-resume-title", "portal-admission-resume-text", "portal-admission-resume")
        }
        AdmissionChange::End => {
            ("portal-admission-end-title", "portal-admission-end-lost", "portal-admission-end")
        }
    };
    let page = desk.page(desk.t1(title, "product", line.product.name.of(desk.english())), AREA).await?;
    let here = format!("{AREA}/{id}/admissions/{admission}");
    let (state, tone) = state_of(&line);
    let view = ChangePage {
        state,
        tone,
        state_reason: line
            .admission
            .as_ref()
            .and_then(|there| there.state_reason.clone())
            .unwrap_or_default(),
        organization: organization.name,
        action: format!("{here}/{change}"),
        back: here,
        lost: page.t1(lost, "n", line.members_shown()),
        button,
        danger: change != AdmissionChange::Resume,
        form: Changing { rev: line.admission.map(|there| there.rev.to_string()).unwrap_or_default(), reason },
        page: page.with_errors(&errors),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn change(desk: Desk, ids: Ids, change: AdmissionChange, typed: Changing) -> web::Result {
    let (id, admission) = ids;
    let (_, line) = find(&desk, id, admission).await?;
    let rev: i64 = typed.rev.parse().map_err(|_| Error::invalid("form.id_stale"))?;
    let reason = (Some(rev), typed.reason.as_str());
    let by = desk.operator.clone();
    match desk.organizations.change_admission(by, id, admission, change, reason, desk.ctx.now).await {
        Ok(()) => {
            let flash = match change {
                AdmissionChange::Suspend => "portal-admission-was-suspended",
                AdmissionChange::Resume => "portal-admission-was-resumed",
                AdmissionChange::End => "portal-admission-ended",
            };
            let product = line.product.name.of(desk.english()).to_owned();
            Ok(with_flash(see_other(&format!("{AREA}/{id}")), "ok", flash, &[("product", &product)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render_change(&desk, ids, change, typed.reason, errors).await
        }
    }
}
async fn suspending(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    render_change(&desk, ids, AdmissionChange::Suspend, String::new(), FormErrors::none()).await
}
async fn resuming(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    render_change(&desk, ids, AdmissionChange::Resume, String::new(), FormErrors::none()).await
}
async fn ending(desk: Desk, Path(ids): Path<Ids>) -> web::Result {
    render_change(&desk, ids, AdmissionChange::End, String::new(), FormErrors::none()).await
}
async fn suspend(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Changing>) -> web::Result {
    change(desk, ids, AdmissionChange::Suspend, typed).await
}
async fn resume(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Changing>) -> web::Result {
    change(desk, ids, AdmissionChange::Resume, typed).await
}
async fn end(desk: Desk, Path(ids): Path<Ids>, Form(typed): Form<Changing>) -> web::Result {
    change(desk, ids, AdmissionChange::End, typed).await
}
