//! Changes of a contract: another period, and its end. Whoever acts on a page that is no longer true is told.
use super::{
    Desk, FOR_MANAGEMENT,
    contracts::{AREA, Ids, RestLine, Typed, end_date, fresh_document, here, period_of, resting, upload},
    organization::manageable,
};
use ::organization::contract::{Contract, ContractState, ContractStep, NewPeriod};
use axum::handler::Handler as _;
use kernel::{
    Error,
    id::{ContractId, OrganizationId},
};
use platform::document;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let (staff, limit) = (Policy::Staff(FOR_MANAGEMENT), document::upload::limit());
    Routes::new()
        .get("/desk/organizations/{organization}/contracts/{contract}/period", staff, period)
        .post(
            "/desk/organizations/{organization}/contracts/{contract}/period",
            staff,
            set_period.layer(limit),
        )
        .get("/desk/organizations/{organization}/contracts/{contract}/end", staff, ending)
        .post("/desk/organizations/{organization}/contracts/{contract}/end", staff, end)
}

#[derive(askama::Template)]
#[template(path = "desk/contract_period.html")]
struct Period {
    page: Page,
    back: String,
    number: String,
    present: String,
    errors: FormErrors,
    form: Typed,
}
/// The contract, for whoever may change it. One that somebody ended meanwhile leads to its page, which says who and why.
async fn changeable(desk: &Desk, id: OrganizationId, contract: ContractId) -> Result<Contract, web::Failure> {
    manageable(desk, id).await?;
    let shown = desk.organizations.desk_contract(&desk.operator, id, contract, desk.ctx.now).await?;
    match shown.contract.state {
        ContractState::Active => Ok(shown.contract),
        ContractState::Terminated => {
            let there = see_other(&here(id, contract));
            Err(with_flash(there, "bad", "portal-contract-was-over", &[]).into())
        }
    }
}
async fn render_period(
    desk: &Desk,
    id: OrganizationId,
    contract: &Contract,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let view = Period {
        page: desk
            .page(desk.t1("portal-contract-period-title", "number", &contract.number), AREA)
            .await?
            .with_errors(&errors),
        back: here(id, contract.id),
        number: contract.number.clone(),
        present: period_of(desk, contract.valid_from, contract.valid_until),
        errors,
        form,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn period(desk: Desk, Path((id, contract)): Ids) -> web::Result {
    let contract = changeable(&desk, id, contract).await?;
    let form = Typed {
        scan_id: fresh_document(&desk),
        rev: contract.rev.to_string(),
        step: ContractStep::Renewed.as_str().to_owned(),
        valid_from: contract.valid_from.local_date(&desk.ctx.app.zone),
        ..Typed::default()
    };
    render_period(&desk, id, &contract, form, FormErrors::none()).await
}
async fn set_period(desk: Desk, Path((id, contract)): Ids, form: document::upload::Sent) -> web::Result {
    let there = changeable(&desk, id, contract).await?;
    let mut received = document::upload::read_sent(&desk.ctx, form, "scan").await?;
    let typed = Typed::of(&received);
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let step = match typed.step.as_str() {
        "renewed" => Some(ContractStep::Renewed),
        "amended" => Some(ContractStep::Amended),
        _ => errors.take(Err(Error::invalid("field.required").at("step")), lang),
    };
    let from = errors.take(desk.start_of("valid_from", &typed.valid_from), lang);
    let until = errors.take(end_date(&desk, &typed.valid_until), lang);
    let reason = errors.take(kernel::text::line("reason", &typed.reason, 200), lang);
    let scan = errors.take(upload(&desk, &mut received, "scan", &typed.scan_id), lang);
    let (Some(step), Some(valid_from), Some(valid_until), Some(reason), Some(scan)) =
        (step, from, until, reason, scan)
    else {
        return render_period(&desk, id, &there, typed, errors).await;
    };
    let rev = typed.rev.parse().map_err(|_| Error::invalid("form.id_stale"))?;
    let new = NewPeriod { rev, step, valid_from, valid_until, reason };
    match desk.organizations.move_contract(&desk.operator, id, contract, new, scan, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&here(id, contract)), "ok", "portal-contract-moved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            let there = changeable(&desk, id, contract).await?;
            let form = Typed { rev: there.rev.to_string(), ..typed };
            render_period(&desk, id, &there, form, errors).await
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ending {
    rev: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_end.html")]
struct EndPage {
    page: Page,
    back: String,
    number: String,
    /// Until when it runs now, whoever moved that.
    present: String,
    resting: Vec<RestLine>,
    errors: FormErrors,
    form: Ending,
}
async fn render_end(
    desk: &Desk,
    (id, contract): (OrganizationId, ContractId),
    reason: Option<String>,
    errors: FormErrors,
) -> web::Result {
    let there = changeable(desk, id, contract).await?;
    let shown = desk.organizations.desk_contract(&desk.operator, id, contract, desk.ctx.now).await?;
    let title = desk.t1("portal-contract-terminate-title", "number", &there.number);
    let view = EndPage {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        back: here(id, contract),
        form: Ending { rev: there.rev.to_string(), reason: reason.unwrap_or_default() },
        present: period_of(desk, there.valid_from, there.valid_until),
        number: there.number,
        resting: resting(desk, &shown),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn ending(desk: Desk, Path(ids): Ids) -> web::Result {
    render_end(&desk, ids, None, FormErrors::none()).await
}
async fn end(desk: Desk, Path((id, contract)): Ids, Form(typed): Form<Ending>) -> web::Result {
    changeable(&desk, id, contract).await?;
    let rev = typed.rev.parse().map_err(|_| Error::invalid("form.id_stale"))?;
    let rooms = &desk.organizations;
    match rooms.end_contract(&desk.operator, id, contract, rev, &typed.reason, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&here(id, contract)), "ok", "portal-contract-terminated", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render_end(&desk, (id, contract), Some(typed.reason), errors).await
        }
    }
}
