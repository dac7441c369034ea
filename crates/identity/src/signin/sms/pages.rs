//! `/login/sms`: the number, then the code.
use super::{
    PURPOSE,
    model::{Kept, Verified},
    service,
};
use crate::{
    Identity, MaybeSignedIn,
    captcha::{self, Input, Purpose, View, Way},
    challenge::ChallengeId,
    code::{
        self, Sent, Waiting,
        pages::{Again, Code, Resent, attempt_error, parse_code, sent_error},
    },
    signin::{
        pages::{next_response, target},
        ways::{self, Ways},
    },
};
use askama::Template;
use axum::{Extension, response::Response};
use http::HeaderMap;
use kernel::{Error, Mobile};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/sms", Policy::Public, show)
        .post("/login/sms", Policy::Public, submit)
        .get("/login/sms/verify", Policy::Public, show_code)
        .post("/login/sms/verify", Policy::Public, verify)
        .post("/login/sms/resend", Policy::Public, resend)
}

#[derive(Template)]
#[template(path = "signin/sms.html")]
struct SmsPage {
    page: Page,
    errors: FormErrors,
    phone: String,
    return_to: String,
    captcha: View,
    ways: Ways,
}
#[derive(Template)]
#[template(path = "signin/sms_code.html")]
struct CodePage {
    page: Page,
    errors: FormErrors,
    challenge: ChallengeId,
    waiting: Waiting,
    captcha: View,
    /// Begins with `?`, or is empty.
    query: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    phone: String,
    captcha: String,
    #[serde(rename = "captcha-answer")]
    captcha_answer: String,
    #[serde(rename = "captcha-work")]
    captcha_work: String,
    #[serde(rename = "captcha-way")]
    captcha_way: String,
    return_to: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    again: String,
}

async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Query(asked): Query<Asked>,
) -> web::Result {
    let return_to = target(&asked.return_to);
    if signed_in.is_some() && asked.again != "1" {
        return Ok(web::see_other(&return_to));
    }
    if !ways::has_sms(&identity).await? {
        return Ok(web::see_other("/login"));
    }
    let view = captcha::service::ask(&identity, &ctx, Purpose::SignIn, Way::Picture).await?;
    let typed = Typed { return_to, ..Typed::default() };
    page(&ctx, &identity, typed, FormErrors::none(), view).await
}
async fn page(
    ctx: &Ctx,
    identity: &Identity,
    typed: Typed,
    errors: FormErrors,
    captcha: View,
) -> web::Result {
    let return_to = target(&typed.return_to);
    let status = errors.status();
    let page = SmsPage {
        page: Page::new(ctx, ctx.lang.t("identity-login-sms-title")).with_errors(&errors),
        errors,
        phone: typed.phone,
        ways: ways::of(identity, ctx, &return_to, "sms").await?,
        return_to,
        captcha,
    };
    Ok(web::html_status(status, page))
}

async fn submit(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Typed>) -> web::Result {
    let input = Input {
        token: typed.captcha.clone(),
        answer: typed.captcha_answer.clone(),
        work: typed.captcha_work.clone(),
    };
    if let Some(way) = Way::parse(&typed.captcha_way) {
        let view = captcha::service::ask(&identity, &ctx, Purpose::SignIn, way).await?;
        return page(&ctx, &identity, typed, FormErrors::none(), view).await;
    }
    let phone = match Mobile::parse(&typed.phone) {
        Ok(phone) => phone,
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            let view = captcha::service::ask_again(&identity, &ctx, Purpose::SignIn, &input).await?;
            return page(&ctx, &identity, typed, errors, view).await;
        }
    };
    let error = match send(&identity, &ctx, &input, phone, target(&typed.return_to)).await {
        Ok(Sent::Sent(id)) => return Ok(web::see_other(&format!("/login/sms/verify?challenge={id}"))),
        Ok(sent) => sent_error(sent, "phone").unwrap_or_else(|| Error::internal("signin.outcome")),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    let way = captcha::service::way_of(&identity, &ctx, &input);
    let view = captcha::service::ask(&identity, &ctx, Purpose::SignIn, way).await?;
    page(&ctx, &identity, typed, errors, view).await
}
/// Captcha first, whatever the strategy: the form sends an SMS to a typed number.
async fn send(
    identity: &Identity,
    ctx: &Ctx,
    input: &Input,
    phone: Mobile,
    return_to: String,
) -> kernel::Result<Sent> {
    match captcha::service::look(identity, ctx, Purpose::SignIn, input).await? {
        Ok(answered) => service::start(identity, ctx, answered, phone, return_to).await,
        Err(checked) => Err(checked.error().unwrap_or_else(|| Error::internal("signin.outcome"))),
    }
}

/// Used, expired or of another browser: begin again.
fn over() -> Response {
    web::with_flash(web::see_other("/login/sms"), "bad", "identity-login-sms-over", &[])
}
async fn show_code(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Code>,
) -> web::Result {
    let Ok(id) = asked.challenge.parse() else { return Ok(over()) };
    code_page(&ctx, &identity, id, FormErrors::none(), Way::Picture).await
}
async fn code_page(
    ctx: &Ctx,
    identity: &Identity,
    id: ChallengeId,
    errors: FormErrors,
    way: Way,
) -> web::Result {
    let Some(waiting) = code::service::waiting(identity, ctx, PURPOSE, id).await? else { return Ok(over()) };
    let status = errors.status();
    let captcha = captcha::service::ask(identity, ctx, Purpose::Resend, way).await?;
    let page = Page::new(ctx, ctx.lang.t("identity-login-sms-title")).with_errors(&errors);
    let query = ways::query(&target(&Kept::read(&waiting.data)?.return_to));
    Ok(web::html_status(status, CodePage { page, errors, challenge: id, waiting, captcha, query }))
}
async fn verify(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> web::Result {
    let Ok(id) = typed.challenge.parse::<ChallengeId>() else { return Ok(over()) };
    let error = match parse_code(&typed.code) {
        Err(error) => error,
        Ok(code) => match service::verify(&identity, &ctx, &headers, id, &code).await? {
            Verified::Next { next, return_to } => {
                return Ok(next_response(&ctx, &next, &target(&return_to)));
            }
            Verified::Not(attempt) => match attempt_error(&attempt) {
                Some(error) => error,
                None => return Ok(over()),
            },
            Verified::Disabled { return_to } => return Ok(elsewhere("error-signin-disabled", &return_to)),
            Verified::Unconfirmed { return_to } => {
                return Ok(elsewhere("identity-login-sms-unconfirmed", &return_to));
            }
            Verified::Staff { return_to } => {
                return Ok(elsewhere("identity-login-sms-staff", &return_to));
            }
        },
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    code_page(&ctx, &identity, id, errors, Way::Picture).await
}
/// The code is used up: what was found is told where another way begins.
fn elsewhere(key: &'static str, return_to: &str) -> Response {
    let login = format!("/login{}", ways::query(&target(return_to)));
    web::with_flash(web::see_other(&login), "bad", key, &[])
}

async fn resend(ctx: Ctx, Extension(identity): Extension<Identity>, Form(typed): Form<Again>) -> web::Result {
    match code::pages::resend(&identity, &ctx, PURPOSE, typed).await? {
        Resent::Sent(id) => {
            let next = web::see_other(&format!("/login/sms/verify?challenge={id}"));
            Ok(web::with_flash(next, "ok", "identity-code-resent", &[]))
        }
        Resent::Over => Ok(over()),
        Resent::Shown(id, errors, way) => code_page(&ctx, &identity, id, errors, way).await,
    }
}
