//! An organization asks to be admitted to a product: decided by whoever edits the product's admissions, with a reason.
use super::{
    Desk, FOR_ORGANIZATIONS, ORGANIZATION_ROLES,
    admissions::{Choice, contract_choice, parse_contract},
    applications::HERE as INBOX,
};
use ::organization::{
    admission::request::{Shown, Terms},
    application::{
        ApplicationState, Verdict,
        view::{TimeLine, timeline},
    },
    decision::{LayerState, layer_key},
    product::AdmissionClass,
};
use kernel::{
    Error,
    id::{AccountId, ApplicationId, mark},
};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_ORGANIZATIONS);
    Routes::new().get("/desk/admission-requests/{application}", staff, show).post(
        "/desk/admission-requests/{application}",
        staff,
        decide,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    contract: String,
    valid_until: String,
    note: String,
    verdict: String,
}
#[derive(askama::Template)]
#[template(path = "desk/admission_request.html")]
struct Detail {
    page: Page,
    here: String,
    inbox: &'static str,
    organization: (String, String),
    product: String,
    class: &'static str,
    applicant: String,
    reason: String,
    state: &'static str,
    tone: &'static str,
    stands: String,
    held: bool,
    waiting: bool,
    /// The other of two approvals is somebody else's.
    approved_first: bool,
    by_contract: bool,
    contracts: Vec<Choice>,
    /// Where a contract is added, for whoever looks after the organization.
    add_contract: Option<String>,
    timeline: Vec<TimeLine>,
    form: Typed,
    errors: FormErrors,
}

async fn show(desk: Desk, Path(id): Path<ApplicationId>) -> web::Result {
    render(&desk, id, None, FormErrors::none()).await
}
async fn render(desk: &Desk, id: ApplicationId, form: Option<Typed>, errors: FormErrors) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let shown: Shown = desk.organizations.desk_admission_request(&desk.operator, id, desk.ctx.now).await?;
    let mut people: Vec<AccountId> = shown.timeline.iter().filter_map(|step| step.by).collect();
    people.push(shown.application.applicant);
    let people = desk.organizations.people(people).await?;
    let state = shown.application.state_at(desk.ctx.now);
    let product = &shown.line.product;
    let contracts: Vec<Choice> = shown.contracts.iter().map(|one| contract_choice(desk, one)).collect();
    let form = form.unwrap_or_else(|| Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Admission>()),
        contract: shown.contracts.first().map(|one| one.id.to_string()).unwrap_or_default(),
        ..Typed::default()
    });
    let page = desk.page(desk.t("organization-kind-admission"), INBOX).await?.with_errors(&errors);
    let home = format!("/desk/organizations/{}", shown.organization.id);
    let view = Detail {
        here: format!("/desk/admission-requests/{id}"),
        inbox: INBOX,
        product: product.name.of(desk.english()).to_owned(),
        class: super::words::class(product.admission_class),
        applicant: people.name(shown.application.applicant).to_owned(),
        reason: shown.application.reason.clone().unwrap_or_default(),
        state: state.key(),
        tone: state.tone(),
        stands: page.t(&layer_key(shown.line.layer.code)),
        held: shown.line.layer.state == LayerState::Met,
        waiting: state.is_waiting(),
        approved_first: shown.application.two_steps
            && shown.application.first_by == Some(desk.signed_in.account),
        by_contract: product.admission_class == AdmissionClass::Contract,
        contracts,
        add_contract: desk.manages(&shown.organization).then(|| format!("{home}/contracts/new")),
        timeline: timeline(&page, &shown.timeline, |by| match by {
            Some(by) => people.name(by).to_owned(),
            None => page.t("portal-actor-system"),
        }),
        organization: (home, shown.organization.name),
        form,
        errors,
        page,
    };
    Ok(html_status(view.errors.status(), view))
}

async fn decide(desk: Desk, Path(id): Path<ApplicationId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(ORGANIZATION_ROLES)?;
    let verdict = match typed.verdict.as_str() {
        "approve" => Verdict::Approve,
        "reject" => Verdict::Reject,
        "return" => Verdict::Return,
        _ => return Err(Error::invalid("field.unknown_value").at("verdict").into()),
    };
    desk.must_be_fresh(&format!("/desk/admission-requests/{id}")).await?;
    let admission = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let contract = errors.take(parse_contract(&typed.contract), lang);
    let until = errors.take(desk.end_of("valid_until", &typed.valid_until), lang);
    let (Some(contract), Some(valid_until)) = (contract, until) else {
        return render(&desk, id, Some(typed), errors).await;
    };
    let decision = (verdict, Terms { id: admission, contract, valid_until });
    let rooms = &desk.organizations;
    match rooms.decide_admission_request(&desk.operator, id, decision, &typed.note, desk.ctx.now).await {
        Ok(state) => {
            let flash = match state {
                ApplicationState::Approved => "organization-flash-approved",
                ApplicationState::FirstApproved => "organization-flash-first-approved",
                ApplicationState::Returned => "organization-flash-returned",
                _ => "organization-flash-rejected",
            };
            Ok(with_flash(see_other(INBOX), "ok", flash, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            render(&desk, id, Some(typed), errors).await
        }
    }
}
