//! Cases of the counter: the queue, one case, its documents after a step-up, and the verdict.
use super::Desk;
use axum::{Extension, response::IntoResponse};
use http::{HeaderValue, header};
use identity::{
    account::service::cards,
    stepup::{self, Need},
};
use kernel::{Error, id::AccountId};
use platform::StaffRole;
use serde::Deserialize;
use verification::{
    Reviewer, Verification,
    case::{
        Case, CaseId, CaseState, DocumentId,
        review::{Reviewed, Verdict},
        words::result_key,
    },
    reviewer::ROLES,
};
use web::{
    Failure, Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other, with_flash,
};

const HERE: &str = "/desk/proofs";
const PAGE: i64 = 50;
pub const FOR_REVIEW: &str = "account_manager security_administrator";
pub const REVIEW_ROLES: &[StaffRole] = ROLES;

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_REVIEW);
    Routes::new()
        .get("/desk/proofs", staff, list)
        .get("/desk/proofs/{case}", staff, show)
        .get("/desk/proofs/{case}/documents", staff, documents)
        .get("/desk/proofs/{case}/documents/{document}", staff, document)
        .post("/desk/proofs/{case}/review", staff, review)
}

pub(super) fn reviewer(desk: &Desk) -> Result<Reviewer, Failure> {
    Reviewer::of(&desk.signed_in).ok_or_else(|| Error::forbidden("staff.role_required").into())
}
/// Name and login name of staff or holders, masked unless they are staff.
pub(super) async fn login_names(
    desk: &Desk,
    accounts: impl IntoIterator<Item = Option<AccountId>>,
) -> kernel::Result<Vec<(AccountId, String, String)>> {
    let mut ids: Vec<AccountId> = accounts.into_iter().flatten().collect();
    ids.sort_by_key(|id| id.as_i64());
    ids.dedup();
    let found = cards(desk.organizations.db(), ids).await?;
    Ok(found.into_iter().map(|card| (card.id, card.login_name, card.name)).collect())
}

/// What the filter offers.
const FILTERS: [(&str, &str, &[CaseState]); 4] = [
    ("open", "verification-desk-filter-open", &[CaseState::Submitted, CaseState::FirstApproved]),
    ("first_approved", "verification-desk-filter-second", &[CaseState::FirstApproved]),
    ("returned", "verification-desk-filter-returned", &[CaseState::Returned]),
    (
        "decided",
        "verification-desk-filter-decided",
        &[
            CaseState::Approved,
            CaseState::Refused,
            CaseState::Disputed,
            CaseState::Withdrawn,
            CaseState::Expired,
        ],
    ),
];
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    state: String,
    after: Option<CaseId>,
}
struct Line {
    id: String,
    holder: String,
    document: &'static str,
    masked: String,
    at: String,
    state: &'static str,
    tone: &'static str,
}
struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/proofs.html")]
struct List {
    page: Page,
    filters: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn list(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Query(filter): Query<Filter>,
) -> web::Result {
    let by = reviewer(&desk)?;
    let chosen = FILTERS.iter().find(|(value, ..)| *value == filter.state).unwrap_or(&FILTERS[0]);
    let mut cases = room.counter_cases(&by, chosen.2.to_vec(), filter.after, PAGE + 1).await?;
    let more = cases.len() as i64 > PAGE;
    cases.truncate(PAGE as usize);
    let names = login_names(&desk, cases.iter().map(|case| Some(case.account))).await?;
    let page = desk.page(desk.t("verification-desk-proofs"), HERE).await?;
    let next =
        cases.last().filter(|_| more).map(|last| format!("{HERE}?state={}&after={}", chosen.0, last.id));
    let line = |case: Case| {
        let state = case.state_at(desk.ctx.now);
        let name = names.iter().find(|(id, ..)| *id == case.account);
        Line {
            id: case.id.to_string(),
            holder: name.map(|(_, _, name)| kernel::mask::name(name)).unwrap_or_default(),
            document: case.document_type.key(),
            masked: case.document_masked,
            at: page.minute(&case.submitted_at.unwrap_or(case.created_at)),
            state: state.key(),
            tone: state.tone(),
        }
    };
    let lines = cases.into_iter().map(line).collect();
    let filters =
        FILTERS.iter().map(|(value, label, _)| Choice { value, label, chosen: *value == chosen.0 }).collect();
    Ok(html(List { filters, lines, next, page }))
}

struct Step {
    tone: &'static str,
    what: String,
    at: String,
}
#[derive(askama::Template)]
#[template(path = "desk/proof.html")]
struct One {
    page: Page,
    here: String,
    case: Case,
    holder: String,
    login_name: String,
    state: CaseState,
    kind: &'static str,
    result: Option<&'static str>,
    least_age: String,
    documents: usize,
    steps: Vec<Step>,
    /// Key of why this person has nothing to do here; None if they have.
    why_not: Option<&'static str>,
}
async fn show(desk: Desk, Extension(room): Extension<Verification>, Path(id): Path<CaseId>) -> web::Result {
    let by = reviewer(&desk)?;
    let (case, documents) = room.reviewed_case(&by, id).await?;
    let names = login_names(&desk, [Some(case.account), case.first_by, case.decided_by]).await?;
    let name = |account: AccountId| names.iter().find(|(id, ..)| *id == account);
    let page = desk.page(desk.t("verification-desk-proof"), HERE).await?;
    let state = case.state_at(desk.ctx.now);
    let mut steps = Vec::new();
    let mut step = |tone: &'static str, key: &str, by: Option<AccountId>, at: Option<kernel::Timestamp>| {
        if let Some(at) = at {
            let who = by.and_then(name).map(|(_, _, name)| name.clone()).unwrap_or_default();
            steps.push(Step { tone, what: desk.t1(key, "who", &who), at: page.minute(&at) });
        }
    };
    step("", "verification-desk-step-opened", None, Some(case.created_at));
    step("", "verification-desk-step-submitted", None, case.submitted_at);
    step("ok", "verification-desk-step-first", case.first_by, case.first_at);
    match state {
        CaseState::Approved => {
            step("ok", "verification-desk-step-approved", case.decided_by, case.decided_at)
        }
        CaseState::Refused => step("bad", "verification-desk-step-refused", case.decided_by, case.decided_at),
        CaseState::Withdrawn => step("", "verification-desk-step-withdrawn", None, case.decided_at),
        _ => {}
    }
    let holder = name(case.account);
    Ok(html(One {
        here: format!("{HERE}/{id}"),
        holder: holder.map(|(_, _, name)| kernel::mask::name(name)).unwrap_or_default(),
        login_name: holder.map(|(_, login_name, _)| login_name.clone()).unwrap_or_default(),
        kind: case.document_type.key(),
        result: case.decided_at.and(case.result.as_deref()).map(|result| result_key(Some(result))),
        least_age: room.policy_age().await?.to_string(),
        documents: documents.len(),
        why_not: why_not(&desk, &case),
        steps,
        state,
        case,
        page,
    }))
}
fn why_not(desk: &Desk, case: &Case) -> Option<&'static str> {
    if !case.state.is_reviewed() {
        Some("verification-desk-not-waiting")
    } else if case.account == desk.signed_in.account {
        Some("verification-desk-own-case")
    } else if case.first_by == Some(desk.signed_in.account) {
        Some("verification-desk-second-needed")
    } else {
        None
    }
}

struct Picture {
    href: String,
    label: String,
    image: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    verdict: String,
    reason: String,
}
#[derive(askama::Template)]
#[template(path = "desk/proof_documents.html")]
struct Documents {
    page: Page,
    errors: FormErrors,
    here: String,
    form: Typed,
    name: String,
    account_name: String,
    kind: &'static str,
    number: String,
    country: String,
    note: Option<String>,
    pictures: Vec<Picture>,
    second: bool,
}
async fn documents(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
) -> web::Result {
    seen(&desk, &room, id, Typed::default(), FormErrors::none()).await
}
/// Shown in full: after a step-up, and written down by the service.
async fn seen(desk: &Desk, room: &Verification, id: CaseId, form: Typed, errors: FormErrors) -> web::Result {
    let by = reviewer(desk)?;
    let here = format!("{HERE}/{id}");
    if let Some(first) = step_up(desk, room, &format!("{here}/documents")).await? {
        return Ok(first);
    }
    let (case, documents) = room.reviewed_case(&by, id).await?;
    let Some(subject) = room.open_subject(&by, id).await? else { return Ok(see_other(&here)) };
    let names = login_names(desk, [Some(case.account)]).await?;
    let page = desk.page(desk.t("verification-desk-documents"), HERE).await?.with_errors(&errors);
    let view = Documents {
        name: subject.name,
        account_name: names.into_iter().next().map(|(_, _, name)| name).unwrap_or_default(),
        kind: subject.document_type.key(),
        number: subject.document_number,
        country: subject.country,
        note: subject.note,
        pictures: documents
            .into_iter()
            .enumerate()
            .map(|(place, document)| Picture {
                href: format!("{here}/documents/{}", document.id),
                label: desk.t1("verification-document-n", "n", &(place + 1).to_string()),
                image: document.kind.starts_with("image/"),
            })
            .collect(),
        second: case.state == CaseState::FirstApproved,
        here,
        form,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
pub(super) async fn step_up(
    desk: &Desk,
    room: &Verification,
    back: &str,
) -> kernel::Result<Option<axum::response::Response>> {
    stepup::service::required(room.identity(), &desk.ctx, &desk.signed_in, Need::Fresh, back).await
}

/// A file that a stranger handed in: nothing in it runs, and nothing guesses what it is.
async fn document(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path((id, document)): Path<(CaseId, DocumentId)>,
) -> web::Result {
    let by = reviewer(&desk)?;
    if let Some(first) = step_up(&desk, &room, &format!("{HERE}/{id}/documents")).await? {
        return Ok(first);
    }
    let (kind, content) = room.open_document(&by, id, document).await?;
    let (kind, place) = match kind.as_str() {
        "image/jpeg" => ("image/jpeg", "inline"),
        "image/png" => ("image/png", "inline"),
        _ => ("application/pdf", "attachment; filename=\"document.pdf\""),
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(place));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

async fn review(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let by = reviewer(&desk)?;
    if let Some(first) = step_up(&desk, &room, &format!("{HERE}/{id}/documents")).await? {
        return Ok(first);
    }
    let verdict = match typed.verdict.as_str() {
        "approve" => Verdict::Approve,
        "return" => Verdict::Return,
        "refuse" => Verdict::Refuse,
        _ => return Err(Error::invalid("field.unknown_value").into()),
    };
    match room.review(&by, id, verdict, &typed.reason, desk.ctx.now).await {
        Ok(reviewed) => {
            let (tone, key) = match reviewed {
                Reviewed::Once => ("ok", "verification-desk-reviewed-once"),
                Reviewed::Approved => ("ok", "verification-desk-reviewed-approved"),
                Reviewed::Disputed => ("warn", "verification-desk-reviewed-disputed"),
                Reviewed::NotPossible => ("warn", "verification-desk-reviewed-not-possible"),
                Reviewed::Returned => ("ok", "verification-desk-reviewed-returned"),
                Reviewed::Refused => ("ok", "verification-desk-reviewed-refused"),
            };
            Ok(with_flash(see_other(&format!("{HERE}/{id}")), tone, key, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            seen(&desk, &room, id, typed, errors).await
        }
    }
}
