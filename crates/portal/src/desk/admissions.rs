//! Admissions of an organization: the first half of the tally, admitted and ended as each product's rules say.
use super::{Desk, FOR_ORGANIZATIONS, organization::Confirm};
use ::organization::{
    admission::{AdmissionState, Admissions, NewAdmission},
    contract::Contract,
    product::{AdmissionClass, AdmissionEditor, Product},
};
use kernel::{
    Error,
    id::{AdmissionId, ContractId, OrganizationId, ProductId, mark},
};
use platform::StaffRole;
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_ORGANIZATIONS);
    Routes::new()
        .get("/desk/organizations/{organization}/admissions/{product}/new", staff, blank)
        .post("/desk/organizations/{organization}/admissions/{product}/new", staff, create)
        .get("/desk/organizations/{organization}/admissions/{admission}/end", staff, confirm)
        .post("/desk/organizations/{organization}/admissions/{admission}/end", staff, end)
}

/// Whether this member of staff edits the admissions of the product; otherwise the key of who does.
pub fn may_edit(
    desk: &Desk,
    organization: &::organization::organization::Organization,
    product: &Product,
) -> Result<(), &'static str> {
    match (product.admission_class, product.admission_editor) {
        (AdmissionClass::Open, _) => Err("portal-admission-why-open"),
        (AdmissionClass::Membership, _) => Err("portal-admission-why-membership"),
        (_, AdmissionEditor::ProductManager) => match desk.role {
            StaffRole::SystemAdministrator => Ok(()),
            StaffRole::ProductManager if product.manager.is_none_or(|id| id == desk.signed_in.account) => {
                Ok(())
            }
            _ => Err("portal-admission-why-product-manager"),
        },
        (_, AdmissionEditor::OrganizationAdministrator) if !desk.manages(organization) => {
            Err("portal-admission-why-administrator")
        }
        _ if desk.manages(organization) => Ok(()),
        _ => Err("portal-admission-why-not-yours"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    contract: String,
    valid_until: String,
    note: String,
}
struct Choice {
    value: String,
    label: String,
    hint: String,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    organization: String,
    intro: &'static str,
    errors: FormErrors,
    form: Typed,
    by_contract: bool,
    contracts: Vec<Choice>,
}

async fn show(
    desk: &Desk,
    id: OrganizationId,
    product: ProductId,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let organization = desk.organization(id).await?;
    let product = desk.organizations.product(product).await?;
    if may_edit(desk, &organization, &product).is_err() {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let by_contract = product.admission_class == AdmissionClass::Contract;
    let found = desk.organizations.admissions(&organization, desk.ctx.now).await?;
    let contracts: Vec<Choice> =
        fitting(desk, &found, product.id).map(|contract| contract_choice(desk, contract)).collect();
    let back = format!("/desk/organizations/{id}");
    let page = Blank {
        page: desk
            .page(
                desk.t1("portal-admission-new-title", "product", product.name.of(desk.english())),
                "/desk/organizations",
            )
            .await?
            .with_errors(&errors),
        action: format!("{back}/admissions/{}/new", product.id),
        back,
        organization: organization.name,
        intro: match (by_contract, contracts.is_empty()) {
            (true, true) => "portal-admission-no-contract",
            (true, false) => "portal-admission-intro-contract",
            (false, _) => "portal-admission-intro-discretionary",
        },
        errors,
        form,
        by_contract,
        contracts,
    };
    Ok(html_status(page.errors.status(), page))
}
fn fitting<'a>(
    desk: &'a Desk,
    found: &'a Admissions,
    product: ProductId,
) -> impl Iterator<Item = &'a Contract> {
    found.contracts.iter().filter(move |contract| {
        contract.is_in_force(desk.ctx.now) && found.listings.contains(&(contract.type_id, product))
    })
}
fn contract_choice(desk: &Desk, contract: &Contract) -> Choice {
    Choice {
        value: contract.id.to_string(),
        label: desk.ctx.lang.ta(
            "portal-admission-contract-option",
            &[("name", contract.type_name.of(desk.english())), ("number", &contract.number)],
        ),
        hint: desk.until(contract.valid_until),
    }
}

async fn blank(desk: Desk, Path((id, product)): Path<(OrganizationId, ProductId)>) -> web::Result {
    let organization = desk.organization(id).await?;
    let found = desk.organizations.admissions(&organization, desk.ctx.now).await?;
    let contract = fitting(&desk, &found, product).next().map(|c| c.id.to_string()).unwrap_or_default();
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Admission>()),
        contract,
        ..Typed::default()
    };
    show(&desk, id, product, form, FormErrors::none()).await
}

async fn create(
    desk: Desk,
    Path((id, product)): Path<(OrganizationId, ProductId)>,
    Form(typed): Form<Typed>,
) -> web::Result {
    desk.organization(id).await?;
    let admission = desk.ctx.check_form_id(&typed.id)?;
    let new = match parse(&desk, admission, product, &typed) {
        Ok(new) => new,
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            return show(&desk, id, product, typed, errors).await;
        }
    };
    match desk.organizations.admit(desk.operator.clone(), id, new, desk.ctx.now).await {
        Ok(_) => {
            Ok(with_flash(see_other(&format!("/desk/organizations/{id}")), "ok", "portal-admitted", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, product, typed, errors).await
        }
    }
}
fn parse(desk: &Desk, id: AdmissionId, product: ProductId, typed: &Typed) -> kernel::Result<NewAdmission> {
    let contract: Option<ContractId> = match typed.contract.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("field.unknown_value").at("contract"))?),
    };
    Ok(NewAdmission {
        id,
        product,
        contract,
        valid_until: desk.end_of("valid_until", &typed.valid_until)?,
        note: kernel::text::optional_line("note", &typed.note, 200)?,
    })
}

/// The live admission, and the name of its product.
async fn find(
    desk: &Desk,
    organization: &::organization::organization::Organization,
    id: AdmissionId,
) -> Result<String, Failure> {
    let found = desk.organizations.admissions(organization, desk.ctx.now).await?;
    let line = found
        .lines
        .into_iter()
        .find(|line| line.admission.as_ref().is_some_and(|a| a.id == id && a.state != AdmissionState::Ended));
    let line = line.ok_or_else(|| Error::not_found("admission.unknown"))?;
    Ok(line.product.name.of(desk.english()).to_owned())
}

async fn confirm(desk: Desk, Path((id, admission)): Path<(OrganizationId, AdmissionId)>) -> web::Result {
    let organization = desk.organization(id).await?;
    let product = find(&desk, &organization, admission).await?;
    let title = desk.t1("portal-admission-end-title", "product", &product);
    Ok(html(Confirm {
        page: desk.page(title, "/desk/organizations").await?,
        back: format!("/desk/organizations/{id}"),
        back_label: organization.name,
        action: format!("/desk/organizations/{id}/admissions/{admission}/end"),
        lost: desk.t("portal-admission-end-lost"),
        button: desk.t("portal-admission-end"),
    }))
}

async fn end(
    desk: Desk,
    Path((id, admission)): Path<(OrganizationId, AdmissionId)>,
    Form(super::Nothing {}): Form<super::Nothing>,
) -> web::Result {
    desk.organization(id).await?;
    desk.organizations.end_admission(desk.operator.clone(), id, admission, desk.ctx.now).await?;
    Ok(with_flash(see_other(&format!("/desk/organizations/{id}")), "ok", "portal-admission-ended", &[]))
}
