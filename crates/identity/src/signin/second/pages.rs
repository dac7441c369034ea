//! `/login/second`.
use super::{
    model::{Answer, Means, Tried, Waiting},
    service,
};
use crate::{
    Identity,
    challenge::ChallengeId,
    session::encoded,
    signin::pages::{begun_response, target},
};
use askama::Template;
use axum::{Extension, response::Response};
use factor::{recovery_code, totp};
use http::HeaderMap;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/login/second", Policy::Public, show).post("/login/second", Policy::Public, submit)
}

#[derive(Template)]
#[template(path = "signin/second.html")]
struct SecondPage {
    page: Page,
    errors: FormErrors,
    waiting: Waiting,
    means: Means,
    remember_days: i64,
    remember: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    challenge: String,
    means: String,
    code: String,
    remember: Option<String>,
}

/// Where the second step of this browser is taken.
pub(crate) fn address(id: ChallengeId) -> String {
    format!("/login/second?challenge={id}")
}
pub(crate) fn over(return_to: &str) -> Response {
    let back = web::see_other(&format!("/login?return_to={}", encoded(return_to)));
    web::with_flash(back, "bad", "identity-second-over", &[])
}

async fn show(ctx: Ctx, Extension(identity): Extension<Identity>, Query(typed): Query<Typed>) -> web::Result {
    page(&ctx, &identity, &typed, FormErrors::none()).await
}
async fn page(ctx: &Ctx, identity: &Identity, typed: &Typed, errors: FormErrors) -> web::Result {
    let waiting = match typed.challenge.parse() {
        Ok(id) => service::waiting(identity, ctx, id).await?,
        Err(_) => None,
    };
    // Whoever lost the last factor meanwhile, in another window, begins again.
    let chosen = waiting.as_ref().and_then(|waiting| {
        let asked = Means::parse(&typed.means).filter(|means| waiting.means.contains(means));
        asked.or_else(|| waiting.means.first().copied())
    });
    let (Some(waiting), Some(means)) = (waiting, chosen) else { return Ok(over("/")) };
    let policies = identity.settings().policies().await?;
    let status = errors.status();
    let page = SecondPage {
        page: Page::new(ctx, ctx.lang.t("identity-second-title")).with_errors(&errors),
        errors,
        waiting,
        means,
        remember_days: policies.second_factor.remember_days,
        remember: typed.remember.is_some(),
    };
    Ok(web::html_status(status, page))
}

async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> web::Result {
    let Ok(id) = typed.challenge.parse::<ChallengeId>() else { return Ok(over("/")) };
    let parsed = match Means::parse(&typed.means) {
        Some(Means::Recovery) => recovery_code::Code::parse("code", &typed.code).map(Answer::Recovery),
        _ => totp::Code::parse("code", &typed.code).map(Answer::Totp),
    };
    let answer = match parsed {
        Ok(answer) => answer,
        Err(error) => return page(&ctx, &identity, &typed, FormErrors::from(&error, ctx.lang)).await,
    };
    match service::answer(&identity, &ctx, &headers, id, answer, typed.remember.is_some()).await? {
        Tried::Done { begun, return_to } => Ok(begun_response(&ctx, &begun, &target(&return_to))),
        Tried::Wrong(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(&ctx, &identity, &typed, errors).await
        }
        Tried::Gone => Ok(over("/")),
    }
}
