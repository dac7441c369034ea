//! How many are left, and the page that shows a set once.
use super::service;
use ::organization::{Organizations, shell};
use axum::{Extension, response::Response};
use factor::recovery_code::Code;
use identity::{
    Identity, SignedIn,
    stepup::{Need, service as stepup},
};
use kernel::Timestamp;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Routes, html, html_status};

const HERE: &str = "/me/recovery-codes";

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, show).post(HERE, Policy::SignedIn, replace)
}

#[derive(askama::Template)]
#[template(path = "recovery_code/overview.html")]
struct Overview {
    page: Page,
    errors: FormErrors,
    /// When the set was made, and how many of it are unused.
    set: Option<(Timestamp, i64)>,
    /// Whether there is a factor for which codes can stand in.
    factor: bool,
}
async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    overview(&ctx, &signed_in, &identity, &organizations, FormErrors::none()).await
}
async fn overview(
    ctx: &Ctx,
    signed_in: &SignedIn,
    identity: &Identity,
    organizations: &Organizations,
    errors: FormErrors,
) -> web::Result {
    let set = factor::recovery_code::service::set(identity.db(), signed_in.account).await?;
    let factors = factor::summary(identity.db(), signed_in.account).await?;
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let page = Page::new(ctx, ctx.lang.t("profile-recovery-codes-title")).with_shell(shell);
    let page = page.with_errors(&errors);
    Ok(html_status(errors.status(), Overview { page, set, factor: factors.second(), errors }))
}

/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}
async fn replace(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    match service::replace(&identity, &signed_in, ctx.now).await {
        Ok(codes) => shown(&ctx, &signed_in, &organizations, &codes, None, HERE).await,
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            overview(&ctx, &signed_in, &identity, &organizations, errors).await
        }
    }
}

#[derive(askama::Template)]
#[template(path = "recovery_code/codes.html")]
struct Codes {
    page: Page,
    /// What was added, if the codes came with it.
    added: Option<String>,
    codes: Vec<String>,
    login_name: String,
    made: Timestamp,
    next: &'static str,
}
/// The one page that shows a set; nothing else can show it again. `added` names the factor that it came with.
pub async fn shown(
    ctx: &Ctx,
    signed_in: &SignedIn,
    organizations: &Organizations,
    codes: &[Code],
    added: Option<String>,
    next: &'static str,
) -> std::result::Result<Response, web::Failure> {
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    Ok(html(Codes {
        page: Page::new(ctx, ctx.lang.t("profile-recovery-codes-shown")).with_shell(shell),
        added,
        codes: codes.iter().map(Code::printed).collect(),
        login_name: signed_in.login_name.clone(),
        made: ctx.now,
        next,
    }))
}
