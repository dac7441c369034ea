//! `/join/{token}`: what is offered is shown to whoever proved to hold the number, and answered there.
use super::model::{Answer, Offer, Seen};
use crate::{Organizations, membership};
use askama::Template;
use axum::Extension;
use http::StatusCode;
use identity::session::{MaybeSignedIn, SignedIn};
use kernel::Error;
use web::{
    Ctx, Form, FormErrors, Lang, Page, Path, Policy, Result, Routes, html, html_status, see_other, with_flash,
};

pub fn routes() -> Routes {
    Routes::new().get("/join/{token}", Policy::Public, show).post("/join/{token}", Policy::SignedIn, answer)
}

#[derive(Template)]
#[template(path = "invitation/stranger.html")]
struct StrangerPage {
    page: Page,
    tail: String,
    here: String,
}
#[derive(Template)]
#[template(path = "invitation/other.html")]
struct OtherPage {
    page: Page,
    tail: String,
    own: String,
    managed: bool,
}
#[derive(Template)]
#[template(path = "invitation/offer.html")]
struct OfferPage {
    page: Page,
    errors: FormErrors,
    offer: Offer,
    role: String,
    period: String,
    until: String,
    here: String,
}
#[derive(Template)]
#[template(path = "invitation/over.html")]
struct OverPage {
    page: Page,
    message: String,
}

async fn show(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    MaybeSignedIn(who): MaybeSignedIn,
    Path(token): Path<String>,
) -> Result {
    render(&ctx, &rooms, who.as_ref(), &token, FormErrors::none()).await
}
async fn render(
    ctx: &Ctx,
    rooms: &Organizations,
    who: Option<&SignedIn>,
    token: &str,
    errors: FormErrors,
) -> Result {
    let seen = match rooms.seen_invitation(token, who, ctx.now).await {
        Ok(seen) => seen,
        Err(error) if error.code == "invitation.unknown" => return over(ctx, error, StatusCode::NOT_FOUND),
        Err(error) => return Err(error.into()),
    };
    let page = Page::new(ctx, ctx.lang.t("organization-join-title")).with_errors(&errors);
    let here = format!("/join/{token}");
    match seen {
        Seen::Stranger { tail } => Ok(html(StrangerPage { page, tail, here })),
        Seen::Other { tail, own_masked, managed } => {
            let own = own_masked.unwrap_or_default();
            Ok(html_status(StatusCode::FORBIDDEN, OtherPage { page, tail, own, managed }))
        }
        Seen::Over(code) => over(ctx, Error::conflict(code), StatusCode::GONE),
        Seen::Offer(offer) => {
            let view = OfferPage {
                role: offer.role.of(ctx.lang == Lang::En).to_owned(),
                period: membership::period_words(&page, offer.valid_from.max(ctx.now), offer.valid_until),
                until: page.minute(&offer.expires_at),
                offer: *offer,
                here,
                errors,
                page,
            };
            Ok(html_status(view.errors.status(), view))
        }
    }
}
fn over(ctx: &Ctx, error: Error, status: StatusCode) -> Result {
    let page = Page::new(ctx, ctx.lang.t("organization-join-over"));
    Ok(html_status(status, OverPage { page, message: ctx.lang.error(&error) }))
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct AnswerForm {
    answer: String,
}
async fn answer(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(token): Path<String>,
    Form(form): Form<AnswerForm>,
) -> Result {
    let accept = match form.answer.as_str() {
        "accept" => true,
        "decline" => false,
        _ => return Err(Error::invalid("field.unknown_value").at("answer").into()),
    };
    match rooms.answer_invitation(&who, &token, accept, ctx.now).await {
        Ok(Answer::Accepted(organization)) => {
            let there = see_other(&format!("/org/{organization}/"));
            Ok(with_flash(there, "ok", "organization-flash-joined", &[]))
        }
        Ok(Answer::Declined) => Ok(with_flash(see_other("/"), "ok", "organization-flash-declined", &[])),
        Ok(Answer::Void) => over(&ctx, Error::conflict("invitation.void"), StatusCode::GONE),
        // The page says what is the matter: another number, or an invitation that is over.
        Err(error) if error.code.starts_with("invitation.") => {
            render(&ctx, &rooms, Some(&who), &token, FormErrors::none()).await
        }
        Err(error) => {
            // It belongs to no field of this form.
            let error = Error { field: None, ..error };
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            render(&ctx, &rooms, Some(&who), &token, errors).await
        }
    }
}
