//! `/me/real-name/new` and what became of it. Asking takes up to ten seconds, so a page never waits for it: the case has a
//! page of its own that the browser loads again until there is an answer.
use super::{
    counter_pages,
    model::{Case, CaseId, CaseState, Typed},
    words,
};
use crate::{Method, Verification, method::model::Lane};
use axum::{Extension, response::Response};
use http::{HeaderValue, header};
use identity::{
    SignedIn,
    realname::DocumentType,
    stepup::{self, Need},
};
use kernel::{Error, id::mark};
use organization::shell;
use serde::Deserialize;
use web::{Ctx, Failure, Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status, see_other};

/// Seconds after which the browser looks again.
const LOOK_AGAIN: &str = "2";

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/real-name/new", Policy::SignedIn, blank)
        .post("/me/real-name/new", Policy::SignedIn, open)
        .get("/me/real-name/cases/{case}", Policy::SignedIn, show)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Members {
    pub id: String,
    pub method: String,
    pub name: String,
    pub document_type: String,
    pub number: String,
    pub country: String,
    pub mobile: String,
    pub bank_card: String,
    pub note: String,
    pub consent: bool,
}
impl Members {
    pub fn typed(&self) -> Typed {
        Typed {
            name: self.name.clone(),
            document_type: self.document_type.clone(),
            number: self.number.clone(),
            country: self.country.clone(),
            mobile: self.mobile.clone(),
            bank_card: self.bank_card.clone(),
            note: self.note.clone(),
            consent: self.consent,
        }
    }
}
pub(super) struct Choice {
    pub value: &'static str,
    pub label: &'static str,
}
#[derive(askama::Template)]
#[template(path = "verification/form.html")]
struct Asking {
    page: Page,
    errors: FormErrors,
    form: Members,
    method: Method,
    action: String,
    back: String,
    /// Empty where there is one kind of document alone.
    kinds: Vec<Choice>,
    button: &'static str,
    /// A number is there, which is not shown again: left empty, it stays.
    keeps_number: bool,
}
/// Online, verifiers answer about resident numbers; at the counter people look at any document.
fn kinds(method: Method) -> Vec<Choice> {
    match method.lane() {
        Lane::Online => Vec::new(),
        Lane::Counter => {
            DocumentType::ALL.iter().map(|kind| Choice { value: kind.as_str(), label: kind.key() }).collect()
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    method: String,
}
async fn blank(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Query(asked): Query<Asked>,
) -> web::Result {
    let method = offered(&room, &asked.method).await?;
    if let Some(open) = room.open_case(signed_in.account, method.lane()).await?
        && open.state_at(ctx.now) != CaseState::Expired
    {
        return Ok(see_other(&format!("/me/real-name/cases/{}", open.id)));
    }
    if let Some(first) = step_up(&ctx, &signed_in, &room, &here(method)).await? {
        return Ok(first);
    }
    let form = Members {
        id: ctx.form_id(room.db().draw::<mark::Verification>()),
        method: method.as_str().to_owned(),
        name: signed_in.name.clone(),
        document_type: DocumentType::ResidentId.as_str().to_owned(),
        ..Members::default()
    };
    form_page(&ctx, &signed_in, &room, method, None, form, FormErrors::none()).await
}
fn here(method: Method) -> String {
    format!("/me/real-name/new?method={method}")
}
/// As for taking a proof off: whoever finds an open browser does not bind an identity of their own to the account.
pub(super) async fn step_up(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    back: &str,
) -> kernel::Result<Option<Response>> {
    stepup::service::required(room.identity(), ctx, signed_in, Need::Fresh, back).await
}
/// Error `verification.method_unknown` for a method that is not offered here.
async fn offered(room: &Verification, method: &str) -> kernel::Result<Method> {
    let unknown = || Error::not_found("verification.method_unknown");
    let method: Method = method.parse().map_err(|_| unknown())?;
    let known = method != Method::Certified && room.methods().await?.contains(&method);
    if known { Ok(method) } else { Err(unknown()) }
}
/// For a new case, or to correct one that was returned.
pub(super) async fn form_page(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    method: Method,
    case: Option<CaseId>,
    form: Members,
    errors: FormErrors,
) -> web::Result {
    let page = Asking {
        page: personal_page(ctx, signed_in, room, method.key()).await?.with_errors(&errors),
        errors,
        form,
        method,
        action: case.map_or("/me/real-name/new".to_owned(), |id| format!("/me/real-name/cases/{id}/change")),
        back: case.map_or("/me/real-name".to_owned(), |id| format!("/me/real-name/cases/{id}")),
        kinds: kinds(method),
        keeps_number: case.is_some(),
        button: match (method.lane(), case) {
            (_, Some(_)) => "verification-save",
            (Lane::Online, None) => "verification-check-now",
            (Lane::Counter, None) => "verification-to-documents",
        },
    };
    Ok(html_status(page.errors.status(), page))
}
/// Every error of the form at once, then the one that the service found.
pub(super) fn errors_of(typed: &Typed, method: Method, ctx: &Ctx) -> FormErrors {
    let (mut errors, lang) = (FormErrors::none(), ctx.lang);
    errors.take(typed.name(), lang);
    errors.take(typed.document(identity::account::model::today(ctx.now)), lang);
    errors.take(typed.mobile(method), lang);
    errors.take(typed.card(method), lang);
    errors.take(typed.note(), lang);
    errors.take(typed.consented(), lang);
    errors
}

async fn open(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Form(form): Form<Members>,
) -> web::Result {
    let method = offered(&room, &form.method).await?;
    if let Some(first) = step_up(&ctx, &signed_in, &room, &here(method)).await? {
        return Ok(first);
    }
    let id = ctx.check_form_id(&form.id)?;
    let typed = form.typed();
    let errors = errors_of(&typed, method, &ctx);
    if !errors.is_empty() {
        return form_page(&ctx, &signed_in, &room, method, None, form, errors).await;
    }
    let opened = match method {
        Method::Counter => room.open_counter(&ctx, &signed_in, id, &typed).await,
        _ => room.open_check(&ctx, &signed_in, id, method, &typed).await,
    };
    match opened {
        Ok(entry) => Ok(see_other(&format!("/me/real-name/cases/{}", entry.id()))),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            form_page(&ctx, &signed_in, &room, method, None, form, errors).await
        }
    }
}

#[derive(askama::Template)]
#[template(path = "verification/case.html")]
struct Status {
    page: Page,
    case: Case,
    waits: bool,
    here: String,
    text: &'static str,
    tone: &'static str,
    icon: &'static str,
    title: &'static str,
    method: &'static str,
    kind: &'static str,
    least_age: String,
    dispute: Option<String>,
    /// Whether another way makes sense.
    other_ways: bool,
    /// The same way again.
    again: Option<String>,
}

async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
) -> web::Result {
    let case = room.own_case(&signed_in, id).await?;
    if case.method == Method::Counter {
        return counter_pages::show(&ctx, &signed_in, &room, case, FormErrors::none()).await;
    }
    let waits = super::service::waits(&case, ctx.now);
    let dispute = dispute_of(&room, &signed_in, id).await?;
    let decided = matches!(case.state, CaseState::Approved | CaseState::Refused | CaseState::Failed);
    let status = Status {
        page: personal_page(&ctx, &signed_in, &room, "verification-case-title").await?,
        waits,
        here: format!("/me/real-name/cases/{id}"),
        text: if decided {
            words::result_key(case.result.as_deref())
        } else {
            words::waiting_key(case.state)
        },
        tone: match case.state.tone() {
            "" => "info",
            "wait" => "warn",
            tone => tone,
        },
        icon: match case.state.tone() {
            "ok" => "check",
            "" | "info" => "info",
            _ => "alert",
        },
        title: case.state.key(),
        method: case.method.key(),
        kind: case.document_type.key(),
        least_age: room.policy().await?.least_age.to_string(),
        dispute,
        again: Method::CHECKS
            .contains(&case.method)
            .then(|| format!("/me/real-name/new?method={}", case.method)),
        other_ways: matches!(case.state, CaseState::Refused | CaseState::Failed),
        case,
    };
    let response = html(status);
    Ok(if waits { look_again(response) } else { response })
}
/// The browser loads the page again by itself, with or without scripts.
fn look_again(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(LOOK_AGAIN));
    response
}
pub(super) async fn dispute_of(
    room: &Verification,
    signed_in: &SignedIn,
    id: CaseId,
) -> kernel::Result<Option<String>> {
    let disputes = room.own_disputes(signed_in.account).await?;
    let found = disputes.into_iter().find(|dispute| dispute.case == id);
    Ok(found.map(|dispute| format!("/me/real-name/disputes/{}", dispute.id)))
}
/// A page of the personal space.
pub(crate) async fn personal_page(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    title: &str,
) -> Result<Page, Failure> {
    let shell = shell::personal(room.organizations(), ctx, signed_in).await?;
    Ok(Page::new(ctx, ctx.lang.t(title)).with_shell(shell))
}
