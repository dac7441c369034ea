//! The last pages of `/recover`: the second factor of those who have one, and the new password.
use super::{
    model::Moved,
    pages::{onward, over, trouble},
    service::{self, Factor},
};
use askama::Template;
use axum::Extension;
use factor::{Factors, passkey, recovery_code, totp};
use identity::{Identity, challenge::ChallengeId, credential::Password};
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/recover/factor", Policy::Public, show_factor)
        .post("/recover/factor", Policy::Public, prove_factor)
        .post("/recover/factor/passkey", Policy::Public, prove_passkey)
        .post("/recover/factor/passkey/begin", Policy::Public, begin_passkey)
        .get("/recover/password", Policy::Public, show_password)
        .post("/recover/password", Policy::Public, set_password)
}

#[derive(Template)]
#[template(path = "recovery/factor.html")]
struct FactorPage {
    page: Page,
    errors: FormErrors,
    step: usize,
    flow: ChallengeId,
    /// What the account has; whoever is here has proven enough to know.
    factors: Factors,
}
#[derive(Template)]
#[template(path = "recovery/password.html")]
struct PasswordPage {
    page: Page,
    errors: FormErrors,
    step: usize,
    flow: ChallengeId,
    password_hint: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    flow: String,
    code: String,
    recovery_code: String,
    /// Of a passkey's ceremony.
    challenge: String,
    credential: String,
    new_password: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asking {
    flow: String,
}
const PASSWORD: &[&str] = &["recover.password"];

async fn show_factor(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asking): Query<Asking>,
) -> web::Result {
    let Ok(id) = asking.flow.parse() else { return Ok(over()) };
    factor_page(&ctx, &identity, id, FormErrors::none()).await
}
async fn factor_page(ctx: &Ctx, identity: &Identity, id: ChallengeId, errors: FormErrors) -> web::Result {
    let Some(factors) = service::factors(identity, ctx, id).await? else { return Ok(over()) };
    let page = Page::new(ctx, ctx.lang.t("recovery-factor-title")).with_errors(&errors);
    Ok(web::html_status(errors.status(), FactorPage { page, errors, step: 3, flow: id, factors }))
}
async fn prove_factor(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let Ok(id) = typed.flow.parse::<ChallengeId>() else { return Ok(over()) };
    let (parsed, field) = match typed.recovery_code.trim() {
        "" => (totp::Code::parse("code", &typed.code).map(Factor::Totp), "code"),
        text => {
            (recovery_code::Code::parse("recovery_code", text).map(Factor::RecoveryCode), "recovery_code")
        }
    };
    let moved = match parsed {
        Ok(factor) => service::factor(&identity, &ctx, id, &factor).await?,
        Err(error) => {
            return factor_page(&ctx, &identity, id, FormErrors::from(&error, ctx.lang)).await;
        }
    };
    match (&moved, trouble(&moved, field)) {
        (Moved::To(step, next), _) => Ok(onward(*step, *next)),
        (_, Some(error)) => factor_page(&ctx, &identity, id, FormErrors::or_fail(error, ctx.lang)?).await,
        (_, None) => Ok(over()),
    }
}

async fn begin_passkey(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let ceremony = match typed.flow.parse() {
        Ok(id) => service::begin_passkey(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    Ok(web::json(&ceremony.ok_or_else(|| Error::invalid("passkey.over"))?))
}
async fn prove_passkey(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let Ok(id) = typed.flow.parse::<ChallengeId>() else { return Ok(over()) };
    let moved = match passkey::Answer::parse(&typed.challenge, &typed.credential) {
        Ok(answer) => service::passkey(&identity, &ctx, id, &answer).await?,
        Err(error) => Err(error),
    };
    match moved {
        Ok(Moved::To(step, next)) => Ok(onward(step, next)),
        Ok(_) => Ok(over()),
        Err(error) => factor_page(&ctx, &identity, id, FormErrors::or_fail(error, ctx.lang)?).await,
    }
}

async fn show_password(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asking): Query<Asking>,
) -> web::Result {
    let Ok(id) = asking.flow.parse() else { return Ok(over()) };
    password_page(&ctx, &identity, id, FormErrors::none()).await
}
async fn password_page(ctx: &Ctx, identity: &Identity, id: ChallengeId, errors: FormErrors) -> web::Result {
    if service::look(identity, ctx, id, PASSWORD).await?.is_none() {
        return Ok(over());
    }
    let policies = identity.settings().policies().await?;
    let page = PasswordPage {
        page: Page::new(ctx, ctx.lang.t("recovery-password-title")).with_errors(&errors),
        step: 4,
        flow: id,
        password_hint: identity::registration::pages::password_hint(ctx, &policies),
        errors,
    };
    Ok(web::html_status(page.errors.status(), page))
}
async fn set_password(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let Ok(id) = typed.flow.parse::<ChallengeId>() else { return Ok(over()) };
    let outcome = match Password::parse("new_password", &typed.new_password) {
        Ok(password) => service::set_password(&identity, &ctx, id, &password).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(Moved::Done) => Ok(web::with_flash(web::see_other("/login"), "ok", "recovery-done", &[])),
        Ok(Moved::To(step, next)) => {
            Ok(web::with_flash(onward(step, next), "warn", "recovery-more-now", &[]))
        }
        Ok(_) => Ok(over()),
        Err(error) => password_page(&ctx, &identity, id, FormErrors::or_fail(error, ctx.lang)?).await,
    }
}
