//! What an account manager sets for one organization: its member number, and one administrator more for a while.
use super::{Desk, FOR_MANAGEMENT, organization::manageable};
use ::organization::{organization::Organization, organization_type::Identifier};
use kernel::{Error, id::OrganizationId};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/member-number", staff, blank_number)
        .post("/desk/organizations/{organization}/member-number", staff, set_number)
        .get("/desk/organizations/{organization}/extra-administrator", staff, blank_extra)
        .post("/desk/organizations/{organization}/extra-administrator", staff, allow_extra)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Number {
    member_number: String,
}
#[derive(askama::Template)]
#[template(path = "desk/member_number.html")]
struct NumberForm {
    page: Page,
    back: String,
    organization: String,
    errors: FormErrors,
    form: Number,
}

/// Only types that know member numbers have this page.
async fn numbered(desk: &Desk, id: OrganizationId) -> Result<Organization, web::Failure> {
    let organization = manageable(desk, id).await?;
    if organization.policy.has(Identifier::MemberNumber) {
        Ok(organization)
    } else {
        Err(Error::not_found("page.unknown").into())
    }
}
async fn show_number(
    desk: &Desk,
    organization: Organization,
    form: Number,
    errors: FormErrors,
) -> web::Result {
    let page = NumberForm {
        page: desk
            .page(desk.t("portal-member-number-title"), "/desk/organizations")
            .await?
            .with_errors(&errors),
        back: format!("/desk/organizations/{}", organization.id),
        organization: organization.name,
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank_number(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let organization = numbered(&desk, id).await?;
    let form = Number { member_number: organization.member_number.clone().unwrap_or_default() };
    show_number(&desk, organization, form, FormErrors::none()).await
}
async fn set_number(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Number>) -> web::Result {
    let organization = numbered(&desk, id).await?;
    let number = match kernel::text::optional_line("member_number", &typed.member_number, 32) {
        Ok(number) => desk.organizations.set_member_number(&desk.operator, id, number, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match number {
        Ok(()) => {
            let response = see_other(&format!("/desk/organizations/{id}"));
            Ok(with_flash(response, "ok", "portal-member-number-saved", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show_number(&desk, organization, typed, errors).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extra {
    until: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/extra_administrator.html")]
struct ExtraForm {
    page: Page,
    back: String,
    organization: String,
    errors: FormErrors,
    form: Extra,
}

async fn show_extra(desk: &Desk, id: OrganizationId, form: Extra, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let page = ExtraForm {
        page: desk
            .page(desk.t("portal-extra-administrator-title"), "/desk/organizations")
            .await?
            .with_errors(&errors),
        back: format!("/desk/organizations/{id}"),
        organization: organization.name,
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank_extra(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    show_extra(&desk, id, Extra::default(), FormErrors::none()).await
}
async fn allow_extra(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Extra>) -> web::Result {
    manageable(&desk, id).await?;
    let (lang, now) = (desk.ctx.lang, desk.ctx.now);
    let mut errors = FormErrors::none();
    let until = if typed.until.trim().is_empty() {
        Err(Error::invalid("field.required").at("until"))
    } else {
        desk.end_of("until", &typed.until).and_then(|until| {
            if until > now { Ok(until) } else { Err(Error::invalid("portal.date_past").at("until")) }
        })
    };
    let until = errors.take(until, lang);
    let reason = errors.take(kernel::text::line("reason", &typed.reason, 200), lang);
    let (Some(until), Some(reason)) = (until, reason) else {
        return show_extra(&desk, id, typed, errors).await;
    };
    desk.organizations.allow_extra_administrator(&desk.operator, id, Some(until), reason, now).await?;
    let response = see_other(&format!("/desk/organizations/{id}"));
    let day = until.last_day(&desk.ctx.app.zone);
    Ok(with_flash(response, "ok", "portal-extra-administrator-allowed", &[("until", &day)]))
}
