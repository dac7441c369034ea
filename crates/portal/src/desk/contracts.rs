//! Contracts of an organization: adding and terminating.
use super::{Desk, FOR_MANAGEMENT, organization::Confirm};
use ::organization::contract::{ContractState, NewContract};
use kernel::{
    Error,
    id::{ContractId, OrganizationId, mark},
};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_MANAGEMENT);
    Routes::new()
        .get("/desk/organizations/{organization}/contracts/new", staff, blank)
        .post("/desk/organizations/{organization}/contracts/new", staff, create)
        .get("/desk/organizations/{organization}/contracts/{contract}/end", staff, confirm)
        .post("/desk/organizations/{organization}/contracts/{contract}/end", staff, terminate)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    number: String,
    valid_from: String,
    valid_until: String,
}
struct Choice {
    value: String,
    label: String,
    hint: String,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    organization: String,
    errors: FormErrors,
    form: Typed,
    types: Vec<Choice>,
}

async fn show(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    let organization = desk.organization(id).await?;
    if !desk.manages(&organization) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let english = desk.english();
    let types = desk.organizations.contract_types().await?;
    let back = format!("/desk/organizations/{id}");
    let page = Blank {
        page: desk
            .page(desk.t("portal-contract-new-title"), "/desk/organizations")
            .await?
            .with_errors(&errors),
        action: format!("{back}/contracts/new"),
        back,
        organization: organization.name,
        errors,
        form,
        types: types
            .into_iter()
            .map(|kind| Choice {
                value: kind.id.to_string(),
                label: kind.name.of(english).to_owned(),
                hint: String::new(),
            })
            .collect(),
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk, Path(id): Path<OrganizationId>) -> web::Result {
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Contract>()),
        valid_from: desk.ctx.now.local_date(&desk.ctx.app.zone),
        ..Typed::default()
    };
    show(&desk, id, form, FormErrors::none()).await
}

async fn create(desk: Desk, Path(id): Path<OrganizationId>, Form(typed): Form<Typed>) -> web::Result {
    desk.organization(id).await?;
    let contract = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let kind = errors.take(typed.kind.parse().map_err(|_| Error::invalid("field.required").at("type")), lang);
    let from = errors.take(desk.start_of("valid_from", &typed.valid_from), lang);
    let until = errors.take(
        if typed.valid_until.trim().is_empty() {
            Err(Error::invalid("field.required").at("valid_until"))
        } else {
            desk.end_of("valid_until", &typed.valid_until)
        },
        lang,
    );
    let number = errors.take(kernel::text::line("number", &typed.number, 60), lang);
    let (Some(type_id), Some(valid_from), Some(valid_until), Some(number)) = (kind, from, until, number)
    else {
        return show(&desk, id, typed, errors).await;
    };
    let new = NewContract { id: contract, type_id, number: number.clone(), valid_from, valid_until };
    match desk.organizations.sign_contract(&desk.operator, id, new, desk.ctx.now).await {
        Ok(_) => {
            let response = see_other(&format!("/desk/organizations/{id}"));
            Ok(with_flash(response, "ok", "portal-contract-created", &[("number", &number)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, id, typed, errors).await
        }
    }
}

async fn confirm(desk: Desk, Path((id, contract)): Path<(OrganizationId, ContractId)>) -> web::Result {
    let organization = desk.organization(id).await?;
    let contracts = desk.organizations.contracts(id).await?;
    let found = contracts.into_iter().find(|c| c.id == contract && c.state == ContractState::Active);
    let found = found.ok_or_else(|| Error::not_found("contract.unknown"))?;
    let title = desk.t1("portal-contract-terminate-title", "number", &found.number);
    Ok(html(Confirm {
        page: desk.page(title, "/desk/organizations").await?,
        back: format!("/desk/organizations/{id}"),
        back_label: organization.name,
        action: format!("/desk/organizations/{id}/contracts/{contract}/end"),
        lost: desk.t("portal-contract-terminate-lost"),
        button: desk.t("portal-contract-terminate"),
    }))
}

async fn terminate(
    desk: Desk,
    Path((id, contract)): Path<(OrganizationId, ContractId)>,
    Form(super::Nothing {}): Form<super::Nothing>,
) -> web::Result {
    desk.organization(id).await?;
    desk.organizations.terminate_contract(&desk.operator, id, contract).await?;
    Ok(with_flash(see_other(&format!("/desk/organizations/{id}")), "ok", "portal-contract-terminated", &[]))
}
