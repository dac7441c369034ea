//! `/org/{organization}/applications`: administrators decide, applicants follow their own.
use super::model::{Application, ApplicationState, Verdict};
use crate::decision::{LayerState, layer_key};
use crate::membership::Member;
use crate::organization::{Line, happened};
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
}

struct View {
    id: ApplicationId,
    initial: String,
    name: String,
    login_name: String,
    product: String,
    product_id: String,
    at: String,
    expires: String,
    state: String,
    tone: &'static str,
    open: bool,
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
        let tone = match state {
            ApplicationState::Submitted => "wait",
            ApplicationState::Approved => "ok",
            ApplicationState::Rejected => "bad",
            ApplicationState::Withdrawn | ApplicationState::Expired => "",
        };
        let name = people.name(application.applicant);
        Self {
            id: application.id,
            initial: initial(name),
            name: name.to_owned(),
            login_name: people
                .card(application.applicant)
                .map(|card| card.login_name.clone())
                .unwrap_or_default(),
            product: products
                .iter()
                .find(|product| product.id == application.product)
                .map(|product| product.name.of(page.ctx.lang == Lang::En).to_owned())
                .unwrap_or_default(),
            product_id: application.product.to_string(),
            at: page.minute(&application.created_at),
            expires: page.date(&application.expires_at),
            state: page.t(&format!("organization-application-{state}")),
            tone,
            open: state == ApplicationState::Submitted,
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
    member: Member,
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
    timeline: Vec<Line>,
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
    member: Member,
    Path(ids): Path<Ids>,
) -> Result {
    render(&ctx, &rooms, &who, &member, application_id(&ids)?, String::new(), FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    member: &Member,
    id: ApplicationId,
    note: String,
    errors: FormErrors,
) -> Result {
    let (application, happenings) = rooms.application(member, id).await?;
    let own = application.applicant == member.account();
    let products = rooms.products(true).await?;
    let actors = happenings.iter().filter_map(|happening| happening.account);
    let people = rooms.people(actors.chain([application.applicant])).await?;
    let applicant = rooms.live_member_of(member.organization(), application.applicant).await?;
    let may_decide =
        member.role().administers() && applicant.is_some_and(|row| member.role().may_grant_to(row.role));
    let missing = if may_decide && application.state_at(ctx.now) == ApplicationState::Submitted {
        let organization = rooms.organization(member.organization()).await?;
        let admissions = rooms.admissions(&organization, ctx.now).await?;
        admissions
            .lines
            .iter()
            .find(|line| line.product.id == application.product)
            .filter(|line| line.layer.state != LayerState::Met)
            .map(|line| ctx.lang.t(&layer_key(line.layer.code)))
    } else {
        None
    };
    let title = ctx.lang.t("organization-application-title");
    let page = page(ctx, rooms, who, member, title).await?;
    let view = ApplicationPage {
        home: home(member),
        list: format!("{}applications", home(member)),
        list_title: list_title(ctx, member),
        a: View::new(&page, &application, &people, &products),
        own,
        may_decide,
        missing,
        timeline: happenings
            .iter()
            .map(|one| {
                happened(&page, &one.action, &one.outcome, one.account.map(|id| people.name(id)), one.at)
            })
            .collect(),
        note,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(serde::Deserialize)]
struct DecideForm {
    verdict: String,
    #[serde(default)]
    note: String,
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
        _ => return Err(Error::invalid("field.unknown_value").at("verdict").into()),
    };
    match rooms.decide_application(by.clone(), by.organization(), id, verdict, &form.note, ctx.now).await {
        Ok(()) => {
            let flash = match verdict {
                Verdict::Approve => "organization-flash-approved",
                Verdict::Reject => "organization-flash-rejected",
            };
            let there = see_other(&format!("/org/{}/applications", by.organization()));
            Ok(with_flash(there, "ok", flash, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, id, form.note, errors).await
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
            render(&ctx, &rooms, &who, &member, id, String::new(), errors).await
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
