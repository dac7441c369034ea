//! A dispute as its two sides see it: neither learns who the other is.
use super::model::{DisputeId, Side, Verdict};
use crate::{Verification, case::pages::personal_page};
use axum::Extension;
use identity::SignedIn;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new().get("/me/real-name/disputes/{dispute}", Policy::SignedIn, show).post(
        "/me/real-name/disputes/{dispute}",
        Policy::SignedIn,
        state,
    )
}

#[derive(askama::Template)]
#[template(path = "verification/dispute.html")]
struct View {
    page: Page,
    errors: FormErrors,
    here: String,
    opened: String,
    state: &'static str,
    tone: &'static str,
    text: &'static str,
    open: bool,
    /// Of the claimant's case, for taking it back.
    withdraw: Option<String>,
    statement: String,
    reason: Option<String>,
}

async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<DisputeId>,
) -> web::Result {
    view(&ctx, &signed_in, &room, id, None, FormErrors::none()).await
}
async fn view(
    ctx: &Ctx,
    signed_in: &SignedIn,
    room: &Verification,
    id: DisputeId,
    typed: Option<String>,
    errors: FormErrors,
) -> web::Result {
    let (dispute, side, statement) = room.own_dispute(signed_in, id).await?;
    let open = dispute.state.is_open();
    let page = personal_page(ctx, signed_in, room, "verification-dispute-title").await?.with_errors(&errors);
    let decided = dispute.verdict.filter(|_| !open);
    let view = View {
        here: format!("/me/real-name/disputes/{id}"),
        opened: page.minute(&dispute.created_at),
        // That one reviewer has an opinion is not told before it counts.
        state: if open { "verification-dispute-open" } else { dispute.state.key() },
        tone: if open { "wait" } else { dispute.state.tone() },
        text: match (side, decided) {
            (Side::Claimant, None) if open => "verification-dispute-claimant-open",
            (Side::Holder, None) if open => "verification-dispute-holder-open",
            (Side::Claimant, Some(Verdict::Keep)) => "verification-dispute-claimant-kept",
            (Side::Claimant, Some(Verdict::Restore)) => "verification-dispute-claimant-restored",
            (Side::Holder, Some(Verdict::Restore)) => "verification-dispute-holder-restored",
            (Side::Claimant, Some(Verdict::Move)) => "verification-dispute-claimant-moved",
            (Side::Holder, Some(Verdict::Keep)) => "verification-dispute-holder-kept",
            (Side::Holder, Some(Verdict::Move)) => "verification-dispute-holder-moved",
            _ => "verification-dispute-was-withdrawn",
        },
        open,
        withdraw: (open && side == Side::Claimant)
            .then(|| format!("/me/real-name/cases/{}/withdraw", dispute.case)),
        statement: typed.or(statement).unwrap_or_default(),
        reason: dispute.reason.filter(|_| !open),
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Deserialize)]
struct Typed {
    statement: String,
}
async fn state(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(room): Extension<Verification>,
    Path(id): Path<DisputeId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    match room.state(&signed_in, id, &typed.statement).await {
        Ok(()) => {
            let response = see_other(&format!("/me/real-name/disputes/{id}"));
            Ok(with_flash(response, "ok", "verification-statement-saved", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            view(&ctx, &signed_in, &room, id, Some(typed.statement), errors).await
        }
    }
}
