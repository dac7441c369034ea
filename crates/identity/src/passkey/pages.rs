//! `/login/passkey`, and the passkey's part of `/login/second`. `…/begin` answers a script with JSON; what the device said
//! comes back as an ordinary form, so that every outcome is a page.
use super::service::{self, Outcome};
use crate::{
    Identity,
    session::encoded,
    signin::{
        pages::{begun_response, target},
        second::{model::Tried, pages::over},
        ways::{self, Ways},
    },
};
use askama::Template;
use axum::Extension;
use factor::passkey::Answer;
use http::HeaderMap;
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/passkey", Policy::Public, show)
        .post("/login/passkey", Policy::Public, submit)
        .post("/login/passkey/begin", Policy::Public, begin)
        .post("/login/second/passkey", Policy::Public, second)
        .post("/login/second/passkey/begin", Policy::Public, begin_second)
}

#[derive(Template)]
#[template(path = "passkey/login.html")]
struct LoginPage {
    page: Page,
    errors: FormErrors,
    ways: Ways,
    return_to: String,
    /// Where the other ways are.
    password: String,
    possible: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    return_to: String,
    /// The ceremony's.
    challenge: String,
    credential: String,
    /// The second step that waits.
    second: String,
    remember: Option<String>,
}

async fn show(ctx: Ctx, Extension(identity): Extension<Identity>, Query(sent): Query<Sent>) -> web::Result {
    page(&ctx, &identity, &sent.return_to, FormErrors::none()).await
}
async fn page(ctx: &Ctx, identity: &Identity, return_to: &str, errors: FormErrors) -> web::Result {
    let return_to = target(return_to);
    let status = errors.status();
    let page = LoginPage {
        page: Page::new(ctx, ctx.lang.t("identity-passkey-title")).with_errors(&errors),
        errors,
        ways: ways::of(identity, ctx, &return_to, "passkey").await?,
        password: format!("/login?return_to={}", encoded(&return_to)),
        possible: factor::passkey::possible(&ctx.app),
        return_to,
    };
    Ok(web::html_status(status, page))
}

async fn begin(ctx: Ctx, Extension(identity): Extension<Identity>, Form(_): Form<Sent>) -> web::Result {
    Ok(web::json(&service::begin(&identity, &ctx).await?))
}
async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> web::Result {
    let outcome = match Answer::parse(&sent.challenge, &sent.credential) {
        Ok(answer) => service::sign_in(&identity, &ctx, &headers, &answer).await?,
        Err(error) => Outcome::Refused(error),
    };
    match outcome {
        Outcome::Done(begun) => Ok(begun_response(&ctx, &begun, &target(&sent.return_to))),
        Outcome::Refused(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(&ctx, &identity, &sent.return_to, errors).await
        }
    }
}

async fn begin_second(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Form(sent): Form<Sent>,
) -> web::Result {
    let ceremony = match sent.second.parse() {
        Ok(id) => service::begin_second(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    Ok(web::json(&ceremony.ok_or_else(|| Error::invalid("passkey.over"))?))
}
async fn second(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> web::Result {
    let Ok(id) = sent.second.parse() else { return Ok(over("/")) };
    let tried = match Answer::parse(&sent.challenge, &sent.credential) {
        Ok(answer) => {
            let remember = sent.remember.is_some();
            service::answer_second(&identity, &ctx, &headers, id, &answer, remember).await?
        }
        Err(error) => Tried::Wrong(error),
    };
    match tried {
        Tried::Done { begun, return_to } => Ok(begun_response(&ctx, &begun, &target(&return_to))),
        // Said on the step's own page, which offers the passkey again and every other means.
        Tried::Wrong(error) => {
            let back = web::see_other(&format!("/login/second?challenge={id}&means=passkey"));
            Ok(web::with_flash(back, "bad", &web::i18n::error_key(error.code), &[]))
        }
        Tried::Gone => Ok(over("/")),
    }
}
