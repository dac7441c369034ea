//! Applications that staff decide: claims to be the head of an organization, and agents of organizations where nobody can.
//! Kinds of other rooms are listed here and decided on pages of their own. An account manager sees the own portfolio.
use super::{Desk, FOR_MANAGEMENT, FOR_ORGANIZATIONS, organizations::names};
use ::organization::{
    application::{
        Application, ApplicationKind, ApplicationState, Reader, TypedOrganization, Verdict,
        agent::{Applicant, Shown, Viewer},
        desk::{DeskFilter, inbox_kinds},
        link_of,
        own_pages::verdict_of,
        view::{FileLine, TimeLine, files, timeline},
    },
    founding::{ClaimVerdict, Claimed},
    membership::{Terms, TermsInput},
};
use kernel::{
    Error,
    id::{ApplicationId, OrganizationId},
};
use platform::{StaffRole, document, document::DocumentId};
use serde::Deserialize;
use web::{
    Failure, Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash,
};

pub const HERE: &str = "/desk/applications";
pub const APPLICATION_ROLES: &[StaffRole] = &[StaffRole::AccountManager, StaffRole::SystemAdministrator];
/// A product manager decides admissions to the own products, on pages of their own.
pub const INBOX_ROLES: &[StaffRole] =
    &[StaffRole::AccountManager, StaffRole::ProductManager, StaffRole::SystemAdministrator];
const PAGE: i64 = 50;

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/applications", Policy::Staff(FOR_ORGANIZATIONS), list)
        .get("/desk/applications/{application}", staff, show)
        .post("/desk/applications/{application}", staff, decide)
        .get("/desk/applications/{application}/documents/{document}", staff, open_document)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    kind: String,
    state: String,
    after: String,
}
struct Choice {
    value: &'static str,
    label: String,
}
pub struct Line {
    pub href: String,
    id: String,
    pub kind: String,
    applicant: String,
    pub about: String,
    pub at: String,
    pub state: String,
    pub tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/applications.html")]
struct List {
    page: Page,
    intro: &'static str,
    kinds: Vec<Choice>,
    kind: String,
    state: &'static str,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn list(desk: Desk, Query(filter): Query<Filter>) -> web::Result {
    desk.must_be(INBOX_ROLES)?;
    let kinds = match desk.role {
        StaffRole::ProductManager => vec![ApplicationKind::Admission],
        _ => inbox_kinds(),
    };
    let kind = kinds.iter().copied().find(|kind| kind.as_str() == filter.kind);
    let all = filter.state == "all";
    let wanted = DeskFilter { kind, all, after: filter.after.parse().ok() };
    let rooms = &desk.organizations;
    let mut found = rooms.desk_applications(&desk.operator, wanted, PAGE + 1, desk.ctx.now).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("kind", &filter.kind).append_pair("state", &filter.state);
        format!("{HERE}?{}", query.append_pair("after", &last.id.to_string()).finish())
    });
    let page = desk.page(desk.t("portal-applications"), HERE).await?;
    let lines = lines_of(&desk, &found).await?;
    Ok(html(List {
        intro: match desk.role {
            StaffRole::AccountManager => "portal-applications-own",
            StaffRole::ProductManager => "portal-applications-products",
            _ => "portal-applications-every",
        },
        kinds: kinds.iter().map(|kind| Choice { value: kind.as_str(), label: desk.t(kind.key()) }).collect(),
        kind: kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        state: if all { "all" } else { "" },
        lines,
        next,
        page,
    }))
}
/// Names of people and organizations are looked up once for all of them.
async fn lines_of(desk: &Desk, found: &[Application]) -> Result<Vec<Line>, Failure> {
    let people = names(desk, found.iter().map(|application| application.applicant).collect()).await?;
    let organizations: Vec<OrganizationId> = found.iter().filter_map(|one| one.organization).collect();
    let organizations = desk.organizations.names_of(organizations).await?;
    let line = |application: &Application| {
        let state = application.state_at(desk.ctx.now);
        let about = application.organization.and_then(|id| organizations.get(&id));
        Line {
            href: link_of(application, Reader::Staff),
            id: application.id.to_string(),
            kind: desk.t(application.kind.key()),
            applicant: people
                .get(&application.applicant)
                .map(|name| kernel::mask::name(name))
                .unwrap_or_default(),
            about: about.cloned().unwrap_or_else(|| desk.t("portal-application-not-here")),
            at: application.created_at.local_minute(&desk.ctx.app.zone),
            state: desk.t(state.key()),
            tone: state.tone(),
        }
    };
    Ok(found.iter().map(line).collect())
}
/// What waits for a decision of this member of staff.
pub async fn waiting(desk: &Desk, limit: i64) -> Result<Vec<Line>, Failure> {
    let wanted = DeskFilter { kind: None, all: false, after: None };
    let found = desk.organizations.desk_applications(&desk.operator, wanted, limit, desk.ctx.now).await?;
    lines_of(desk, &found).await
}
/// The other kinds have pages of their own.
fn decided_here(kind: ApplicationKind) -> bool {
    matches!(kind, ApplicationKind::Head | ApplicationKind::AgentAuthorization)
}
/// Of the kinds that are decided here.
fn page_of(application: &Application) -> String {
    format!("{HERE}/{}", application.id)
}

/// What a claim says, beside what is here and what the register said.
struct Claim {
    kind: String,
    address: String,
    register: String,
    register_tone: &'static str,
    /// The organization that has the code.
    here: Option<Present>,
    /// Who would be replaced.
    head: Option<String>,
}
struct Present {
    href: String,
    name: String,
    head_name: String,
    other_name: bool,
    other_head: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    verdict: String,
    note: String,
    replace: String,
    #[serde(flatten)]
    terms: TermsInput,
}
#[derive(askama::Template)]
#[template(path = "desk/application.html")]
struct Show {
    page: Page,
    errors: FormErrors,
    here: String,
    a: Application,
    state: (String, &'static str),
    waiting: bool,
    is_agent: bool,
    /// The other of two approvals is somebody else's.
    approved_first: bool,
    name: String,
    login_name: String,
    person: Applicant,
    level: String,
    organization: Option<(String, String)>,
    typed: Option<TypedOrganization>,
    claim: Option<Claim>,
    files: Vec<FileLine>,
    timeline: Vec<TimeLine>,
    form: Typed,
}
async fn show(desk: Desk, Path(id): Path<ApplicationId>) -> web::Result {
    render(&desk, id, Typed::default(), FormErrors::none()).await
}
async fn render(desk: &Desk, id: ApplicationId, form: Typed, errors: FormErrors) -> web::Result {
    desk.must_be(APPLICATION_ROLES)?;
    let (rooms, now) = (&desk.organizations, desk.ctx.now);
    let viewer = Viewer::Staff(desk.operator.clone());
    let shown: Shown = rooms.shown_application(&viewer, id, now).await?;
    let application = shown.application;
    if !decided_here(application.kind) {
        return Ok(see_other(&link_of(&application, Reader::Staff)));
    }
    let actors = shown.timeline.iter().filter_map(|step| step.by);
    let people = rooms.people(actors.chain([application.applicant])).await?;
    let person = rooms.applicant(application.applicant, now).await?;
    let claim = match application.kind {
        ApplicationKind::Head => Some(claim(desk, rooms.claimed(id).await?).await?),
        _ => None,
    };
    let organization = match application.organization {
        Some(organization) => {
            let found = rooms.organization(organization).await?;
            Some((format!("/desk/organizations/{organization}"), found.name))
        }
        None => None,
    };
    let state = application.state_at(now);
    let page = desk.page(desk.t(application.kind.key()), HERE).await?.with_errors(&errors);
    let here = page_of(&application);
    let is_agent = application.kind == ApplicationKind::AgentAuthorization;
    let view = Show {
        state: (desk.t(state.key()), state.tone()),
        waiting: state.is_waiting(),
        is_agent,
        approved_first: application.two_steps && application.first_by == Some(desk.signed_in.account),
        name: people.name(application.applicant).to_owned(),
        login_name: people
            .card(application.applicant)
            .map(|card| card.login_name.clone())
            .unwrap_or_default(),
        level: desk.t(person.level.key()),
        person,
        organization,
        typed: shown.organization,
        claim,
        files: files(&page, &here, &shown.documents),
        timeline: timeline(&page, &shown.timeline, |by| match by {
            Some(id) => people.name(id).to_owned(),
            None => page.t("organization-event-platform"),
        }),
        a: application,
        here,
        form,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn claim(desk: &Desk, claimed: Claimed) -> kernel::Result<Claim> {
    let head = match claimed.head {
        Some(head) => Some(desk.organizations.people([head]).await?.name(head).to_owned()),
        None => None,
    };
    let typed = &claimed.data.organization;
    let same =
        |a: &str, b: &str| ::organization::organization::folded(a) == ::organization::organization::folded(b);
    Ok(Claim {
        kind: claimed.kind.map(|kind| kind.name.of(desk.english()).to_owned()).unwrap_or_default(),
        address: claimed.data.address.clone().unwrap_or_default(),
        register: desk.t(claimed.data.register.key()),
        register_tone: claimed.data.register.tone(),
        here: claimed.organization.map(|found| {
            let head_name = found.head_name.unwrap_or_default();
            Present {
                href: format!("/desk/organizations/{}", found.id),
                other_name: !same(&found.name, &typed.name),
                other_head: !same(&head_name, &typed.head_name),
                name: found.name,
                head_name,
            }
        }),
        head,
    })
}

async fn decide(desk: Desk, Path(id): Path<ApplicationId>, Form(form): Form<Typed>) -> web::Result {
    desk.must_be(APPLICATION_ROLES)?;
    desk.must_be_fresh(&format!("{HERE}/{id}")).await?;
    let verdict = verdict_of(&form.verdict)?;
    let (rooms, now) = (&desk.organizations, desk.ctx.now);
    let viewer = Viewer::Staff(desk.operator.clone());
    let application = rooms.shown_application(&viewer, id, now).await?.application;
    let decided = match (application.kind, application.organization) {
        (ApplicationKind::Head, _) => {
            let verdict = match verdict {
                Verdict::Approve => ClaimVerdict::Approve { replace: form.replace == "yes" },
                Verdict::Return => ClaimVerdict::Return,
                Verdict::Reject => ClaimVerdict::Reject,
            };
            rooms.decide_claim(&desk.operator, id, verdict, &form.note, now).await
        }
        (ApplicationKind::AgentAuthorization, Some(organization)) => {
            let terms: Terms = match form.terms.parse(&desk.ctx.app.zone, now) {
                Ok(terms) => terms,
                Err(faults) => {
                    let mut errors = FormErrors::none();
                    faults.iter().for_each(|fault| errors.push(fault, desk.ctx.lang));
                    return render(&desk, id, form, errors).await;
                }
            };
            let by = desk.operator.clone();
            rooms.decide_agent(by, organization, id, (verdict, terms), &form.note, now).await
        }
        _ => return Err(Error::not_found("application.unknown").into()),
    };
    match decided {
        Ok(state) => {
            let flash = match state {
                ApplicationState::Approved => "organization-flash-approved",
                ApplicationState::FirstApproved => "organization-flash-first-approved",
                ApplicationState::Returned => "organization-flash-returned",
                _ => "organization-flash-rejected",
            };
            Ok(with_flash(see_other(HERE), "ok", flash, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, id, form, errors).await
        }
    }
}

/// In full: after a step-up, and written down by the service.
async fn open_document(desk: Desk, Path((id, file)): Path<(ApplicationId, DocumentId)>) -> web::Result {
    desk.must_be(APPLICATION_ROLES)?;
    desk.must_be_fresh(&format!("{HERE}/{id}")).await?;
    let viewer = Viewer::Staff(desk.operator.clone());
    let (rooms, actor) = (&desk.organizations, &desk.signed_in.actor);
    let (kind, content) = rooms.application_document(&viewer, actor, (id, file), desk.ctx.now).await?;
    Ok(document::service::respond(&kind, content))
}
