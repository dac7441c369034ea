//! `/org/{organization}/applications`: administrators decide, applicants follow their own.
use super::agent_pages;
use super::model::{Application, ApplicationKind, ApplicationState, Verdict};
use super::view::{TimeLine, timeline};
use crate::decision::{LayerState, layer_key};
use crate::membership::{Member, TermsInput, Viewing};
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, id::ApplicationId};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Query, Result, Routes, html, html_status, initial,
    see_other, with_flash,
};

const PAGE: i64 = 20;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/applications", Policy::Member, list)
        .get("/org/{organization}/applications/{application}", Policy::Member, application)
        .post("/org/{organization}/applications/{application}", Policy::OrganizationAdministrator, decide)
        .post("/org/{organization}/applications/{application}/withdraw", Policy::Member, withdraw)
        .post("/org/{organization}/applications/{application}/complete", Policy::Member, complete)
        .get(
            "/org/{organization}/applications/{application}/documents/{document}",
            Policy::OrganizationAdministrator,
            agent_pages::document,
        )
}

struct View {
    id: ApplicationId,
    initial: String,
    name: String,
    login_name: String,
    /// The product, or the kind where it is about none.
    product: String,
    product_id: String,
    at: String,
    expires: String,
    state: String,
    tone: &'static str,
    /// Waits for a decision.
    open: bool,
    returned: bool,
    reason: Option<String>,
    note: Option<String>,
}
impl View {
    fn new(
        page: &Page,
        application: &Application,
        people: &People,
        products: &[crate::product::Product],
    ) -> Self {
        let state = application.state_at(page.ctx.now);
        let name = people.name(application.applicant);
        Self {
            id: application.id,
            initial: initial(name),
            name: name.to_owned(),
            login_name: people
                .card(application.applicant)
                .map(|card| card.login_name.clone())
                .unwrap_or_default(),
            product: match application.product {
                Some(id) => products
                    .iter()
                    .find(|product| product.id == id)
                    .map(|product| product.name.of(page.ctx.lang == Lang::En).to_owned())
                    .unwrap_or_default(),
                None => page.t(application.kind.key()),
            },
            product_id: application.product.map(|id| id.to_string()).unwrap_or_default(),
            at: page.minute(&application.created_at),
            expires: page.date(&application.expires_at),
            state: page.t(state.key()),
            tone: state.tone(),
            open: state.is_waiting(),
            returned: state == ApplicationState::Returned,
            reason: application.reason.clone(),
            note: application.decision_note.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "application/list.html")]
struct ListPage {
    page: Page,
    home: String,
    administers: bool,
    all: bool,
    rows: Vec<View>,
    base: String,
    newer: Option<ApplicationId>,
    older: Option<ApplicationId>,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    show: String,
    before: Option<String>,
}
async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Viewing(member): Viewing,
    Query(query): Query<ListQuery>,
) -> Result {
    let all = query.show == "all";
    let before = query.before.as_deref().and_then(|id| id.parse().ok());
    let administrator = member.as_administrator();
    let mut found = match &administrator {
        Some(administrator) => rooms.applications(administrator, !all, before, PAGE + 1, ctx.now).await?,
        None => rooms.own_applications(&member, before, PAGE + 1).await?,
    };
    let more = found.len() as i64 > PAGE;
    if more {
        found.pop();
    }
    let page = page(&ctx, &rooms, &who, &member, list_title(&ctx, &member)).await?;
    let people = rooms.people(found.iter().map(|application| application.applicant)).await?;
    let products = rooms.products(true).await?;
    let home = home(&member);
    Ok(html(ListPage {
        base: format!("{home}applications?show={}&", if all { "all" } else { "" }),
        home,
        administers: administrator.is_some(),
        all,
        newer: None,
        older: found.last().filter(|_| more).map(|application| application.id),
        rows: found.iter().map(|application| View::new(&page, application, &people, &products)).collect(),
        page,
    }))
}

#[derive(Template)]
#[template(path = "application/application.html")]
struct ApplicationPage {
    page: Page,
    home: String,
    list: String,
    list_title: String,
    a: View,
    own: bool,
    may_decide: bool,
    /// Why approval is not possible yet.
    missing: Option<String>,
    timeline: Vec<TimeLine>,
    note: String,
    errors: FormErrors,
}
type Ids = (String, String);
fn application_id(ids: &Ids) -> kernel::Result<ApplicationId> {
    ids.1.parse().map_err(|_| Error::not_found("application.unknown"))
}
async fn application(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Viewing(member): Viewing,
    Path(ids): Path<Ids>,
) -> Result {
    let id = application_id(&ids)?;
    render(&ctx, &rooms, &who, &member, id, DecideForm::default(), FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    id: ApplicationId,
    form: DecideForm,
    errors: FormErrors,
) -> Result {
    let (application, steps) = rooms.application(member, id).await?;
    if application.kind == ApplicationKind::AgentAuthorization {
        let page = page(ctx, rooms, who, member, ctx.lang.t("organization-agent-title")).await?;
        return agent_pages::render(page, rooms, member, (&application, &steps), form, errors).await;
    }
    let own = application.applicant == member.account();
    let products = rooms.products(true).await?;
    let actors = steps.iter().filter_map(|step| step.by);
    let people = rooms.people(actors.chain([application.applicant])).await?;
    let applicant = rooms.live_member_of(member.organization(), application.applicant).await?;
    let may_decide =
        member.role().administers() && applicant.is_some_and(|row| member.role().may_grant_to(row.role));
    let missing = if may_decide && application.state_at(ctx.now).is_waiting() {
        let organization = rooms.organization(member.organization()).await?;
        let admissions = rooms.admissions(&organization, ctx.now).await?;
        admissions
            .lines
            .iter()
            .find(|line| Some(line.product.id) == application.product)
            .filter(|line| line.layer.state != LayerState::Met)
            .map(|line| ctx.lang.t(&layer_key(line.layer.code)))
    } else {
        None
    };
    let title = ctx.lang.t("organization-application-title");
    let page = page(ctx, rooms, who, member, title).await?.with_errors(&errors);
    let view = ApplicationPage {
        home: home(member),
        list: format!("{}applications", home(member)),
        list_title: list_title(ctx, member),
        a: View::new(&page, &application, &people, &products),
        own,
        may_decide,
        missing,
        timeline: timeline(&page, &steps, |by| match by {
            Some(id) => people.name(id).to_owned(),
            None => page.t("organization-event-platform"),
        }),
        note: form.note,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub(super) struct DecideForm {
    pub verdict: String,
    pub note: String,
    /// Of agents: `from`, `until`, `scope`.
    #[serde(flatten)]
    pub terms: TermsInput,
}
async fn decide(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: crate::membership::OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<DecideForm>,
) -> Result {
    let id = application_id(&ids)?;
    let verdict = match form.verdict.as_str() {
        "approve" => Verdict::Approve,
        "reject" => Verdict::Reject,
        "return" => Verdict::Return,
        _ => return Err(Error::invalid("field.unknown_value").at("verdict").into()),
    };
    let (application, _) = rooms.application(&by, id).await?;
    let organization = by.organization();
    let decided = if application.kind == ApplicationKind::AgentAuthorization {
        match form.terms.parse(&ctx.app.zone, ctx.now) {
            Ok(terms) => {
                rooms.decide_agent(by.clone(), organization, id, (verdict, terms), &form.note, ctx.now).await
            }
            Err(faults) => {
                let mut errors = FormErrors::none();
                faults.iter().for_each(|fault| errors.push(fault, ctx.lang));
                return render(&ctx, &rooms, &who, &by, id, form, errors).await;
            }
        }
    } else {
        rooms.decide_application(by.clone(), organization, id, verdict, &form.note, ctx.now).await
    };
    match decided {
        Ok(state) => {
            let flash = match state {
                ApplicationState::Approved => "organization-flash-approved",
                ApplicationState::FirstApproved => "organization-flash-first-approved",
                ApplicationState::Returned => "organization-flash-returned",
                _ => "organization-flash-rejected",
            };
            let there = see_other(&format!("/org/{organization}/applications"));
            Ok(with_flash(there, "ok", flash, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, id, form, errors).await
        }
    }
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct CompleteForm {
    reason: String,
}
/// Sent back to be completed: the applicant says more and hands it in again.
async fn complete(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path(ids): Path<Ids>,
    Form(form): Form<CompleteForm>,
) -> Result {
    let id = application_id(&ids)?;
    match rooms.resubmit_access(&member, id, &form.reason, ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{}/applications/{id}", member.organization()));
            Ok(with_flash(there, "ok", "organization-flash-resubmitted", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &member, id, DecideForm::default(), errors).await
        }
    }
}
#[derive(serde::Deserialize)]
struct Nothing {}
async fn withdraw(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path(ids): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    let id = application_id(&ids)?;
    match rooms.withdraw_application(&member, id, ctx.now).await {
        Ok(()) => {
            let there = see_other(&format!("/org/{}/applications/{id}", member.organization()));
            Ok(with_flash(there, "ok", "organization-flash-withdrawn", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &member, id, DecideForm::default(), errors).await
        }
    }
}

async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    title: String,
) -> kernel::Result<Page> {
    Ok(Page::new(ctx, title).with_shell(shell::of(rooms, ctx, who, member.organization()).await?))
}
fn list_title(ctx: &Ctx, member: &Member) -> String {
    ctx.lang.t(if member.role().administers() {
        "organization-nav-applications"
    } else {
        "organization-nav-own-applications"
    })
}
fn home(member: &Member) -> String {
    format!("/org/{}/", member.organization())
}
