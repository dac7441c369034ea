//! The holder's pages of a case at the counter: documents one by one, then handing in.
use super::{
    document,
    model::{Case, CaseId, CaseState, DocumentId, Typed},
    pages::{Members, dispute_of, errors_of, form_page, personal_page, step_up},
    upload, words,
};
use crate::{Method, Verification};
use axum::{
    Extension,
    extract::{DefaultBodyLimit, Multipart},
    handler::Handler,
};
use identity::SignedIn;
use kernel::{Error, id::mark};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let limit = DefaultBodyLimit::max(upload::MOST_BODY);
    Routes::new()
        .get("/me/real-name/cases/{case}/change", Policy::SignedIn, correct)
        .post("/me/real-name/cases/{case}/change", Policy::SignedIn, change)
        .post("/me/real-name/cases/{case}/documents", Policy::SignedIn, add.layer(limit))
        .post("/me/real-name/cases/{case}/documents/remove", Policy::SignedIn, remove)
        .post("/me/real-name/cases/{case}/submit", Policy::SignedIn, submit)
        .post("/me/real-name/cases/{case}/withdraw", Policy::SignedIn, withdraw)
}

struct Line {
    id: String,
    place: usize,
    kind: &'static str,
    size: String,
    at: String,
    erased: bool,
}
#[derive(askama::Template)]
#[template(path = "verification/counter.html")]
struct Counter {
    page: Page,
    errors: FormErrors,
    here: String,
    case: Case,
    state: CaseState,
    text: &'static str,
    kind: &'static str,
    lines: Vec<Line>,
    /// A new id for the next file.
    upload_id: String,
    editable: bool,
    may_add: bool,
    may_withdraw: bool,
    most: usize,
    most_megabytes: usize,
    kept_days: i64,
    until: String,
    least_age: String,
    dispute: Option<String>,
}

pub(super) async fn show(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    case: Case,
    errors: FormErrors,
) -> web::Result {
    let documents = room.documents(case.id).await?;
    let policy = room.policy().await?;
    let state = case.state_at(ctx.now);
    let page = personal_page(ctx, signed_in, room, "verification-method-counter").await?.with_errors(&errors);
    let decided = matches!(state, CaseState::Approved | CaseState::Refused);
    let view = Counter {
        here: format!("/me/real-name/cases/{}", case.id),
        text: if decided { words::result_key(case.result.as_deref()) } else { words::waiting_key(state) },
        kind: case.document_type.key(),
        may_add: state.is_editable() && documents.len() < document::MOST,
        lines: documents
            .into_iter()
            .enumerate()
            .map(|(place, document)| Line {
                id: document.id.to_string(),
                place: place + 1,
                kind: kind_key(&document.kind),
                size: format!("{} KB", (document.size + 1023) / 1024),
                at: page.minute(&document.created_at),
                erased: document.erased_at.is_some(),
            })
            .collect(),
        upload_id: ctx.form_id(room.db().draw::<mark::Document>()),
        editable: state.is_editable(),
        may_withdraw: state.may_become(CaseState::Withdrawn) && state != CaseState::Disputed,
        most: document::MOST,
        most_megabytes: document::MOST_BYTES >> 20,
        kept_days: policy.documents_kept_days,
        until: page.date(&case.expires_at),
        least_age: policy.least_age.to_string(),
        dispute: dispute_of(room, signed_in, case.id).await?,
        page,
        errors,
        state,
        case,
    };
    Ok(html_status(view.errors.status(), view))
}
pub(crate) fn kind_key(kind: &str) -> &'static str {
    match kind {
        "application/pdf" => "verification-document-pdf",
        _ => "verification-document-image",
    }
}

/// The form again, with what was typed.
async fn correct(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
) -> web::Result {
    let case = editable(&ctx, &signed_in, &room, id).await?;
    if let Some(first) = step_up(&ctx, &signed_in, &room, &changing(id)).await? {
        return Ok(first);
    }
    let subject = room.own_subject(&signed_in, case.id).await?;
    let form = Members {
        name: subject.name,
        document_type: subject.document_type.as_str().to_owned(),
        country: subject.country,
        note: subject.note.unwrap_or_default(),
        consent: true,
        ..Members::default()
    };
    form_page(&ctx, &signed_in, &room, Method::Counter, Some(id), form, FormErrors::none()).await
}
fn changing(id: CaseId) -> String {
    format!("/me/real-name/cases/{id}/change")
}
async fn editable(ctx: &Ctx, signed_in: &SignedIn, room: &Verification, id: CaseId) -> kernel::Result<Case> {
    let case = room.own_case(signed_in, id).await?;
    let fits = case.method == Method::Counter && case.state_at(ctx.now).is_editable();
    if fits { Ok(case) } else { Err(Error::conflict("verification.not_editable")) }
}
async fn change(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    Form(form): Form<Members>,
) -> web::Result {
    editable(&ctx, &signed_in, &room, id).await?;
    // It may become somebody else's case, as by opening one.
    if let Some(first) = step_up(&ctx, &signed_in, &room, &changing(id)).await? {
        return Ok(first);
    }
    let mut typed: Typed = form.typed();
    let kept = room.own_subject(&signed_in, id).await?;
    // The number is not shown again; left empty, it stays.
    if typed.number.trim().is_empty() && kept.document_type.as_str() == typed.document_type {
        typed.number = kept.document_number;
    }
    let errors = errors_of(&typed, Method::Counter, &ctx);
    if !errors.is_empty() {
        return form_page(&ctx, &signed_in, &room, Method::Counter, Some(id), form, errors).await;
    }
    match room.change_counter(&ctx, &signed_in, id, &typed).await {
        Ok(()) => {
            Ok(with_flash(see_other(&format!("/me/real-name/cases/{id}")), "ok", "verification-saved", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            form_page(&ctx, &signed_in, &room, Method::Counter, Some(id), form, errors).await
        }
    }
}

async fn add(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    form: Multipart,
) -> web::Result {
    let added = match upload::read(&ctx, form).await {
        Ok(upload) => room.add_document(&signed_in, id, upload, ctx.now).await,
        // What is wrong with the file comes back to the page; the rest ends the request.
        Err(failure) => match failure.error() {
            Some(error) if error.field.is_some() => Err(copy(error)),
            _ => return Err(failure),
        },
    };
    match added {
        Ok(()) => Ok(with_flash(
            see_other(&format!("/me/real-name/cases/{id}")),
            "ok",
            "verification-document-added",
            &[],
        )),
        Err(error) => {
            let case = room.own_case(&signed_in, id).await?;
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &signed_in, &room, case, errors).await
        }
    }
}
fn copy(error: &Error) -> Error {
    Error { kind: error.kind, code: error.code, field: error.field, args: error.args.clone(), source: None }
}

#[derive(Deserialize)]
struct Removed {
    document: DocumentId,
}
async fn remove(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    Form(removed): Form<Removed>,
) -> web::Result {
    room.remove_document(&signed_in, id, removed.document, ctx.now).await?;
    Ok(with_flash(
        see_other(&format!("/me/real-name/cases/{id}")),
        "ok",
        "verification-document-removed",
        &[],
    ))
}

#[derive(Deserialize)]
struct Nothing {}
async fn submit(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    match room.submit(&signed_in, id, ctx.now).await {
        Ok(()) => Ok(with_flash(
            see_other(&format!("/me/real-name/cases/{id}")),
            "ok",
            "verification-submitted",
            &[],
        )),
        Err(error) => {
            let case = room.own_case(&signed_in, id).await?;
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            show(&ctx, &signed_in, &room, case, errors).await
        }
    }
}
async fn withdraw(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<CaseId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    room.withdraw(&signed_in, id, ctx.now).await?;
    Ok(with_flash(see_other("/me/real-name"), "ok", "verification-withdrawn", &[]))
}
