//! `/org/{organization}/admissions` 机构产品权限: contract types with the products under each, and the other classes; what
//! is missing and who mends it.
use super::model::AdmissionLine;
use super::service::Admissions;
use crate::contract::{Contract, ContractState, ContractType};
use crate::decision::{Contact, LayerState, layer_key};
use crate::membership::OrganizationAdministrator;
use crate::product::{AdmissionClass, AdmissionEditor, GrantMode};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use web::{Ctx, Lang, Page, Policy, Result, Routes, html};

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/admissions", Policy::OrganizationAdministrator, list)
}

#[derive(Template)]
#[template(path = "admission/list.html")]
struct ListPage {
    page: Page,
    home: String,
    manager: Option<Contact>,
    contracts: Vec<ContractGroup>,
    groups: Vec<Group>,
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
}

async fn list(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    let organization = rooms.organization(by.organization()).await?;
    let found = rooms.admissions(&organization, ctx.now).await?;
    let types = rooms.contract_types().await?;
    let manager = match organization.account_manager {
        Some(manager) => rooms.staff_contact(manager).await?,
        None => None,
    };
    let page = Page::new(&ctx, ctx.lang.t("organization-nav-admissions"))
        .with_shell(shell::of(&rooms, &ctx, &who, by.organization()).await?);
    let contracts = types.iter().filter_map(|kind| contract_group(&page, &found, kind)).collect();
    let groups = [AdmissionClass::Membership, AdmissionClass::Discretionary, AdmissionClass::Open]
        .into_iter()
        .filter_map(|class| {
            let lines: Vec<Line> = found
                .lines
                .iter()
                .filter(|line| line.product.admission_class == class)
                .map(|line| view(&page, line))
                .collect();
            (!lines.is_empty()).then(|| Group {
                name: page.t(&format!("organization-class-{class}")),
                hint: page.t(&format!("organization-class-{class}-hint")),
                lines,
            })
        })
        .collect();
    Ok(html(ListPage { home: format!("/org/{}/", by.organization()), manager, contracts, groups, page }))
}

/// None for a type that lists nothing and was never signed.
fn contract_group(page: &Page, found: &Admissions, kind: &ContractType) -> Option<ContractGroup> {
    let now = page.ctx.now;
    let signed: Vec<&Contract> =
        found.contracts.iter().filter(|contract| contract.type_id == kind.id).collect();
    let lines: Vec<Line> = found
        .lines
        .iter()
        .filter(|line| line.product.admission_class == AdmissionClass::Contract)
        .filter(|line| found.listings.contains(&(kind.id, line.product.id)))
        .map(|line| view(page, line))
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
fn view(page: &Page, line: &AdmissionLine) -> Line {
    let held = line.layer.state == LayerState::Met;
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
    }
}
