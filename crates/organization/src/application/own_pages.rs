//! A person's own pages: `/me/agent` to apply, `/me/applications` to follow. What they answer never depends on whether an
//! organization is here.
use super::TypedOrganization;
use super::agent::{NewAgent, Viewer, level_of, must_be_own};
use super::model::{Application, ApplicationKind, ApplicationState, REASON_MAX, Reader, Verdict, link_of};
use super::view::{FileLine, TimeLine, files, timeline};
use crate::{Organizations, shell};
use askama::Template;
use axum::extract::Multipart;
use axum::handler::Handler;
use axum::{Extension, response::Response};
use identity::realname;
use identity::session::SignedIn;
use kernel::{
    Error,
    id::{ApplicationId, mark},
    text,
};
use platform::document::{self, DocumentId, Received, Upload};
use web::{
    Ctx, Failure, Form, FormErrors, Page, Path, Policy, Query, Result, Routes, html, html_status, see_other,
    with_flash,
};

const PAGE: i64 = 20;

pub fn routes() -> Routes {
    let limit = document::upload::limit();
    Routes::new()
        .get("/me/agent", Policy::SignedIn, form)
        .post("/me/agent", Policy::SignedIn, apply.layer(limit))
        .get("/me/applications", Policy::SignedIn, list)
        .get("/me/applications/{application}", Policy::SignedIn, show)
        .get("/me/applications/{application}/documents/{document}", Policy::SignedIn, open_document)
        .post("/me/applications/{application}/complete", Policy::SignedIn, complete.layer(limit))
        .post("/me/applications/{application}/withdraw", Policy::SignedIn, withdraw)
}
pub(crate) async fn personal(
    rooms: &Organizations,
    ctx: &Ctx,
    who: &SignedIn,
    title: &str,
) -> kernel::Result<Page> {
    Ok(Page::new(ctx, ctx.lang.t(title)).with_shell(shell::personal(rooms, ctx, who).await?))
}

/// Why somebody cannot apply at all, with the way out of it.
pub(crate) struct Barrier {
    pub text: String,
    pub href: Option<(&'static str, String)>,
}
pub(crate) fn barrier(ctx: &Ctx, who: &SignedIn, wanted: realname::RealNameLevel) -> Option<Barrier> {
    if let Err(error) = must_be_own(who) {
        return Some(Barrier { text: ctx.lang.error(&error), href: None });
    }
    (who.level < wanted).then(|| Barrier {
        text: ctx.lang.ta("organization-apply-level", &[("level", &ctx.lang.t(wanted.key()))]),
        href: Some(("/me/real-name", ctx.lang.t("organization-nav-real-name"))),
    })
}
/// The signed ids of a create form with a file: of the row and of the file. A form that came back keeps its own.
pub(crate) struct FormIds {
    pub row: String,
    pub file: String,
}
impl FormIds {
    pub fn new(ctx: &Ctx, rooms: &Organizations, kept: Option<&Received>) -> Self {
        let kept = |name: &str| kept.map(|kept| kept.text(name).to_owned()).filter(|id| !id.is_empty());
        Self {
            row: kept("id").unwrap_or_else(|| ctx.form_id(rooms.db().draw::<mark::Application>())),
            file: kept("letter_id").unwrap_or_else(|| ctx.form_id(rooms.db().draw::<mark::Document>())),
        }
    }
}
/// The file of a form, at `letter`. Errors: `document.empty` unless it may be left out, `document.large`, `form.id_stale`.
pub(crate) fn upload_of(ctx: &Ctx, received: &mut Received) -> kernel::Result<Option<Upload>> {
    if let Some(error) = received.too_large.take() {
        return Err(error);
    }
    let id: DocumentId = received.id(ctx, "letter_id")?;
    Ok(received.file.clone().map(|bytes| Upload { id, bytes }))
}
pub(crate) fn empty_letter() -> Error {
    Error::invalid("document.empty").at("letter")
}

#[derive(Template)]
#[template(path = "application/apply.html")]
struct ApplyPage {
    page: Page,
    errors: FormErrors,
    ids: FormIds,
    barrier: Option<Barrier>,
    name: String,
    code: String,
    head_name: String,
    reason: String,
    most_megabytes: usize,
}
async fn form(ctx: Ctx, Extension(rooms): Extension<Organizations>, who: SignedIn) -> Result {
    apply_page(&ctx, &rooms, &who, None, FormErrors::none()).await
}
async fn apply_page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    received: Option<&Received>,
    errors: FormErrors,
) -> Result {
    let text = |name: &str| received.map(|received| received.text(name).to_owned()).unwrap_or_default();
    let wanted = level_of(&rooms.application_policy().await?);
    let view = ApplyPage {
        page: personal(rooms, ctx, who, "organization-apply-title").await?.with_errors(&errors),
        ids: FormIds::new(ctx, rooms, received),
        barrier: barrier(ctx, who, wanted),
        name: text("name"),
        code: text("code"),
        head_name: text("head_name"),
        reason: text("reason"),
        most_megabytes: document::MOST_BYTES >> 20,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn apply(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    form: Multipart,
) -> Result {
    let mut received = document::read(&ctx, form, "letter").await?;
    let mut errors = FormErrors::none();
    let typed =
        TypedOrganization::parse(received.text("name"), received.text("code"), received.text("head_name"));
    let organization = typed.map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, ctx.lang)));
    let reason = errors.take(text::paragraph("reason", received.text("reason"), REASON_MAX), ctx.lang);
    let letter = upload_of(&ctx, &mut received).and_then(|letter| letter.ok_or_else(empty_letter));
    let letter = letter.and_then(|letter| document::kind_of("letter", &letter.bytes).map(|_| letter));
    let letter = match letter {
        // A form that is not ours is no fault of a field.
        Err(error) if error.field.is_none() => return Err(error.into()),
        other => errors.take(other, ctx.lang),
    };
    let id: ApplicationId = received.id(&ctx, "id")?;
    let (Ok(organization), Some(reason), Some(letter)) = (organization, reason, letter) else {
        return apply_page(&ctx, &rooms, &who, Some(&received), errors).await;
    };
    match rooms.apply_as_agent(&who, NewAgent { id, organization, reason }, &letter, ctx.now).await {
        Ok(requested) => Ok(applied(requested.id, requested.new)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            apply_page(&ctx, &rooms, &who, Some(&received), errors).await
        }
    }
}
/// To the application; whatever becomes of it shows there.
pub(crate) fn applied(id: ApplicationId, new: bool) -> Response {
    let flash = if new { "organization-flash-applied" } else { "organization-flash-applied-already" };
    with_flash(see_other(&format!("/me/applications/{id}")), "ok", flash, &[])
}

struct Row {
    href: String,
    kind: String,
    about: String,
    at: String,
    state: String,
    tone: &'static str,
}
#[derive(Template)]
#[template(path = "application/mine.html")]
struct MinePage {
    page: Page,
    rows: Vec<Row>,
    base: &'static str,
    newer: Option<ApplicationId>,
    older: Option<ApplicationId>,
    own: bool,
}
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    before: Option<String>,
}
async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result {
    let before = query.before.as_deref().and_then(|id| id.parse().ok());
    let mut found = rooms.my_applications(who.account, before, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let page = personal(&rooms, &ctx, &who, "organization-my-applications").await?;
    let mentioned = found.iter().filter_map(|shown| shown.application.organization).collect();
    let memberships = rooms.memberships_among(who.account, mentioned).await?;
    Ok(html(MinePage {
        older: found.last().filter(|_| more).map(|shown| shown.application.id),
        rows: found
            .iter()
            .map(|shown| {
                let application = &shown.application;
                let state = application.state_at(ctx.now);
                let own = memberships.iter().find(|own| Some(own.organization) == application.organization);
                Row {
                    href: link_to(application, own.is_some()),
                    kind: page.t(application.kind.key()),
                    about: match (&shown.organization, own) {
                        (Some(typed), _) => typed.name.clone(),
                        (None, Some(own)) => own.organization_name.clone(),
                        (None, None) => String::new(),
                    },
                    at: page.minute(&application.created_at),
                    state: page.t(state.key()),
                    tone: state.tone(),
                }
            })
            .collect(),
        page,
        base: "/me/applications?",
        newer: None,
        own: must_be_own(&who).is_ok(),
    }))
}
/// Within an organization that the person is still a member of; otherwise their own page.
fn link_to(application: &Application, member: bool) -> String {
    if member {
        link_of(application, Reader::Applicant)
    } else {
        format!("/me/applications/{}", application.id)
    }
}

#[derive(Template)]
#[template(path = "application/own.html")]
struct OwnPage {
    page: Page,
    errors: FormErrors,
    here: String,
    a: Application,
    typed: Option<TypedOrganization>,
    state: (String, &'static str),
    /// What happens next, in words.
    text: String,
    waiting: bool,
    returned: bool,
    may_withdraw: bool,
    /// Where the space begins that an approval opened.
    space: Option<String>,
    files: Vec<FileLine>,
    timeline: Vec<TimeLine>,
    ids: FormIds,
    reason: String,
    most_megabytes: usize,
}
async fn show(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<ApplicationId>,
) -> Result {
    own_page(&ctx, &rooms, &who, id, None, FormErrors::none()).await
}
async fn own_page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    id: ApplicationId,
    received: Option<&Received>,
    errors: FormErrors,
) -> Result {
    let shown = rooms.shown_application(&Viewer::Applicant(who.account), id, ctx.now).await?;
    let application = shown.application;
    let state = application.state_at(ctx.now);
    let page = personal(rooms, ctx, who, application.kind.key()).await?.with_errors(&errors);
    let here = format!("/me/applications/{id}");
    let reason = received.map(|received| received.text("reason").to_owned());
    let view = OwnPage {
        state: (page.t(state.key()), state.tone()),
        text: page.t1(text_of(&application, state), "date", page.date(&application.expires_at)),
        waiting: state.is_waiting(),
        returned: state == ApplicationState::Returned && application.kind.waits(),
        may_withdraw: state.is_open() && application.kind.waits(),
        space: application
            .organization
            .filter(|_| state == ApplicationState::Approved && application.kind.waits())
            .map(|id| format!("/org/{id}/")),
        files: files(&page, &here, &shown.documents),
        // Who decided is the organization's affair.
        timeline: timeline(&page, &shown.timeline, |by| match by {
            Some(id) if id == who.account => who.name.clone(),
            Some(_) => page.t("organization-step-decider"),
            None => page.t("organization-event-platform"),
        }),
        ids: FormIds::new(ctx, rooms, received),
        reason: reason.or_else(|| application.reason.clone()).unwrap_or_default(),
        typed: shown.organization,
        most_megabytes: document::MOST_BYTES >> 20,
        a: application,
        here,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn text_of(application: &Application, state: ApplicationState) -> &'static str {
    match (state, application.kind) {
        (
            ApplicationState::Submitted | ApplicationState::FirstApproved,
            ApplicationKind::AgentAuthorization,
        ) => "organization-own-waits-agent",
        (ApplicationState::Submitted | ApplicationState::FirstApproved, ApplicationKind::Head) => {
            "organization-own-waits-head"
        }
        (ApplicationState::Submitted | ApplicationState::FirstApproved, _) => "organization-own-waits",
        (ApplicationState::Returned, _) => "organization-own-returned",
        (ApplicationState::Approved, _) => "organization-own-approved",
        (ApplicationState::Rejected, _) => "organization-own-rejected",
        (ApplicationState::Withdrawn, _) => "organization-own-withdrawn",
        (ApplicationState::Expired, _) => "organization-own-expired",
    }
}
async fn open_document(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path((id, file)): Path<(ApplicationId, DocumentId)>,
) -> Result {
    let viewer = Viewer::Applicant(who.account);
    let (kind, content) = rooms.application_document(&viewer, &who.actor, (id, file), ctx.now).await?;
    Ok(document::service::respond(&kind, content))
}
async fn complete(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<ApplicationId>,
    form: Multipart,
) -> Result {
    let mut received = document::read(&ctx, form, "letter").await?;
    let completed = match upload_of(&ctx, &mut received) {
        Ok(letter) => {
            let reason = received.text("reason");
            rooms.complete_application(&who, id, reason, letter.as_ref(), ctx.now).await
        }
        Err(error) => Err(error),
    };
    match completed {
        Ok(()) => {
            let there = see_other(&format!("/me/applications/{id}"));
            Ok(with_flash(there, "ok", "organization-flash-resubmitted", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            own_page(&ctx, &rooms, &who, id, Some(&received), errors).await
        }
    }
}
#[derive(serde::Deserialize)]
struct Nothing {}
async fn withdraw(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<ApplicationId>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    rooms.take_back(&who, id, ctx.now).await?;
    Ok(with_flash(see_other("/me/applications"), "ok", "organization-flash-withdrawn", &[]))
}

/// `approve`, `return`, `reject` of a form.
pub fn verdict_of(typed: &str) -> std::result::Result<Verdict, Failure> {
    match typed {
        "approve" => Ok(Verdict::Approve),
        "return" => Ok(Verdict::Return),
        "reject" => Ok(Verdict::Reject),
        _ => Err(Error::invalid("field.unknown_value").at("verdict").into()),
    }
}
