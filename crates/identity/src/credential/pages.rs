//! `/me/password`: the own password, and the first own one after a temporary.
use super::{
    model::Password,
    service::{self, Change},
};
use crate::{Identity, SignedIn, registration::pages::password_hint};
use askama::Template;
use axum::Extension;
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/me/password", Policy::SignedIn, show).post("/me/password", Policy::SignedIn, submit)
}

#[derive(Template)]
#[template(path = "credential/password.html")]
struct PasswordPage {
    page: Page,
    errors: FormErrors,
    forced: bool,
    lead: String,
    login_name: String,
    return_to: String,
    password_hint: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    current_password: String,
    new_password: String,
    return_to: String,
}

fn target(text: &str, forced: bool) -> String {
    let home = if forced { "/" } else { "/me" };
    web::local_path(text).unwrap_or(home).to_owned()
}
async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    signed_in: SignedIn,
    Query(typed): Query<Typed>,
) -> web::Result {
    page(&ctx, &identity, &signed_in, &typed, FormErrors::none()).await
}
async fn page(
    ctx: &Ctx,
    identity: &Identity,
    signed_in: &SignedIn,
    typed: &Typed,
    errors: FormErrors,
) -> web::Result {
    let policies = identity.settings().policies().await?;
    let forced = signed_in.must_change_password;
    let title = ctx.lang.t(if forced { "identity-password-title-forced" } else { "identity-password-title" });
    let lead = match (signed_in.password_overdue, forced) {
        (true, _) => "identity-password-overdue",
        (false, true) => "identity-password-forced",
        (false, false) => "identity-password-lead",
    };
    let labels = [
        ("current_password", ctx.lang.t("identity-current-password")),
        ("new_password", ctx.lang.t("identity-new-password")),
    ];
    let errors = errors.labelled(ctx.lang, &labels);
    let status = errors.status();
    let page = PasswordPage {
        page: Page::new(ctx, title).with_errors(&errors),
        errors,
        forced,
        lead: ctx.lang.t(lead),
        login_name: signed_in.login_name.clone(),
        return_to: target(&typed.return_to, forced),
        password_hint: password_hint(ctx, &policies),
    };
    Ok(web::html_status(status, page))
}
async fn submit(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    signed_in: SignedIn,
    Form(typed): Form<Typed>,
) -> web::Result {
    let mut errors = FormErrors::none();
    let current = errors.take(Password::parse("current_password", &typed.current_password), ctx.lang);
    let new = errors.take(Password::parse("new_password", &typed.new_password), ctx.lang);
    let (Some(current), Some(new)) = (current, new) else {
        return page(&ctx, &identity, &signed_in, &typed, errors).await;
    };
    let error = match service::change(&identity, &ctx, &signed_in, &current, &new).await {
        Ok(Change::Changed { token }) => {
            let next = web::see_other(&target(&typed.return_to, signed_in.must_change_password));
            let next = web::with_cookie(next, web::cookie::set_session(&ctx.app, &token, None));
            return Ok(web::with_flash(next, "ok", "identity-password-changed", &[]));
        }
        Ok(Change::Wrong { left }) => {
            Error::invalid("password.current_wrong").at("current_password").arg("left", left.to_string())
        }
        Ok(Change::Locked { minutes }) => Error::too_many("password.current_locked")
            .at("current_password")
            .arg("minutes", minutes.to_string()),
        Err(error) => error,
    };
    let errors = FormErrors::or_fail(error, ctx.lang)?;
    page(&ctx, &identity, &signed_in, &typed, errors).await
}
