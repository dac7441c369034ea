//! `/org/{organization}/invitations`: who was invited, by whom, and what became of it.
use super::model::{Invitation, InvitationId, Invite, Invited, Sent, State};
use crate::activation::{Link, Way};
use crate::membership::{self, OrganizationAdministrator, Role, RoleChoice, TermsInput};
use crate::{Organizations, shell};
use askama::{Template, filters::Safe};
use axum::Extension;
use identity::scan;
use identity::session::SignedIn;
use kernel::{Error, Mobile, id::mark, text};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Query, Result, Routes, html, html_status, see_other,
    with_flash,
};

const PAGE: i64 = 20;
const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/invitations", POLICY, list)
        .get("/org/{organization}/invitations/new", POLICY, new)
        .post("/org/{organization}/invitations/new", POLICY, create)
        .post("/org/{organization}/invitations/{invitation}/send", POLICY, send)
        .post("/org/{organization}/invitations/{invitation}/revoke", POLICY, revoke)
}

struct Line {
    id: InvitationId,
    name: String,
    phone: String,
    role: String,
    inviter: String,
    period: String,
    scope: String,
    at: String,
    until: String,
    state: String,
    tone: &'static str,
    open: bool,
    /// Answered ones stay as they are.
    may_send: bool,
}
/// Tone and key of a state.
pub const fn state_key(state: State) -> (&'static str, &'static str) {
    match state {
        State::Open => ("wait", "organization-invitation-open"),
        State::Accepted => ("ok", "organization-invitation-accepted"),
        State::Declined => ("bad", "organization-invitation-declined"),
        State::Revoked => ("", "organization-invitation-revoked"),
        State::Void => ("bad", "organization-invitation-void"),
        State::Expired => ("", "organization-invitation-expired"),
    }
}
#[derive(Template)]
#[template(path = "invitation/list.html")]
struct ListPage {
    page: Page,
    home: String,
    members: String,
    rows: Vec<Line>,
    base: String,
    newer: Option<InvitationId>,
    older: Option<InvitationId>,
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct ListQuery {
    before: Option<String>,
}
async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(query): Query<ListQuery>,
) -> Result {
    let page = page(&ctx, &rooms, &who, &by, "organization-invitations").await?;
    let before: Option<InvitationId> = query.before.as_deref().and_then(|id| id.parse().ok());
    let mut rows = rooms.invitations(&by, before, PAGE + 1).await?;
    let more = rows.len() as i64 > PAGE;
    rows.truncate(PAGE as usize);
    let people = rooms.people(rows.iter().filter_map(|row| row.inviter)).await?;
    let line = |row: &Invitation| {
        let state = row.state_at(ctx.now);
        let (tone, key) = state_key(state);
        Line {
            id: row.id,
            name: row.name.clone().unwrap_or_default(),
            phone: row.phone_masked.clone(),
            role: by.policy().role_label(row.role).of(ctx.lang == Lang::En).to_owned(),
            inviter: match row.inviter.filter(|_| !row.by_staff) {
                Some(inviter) => people.name(inviter).to_owned(),
                None => page.t("organization-event-platform"),
            },
            period: membership::period_words(&page, row.valid_from, row.valid_until),
            scope: row.scope.clone().unwrap_or_default(),
            at: page.minute(&row.created_at),
            until: page.minute(&row.expires_at),
            state: page.t(key),
            tone,
            open: state == State::Open,
            may_send: matches!(state, State::Open | State::Expired),
        }
    };
    let lines = rows.iter().map(line).collect();
    Ok(html(ListPage {
        home: home(&by),
        members: format!("{}members", home(&by)),
        base: format!("{}invitations?", home(&by)),
        newer: None,
        older: rows.last().filter(|_| more).map(|row| row.id),
        rows: lines,
        page,
    }))
}

#[derive(Template)]
#[template(path = "invitation/new.html")]
struct NewPage {
    page: Page,
    home: String,
    invitations: String,
    roles: Vec<RoleChoice>,
    form: NewForm,
    errors: FormErrors,
}
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct NewForm {
    id: String,
    phone: String,
    name: String,
    role: Option<Role>,
    way: String,
    from: String,
    until: String,
    scope: String,
    reason: String,
}
async fn new(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    if let Some(first) = membership::fresh(&ctx, &rooms, &who, &format!("{}/new", invitations(&by))).await? {
        return Ok(first);
    }
    let id = ctx.form_id::<mark::Invitation>(rooms.db().draw());
    let form = NewForm { id, way: Way::Sms.as_str().into(), ..NewForm::default() };
    render_new(&ctx, &rooms, &who, &by, form, FormErrors::none()).await
}
async fn render_new(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    form: NewForm,
    errors: FormErrors,
) -> Result {
    let page = page(ctx, rooms, who, by, "organization-invite").await?.with_errors(&errors);
    let roles = membership::role_choices(&page, ctx.lang, by, form.role);
    let view = NewPage { home: home(by), invitations: invitations(by), roles, form, errors, page };
    Ok(html_status(view.errors.status(), view))
}
async fn create(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<NewForm>,
) -> Result {
    if let Some(first) = membership::fresh(&ctx, &rooms, &who, &format!("{}/new", invitations(&by))).await? {
        return Ok(first);
    }
    let id = ctx.check_form_id::<mark::Invitation>(&form.id)?;
    let mut errors = FormErrors::none();
    let phone = errors.take(Mobile::parse(&form.phone), ctx.lang);
    let name = errors.take(text::optional_line("name", &form.name, 60), ctx.lang);
    let way = match form.way.as_str() {
        "" => Some(Way::Sms),
        typed => errors.take(typed.parse::<Way>(), ctx.lang),
    };
    let terms = TermsInput {
        from: form.from.clone(),
        until: form.until.clone(),
        scope: form.scope.clone(),
        reason: form.reason.clone(),
    };
    let terms = terms
        .parse(&ctx.app.zone, ctx.now)
        .map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, ctx.lang)));
    let (Some(phone), Some(name), Some(way), Ok(terms)) = (phone, name, way, terms) else {
        return render_new(&ctx, &rooms, &who, &by, form, errors).await;
    };
    // Above the own role the service refuses, whatever the form says.
    let role = form.role.unwrap_or(Role::Agent);
    let invite = Invite { id, phone, name, role, way, terms };
    match rooms.invite(by.clone(), by.organization(), invite, Link::of(&ctx, way), ctx.now).await {
        Ok(Invited::New(sent)) => handed_over(&ctx, &rooms, &who, &by, sent).await,
        Ok(Invited::Existing(_)) => {
            Ok(with_flash(see_other(&invitations(&by)), "info", "organization-flash-created-before", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_new(&ctx, &rooms, &who, &by, form, errors).await
        }
    }
}

#[derive(Template)]
#[template(path = "invitation/slip.html")]
struct SlipPage {
    page: Page,
    home: String,
    invitations: String,
    organization: String,
    phone: String,
    link: String,
    until: String,
    picture: Safe<String>,
}
/// A slip is shown this once; an SMS is on its way.
async fn handed_over(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    sent: Sent,
) -> Result {
    if sent.link.is_empty() {
        let args = [("phone", sent.phone_masked.as_str())];
        return Ok(with_flash(see_other(&invitations(by)), "ok", "organization-flash-invited", &args));
    }
    let page = page(ctx, rooms, who, by, "organization-invitation-slip").await?;
    Ok(html(SlipPage {
        home: home(by),
        invitations: invitations(by),
        organization: by.membership().organization_name.clone(),
        phone: sent.phone_masked,
        picture: Safe(scan::model::picture(&sent.link)?),
        link: sent.link,
        until: page.minute(&sent.expires_at),
        page,
    }))
}
type Ids = (String, String);
fn invitation_id(ids: &Ids) -> kernel::Result<InvitationId> {
    ids.1.parse().map_err(|_| Error::not_found("invitation.unknown"))
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct SendForm {
    way: Option<Way>,
}
async fn send(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<SendForm>,
) -> Result {
    if let Some(first) = membership::fresh(&ctx, &rooms, &who, &invitations(&by)).await? {
        return Ok(first);
    }
    let link = Link::of(&ctx, form.way.unwrap_or(Way::Sms));
    match rooms.invite_again(by.clone(), by.organization(), invitation_id(&ids)?, link, ctx.now).await {
        Ok(sent) => handed_over(&ctx, &rooms, &who, &by, sent).await,
        Err(error) => told(&by, error),
    }
}
#[derive(serde::Deserialize)]
struct Nothing {}
async fn revoke(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    match rooms.revoke_invitation(by.clone(), by.organization(), invitation_id(&ids)?, ctx.now).await {
        Ok(()) => {
            Ok(with_flash(see_other(&invitations(&by)), "ok", "organization-flash-invitation-revoked", &[]))
        }
        Err(error) => told(&by, error),
    }
}
/// The list says what became of it in the meantime.
fn told(by: &OrganizationAdministrator, error: Error) -> Result {
    let flash = match error.code {
        "invitation.decided" => "error-invitation-decided",
        "invitation.period_over" => "error-invitation-period-over",
        "invitation.open" => "error-invitation-open",
        "invitation.too_many" => "organization-flash-invitation-too-many",
        _ => return Err(error.into()),
    };
    Ok(with_flash(see_other(&invitations(by)), "bad", flash, &[]))
}

async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    title: &str,
) -> kernel::Result<Page> {
    Ok(Page::new(ctx, ctx.lang.t(title)).with_shell(shell::of(rooms, ctx, who, by.organization()).await?))
}
fn home(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/", by.organization())
}
fn invitations(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/invitations", by.organization())
}
