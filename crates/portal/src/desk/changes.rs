//! Changes of records that administrators asked for. The list is that of all applications.
use super::{
    Desk, FOR_MANAGEMENT,
    applications::HERE as LIST,
    materials::MATERIAL_ROLES,
    review::{self, Fact, Reviewed, Typed},
};
use ::registry::{
    Registry,
    change::{Asked, Wanted},
    registration,
};
use axum::Extension;
use kernel::id::ApplicationId;
use platform::{document, document::DocumentId};
use web::{Form, FormErrors, Path, Policy, Routes, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/changes/{application}", staff, one)
        .post("/desk/changes/{application}", staff, decide)
        .get("/desk/changes/{application}/{document}", staff, file)
}

/// The application, if its organization is in the reader's portfolio.
async fn found(desk: &Desk, room: &Registry, id: ApplicationId) -> Result<Asked, web::Failure> {
    desk.must_be(MATERIAL_ROLES)?;
    let asked = room.change(None, id).await?;
    desk.organization(asked.organization.id).await?;
    Ok(asked)
}
async fn show(desk: &Desk, asked: Asked, typed: Typed, errors: FormErrors) -> web::Result {
    let applicant = super::organizations::names(desk, vec![asked.application.applicant]).await?;
    let fact = |label: &str, value: String| Fact { label: desk.t(label), value };
    let (present, wanted) = match &asked.wanted {
        Wanted::Name { name } => (asked.organization.name.clone(), name.clone()),
        Wanted::Registration { entry } => {
            let zone = &desk.ctx.app.zone;
            let row = asked.registration.as_ref();
            let present = row.map(|row| registration::Typed::of(&row.entry, zone).line());
            (present.unwrap_or_default(), entry.line())
        }
    };
    let facts = vec![
        fact("portal-change-present", present),
        fact("portal-change-wanted", wanted),
        fact("portal-change-reason", asked.application.reason.clone().unwrap_or_default()),
        fact("portal-material-by", applicant.into_values().next().unwrap_or_default()),
        fact("portal-material-at", asked.application.created_at.local_minute(&desk.ctx.app.zone)),
    ];
    let what = Reviewed {
        here: format!("/desk/changes/{}", asked.application.id),
        list: LIST,
        list_label: "portal-applications",
        title: desk.t(asked.application.kind.key()),
        organization: (asked.organization.id, asked.organization.name.clone()),
        application: asked.application,
        facts,
        files: asked.files,
        steps: asked.steps,
    };
    review::show(desk, what, typed, errors).await
}
async fn one(desk: Desk, Extension(room): Extension<Registry>, Path(id): Path<ApplicationId>) -> web::Result {
    let asked = found(&desk, &room, id).await?;
    show(&desk, asked, Typed::default(), FormErrors::none()).await
}
async fn decide(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ApplicationId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let asked = found(&desk, &room, id).await?;
    let done = match typed.verdict() {
        Ok(verdict) => room.decide_change(&desk.operator, id, verdict, &typed.note, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(with_flash(see_other(LIST), "ok", "portal-change-decided", &[])),
        Err(error) => {
            let errors = review::noted(error, &desk)?;
            show(&desk, asked, typed, errors).await
        }
    }
}
async fn file(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path((id, file)): Path<(ApplicationId, DocumentId)>,
) -> web::Result {
    found(&desk, &room, id).await?;
    let (kind, content) = room.reviewed_change_file(&desk.operator, id, file, desk.ctx.now).await?;
    Ok(document::service::respond(&kind, content))
}
