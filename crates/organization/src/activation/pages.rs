//! `/activate`: whoever holds the link, or the code of a slip, sets the password of the account.
use super::model::{Opening, typed_code};
use crate::Organizations;
use askama::Template;
use axum::Extension;
use http::StatusCode;
use identity::captcha::{self, Input, Purpose, View, Way};
use identity::credential::Password;
use identity::registration::pages::password_hint;
use kernel::{Error, Kind};
use platform::counter::{self, Limit};
use platform::setting::CaptchaStrategy;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Result, Routes, html_status, see_other, with_flash};

/// Codes that are none, typed from one source.
const WRONG: Limit = Limit { scope: "activation.wrong", most: 20, seconds: 3600 };

pub fn routes() -> Routes {
    Routes::new()
        .get("/activate", Policy::Public, ask)
        .post("/activate", Policy::Public, typed)
        .get("/activate/{token}", Policy::Public, show)
        .post("/activate/{token}", Policy::Public, set)
}

#[derive(Template)]
#[template(path = "activation/code.html")]
struct CodePage {
    page: Page,
    errors: FormErrors,
    code: String,
    captcha: Option<View>,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
}
/// A captcha by the strategy of sign-in; `wrong` codes came from this source.
async fn asks_captcha(rooms: &Organizations, wrong: i64) -> kernel::Result<bool> {
    let policies = rooms.identity().settings().policies().await?;
    Ok(match policies.captcha.strategy {
        CaptchaStrategy::Always => true,
        CaptchaStrategy::Never => false,
        CaptchaStrategy::AfterFailures | CaptchaStrategy::Risk => wrong >= policies.captcha.after_failures,
    })
}
async fn code_page(
    ctx: &Ctx,
    rooms: &Organizations,
    code: String,
    (wrong, way): (i64, Way),
    errors: FormErrors,
) -> Result {
    let captcha = match asks_captcha(rooms, wrong).await? {
        true => Some(captcha::service::ask(rooms.identity(), ctx, Purpose::Activate, way).await?),
        false => None,
    };
    let labels = [("code", ctx.lang.t("organization-activate-code"))];
    let errors = errors.labelled(ctx.lang, &labels);
    let status = errors.status();
    let page = Page::new(ctx, ctx.lang.t("organization-activate-title")).with_errors(&errors);
    Ok(html_status(status, CodePage { page, errors, code, captcha }))
}
fn source_of(ctx: &Ctx, rooms: &Organizations) -> Vec<u8> {
    rooms.db().keyring().mac("counter.address", &[ctx.source().as_bytes()]).to_vec()
}
async fn ask(ctx: Ctx, Extension(rooms): Extension<Organizations>) -> Result {
    let guessed = counter::service::peek(rooms.db(), WRONG, source_of(&ctx, &rooms), ctx.now).await?;
    code_page(&ctx, &rooms, String::new(), (guessed.n, Way::Picture), FormErrors::none()).await
}
async fn typed(ctx: Ctx, Extension(rooms): Extension<Organizations>, Form(typed): Form<Typed>) -> Result {
    let input = Input { token: typed.captcha, answer: typed.captcha_answer, work: typed.captcha_work };
    let key = source_of(&ctx, &rooms);
    let guessed = counter::service::peek(rooms.db(), WRONG, key.clone(), ctx.now).await?;
    if let Some(way) = Way::parse(&typed.captcha_way) {
        return code_page(&ctx, &rooms, typed.code, (guessed.n, way), FormErrors::none()).await;
    }
    let way = captcha::service::way_of(rooms.identity(), &ctx, &input);
    if guessed.exhausted() {
        let minutes = guessed.minutes_left(ctx.now).to_string();
        let error = Error::too_many("activation.code_locked").at("code").arg("minutes", minutes);
        let errors = FormErrors::from(&error, ctx.lang);
        return code_page(&ctx, &rooms, typed.code, (guessed.n, way), errors).await;
    }
    if asks_captcha(&rooms, guessed.n).await?
        && let Some(error) =
            captcha::service::check(rooms.identity(), &ctx, Purpose::Activate, &input).await?.error()
    {
        let errors = FormErrors::from(&error, ctx.lang);
        return code_page(&ctx, &rooms, typed.code, (guessed.n, way), errors).await;
    }
    if let Some(code) = typed_code(&typed.code) {
        match rooms.activation(&code, ctx.now).await {
            Ok(_) => return Ok(see_other(&format!("/activate/{code}"))),
            Err(error) if error.kind == Kind::Conflict => {
                let errors = FormErrors::from(&error.at("code"), ctx.lang);
                return code_page(&ctx, &rooms, typed.code, (guessed.n, way), errors).await;
            }
            Err(error) if error.kind == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    let guessed = counter::service::hit(rooms.db(), WRONG, key, ctx.now).await?;
    let error = Error::invalid("activation.code_wrong").at("code");
    code_page(&ctx, &rooms, typed.code, (guessed.n, way), FormErrors::from(&error, ctx.lang)).await
}

#[derive(Template)]
#[template(path = "activation/open.html")]
struct OpenPage {
    page: Page,
    errors: FormErrors,
    opening: Opening,
    action: String,
    until: String,
    password_hint: String,
}
#[derive(Template)]
#[template(path = "activation/over.html")]
struct OverPage {
    page: Page,
    message: String,
    /// It was opened before: what is left is to sign in.
    used: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    new_password: String,
}
async fn show(ctx: Ctx, Extension(rooms): Extension<Organizations>, Path(token): Path<String>) -> Result {
    open_page(&ctx, &rooms, &token, FormErrors::none()).await
}
async fn open_page(ctx: &Ctx, rooms: &Organizations, token: &str, errors: FormErrors) -> Result {
    let opening = match rooms.activation(token, ctx.now).await {
        Ok(opening) => opening,
        Err(error) => return over(ctx, error),
    };
    let policies = rooms.identity().settings().policies().await?;
    let title =
        if opening.again { "organization-activate-again-title" } else { "organization-activate-title" };
    let labels = [("new_password", ctx.lang.t("organization-activate-password"))];
    let errors = errors.labelled(ctx.lang, &labels);
    let view = OpenPage {
        page: Page::new(ctx, ctx.lang.t(title)).with_errors(&errors),
        action: format!("/activate/{token}"),
        until: opening.expires_at.local_minute(&ctx.app.zone),
        password_hint: password_hint(ctx, &policies),
        opening,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
/// A link that opens nothing: why, and who can make another one.
fn over(ctx: &Ctx, error: Error) -> Result {
    let status = match error.kind {
        Kind::Conflict => StatusCode::GONE,
        Kind::NotFound => StatusCode::NOT_FOUND,
        _ => return Err(error.into()),
    };
    let page = Page::new(ctx, ctx.lang.t("organization-activate-over"));
    let view = OverPage { page, message: ctx.lang.error(&error), used: error.code == "activation.used" };
    Ok(html_status(status, view))
}
async fn set(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    Path(token): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Result {
    let new = match Password::parse("new_password", &chosen.new_password) {
        Ok(new) => new,
        Err(error) => return open_page(&ctx, &rooms, &token, FormErrors::from(&error, ctx.lang)).await,
    };
    match rooms.activate(&ctx.actor(), &token, &new, ctx.now).await {
        Ok(()) => Ok(with_flash(see_other("/login"), "ok", "organization-flash-activated", &[])),
        Err(error) if error.field == Some("new_password") => {
            open_page(&ctx, &rooms, &token, FormErrors::from(&error, ctx.lang)).await
        }
        Err(error) => over(&ctx, error),
    }
}
