//! The staff's search of people, and the import of members for an organization by its account manager.
use super::{Desk, FOR_MANAGEMENT};
use ::organization::Authority;
use axum::{Extension, handler::Handler};
use identity::account::AccountState;
use identity::search::Wanted;
use kernel::{Error, id::OrganizationId};
use platform::{StaffRole, document::upload};
use roster::Roster;
use roster::import::{ImportJobId, Importer, view};
use serde::Deserialize;
use std::sync::Arc;
use view::{Decided, MOST_BODY, Place};
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html};

pub const PEOPLE_ROLES: &[StaffRole] = &[StaffRole::AccountManager, StaffRole::SystemAdministrator];
const PAGE: usize = 20;
const POLICY: Policy = Policy::Staff(FOR_MANAGEMENT);

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/people", POLICY, list)
        .get("/desk/organizations/{organization}/import", POLICY, start)
        .post("/desk/organizations/{organization}/import", POLICY, receive.layer(upload::limit_of(MOST_BODY)))
        .get("/desk/organizations/{organization}/import/template", POLICY, template)
        .get("/desk/organizations/{organization}/import/{job}", POLICY, show)
        .post("/desk/organizations/{organization}/import/{job}", POLICY, decide)
        .get("/desk/organizations/{organization}/import/{job}/faults", POLICY, faults)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    below: Option<String>,
}
struct Line {
    name: String,
    login_name: String,
    phone: String,
    managed: bool,
    organizations: Vec<(String, String)>,
    more: bool,
    state: &'static str,
    tone: &'static str,
    last: String,
}
#[derive(askama::Template)]
#[template(path = "desk/people.html")]
struct People {
    page: Page,
    own: bool,
    q: String,
    asked: bool,
    short: bool,
    refine: bool,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn list(desk: Desk, Extension(room): Extension<Roster>, Query(asked): Query<Asked>) -> web::Result {
    desk.must_be(PEOPLE_ROLES)?;
    let wanted = Wanted::parse(&asked.q, desk.ctx.now);
    let short = match &wanted {
        Wanted::Text(typed) => typed.chars().filter(|c| c.is_alphanumeric()).count() < 2,
        _ => false,
    };
    // A cursor that is none leads to the first page.
    let below = asked.below.as_deref().and_then(|id| id.parse().ok());
    let found = room.people(&desk.operator, wanted.clone(), below, PAGE).await?;
    let page = desk.page(desk.t("portal-people"), "/desk/people").await?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let base = format!("/desk/people?{}", query.append_pair("q", &asked.q).finish());
    let lines = found.people.into_iter().map(|person| {
        let (state, tone) = match person.card.state {
            AccountState::Active => ("portal-people-active", "ok"),
            AccountState::Unactivated => ("portal-people-unactivated", "wait"),
            AccountState::Disabled => ("portal-people-disabled", "bad"),
            AccountState::Closed => ("portal-people-closed", ""),
        };
        Line {
            managed: person.card.owner.organization().is_some(),
            name: person.card.name,
            login_name: person.card.login_name,
            phone: person.card.phone_masked.unwrap_or_default(),
            organizations: person
                .organizations
                .into_iter()
                .map(|(id, name)| (id.to_string(), name))
                .collect(),
            more: person.more,
            state,
            tone,
            last: match person.card.last_sign_in_at {
                Some(at) => page.minute(&at),
                None => page.t("portal-people-never"),
            },
        }
    });
    Ok(html(People {
        own: desk.role == StaffRole::AccountManager,
        asked: wanted != Wanted::Everybody,
        short,
        refine: found.refine,
        lines: lines.collect(),
        next: found.next.map(|account| format!("{base}&below={account}")),
        q: asked.q,
        page,
    }))
}

/// The pages of an import are the organization's own; the account manager works there in the platform's name.
async fn place(desk: &Desk, id: OrganizationId) -> Result<Place, web::Failure> {
    desk.must_be(PEOPLE_ROLES)?;
    let found = desk.organization(id).await?;
    let home = format!("/desk/organizations/{id}");
    let kinds = desk.organizations.organization_types().await?;
    let kind = kinds.into_iter().find(|kind| kind.id == found.type_id);
    let policy = kind.ok_or_else(|| Error::not_found("organization.unknown"))?.policy;
    Ok(Place {
        base: format!("{home}/import"),
        members: home.clone(),
        above: vec![("/desk/organizations".to_owned(), desk.t("portal-organizations")), (home, found.name)],
        importer: Importer {
            by: Authority::Operator(desk.operator.clone()),
            organization: id,
            policy: Arc::new(policy),
        },
    })
}
async fn page(desk: &Desk) -> kernel::Result<Page> {
    desk.page(desk.t("roster-import"), "/desk/organizations")
        .await
        .map_err(|_| Error::unavailable("request.unavailable"))
}
async fn start(
    desk: Desk,
    Extension(room): Extension<Roster>,
    Path(id): Path<OrganizationId>,
) -> web::Result {
    let place = place(&desk, id).await?;
    view::start(&desk.ctx, &room, &place, page(&desk).await?, FormErrors::none()).await
}
async fn receive(
    desk: Desk,
    Extension(room): Extension<Roster>,
    Path(id): Path<OrganizationId>,
    form: upload::Sent,
) -> web::Result {
    let place = place(&desk, id).await?;
    view::receive(&desk.ctx, &room, &place, form, page(&desk)).await
}
async fn template(
    desk: Desk,
    Path(id): Path<OrganizationId>,
    Query(wanted): Query<view::Wanted>,
) -> web::Result {
    place(&desk, id).await?;
    view::template(&desk.ctx, &wanted)
}
async fn show(
    desk: Desk,
    Extension(room): Extension<Roster>,
    Path((id, job)): Path<(OrganizationId, ImportJobId)>,
) -> web::Result {
    let place = place(&desk, id).await?;
    let job = room.import(id, job).await?;
    view::show(&desk.ctx, &room, &place, page(&desk).await?, job, FormErrors::none()).await
}
async fn decide(
    desk: Desk,
    Extension(room): Extension<Roster>,
    Path((id, job)): Path<(OrganizationId, ImportJobId)>,
    Form(decided): Form<Decided>,
) -> web::Result {
    let place = place(&desk, id).await?;
    let job = room.import(id, job).await?;
    view::decide(&desk.ctx, &room, &place, &desk.signed_in, job, decided, page(&desk)).await
}
async fn faults(
    desk: Desk,
    Extension(room): Extension<Roster>,
    Path((id, job)): Path<(OrganizationId, ImportJobId)>,
    Query(wanted): Query<view::Wanted>,
) -> web::Result {
    place(&desk, id).await?;
    let job = room.import(id, job).await?;
    view::faults(&desk.ctx, &room, &job, &wanted).await
}
