//! Administrators of an organization: added with a slip to hand over, given a new password, removed.
use super::{
    Desk, FOR_MANAGEMENT, Nothing,
    organization::{Confirm, manageable},
};
use ::organization::membership::{Appointed, MemberInput, Newcomer};
use identity::account::AccountCard;
use kernel::{
    Error, Secret,
    id::{MembershipId, OrganizationId, mark},
};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/administrators/new", staff, blank)
        .post("/desk/organizations/{organization}/administrators/new", staff, create)
        .get("/desk/organizations/{organization}/administrators/{membership}/reset", staff, confirm_reset)
        .post("/desk/organizations/{organization}/administrators/{membership}/reset", staff, reset)
        .get("/desk/organizations/{organization}/administrators/{membership}/factors", staff, confirm_factors)
        .post("/desk/organizations/{organization}/administrators/{membership}/factors", staff, remove_factors)
        .get("/desk/organizations/{organization}/administrators/{membership}/end", staff, confirm_end)
        .post("/desk/organizations/{organization}/administrators/{membership}/end", staff, end)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    name: String,
    login_name: String,
    phone: String,
}
#[derive(askama::Template)]
#[template(path = "desk/administrator_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    organization: String,
    errors: FormErrors,
    form: Typed,
}
/// What is handed over with an account; the password is on it this once.
#[derive(askama::Template)]
#[template(path = "desk/slip.html")]
pub struct Slip {
    pub page: Page,
    pub back: String,
    pub back_label: String,
    pub name: String,
    pub login_name: String,
    pub password: String,
    pub address: String,
    pub valid: String,
}
impl Slip {
    pub async fn new(
        desk: &Desk,
        area: &str,
        back: (String, String),
        card: (String, String),
        password: &Secret,
    ) -> Result<Self, Failure> {
        let policies = desk.organizations.identity().settings().policies().await?;
        let until = desk.ctx.now.plus_days(policies.sign_in.reset_password_days);
        Ok(Self {
            page: desk.page(desk.t("portal-slip-title"), area).await?,
            back: back.0,
            back_label: back.1,
            name: card.0,
            login_name: card.1,
            password: password.expose().to_owned(),
            address: desk.ctx.app.url("/login"),
            valid: until.local_minute(&desk.ctx.app.zone),
        })
    }
}

async fn show(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let back = format!("/desk/organizations/{id}");
    let page = Blank {
        page: desk
            .page(desk.t("portal-administrator-new"), "/desk/organizations")
            .await?
            .with_errors(&errors),
        action: format!("{back}/administrators/new"),
        back,
        organization: organization.name,
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Membership>()),
        ..Typed::default()
    };
    show(&desk, id, form, FormErrors::none()).await
}

async fn create(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Typed>) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let membership = desk.ctx.check_form_id(&typed.id)?;
    let input = MemberInput {
        login_name: typed.login_name.clone(),
        name: typed.name.clone(),
        phone: typed.phone.clone(),
    };
    let new = match input.parse() {
        Ok(new) => new,
        Err(faults) => {
            let mut errors = FormErrors::none();
            for fault in &faults {
                errors.push(fault, desk.ctx.lang);
            }
            return show(&desk, id, typed, errors).await;
        }
    };
    let card = (new.name.clone(), new.login_name.as_str().to_owned());
    let appointed = desk
        .organizations
        .appoint_administrator(desk.operator.clone(), id, membership, Newcomer::Managed(new), desk.ctx.now)
        .await;
    let back = format!("/desk/organizations/{id}");
    match appointed {
        Ok(Appointed::New { temporary_password: Some(password), .. }) => {
            let back = (back, organization.name);
            Ok(html(Slip::new(&desk, "/desk/organizations", back, card, &password).await?))
        }
        Ok(_) => Ok(with_flash(see_other(&back), "info", "portal-slip-seen", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, typed, errors).await
        }
    }
}

/// The account behind one of the organization's administrators.
async fn card(desk: &Desk, organization: OrganizationId, id: MembershipId) -> Result<AccountCard, Failure> {
    let unknown = || Error::not_found("membership.unknown");
    let row = desk.organizations.find_member(organization, id).await?;
    if !row.role.administers() {
        return Err(unknown().into());
    }
    let cards = identity::account::service::cards(desk.organizations.db(), vec![row.account]).await?;
    Ok(cards.into_iter().next().ok_or_else(unknown)?)
}

/// What is about to be done to an administrator, and by which keys it is told.
struct Step {
    path: &'static str,
    title: &'static str,
    lost: &'static str,
    button: &'static str,
}
const RESET: Step = Step {
    path: "reset",
    title: "portal-reset-password-title",
    lost: "portal-reset-password-lost",
    button: "portal-reset-password",
};
const FACTORS: Step = Step {
    path: "factors",
    title: "portal-remove-factors-title",
    lost: "portal-remove-factors-lost",
    button: "portal-remove-factors",
};
impl Step {
    fn path(&self, id: OrganizationId, membership: MembershipId) -> String {
        format!("/desk/organizations/{id}/administrators/{membership}/{}", self.path)
    }
}
async fn confirm(desk: &Desk, id: OrganizationId, membership: MembershipId, step: &Step) -> web::Result {
    let organization = manageable(desk, id).await?;
    let card = card(desk, id, membership).await?;
    let action = step.path(id, membership);
    // Whoever hands out a way in proves to be there.
    desk.must_be_fresh(&action).await?;
    let title = desk.t1(step.title, "name", &card.name);
    Ok(html(Confirm {
        page: desk.page(title, "/desk/organizations").await?,
        back: format!("/desk/organizations/{id}"),
        back_label: organization.name,
        action,
        lost: desk.t(step.lost),
        button: desk.t(step.button),
    }))
}
async fn confirm_reset(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
) -> web::Result {
    confirm(&desk, id, membership, &RESET).await
}
async fn reset(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let card = card(&desk, id, membership).await?;
    desk.must_be_fresh(&RESET.path(id, membership)).await?;
    let password =
        desk.organizations.reset_member_password(desk.operator.clone(), id, membership, desk.ctx.now).await?;
    let back = (format!("/desk/organizations/{id}"), organization.name);
    Ok(html(Slip::new(&desk, "/desk/organizations", back, (card.name, card.login_name), &password).await?))
}

async fn confirm_factors(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
) -> web::Result {
    confirm(&desk, id, membership, &FACTORS).await
}
async fn remove_factors(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    manageable(&desk, id).await?;
    let card = card(&desk, id, membership).await?;
    desk.must_be_fresh(&FACTORS.path(id, membership)).await?;
    desk.organizations.remove_member_factors(desk.operator.clone(), id, membership, desk.ctx.now).await?;
    let response = see_other(&format!("/desk/organizations/{id}"));
    Ok(with_flash(response, "ok", "portal-factors-removed", &[("name", &card.name)]))
}

async fn confirm_end(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
) -> web::Result {
    let organization = manageable(&desk, id).await?;
    let card = card(&desk, id, membership).await?;
    let title = desk.t1("portal-administrator-end-title", "name", &card.name);
    Ok(html(Confirm {
        page: desk.page(title, "/desk/organizations").await?,
        back: format!("/desk/organizations/{id}"),
        back_label: organization.name,
        action: format!("/desk/organizations/{id}/administrators/{membership}/end"),
        lost: desk.t("portal-administrator-end-lost"),
        button: desk.t("portal-administrator-end"),
    }))
}
async fn end(
    desk: Desk,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    manageable(&desk, id).await?;
    let card = card(&desk, id, membership).await?;
    desk.organizations.delete_member(desk.operator.clone(), id, membership, desk.ctx.now).await?;
    let response = see_other(&format!("/desk/organizations/{id}"));
    Ok(with_flash(response, "ok", "portal-administrator-ended", &[("name", &card.name)]))
}
