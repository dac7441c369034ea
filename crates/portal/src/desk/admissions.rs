//! Admissions of an organization: the first half of the tally, admitted, suspended, resumed and ended as each product's rules
//! say, with the reason and what proves it.
use super::{
    Desk, FOR_ORGANIZATIONS,
    contracts::{fresh_document, upload},
};
use ::organization::{
    admission::{Admission, AdmissionLine, AdmissionState, Admissions, Admitting, NewAdmission},
    contract::Contract,
    decision::LayerState,
    organization::Organization,
    product::{AdmissionClass, AdmissionEditor, Product},
};
use axum::handler::Handler as _;
use kernel::{
    Error,
    id::{AccountId, ContractId, OrganizationId, ProductId, mark},
};
use platform::{StaffRole, document, document::Received};
use std::collections::HashMap;
use web::{Failure, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let (staff, limit) = (Policy::Staff(FOR_ORGANIZATIONS), document::upload::limit());
    Routes::new()
        .get("/desk/organizations/{organization}/admissions/{product}/new", staff, blank)
        .post("/desk/organizations/{organization}/admissions/{product}/new", staff, create.layer(limit))
        .merge(super::admission::routes())
}
pub const AREA: &str = "/desk/organizations";

/// Why a member of staff does not edit an admission.
#[derive(Clone, Copy)]
pub enum Why {
    Open,
    Membership,
    ProductManager(Option<AccountId>),
    AccountManager(Option<AccountId>),
}
impl Why {
    /// Whose name the words want.
    pub const fn person(self) -> Option<AccountId> {
        match self {
            Self::ProductManager(person) | Self::AccountManager(person) => person,
            Self::Open | Self::Membership => None,
        }
    }
    pub fn text(self, desk: &Desk, names: &HashMap<AccountId, String>) -> String {
        let name = self.person().and_then(|id| names.get(&id));
        match (self, name) {
            (Self::Open, _) => desk.t("portal-admission-why-open"),
            (Self::Membership, _) => desk.t("portal-admission-why-membership"),
            (Self::ProductManager(_), Some(name)) => {
                desk.t1("portal-admission-why-product-manager-named", "name", name)
            }
            (Self::ProductManager(_), None) => desk.t("portal-admission-why-product-manager"),
            (Self::AccountManager(_), Some(name)) => {
                desk.t1("portal-admission-why-account-manager-named", "name", name)
            }
            (Self::AccountManager(_), None) => desk.t("portal-admission-why-account-manager"),
        }
    }
}
/// Whether this member of staff edits the admissions of the product; otherwise who does.
pub fn may_edit(desk: &Desk, organization: &Organization, product: &Product) -> Result<(), Why> {
    match (product.admission_class, product.admission_editor) {
        (AdmissionClass::Open, _) => Err(Why::Open),
        (AdmissionClass::Membership, _) => Err(Why::Membership),
        (_, AdmissionEditor::ProductManager) => match desk.role {
            StaffRole::SystemAdministrator => Ok(()),
            StaffRole::ProductManager if product.manager.is_none_or(|id| id == desk.signed_in.account) => {
                Ok(())
            }
            _ => Err(Why::ProductManager(product.manager)),
        },
        _ if desk.manages(organization) => Ok(()),
        _ => Err(Why::AccountManager(organization.account_manager)),
    }
}
/// Key and tone of how an admission stands.
pub fn state_of(line: &AdmissionLine) -> (&'static str, &'static str) {
    match (line.layer.state == LayerState::Met, line.admission.as_ref().map(|there| there.state)) {
        (_, Some(AdmissionState::Ended)) => ("portal-state-ended", ""),
        (true, _) => ("portal-admission-met", "ok"),
        (false, Some(AdmissionState::Suspended)) => ("portal-admission-suspended", "bad"),
        (false, Some(AdmissionState::Active)) => ("portal-admission-lapsed", "bad"),
        (false, None) => ("portal-admission-missing", "wait"),
    }
}

#[derive(Default)]
struct Typed {
    id: String,
    evidence_id: String,
    seen: String,
    contract: String,
    valid_from: String,
    valid_until: String,
    note: String,
}
impl Typed {
    fn of(received: &Received) -> Self {
        let text = |name: &str| received.text(name).to_owned();
        Self {
            id: text("id"),
            evidence_id: text("evidence_id"),
            seen: text("seen"),
            contract: text("contract"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
            note: text("note"),
        }
    }
}
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
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

/// The line of the product, for whoever edits it.
async fn editable(
    desk: &Desk,
    id: OrganizationId,
    product: ProductId,
) -> Result<(Organization, AdmissionLine, Admissions), Failure> {
    let organization = desk.organization(id).await?;
    let found = desk.organizations.desk_admissions(&desk.operator, &organization, desk.ctx.now).await?;
    let line = found.lines.iter().find(|line| line.product.id == product).cloned();
    let line = line.ok_or_else(|| Error::not_found("product.unknown"))?;
    if may_edit(desk, &organization, &line.product).is_err() {
        return Err(Error::forbidden("staff.role_required").into());
    }
    Ok((organization, line, found))
}
async fn render_blank(
    desk: &Desk,
    (id, product): (OrganizationId, ProductId),
    form: Option<Typed>,
    errors: FormErrors,
) -> web::Result {
    let (organization, line, found) = editable(desk, id, product).await?;
    let by_contract = line.product.admission_class == AdmissionClass::Contract;
    let contracts = fitting(desk, &found, product);
    // A form that came back asks about what is there now.
    let seen = Admission::seen(line.admission.as_ref());
    let form = match form {
        Some(form) => Typed { seen, ..form },
        None => Typed {
            id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Admission>()),
            evidence_id: fresh_document(desk),
            seen,
            contract: contracts.first().map(|contract| contract.value.clone()).unwrap_or_default(),
            ..Typed::default()
        },
    };
    let back = format!("{AREA}/{id}");
    let title = match line.layer.state == LayerState::Met {
        true => "portal-admission-renew-title",
        false => "portal-admission-new-title",
    };
    let page = Blank {
        page: desk
            .page(desk.t1(title, "product", line.product.name.of(desk.english())), AREA)
            .await?
            .with_errors(&errors),
        action: format!("{back}/admissions/{product}/new"),
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
/// Contracts in force that cover the product.
fn fitting(desk: &Desk, found: &Admissions, product: ProductId) -> Vec<Choice> {
    let fits = |contract: &&Contract| {
        contract.is_in_force(desk.ctx.now) && found.listings.contains(&(contract.type_id, product))
    };
    found.contracts.iter().filter(fits).map(|contract| contract_choice(desk, contract)).collect()
}
pub fn contract_choice(desk: &Desk, contract: &Contract) -> Choice {
    Choice {
        value: contract.id.to_string(),
        label: desk.ctx.lang.ta(
            "portal-admission-contract-option",
            &[("name", contract.type_name.of(desk.english())), ("number", &contract.number)],
        ),
        hint: desk.until(contract.valid_until),
    }
}

async fn blank(desk: Desk, Path(ids): Path<(OrganizationId, ProductId)>) -> web::Result {
    render_blank(&desk, ids, None, FormErrors::none()).await
}
async fn create(
    desk: Desk,
    Path((id, product)): Path<(OrganizationId, ProductId)>,
    form: document::upload::Sent,
) -> web::Result {
    editable(&desk, id, product).await?;
    let mut received = document::upload::read_sent(&desk.ctx, form, "evidence").await?;
    let typed = Typed::of(&received);
    let admission = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let contract = errors.take(parse_contract(&typed.contract), lang);
    let from = match typed.valid_from.trim() {
        "" => Some(None),
        text => errors.take(desk.start_of("valid_from", text).map(Some), lang),
    };
    let until = errors.take(desk.end_of("valid_until", &typed.valid_until), lang);
    let note = errors.take(kernel::text::optional_line("note", &typed.note, 200), lang);
    let evidence = errors.take(upload(&desk, &mut received, "evidence", &typed.evidence_id), lang);
    let (Some(contract), Some(valid_from), Some(valid_until), Some(note), Some(evidence)) =
        (contract, from, until, note, evidence)
    else {
        return render_blank(&desk, (id, product), Some(typed), errors).await;
    };
    let new = NewAdmission { id: admission, product, contract, valid_until, note };
    let more = Admitting { valid_from, evidence, seen: Some(typed.seen.clone()) };
    match desk.organizations.admit_with(desk.operator.clone(), id, new, more, desk.ctx.now).await {
        Ok(_) => Ok(with_flash(see_other(&format!("{AREA}/{id}")), "ok", "portal-admitted", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            render_blank(&desk, (id, product), Some(typed), errors).await
        }
    }
}
pub fn parse_contract(text: &str) -> kernel::Result<Option<ContractId>> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid("field.unknown_value").at("contract")),
    }
}
