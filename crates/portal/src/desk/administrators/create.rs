//! A new administrator with an account of the organization, and what is handed over with it.
use super::{
    super::{Desk, FOR_MANAGEMENT, organization::manageable},
    AREA, address, address_of, handing,
};
use ::organization::membership::{Appointed, Appointment, Basis, MemberInput, Newcomer, Role, TermsInput};
use kernel::id::{OrganizationId, mark};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new().get("/desk/organizations/{organization}/administrators/new", staff, blank).post(
        "/desk/organizations/{organization}/administrators/new",
        staff,
        create,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    name: String,
    login_name: String,
    phone: String,
    handing: String,
    from: String,
    until: String,
    scope: String,
    reason: String,
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

async fn show(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let page = Blank {
        page: desk.page(desk.t("portal-administrator-new"), AREA).await?.with_errors(&errors),
        action: format!("{}/administrators/new", address(id)),
        back: address(id),
        organization: organization.name,
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    manageable(&desk, id).await?;
    desk.must_be_fresh(&format!("/desk/organizations/{id}/administrators/new")).await?;
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Membership>()),
        handing: "password".to_owned(),
        ..Typed::default()
    };
    show(&desk, id, form, FormErrors::none()).await
}
async fn create(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Typed>) -> web::Result {
    let organization = manageable(&desk, id).await?;
    desk.must_be_fresh(&format!("/desk/organizations/{id}/administrators/new")).await?;
    let membership = desk.ctx.check_form_id(&typed.id)?;
    let (lang, now) = (desk.ctx.lang, desk.ctx.now);
    let mut errors = FormErrors::none();
    let input = MemberInput {
        login_name: typed.login_name.clone(),
        name: typed.name.clone(),
        phone: typed.phone.clone(),
    };
    let new = input.parse().map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, lang)));
    let terms = TermsInput {
        from: typed.from.clone(),
        until: typed.until.clone(),
        scope: typed.scope.clone(),
        reason: typed.reason.clone(),
    };
    let terms = terms
        .parse(&desk.ctx.app.zone, now)
        .map_err(|faults| faults.iter().for_each(|fault| errors.push(fault, lang)));
    let link = errors.take(handing::link_of(&desk, &typed.handing), lang);
    let (Ok(new), Ok(terms), Some(link)) = (new, terms, link) else {
        return show(&desk, id, typed, errors).await;
    };
    let card = (new.name.clone(), new.login_name.as_str().to_owned());
    let newcomer = match link {
        None => Newcomer::Managed(new),
        Some(link) => Newcomer::Linked(new, link),
    };
    let (role, basis) = (Role::Administrator, Basis::Appointed);
    let appointment = Appointment { id: membership, newcomer, role, basis, terms };
    let appointed = desk.organizations.appoint(desk.operator.clone(), id, appointment, now).await;
    match appointed {
        Ok(Appointed::New { handed_out, .. }) => {
            handing::hand_over(&desk, (address(id), organization.name), card, handed_out).await
        }
        Ok(Appointed::Existing(membership)) => {
            let there = see_other(&address_of((id, membership)));
            Ok(with_flash(there, "info", "portal-slip-seen", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, id, typed, errors).await
        }
    }
}
