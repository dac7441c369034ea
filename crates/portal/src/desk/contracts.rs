//! Contracts of an organization: adding one, its page with history and scans, another period, its end.
use super::{
    Desk, FOR_MANAGEMENT, FOR_ORGANIZATIONS, ORGANIZATION_ROLES, organization::manageable,
    organizations::names,
};
use ::organization::contract::{Contract, ContractState, ContractStep, NewContract, Shown};
use axum::handler::Handler as _;
use kernel::{
    Error,
    id::{ContractId, OrganizationId, mark},
};
use platform::document::{self, DocumentId, Received, Upload};
use web::{FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let (readers, staff) = (Policy::Staff(FOR_ORGANIZATIONS), Policy::Staff(FOR_MANAGEMENT));
    let limit = document::upload::limit();
    Routes::new()
        .get("/desk/organizations/{organization}/contracts/new", staff, blank)
        .post("/desk/organizations/{organization}/contracts/new", staff, create.layer(limit))
        .get("/desk/organizations/{organization}/contracts/{contract}", readers, show)
        .post("/desk/organizations/{organization}/contracts/{contract}/scans", staff, add_scan.layer(limit))
        .get("/desk/organizations/{organization}/contracts/{contract}/scans/{document}", staff, scan)
        .merge(super::contract_changes::routes())
}
pub const AREA: &str = "/desk/organizations";
pub type Ids = Path<(OrganizationId, ContractId)>;

/// What the forms hold beside the scan.
#[derive(Default)]
pub struct Typed {
    pub id: String,
    pub scan_id: String,
    pub kind: String,
    pub number: String,
    pub valid_from: String,
    pub valid_until: String,
    /// Of a contract that is there.
    pub rev: String,
    pub step: String,
    pub reason: String,
}
impl Typed {
    pub fn of(received: &Received) -> Self {
        let text = |name: &str| received.text(name).to_owned();
        Self {
            id: text("id"),
            scan_id: text("scan_id"),
            kind: text("type"),
            number: text("number"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
            rev: text("rev"),
            step: text("step"),
            reason: text("reason"),
        }
    }
}
/// The file that a form brought, if any. Errors at `field`: those of a file; `form.id_stale`.
pub fn upload(
    desk: &Desk,
    received: &mut Received,
    field: &'static str,
    id: &str,
) -> kernel::Result<Option<Upload>> {
    if let Some(error) = received.too_large.take() {
        return Err(error);
    }
    let Some(bytes) = received.file.clone() else { return Ok(None) };
    document::kind_of(field, &bytes)?;
    let id: DocumentId = desk.ctx.check_form_id(id)?;
    Ok(Some(Upload { id, bytes }))
}
pub fn fresh_document(desk: &Desk) -> String {
    desk.ctx.form_id(desk.organizations.db().draw::<mark::Document>())
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

async fn render_blank(desk: &Desk, id: OrganizationId, form: Typed, errors: FormErrors) -> web::Result {
    let organization = manageable(desk, id).await?;
    let english = desk.english();
    let types = desk.organizations.contract_types().await?;
    let back = format!("{AREA}/{id}");
    let page = Blank {
        page: desk.page(desk.t("portal-contract-new-title"), AREA).await?.with_errors(&errors),
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
        scan_id: fresh_document(&desk),
        valid_from: desk.ctx.now.local_date(&desk.ctx.app.zone),
        ..Typed::default()
    };
    render_blank(&desk, id, form, FormErrors::none()).await
}

async fn create(desk: Desk, Path(id): Path<OrganizationId>, form: document::upload::Sent) -> web::Result {
    manageable(&desk, id).await?;
    let mut received = document::upload::read_sent(&desk.ctx, form, "scan").await?;
    let typed = Typed::of(&received);
    let contract = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let kind = errors.take(typed.kind.parse().map_err(|_| Error::invalid("field.required").at("type")), lang);
    let from = errors.take(desk.start_of("valid_from", &typed.valid_from), lang);
    let until = errors.take(end_date(&desk, &typed.valid_until), lang);
    let number = errors.take(kernel::text::line("number", &typed.number, 60), lang);
    let scan = errors.take(upload(&desk, &mut received, "scan", &typed.scan_id), lang);
    let (Some(type_id), Some(valid_from), Some(valid_until), Some(number), Some(scan)) =
        (kind, from, until, number, scan)
    else {
        return render_blank(&desk, id, typed, errors).await;
    };
    let new = NewContract { id: contract, type_id, number: number.clone(), valid_from, valid_until };
    match desk.organizations.sign_contract_with(&desk.operator, id, new, scan, desk.ctx.now).await {
        Ok(contract) => {
            let response = see_other(&here(id, contract));
            Ok(with_flash(response, "ok", "portal-contract-created", &[("number", &number)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            render_blank(&desk, id, typed, errors).await
        }
    }
}
/// A contract has an end.
pub fn end_date(desk: &Desk, typed: &str) -> kernel::Result<kernel::Timestamp> {
    if typed.trim().is_empty() {
        return Err(Error::invalid("field.required").at("valid_until"));
    }
    desk.end_of("valid_until", typed)
}
pub fn here(organization: OrganizationId, contract: ContractId) -> String {
    format!("{AREA}/{organization}/contracts/{contract}")
}

/// Key and tone of a contract's state.
pub fn state_of(desk: &Desk, contract: &Contract) -> (&'static str, &'static str) {
    let now = desk.ctx.now;
    match contract.state {
        ContractState::Terminated => ("portal-contract-state-terminated", "bad"),
        ContractState::Active if now < contract.valid_from => ("portal-contract-not-yet", "wait"),
        ContractState::Active if contract.is_in_force(now) => ("portal-contract-in-force", "ok"),
        ContractState::Active => ("portal-contract-over", "bad"),
    }
}
pub fn period_of(desk: &Desk, from: kernel::Timestamp, until: kernel::Timestamp) -> String {
    let (from, to) = (from.local_date(&desk.ctx.app.zone), desk.until(until));
    desk.ctx.lang.ta("portal-from-to", &[("from", &from), ("to", &to)])
}

struct Step {
    what: &'static str,
    tone: &'static str,
    period: String,
    reason: String,
    who: String,
    at: String,
}
struct File {
    href: String,
    label: String,
    image: bool,
}
/// A product that is closed with the contract.
pub struct RestLine {
    pub product: String,
    pub members: i64,
}
pub fn resting(desk: &Desk, shown: &Shown) -> Vec<RestLine> {
    let line = |one: &::organization::contract::Resting| RestLine {
        product: one.product.of(desk.english()).to_owned(),
        members: one.members,
    };
    shown.resting.iter().map(line).collect()
}
#[derive(askama::Template)]
#[template(path = "desk/contract.html")]
struct Detail {
    page: Page,
    back: String,
    organization: String,
    here: String,
    number: String,
    kind: String,
    period: String,
    state: &'static str,
    tone: &'static str,
    /// Whoever looks after the organization sees scans and changes it.
    amends: bool,
    active: bool,
    steps: Vec<Step>,
    files: Vec<File>,
    resting: Vec<RestLine>,
    scan_id: String,
    errors: FormErrors,
}
const fn step_word(step: ContractStep) -> (&'static str, &'static str) {
    match step {
        ContractStep::Signed => ("portal-contract-step-signed", "ok"),
        ContractStep::Renewed => ("portal-contract-step-renewed", "ok"),
        ContractStep::Amended => ("portal-contract-step-amended", ""),
        ContractStep::Terminated => ("portal-contract-step-terminated", "bad"),
    }
}
async fn show(desk: Desk, Path((id, contract)): Ids) -> web::Result {
    render(&desk, id, contract, FormErrors::none()).await
}
async fn render(desk: &Desk, id: OrganizationId, contract: ContractId, errors: FormErrors) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let organization = desk.organization(id).await?;
    let shown: Shown = desk.organizations.desk_contract(&desk.operator, id, contract, desk.ctx.now).await?;
    let people = names(desk, shown.people()).await?;
    let english = desk.english();
    let (state, tone) = state_of(desk, &shown.contract);
    let here = here(id, contract);
    let page = desk.page(shown.contract.number.clone(), AREA).await?.with_errors(&errors);
    let view = Detail {
        back: format!("{AREA}/{id}"),
        kind: shown.contract.type_name.of(english).to_owned(),
        period: period_of(desk, shown.contract.valid_from, shown.contract.valid_until),
        state,
        tone,
        amends: desk.manages(&organization),
        active: shown.contract.state == ContractState::Active,
        organization: organization.name,
        steps: shown
            .history
            .iter()
            .map(|step| {
                let (what, tone) = step_word(step.step);
                Step {
                    what,
                    tone,
                    period: match step.step {
                        ContractStep::Terminated => String::new(),
                        _ => period_of(desk, step.valid_from, step.valid_until),
                    },
                    reason: step.reason.clone().unwrap_or_default(),
                    who: step.by.and_then(|by| people.get(&by)).cloned().unwrap_or_default(),
                    at: page.minute(&step.at),
                }
            })
            .collect(),
        files: shown
            .scans
            .iter()
            .filter(|file| file.erased_at.is_none())
            .map(|file| File {
                href: format!("{here}/scans/{}", file.id),
                label: format!(
                    "{} · {} KB · {}",
                    page.t(file.key()),
                    file.kilobytes(),
                    page.minute(&file.created_at)
                ),
                image: file.kind.starts_with("image/"),
            })
            .collect(),
        resting: resting(desk, &shown),
        scan_id: fresh_document(desk),
        number: shown.contract.number,
        here,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

async fn add_scan(desk: Desk, Path((id, contract)): Ids, form: document::upload::Sent) -> web::Result {
    manageable(&desk, id).await?;
    let mut received = document::upload::read_sent(&desk.ctx, form, "scan").await?;
    let scan_id = received.text("scan_id").to_owned();
    let scan = upload(&desk, &mut received, "scan", &scan_id)
        .and_then(|scan| scan.ok_or_else(|| Error::invalid("document.empty").at("scan")));
    let added = match scan {
        Ok(scan) => {
            desk.organizations.add_contract_scan(&desk.operator, id, contract, scan, desk.ctx.now).await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => Ok(with_flash(see_other(&here(id, contract)), "ok", "portal-contract-scan-added", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, id, contract, errors).await
        }
    }
}
/// In full, and written down by the service.
async fn scan(
    desk: Desk,
    Path((id, contract, file)): Path<(OrganizationId, ContractId, DocumentId)>,
) -> web::Result {
    manageable(&desk, id).await?;
    let (kind, content) = desk.organizations.contract_scan(&desk.operator, id, contract, file).await?;
    Ok(document::service::respond(&kind, content))
}
