//! `/org/{organization}/members/new` and what is handed out: a slip with a password, a slip with a link, or an SMS.
use super::model::{Basis, OrganizationAdministrator, Role};
use super::newcomer::{MemberInput, Newcomer};
use super::pages::{Ids, fresh, home, member_id, members, page, proven_anew};
use super::role_choice::{RoleChoice, role_choices};
use super::service::{Appointed, Appointment, HandedOut};
use super::terms::TermsInput;
use crate::activation::{Issued, Link, Way};
use crate::{Organizations, shell};
use askama::{Template, filters::Safe};
use axum::Extension;
use identity::scan;
use identity::session::SignedIn;
use kernel::{Secret, id::MembershipId};
use web::{
    Ctx, Form, FormErrors, Page, Path, Policy, Result, Routes, html, html_status, see_other, with_flash,
};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new()
        .get("/org/{organization}/members/new", POLICY, new)
        .post("/org/{organization}/members/new", POLICY, create)
        .post("/org/{organization}/members/{member}/reset", POLICY, reset)
}

/// How a new account, or one whose password is lost, gets to its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handing {
    Password,
    Link(Way),
}
impl Handing {
    /// Nothing chosen: the slip with a password, which wants nothing else.
    pub(crate) fn parse(typed: &str) -> kernel::Result<Self> {
        match typed {
            "" | "password" => Ok(Self::Password),
            other => other.parse().map(Self::Link),
        }
    }
}

#[derive(Template)]
#[template(path = "membership/new.html")]
struct NewPage {
    page: Page,
    home: String,
    members: String,
    roles: Vec<RoleChoice>,
    form: NewForm,
    input: MemberInput,
    errors: FormErrors,
}
/// What is handed over on paper, shown this once.
#[derive(Template)]
#[template(path = "membership/slip.html")]
struct SlipPage {
    page: Page,
    home: String,
    members: String,
    organization: String,
    name: String,
    login_name: String,
    reset: bool,
    /// Empty on a slip with a link.
    password: String,
    link: String,
    code: String,
    typing: String,
    until: String,
    picture: Safe<String>,
}

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct NewForm {
    id: String,
    name: String,
    login_name: String,
    phone: String,
    role: Option<Role>,
    handing: String,
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
    if let Some(first) = fresh(&ctx, &rooms, &who, &format!("{}/new", members(&by))).await? {
        return Ok(first);
    }
    let id = ctx.form_id::<kernel::id::mark::Membership>(rooms.db().draw());
    let form = NewForm { id, handing: "password".into(), ..NewForm::default() };
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
    let page = page(ctx, rooms, who, by, ctx.lang.t("organization-member-new")).await?.with_errors(&errors);
    let roles = role_choices(&page, ctx.lang, by, form.role);
    let input = MemberInput {
        login_name: form.login_name.clone(),
        name: form.name.clone(),
        phone: form.phone.clone(),
    };
    let view = NewPage { home: home(by), members: members(by), roles, form, input, page, errors };
    Ok(html_status(view.errors.status(), view))
}
async fn create(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<NewForm>,
) -> Result {
    if let Some(first) = fresh(&ctx, &rooms, &who, &format!("{}/new", members(&by))).await? {
        return Ok(first);
    }
    let id: MembershipId = ctx.check_form_id(&form.id)?;
    let role = form.role.unwrap_or(Role::Agent);
    let mut errors = FormErrors::none();
    let input = MemberInput {
        login_name: form.login_name.clone(),
        name: form.name.clone(),
        phone: form.phone.clone(),
    };
    let new = input.parse().map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, ctx.lang)));
    let terms = TermsInput {
        from: form.from.clone(),
        until: form.until.clone(),
        scope: form.scope.clone(),
        reason: form.reason.clone(),
    };
    let terms = terms
        .parse(&ctx.app.zone, ctx.now)
        .map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, ctx.lang)));
    let handing = errors.take(Handing::parse(&form.handing), ctx.lang);
    let (Ok(new), Ok(terms), Some(handing)) = (new, terms, handing) else {
        return render_new(&ctx, &rooms, &who, &by, form, errors).await;
    };
    let (name, login_name) = (new.name.clone(), new.login_name.as_str().to_owned());
    let newcomer = match handing {
        Handing::Password => Newcomer::Managed(new),
        Handing::Link(way) => Newcomer::Linked(new, Link::of(&ctx, way)),
    };
    // Above the own role the service refuses, whatever the form says.
    let basis = if role == Role::Agent { Basis::Created } else { Basis::Delegated };
    let appointment = Appointment { id, newcomer, role, basis, terms };
    match rooms.appoint(by.clone(), by.organization(), appointment, ctx.now).await {
        Ok(Appointed::New { membership, handed_out }) => {
            let handed = Handed { membership, name, login_name, reset: false };
            hand_over(&ctx, &rooms, &who, &by, handed, handed_out).await
        }
        Ok(appointed) => {
            let there = format!("/org/{}/members/{}", by.organization(), appointed.membership());
            Ok(with_flash(see_other(&there), "info", "organization-flash-created-before", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render_new(&ctx, &rooms, &who, &by, form, errors).await
        }
    }
}
/// To whom something is handed out.
struct Handed {
    membership: MembershipId,
    name: String,
    login_name: String,
    reset: bool,
}
async fn hand_over(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    to: Handed,
    what: HandedOut,
) -> Result {
    let there = || see_other(&format!("/org/{}/members/{}", by.organization(), to.membership));
    match what {
        HandedOut::Nothing => Ok(with_flash(there(), "ok", "organization-flash-saved", &[])),
        HandedOut::Link(Issued { way: Way::Sms, phone_masked, .. }) => {
            let args = [("name", to.name.as_str()), ("phone", phone_masked.as_str())];
            Ok(with_flash(there(), "ok", "organization-flash-link-sent", &args))
        }
        HandedOut::Link(issued) => slip(ctx, rooms, who, by, to, None, Some(issued)).await,
        HandedOut::Password(password) => slip(ctx, rooms, who, by, to, Some(&password), None).await,
    }
}
async fn slip(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    to: Handed,
    password: Option<&Secret>,
    link: Option<Issued>,
) -> Result {
    let title = if to.reset { "organization-member-reset" } else { "organization-member-new" };
    let page =
        Page::new(ctx, ctx.lang.t(title)).with_shell(shell::of(rooms, ctx, who, by.organization()).await?);
    let policies = rooms.identity().settings().policies().await?;
    let until = match &link {
        Some(issued) => issued.expires_at,
        None => ctx.now.plus_days(policies.sign_in.reset_password_days),
    };
    let (link, code) = link.map(|issued| (issued.link, issued.code)).unwrap_or_default();
    Ok(html(SlipPage {
        home: home(by),
        members: members(by),
        organization: by.membership().organization_name.clone(),
        name: to.name,
        login_name: to.login_name,
        reset: to.reset,
        password: password.map(|password| password.expose().to_owned()).unwrap_or_default(),
        picture: Safe(if link.is_empty() { String::new() } else { scan::model::picture(&link)? }),
        typing: ctx.app.url("/activate"),
        until: page.minute(&until),
        link,
        code,
        page,
    }))
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct ResetForm {
    handing: String,
}
async fn reset(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Path(ids): Path<Ids>,
    Form(form): Form<ResetForm>,
) -> Result {
    let id = member_id(&ids)?;
    if let Some(asked) = proven_anew(&ctx, &rooms, &who, &by, id).await? {
        return Ok(asked);
    }
    let organization = by.organization();
    let handed_out = match Handing::parse(&form.handing)? {
        Handing::Password => {
            HandedOut::Password(rooms.reset_member_password(by.clone(), organization, id, ctx.now).await?)
        }
        Handing::Link(way) => {
            let link = Link::of(&ctx, way);
            match rooms.hand_out_again(by.clone(), organization, id, link, ctx.now).await {
                Ok(issued) => HandedOut::Link(issued),
                Err(error) => {
                    let errors = FormErrors::or_fail(error, ctx.lang)?;
                    return super::pages::render_member(&ctx, &rooms, &who, &by, id, None, errors).await;
                }
            }
        }
    };
    let row = rooms.find_member(organization, id).await?;
    let people = rooms.people([row.account]).await?;
    let login_name = people.card(row.account).map(|card| card.login_name.clone()).unwrap_or_default();
    let to = Handed { membership: id, name: people.name(row.account).to_owned(), login_name, reset: true };
    hand_over(&ctx, &rooms, &who, &by, to, handed_out).await
}
