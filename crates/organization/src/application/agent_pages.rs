//! Where an administrator looks at somebody who applies to be an agent.
use super::TypedOrganization;
use super::agent::{Applicant, Viewer};
use super::model::{Application, StepRecord};
use super::pages::DecideForm;
use super::view::{FileLine, TimeLine, files, timeline};
use crate::Organizations;
use crate::membership::{Member, OrganizationAdministrator};
use askama::Template;
use axum::Extension;
use kernel::{Error, id::ApplicationId};
use platform::document::{self, DocumentId};
use web::{Ctx, FormErrors, Page, Path, Result, html_status};

#[derive(Template)]
#[template(path = "application/agent.html")]
struct AgentPage {
    page: Page,
    home: String,
    here: String,
    a: Application,
    state: (String, &'static str),
    waiting: bool,
    name: String,
    login_name: String,
    person: Applicant,
    level: String,
    /// The type asks for more than the applicant has proven.
    level_missing: Option<String>,
    /// The other of two approvals is somebody else's.
    approved_first: bool,
    typed: Option<TypedOrganization>,
    files: Vec<FileLine>,
    timeline: Vec<TimeLine>,
    form: DecideForm,
    errors: FormErrors,
}

pub(super) async fn render(
    page: Page,
    rooms: &Organizations,
    member: &Member,
    (application, steps): (&Application, &[StepRecord]),
    form: DecideForm,
    errors: FormErrors,
) -> Result {
    let by = member.as_administrator().ok_or_else(|| Error::not_found("application.unknown"))?;
    let now = page.ctx.now;
    let shown = rooms.shown_application(&Viewer::Administrator(by), application.id, now).await?;
    let actors = steps.iter().filter_map(|step| step.by);
    let people = rooms.people(actors.chain([application.applicant])).await?;
    let person = rooms.applicant(application.applicant, now).await?;
    let state = application.state_at(now);
    let needed = member.policy().agent_level;
    let name = people.name(application.applicant).to_owned();
    let here = format!("/org/{}/applications/{}", member.organization(), application.id);
    let page = page.with_errors(&errors);
    let view = AgentPage {
        home: format!("/org/{}/", member.organization()),
        state: (page.t(state.key()), state.tone()),
        waiting: state.is_waiting(),
        login_name: people
            .card(application.applicant)
            .map(|card| card.login_name.clone())
            .unwrap_or_default(),
        level: page.t(person.level.key()),
        level_missing: (person.level < needed).then(|| page.t(needed.key())),
        approved_first: application.two_steps && application.first_by == Some(member.account()),
        typed: shown.organization,
        files: files(&page, &here, &shown.documents),
        timeline: timeline(&page, steps, |by| match by {
            Some(id) => people.name(id).to_owned(),
            None => page.t("organization-event-platform"),
        }),
        a: application.clone(),
        name,
        person,
        here,
        form,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

pub(super) async fn document(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    by: OrganizationAdministrator,
    Path((_, id, file)): Path<(String, ApplicationId, DocumentId)>,
) -> Result {
    let actor = by.actor().clone();
    let (kind, content) =
        rooms.application_document(&Viewer::Administrator(by), &actor, (id, file), ctx.now).await?;
    Ok(document::service::respond(&kind, content))
}
