//! `/org/{organization}/admissions` 机构产品权限: contract types with the products under each, and the other classes; what
//! is missing and who mends it.
use super::model::{AdmissionLine, NewAdmission};
use super::service::Admissions;
use crate::contract::{Contract, ContractState, ContractType};
use crate::decision::{Contact, LayerState, layer_key};
use crate::membership::OrganizationAdministrator;
use crate::product::{AdmissionClass, AdmissionEditor, GrantMode};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error, Timestamp,
    id::{AdmissionId, ProductId},
};
use web::{Ctx, Form, FormErrors, Lang, Page, Policy, Result, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/admissions", Policy::OrganizationAdministrator, list).post(
        "/org/{organization}/admissions",
        Policy::OrganizationAdministrator,
        change,
    )
}

#[derive(Template)]
#[template(path = "admission/list.html")]
struct ListPage {
    page: Page,
    home: String,
    manager: Option<Contact>,
    contracts: Vec<ContractGroup>,
    groups: Vec<Group>,
    errors: FormErrors,
}
struct ContractGroup {
    name: String,
    tone: &'static str,
    word: String,
    /// Numbers and terms of the contracts of this type.
    signed: String,
    lines: Vec<Line>,
}
struct Group {
    name: String,
    hint: String,
    lines: Vec<Line>,
}
struct Line {
    name: String,
    mode: String,
    held: bool,
    text: String,
    until: String,
    mender: String,
    /// Where the product lets the organization's administrators edit its admission themselves.
    change: Option<Change>,
}
struct Change {
    product: ProductId,
    /// The row to be made, or the one to be ended.
    id: String,
    action: &'static str,
    danger: bool,
    label: String,
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    render(&ctx, &rooms, &who, &by, FormErrors::none()).await
}
#[derive(serde::Deserialize)]
struct ChangeForm {
    product: ProductId,
    id: String,
    r#do: String,
}
/// For products whose admissions the organization's administrators edit.
async fn change(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(form): Form<ChangeForm>,
) -> Result {
    let organization = by.organization();
    let (done, flash) = match form.r#do.as_str() {
        "admit" => {
            let new = NewAdmission {
                id: ctx.check_form_id(&form.id)?,
                product: form.product,
                contract: None,
                valid_until: Timestamp::FOREVER,
                note: None,
            };
            (
                rooms.admit(by.clone(), organization, new, ctx.now).await.map(drop),
                "organization-flash-admitted",
            )
        }
        "end" => {
            let id: AdmissionId = form.id.parse().map_err(|_| Error::not_found("admission.unknown"))?;
            (
                rooms.end_admission(by.clone(), organization, id, ctx.now).await,
                "organization-flash-admission-ended",
            )
        }
        _ => return Err(Error::invalid("field.unknown_value").at("do").into()),
    };
    match done {
        Ok(()) => Ok(with_flash(see_other(&format!("/org/{organization}/admissions")), "ok", flash, &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, &who, &by, errors).await
        }
    }
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    by: &OrganizationAdministrator,
    errors: FormErrors,
) -> Result {
    let organization = rooms.organization(by.organization()).await?;
    let found = rooms.admissions(&organization, ctx.now).await?;
    let types = rooms.contract_types().await?;
    let manager = match organization.account_manager {
        Some(manager) => rooms.staff_contact(manager).await?,
        None => None,
    };
    let page = Page::new(ctx, ctx.lang.t("organization-nav-admissions"))
        .with_shell(shell::of(rooms, ctx, who, by.organization()).await?);
    let view_of = |line: &AdmissionLine| view(&page, line, rooms.db().draw());
    let contracts = types.iter().filter_map(|kind| contract_group(&page, &found, kind, &view_of)).collect();
    let groups = [AdmissionClass::Membership, AdmissionClass::Discretionary, AdmissionClass::Open]
        .into_iter()
        .filter_map(|class| {
            let lines: Vec<Line> = found
                .lines
                .iter()
                .filter(|line| line.product.admission_class == class)
                .map(view_of)
                .collect();
            (!lines.is_empty()).then(|| Group {
                name: page.t(&format!("organization-class-{class}")),
                hint: page.t(&format!("organization-class-{class}-hint")),
                lines,
            })
        })
        .collect();
    let home = format!("/org/{}/", by.organization());
    let view = ListPage { home, manager, contracts, groups, errors, page };
    Ok(html_status(view.errors.status(), view))
}

/// None for a type that lists nothing and was never signed.
fn contract_group(
    page: &Page,
    found: &Admissions,
    kind: &ContractType,
    view_of: &impl Fn(&AdmissionLine) -> Line,
) -> Option<ContractGroup> {
    let now = page.ctx.now;
    let signed: Vec<&Contract> =
        found.contracts.iter().filter(|contract| contract.type_id == kind.id).collect();
    let lines: Vec<Line> = found
        .lines
        .iter()
        .filter(|line| line.product.admission_class == AdmissionClass::Contract)
        .filter(|line| found.listings.contains(&(kind.id, line.product.id)))
        .map(view_of)
        .collect();
    if lines.is_empty() && signed.is_empty() {
        return None;
    }
    let (tone, word) = if signed.iter().any(|contract| contract.is_in_force(now)) {
        ("ok", "organization-contract-in-force")
    } else if signed.is_empty() {
        ("", "organization-contract-unsigned")
    } else {
        ("bad", "organization-contract-lapsed")
    };
    let signed = signed
        .iter()
        .map(|contract| {
            let (from, until) = (page.date(&contract.valid_from), page.last_day(&contract.valid_until));
            let key = match contract.state {
                ContractState::Active => "organization-contract-line",
                ContractState::Terminated => "organization-contract-line-terminated",
            };
            page.ta(key, &[("number", &contract.number), ("from", &from), ("until", &until)])
        })
        .collect::<Vec<_>>()
        .join(page.t("organization-list-separator").as_str());
    Some(ContractGroup {
        name: kind.name.of(page.ctx.lang == Lang::En).to_owned(),
        tone,
        word: page.t(word),
        signed,
        lines,
    })
}
fn view(page: &Page, line: &AdmissionLine, fresh: AdmissionId) -> Line {
    let held = line.layer.state == LayerState::Met;
    let own = line.product.admission_editor == AdmissionEditor::OrganizationAdministrator
        && matches!(line.product.admission_class, AdmissionClass::Contract | AdmissionClass::Discretionary);
    let change = own.then(|| match &line.admission {
        Some(admission) if held => Change {
            product: line.product.id,
            id: admission.id.to_string(),
            action: "end",
            danger: true,
            label: page.t("organization-admission-end"),
        },
        _ => Change {
            product: line.product.id,
            id: page.ctx.form_id(fresh),
            action: "admit",
            danger: false,
            label: page.t("organization-admission-admit"),
        },
    });
    let mender = if held {
        String::new()
    } else if line.layer.code.starts_with("decision.admission") {
        page.t(match line.product.admission_editor {
            AdmissionEditor::AccountManager => "organization-mender-account-manager",
            AdmissionEditor::ProductManager => "organization-mender-product-manager",
            AdmissionEditor::OrganizationAdministrator => "organization-mender-administrators",
        })
    } else {
        page.t("organization-mender-account-manager")
    };
    Line {
        name: line.product.name.of(page.ctx.lang == Lang::En).to_owned(),
        mode: page.t(match line.product.grant_mode {
            GrantMode::Explicit => "organization-mode-explicit",
            GrantMode::EveryAgent => "organization-mode-every-agent",
        }),
        held,
        text: page.t(&layer_key(line.layer.code)),
        until: match (held, line.layer.until) {
            (true, Some(until)) => page.last_day(&until),
            (true, None) => page.t("organization-no-end"),
            (false, Some(at)) => page.date(&at),
            (false, None) => page.t("organization-none"),
        },
        mender,
        change,
    }
}
