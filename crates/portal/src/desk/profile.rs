//! The record of one organization, edited by its account manager.
use super::{Desk, FOR_MANAGEMENT, organization::manageable};
use ::organization::{organization::record::RecordInput, organization_type::Identifier};
use kernel::id::OrganizationId;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

const AREA: &str = "/desk/organizations";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new().get("/desk/organizations/{organization}/profile", staff, edit).post(
        "/desk/organizations/{organization}/profile",
        staff,
        change,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    name: String,
    short_name: String,
    uscc: String,
    uscc_reason: String,
    member_number: String,
    registration_number: String,
    head_name: String,
    address: String,
    phone: String,
}
impl Members {
    fn of(input: RecordInput) -> Self {
        Self {
            name: input.name,
            short_name: input.short_name,
            uscc: input.uscc,
            uscc_reason: input.uscc_reason,
            member_number: input.member_number,
            registration_number: input.registration_number,
            head_name: input.head_name,
            address: input.address,
            phone: input.phone,
        }
    }
    fn input(&self) -> RecordInput {
        RecordInput {
            name: self.name.clone(),
            short_name: self.short_name.clone(),
            uscc: self.uscc.clone(),
            uscc_reason: self.uscc_reason.clone(),
            member_number: self.member_number.clone(),
            registration_number: self.registration_number.clone(),
            head_name: self.head_name.clone(),
            address: self.address.clone(),
            phone: self.phone.clone(),
        }
    }
}
#[derive(askama::Template)]
#[template(path = "desk/profile_form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    back: String,
    name: String,
    head_title: String,
    has_uscc: bool,
    has_member_number: bool,
    has_registration_number: bool,
    /// The code does not fit its check character: a reason makes it count.
    asks_reason: bool,
    form: Members,
}
async fn show(desk: &Desk, id: OrganizationId, form: Option<Members>, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let has = |identifier| organization.policy.has(identifier);
    let form = form.unwrap_or_else(|| Members::of(RecordInput::of(&organization)));
    let view = Edit {
        page: desk.page(desk.t("portal-record-edit"), AREA).await?.with_errors(&errors),
        back: format!("{AREA}/{id}"),
        head_title: organization.policy.head_title.of(desk.english()).to_owned(),
        has_uscc: has(Identifier::Uscc),
        has_member_number: has(Identifier::MemberNumber),
        has_registration_number: has(Identifier::RegistrationNumber),
        asks_reason: errors.of("uscc").is_some() || !form.uscc_reason.is_empty(),
        name: organization.name,
        form,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn edit(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    show(&desk, id, None, FormErrors::none()).await
}
async fn change(desk: Desk, Path(id): Path<OrganizationId>, Form(form): Form<Members>) -> web::Result {
    manageable(&desk, id).await?;
    match desk.organizations.change_record(&desk.operator, id, form.input(), desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&format!("{AREA}/{id}")), "ok", "portal-record-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, Some(form), errors).await
        }
    }
}
