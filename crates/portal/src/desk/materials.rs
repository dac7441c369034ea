//! Materials that wait for a reviewer: an account manager's own portfolio, or all of them.
use super::{
    Desk, FOR_MANAGEMENT,
    review::{self, Fact, Reviewed, Typed},
};
use ::registry::{
    Registry,
    material::{MaterialId, Review},
};
use axum::Extension;
use platform::{StaffRole, document, document::DocumentId};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

const HERE: &str = "/desk/materials";
const PAGE: i64 = 50;
pub const MATERIAL_ROLES: &[StaffRole] = &[StaffRole::AccountManager, StaffRole::SystemAdministrator];

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/materials", staff, list)
        .get("/desk/materials/{material}", staff, one)
        .post("/desk/materials/{material}", staff, decide)
        .get("/desk/materials/{material}/{document}", staff, file)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    after: String,
}
struct Line {
    id: String,
    organization: String,
    name: String,
    at: String,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/materials.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn list(desk: Desk, Extension(room): Extension<Registry>, Query(place): Query<Place>) -> web::Result {
    desk.must_be(MATERIAL_ROLES)?;
    let manager = (desk.role == StaffRole::AccountManager).then_some(desk.signed_in.account);
    let after: Option<MaterialId> = place.after.parse().ok();
    let mut found = room.waiting_materials(manager, after, PAGE + 1, desk.ctx.now).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|(last, _)| format!("{HERE}?after={}", last.id));
    let page = desk.page(desk.t("portal-materials"), HERE).await?;
    let lines = found
        .into_iter()
        .map(|(material, organization)| {
            let state = material.state_at(desk.ctx.now);
            Line {
                id: material.id.to_string(),
                organization,
                name: material.rule_name.of(desk.english()).to_owned(),
                at: page.minute(&material.submitted_at),
                state: state.key(),
                tone: state.tone(),
            }
        })
        .collect();
    Ok(html(List { page, lines, next }))
}

/// The material, if its organization is in the reader's portfolio.
async fn found(desk: &Desk, room: &Registry, id: MaterialId) -> Result<Review, web::Failure> {
    desk.must_be(MATERIAL_ROLES)?;
    let review = room.material(None, id).await?;
    desk.organization(review.organization.id).await?;
    Ok(review)
}
async fn show(desk: &Desk, review: Review, typed: Typed, errors: FormErrors) -> web::Result {
    let material = &review.material;
    let zone = &desk.ctx.app.zone;
    let submitted = super::organizations::names(desk, vec![material.submitted_by]).await?;
    let fact = |label: &str, value: String| Fact { label: desk.t(label), value };
    let facts = vec![
        fact("portal-material-by", submitted.into_values().next().unwrap_or_default()),
        fact("portal-material-at", material.submitted_at.local_minute(zone)),
        fact(
            "portal-material-until",
            material.valid_until.map(|until| until.last_day(zone)).unwrap_or_default(),
        ),
    ];
    let what = Reviewed {
        here: format!("{HERE}/{}", material.id),
        list: HERE,
        list_label: "portal-materials",
        title: material.rule_name.of(desk.english()).to_owned(),
        organization: (review.organization.id, review.organization.name.clone()),
        application: review.application,
        facts,
        files: review.files,
        steps: review.steps,
    };
    review::show(desk, what, typed, errors).await
}
async fn one(desk: Desk, Extension(room): Extension<Registry>, Path(id): Path<MaterialId>) -> web::Result {
    let review = found(&desk, &room, id).await?;
    show(&desk, review, Typed::default(), FormErrors::none()).await
}
async fn decide(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<MaterialId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let review = found(&desk, &room, id).await?;
    let done = match typed.verdict() {
        Ok(verdict) => room.review_material(&desk.operator, id, verdict, &typed.note, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let name = review.material.rule_name.of(desk.english()).to_owned();
            Ok(with_flash(see_other(HERE), "ok", "portal-material-decided", &[("name", &name)]))
        }
        Err(error) => {
            let errors = review::noted(error, &desk)?;
            show(&desk, review, typed, errors).await
        }
    }
}
async fn file(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path((id, file)): Path<(MaterialId, DocumentId)>,
) -> web::Result {
    found(&desk, &room, id).await?;
    let (kind, content) = room.reviewed_file(&desk.operator, id, file, desk.ctx.now).await?;
    Ok(document::service::respond(&kind, content))
}
