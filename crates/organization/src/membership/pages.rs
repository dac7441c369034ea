//! `/org/{organization}/members`: the administrators' page of people. Every handler takes the administrator's capability.
use super::model::{Basis, MembershipState, OrganizationAdministrator, Role};
use super::newcomer::{MemberInput, Newcomer, parse_phone};
use super::service::{Appointed, Appointment};
use super::store::MemberRow;
use crate::{Organizations, People, shell};
use askama::Template;
use axum::Extension;
use identity::account;
use identity::{session::SignedIn, stepup};
use kernel::{Error, Secret, Timestamp, id::MembershipId};
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Result, Routes, html, html_status, see_other,
    with_flash,
};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/members/new", POLICY, new)
        .post("/org/{organization}/members/new", POLICY, create)
        .get("/org/{organization}/members/{member}", POLICY, member)
        .post("/org/{organization}/members/{member}", POLICY, edit)
        .post("/org/{organization}/members/{member}/state", POLICY, set_state)
        .post("/org/{organization}/members/{member}/reset", POLICY, reset)
        .post("/org/{organization}/members/{member}/factors", POLICY, remove_factors)
        .post("/org/{organization}/members/{member}/delete", POLICY, delete)
}

/// A member as their page shows them.
struct View {
    id: MembershipId,
    name: String,
    login_name: String,
    phone: String,
    phone_proven: bool,
    role: String,
    administers: bool,
    managed: bool,
    suspended: bool,
    ended: bool,
    state: String,
    tone: &'static str,
    since: String,
    last: String,
    editable: bool,
}
impl View {
    fn new(page: &Page, by: &OrganizationAdministrator, row: &MemberRow, people: &People) -> Self {
        let card = people.card(row.account);
        let suspended = row.state == MembershipState::Suspended;
        let (tone, state) = match row.state {
            MembershipState::Active if row.valid_until <= page.ctx.now => {
                ("wait", "organization-member-expired")
            }
            MembershipState::Active => ("ok", "organization-member-active"),
            MembershipState::Suspended => ("bad", "organization-member-suspended"),
            MembershipState::Ended => ("", "organization-member-ended"),
        };
        Self {
            id: row.id,
            name: people.name(row.account).to_owned(),
            login_name: card.map(|card| card.login_name.clone()).unwrap_or_default(),
            phone: card.and_then(|card| card.phone_masked.clone()).unwrap_or_default(),
            phone_proven: card.is_some_and(|card| card.phone_proven),
            role: by.policy().role_label(row.role).of(page.ctx.lang == Lang::En).to_owned(),
            administers: row.role.administers(),
            managed: row.managed,
            suspended,
            ended: row.state == MembershipState::Ended,
            state: page.t(state),
            tone,
            since: page.date(&row.created_at),
            last: match card.and_then(|card| card.last_sign_in_at) {
                Some(at) => page.minute(&at),
                None => page.t("organization-member-never"),
            },
            editable: by.role().may_touch(row.role) && row.state != MembershipState::Ended,
        }
    }
}

#[derive(Template)]
#[template(path = "membership/new.html")]
struct NewPage {
    page: Page,
    home: String,
    members: String,
    /// Word, role, whether this administrator may give it, whether it is chosen.
    roles: Vec<RoleChoice>,
    form_id: String,
    input: MemberInput,
    errors: FormErrors,
}
struct RoleChoice {
    role: Role,
    label: String,
    hint: String,
    open: bool,
    chosen: bool,
}
#[derive(Template)]
#[template(path = "membership/slip.html")]
struct SlipPage {
    page: Page,
    home: String,
    members: String,
    organization: String,
    name: String,
    login_name: String,
    password: String,
    reset: bool,
}

async fn new(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    let form_id = ctx.form_id::<kernel::id::mark::Membership>(rooms.db().draw());
    render_new(&ctx, &rooms, &who, &by, form_id, Role::Agent, MemberInput::default(), FormErrors::none())
        .await
}
#[expect(clippy::too_many_arguments, reason = "a page's worth of values")]
async fn render_new(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    form_id: String,
    chosen: Role,
    input: MemberInput,
    errors: FormErrors,
) -> Result {
    let page = page(ctx, rooms, who, by, ctx.lang.t("organization-member-new")).await?;
    let roles = [Role::Agent, Role::Administrator]
        .into_iter()
        .map(|role| {
            let open = by.role().may_touch(role);
            let hint = match (role, open) {
                (Role::Administrator, true) => "organization-role-administrator-hint",
                (Role::Administrator, false) => "organization-role-administrator-closed",
                _ => "organization-role-agent-hint",
            };
            RoleChoice {
                role,
                label: by.policy().role_label(role).of(ctx.lang == Lang::En).to_owned(),
                hint: page.t(hint),
                open,
                chosen: role == chosen && open,
            }
        })
        .collect();
    let view = NewPage { home: home(by), members: members(by), roles, form_id, input, page, errors };
    Ok(html_status(view.errors.status(), view))
}
#[derive(serde::Deserialize)]
struct NewForm {
    id: String,
    name: String,
    login_name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    role: Option<Role>,
}
async fn create(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<NewForm>,
) -> Result {
    let id: MembershipId = ctx.check_form_id(&form.id)?;
    let role = form.role.unwrap_or(Role::Agent);
    let input = MemberInput { login_name: form.login_name, name: form.name, phone: form.phone };
    let new = match input.parse() {
        Ok(new) => new,
        Err(faults) => {
            let mut errors = FormErrors::none();
            faults.iter().for_each(|fault| errors.push(fault, ctx.lang));
            return render_new(&ctx, &rooms, &who, &by, form.id, role, input, errors).await;
        }
    };
    let (name, login_name) = (new.name.clone(), new.login_name.as_str().to_owned());
    let newcomer = Newcomer::Managed(new);
    let appointed = if role == Role::Agent {
        rooms.create_member(&by, id, newcomer, ctx.now).await
    } else {
        // Above the own role the service refuses, whatever the form says.
        let basis = Basis::Delegated;
        let appointment = Appointment { id, newcomer, role, basis, valid_until: Timestamp::FOREVER };
        rooms.appoint(by.clone(), by.organization(), appointment, ctx.now).await
    };
    match appointed {
        Ok(Appointed::New { temporary_password: Some(password), .. }) => {
            slip(&ctx, &rooms, &who, &by, name, login_name, &password, false).await
        }
        Ok(appointed) => {
            let there = format!("/org/{}/members/{}", by.organization(), appointed.membership());
            Ok(with_flash(see_other(&there), "info", "organization-flash-created-before", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_new(&ctx, &rooms, &who, &by, form.id, role, input, errors).await
        }
    }
}
#[expect(clippy::too_many_arguments, reason = "a page's worth of values")]
async fn slip(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    name: String,
    login_name: String,
    password: &Secret,
    reset: bool,
) -> Result {
    let title = if reset { "organization-member-reset" } else { "organization-member-new" };
    let page = page(ctx, rooms, who, by, ctx.lang.t(title)).await?;
    Ok(html(SlipPage {
        page,
        home: home(by),
        members: members(by),
        organization: by.membership().organization_name.clone(),
        name,
        login_name,
        password: password.expose().to_owned(),
        reset,
    }))
}

#[derive(Template)]
#[template(path = "membership/member.html")]
struct MemberPage {
    page: Page,
    home: String,
    members: String,
    m: View,
    grants: usize,
    input: MemberInput,
    remove_phone: bool,
    phone_hint: String,
    /// Whether there is one that could have been lost.
    second_factor: bool,
    errors: FormErrors,
}
type Ids = (String, String);
/// The second id of the path; the first one made the capability.
fn member_id(ids: &Ids) -> kernel::Result<MembershipId> {
    ids.1.parse().map_err(|_| Error::not_found("membership.unknown"))
}
async fn member(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
) -> Result {
    render_member(&ctx, &rooms, &who, &by, member_id(&ids)?, None, FormErrors::none()).await
}
async fn render_member(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: MembershipId,
    typed: Option<EditForm>,
    errors: FormErrors,
) -> Result {
    let row = rooms.find_member(by.organization(), id).await?;
    let people = rooms.people([row.account]).await?;
    let grants = rooms.granted_cells(by.organization(), vec![id], ctx.now).await?.len();
    let page = page(ctx, rooms, who, by, people.name(row.account).to_owned()).await?;
    let m = View::new(&page, by, &row, &people);
    let second_factor = m.editable && m.managed && factor::summary(rooms.db(), row.account).await?.second();
    let remove_phone = typed.as_ref().is_some_and(|typed| typed.remove_phone.is_some());
    let input = match typed {
        Some(typed) => MemberInput { name: typed.name, phone: typed.phone, login_name: String::new() },
        None => MemberInput { name: m.name.clone(), ..MemberInput::default() },
    };
    let phone_hint = if m.phone.is_empty() {
        page.t("organization-member-phone-hint")
    } else {
        page.t1("organization-member-phone-now", "phone", &m.phone)
    };
    let view = MemberPage {
        home: home(by),
        members: members(by),
        m,
        grants,
        input,
        remove_phone,
        phone_hint,
        second_factor,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}
#[derive(serde::Deserialize)]
struct EditForm {
    name: String,
    /// Empty leaves the number as it is: only its masked form was shown.
    #[serde(default)]
    phone: String,
    #[serde(default)]
    remove_phone: Option<String>,
}
async fn edit(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<EditForm>,
) -> Result {
    let id = member_id(&ids)?;
    let phone = match parse_phone(&form.phone) {
        Ok(phone) => phone,
        Err(error) => {
            let mut errors = FormErrors::from(&error, ctx.lang);
            errors.take(account::model::parse_name(&form.name), ctx.lang);
            return render_member(&ctx, &rooms, &who, &by, id, Some(form), errors).await;
        }
    };
    let change = match (phone, form.remove_phone.is_some()) {
        (Some(phone), _) => super::service::PhoneChange::Set(phone),
        (None, true) => super::service::PhoneChange::Remove,
        (None, false) => super::service::PhoneChange::Keep,
    };
    match rooms.edit_member(by.clone(), by.organization(), id, form.name.clone(), change, ctx.now).await {
        Ok(()) => done(&by, id, "organization-flash-saved"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_member(&ctx, &rooms, &who, &by, id, Some(form), errors).await
        }
    }
}
#[derive(serde::Deserialize)]
struct StateForm {
    to: MembershipState,
}
async fn set_state(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<StateForm>,
) -> Result {
    let id = member_id(&ids)?;
    let suspended = match form.to {
        MembershipState::Suspended => true,
        MembershipState::Active => false,
        MembershipState::Ended => return Err(Error::invalid("field.unknown_value").at("to").into()),
    };
    rooms.set_member_suspended(by.clone(), by.organization(), id, suspended, ctx.now).await?;
    done(&by, id, if suspended { "organization-flash-suspended" } else { "organization-flash-resumed" })
}
#[derive(serde::Deserialize)]
struct Nothing {}
/// Whoever finds an open session must not let themselves in to the accounts below it: a way in is handed out by somebody
/// who proved a moment ago to be there. Some leads to that proof and back to the member.
async fn proven_anew(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    id: MembershipId,
) -> kernel::Result<Option<axum::response::Response>> {
    let back = format!("/org/{}/members/{id}", by.organization());
    stepup::service::required(rooms.identity(), ctx, who, stepup::Need::Fresh, &back).await
}
async fn reset(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    let id = member_id(&ids)?;
    if let Some(asked) = proven_anew(&ctx, &rooms, &who, &by, id).await? {
        return Ok(asked);
    }
    let password = rooms.reset_member_password(by.clone(), by.organization(), id, ctx.now).await?;
    let row = rooms.find_member(by.organization(), id).await?;
    let people = rooms.people([row.account]).await?;
    let login_name = people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default();
    let name = people.name(row.account).to_owned();
    slip(&ctx, &rooms, &who, &by, name, login_name, &password, true).await
}
async fn remove_factors(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(Nothing {}): Form<Nothing>,
) -> Result {
    let id = member_id(&ids)?;
    if let Some(asked) = proven_anew(&ctx, &rooms, &who, &by, id).await? {
        return Ok(asked);
    }
    rooms.remove_member_factors(by.clone(), by.organization(), id, ctx.now).await?;
    done(&by, id, "organization-flash-factors-removed")
}
#[derive(serde::Deserialize)]
struct DeleteForm {
    confirm: String,
}
async fn delete(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<DeleteForm>,
) -> Result {
    let id = member_id(&ids)?;
    let row = rooms.find_member(by.organization(), id).await?;
    let people = rooms.people([row.account]).await?;
    let login_name = people.card(row.account).map(|card| card.login_name.as_str()).unwrap_or_default();
    if !form.confirm.trim().eq_ignore_ascii_case(login_name) {
        let error = Error::invalid("membership.confirm").at("confirm");
        let errors = FormErrors::from(&error, ctx.lang);
        return render_member(&ctx, &rooms, &who, &by, id, None, errors).await;
    }
    rooms.delete_member(by.clone(), by.organization(), id, ctx.now).await?;
    let there = see_other(&format!("/org/{}/members", by.organization()));
    Ok(with_flash(there, "ok", "organization-flash-deleted", &[("name", people.name(row.account))]))
}

fn done(by: &OrganizationAdministrator, id: MembershipId, flash: &str) -> Result {
    let there = see_other(&format!("/org/{}/members/{id}", by.organization()));
    Ok(with_flash(there, "ok", flash, &[]))
}
async fn page(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    title: String,
) -> kernel::Result<Page> {
    Ok(Page::new(ctx, title).with_shell(shell::of(rooms, ctx, who, by.organization()).await?))
}
fn home(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/", by.organization())
}
fn members(by: &OrganizationAdministrator) -> String {
    format!("/org/{}/members", by.organization())
}
