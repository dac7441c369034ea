//! List, a new app with its QR code, and one app with its name and its removal.
use super::service::{self, Added};
use crate::recovery_code::{pages as codes, service::First};
use ::organization::{Organizations, shell};
use axum::Extension;
use factor::{
    Factors,
    totp::{self, AuthenticatorCard, AuthenticatorId, Code, Offer, service::NewAuthenticator},
};
use http::HeaderMap;
use identity::{
    Identity, SignedIn,
    stepup::{Need, service as stepup},
};
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/me/authenticator";
const NEW: &str = "/me/authenticator/new";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .get(NEW, Policy::SignedIn, show_new)
        .post(NEW, Policy::SignedIn, add)
        .get("/me/authenticator/{id}", Policy::SignedIn, show)
        .post("/me/authenticator/{id}/rename", Policy::SignedIn, rename)
        .post("/me/authenticator/{id}/remove", Policy::SignedIn, remove)
}

#[derive(askama::Template)]
#[template(path = "authenticator/list.html")]
struct List {
    page: Page,
    cards: Vec<AuthenticatorCard>,
    factors: Factors,
    full: bool,
}
async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let cards = totp::service::list(identity.db(), signed_in.account).await?;
    let factors = factor::summary(identity.db(), signed_in.account).await?;
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let full = cards.len() as i64 >= totp::model::MOST;
    let page = Page::new(&ctx, ctx.lang.t("profile-authenticator-title")).with_shell(shell);
    Ok(html(List { page, cards, factors, full }))
}

#[derive(askama::Template)]
#[template(path = "authenticator/new.html")]
struct New {
    page: Page,
    errors: FormErrors,
    /// The new row's id, signed for this browser.
    id: String,
    offer: Offer,
    called: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    sealed: String,
    name: String,
    code: String,
}
async fn show_new(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, NEW).await? {
        return Ok(first);
    }
    let typed = Typed { name: ctx.lang.t("profile-authenticator-name-default"), ..Typed::default() };
    new_page(&ctx, &signed_in, &identity, &organizations, typed, FormErrors::none()).await
}
async fn new_page(
    ctx: &Ctx,
    signed_in: &SignedIn,
    identity: &Identity,
    organizations: &Organizations,
    typed: Typed,
    errors: FormErrors,
) -> web::Result {
    let page = Page::new(ctx, ctx.lang.t("profile-authenticator-new"));
    let (issuer, name) = (page.brand().to_owned(), &signed_in.login_name);
    // The secret that was scanned stays while its code is being typed; what waited too long gives way to a new one.
    let again = ctx.check_form_id(&typed.id).ok().and_then(|id: AuthenticatorId| {
        totp::service::offer_again(identity.db(), id, &typed.sealed, &issuer, name, ctx.now).ok()
    });
    let offer = match again {
        Some(offer) => offer,
        None => totp::service::offer(identity.db(), &issuer, name)?,
    };
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let status = errors.status();
    let page = page.with_shell(shell).with_errors(&errors);
    Ok(html_status(status, New { page, errors, id: ctx.form_id(offer.id), offer, called: typed.name }))
}
async fn add(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, NEW).await? {
        return Ok(first);
    }
    let mut errors = FormErrors::none();
    let id = errors.take(ctx.check_form_id(&typed.id), ctx.lang);
    let name = errors.take(totp::service::parse_name(&typed.name), ctx.lang);
    let code = errors.take(Code::parse("code", &typed.code), ctx.lang);
    let (Some(id), Some(name), Some(code)) = (id, name, code) else {
        return new_page(&ctx, &signed_in, &identity, &organizations, typed, errors).await;
    };
    let new = NewAuthenticator {
        id,
        account: signed_in.account,
        name: name.clone(),
        sealed: typed.sealed.clone(),
        code,
        now: ctx.now,
    };
    let first = First::new(&identity, &ctx, &signed_in, &headers);
    match service::add(&identity, &signed_in, new, first).await {
        Ok(Added::Done(Some(set))) => {
            codes::shown(&ctx, &signed_in, &organizations, &set, Some(name), HERE).await
        }
        Ok(Added::Done(None)) => {
            Ok(with_flash(see_other(HERE), "ok", "profile-authenticator-added", &[("name", &name)]))
        }
        Ok(Added::Already) => Ok(see_other(HERE)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            new_page(&ctx, &signed_in, &identity, &organizations, typed, errors).await
        }
    }
}

#[derive(askama::Template)]
#[template(path = "authenticator/one.html")]
struct One {
    page: Page,
    errors: FormErrors,
    card: AuthenticatorCard,
    called: String,
    /// Nothing but a password or code by SMS remains.
    last: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}
fn here(id: AuthenticatorId) -> String {
    format!("{HERE}/{id}")
}
async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<AuthenticatorId>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &here(id)).await? {
        return Ok(first);
    }
    one(&ctx, &signed_in, &identity, &organizations, id, None).await
}
async fn one(
    ctx: &Ctx,
    signed_in: &SignedIn,
    identity: &Identity,
    organizations: &Organizations,
    id: AuthenticatorId,
    wrong: Option<(String, FormErrors)>,
) -> web::Result {
    let cards = totp::service::list(identity.db(), signed_in.account).await?;
    let card = cards.into_iter().find(|card| card.id == id);
    let card = card.ok_or_else(|| Error::not_found("totp.unknown"))?;
    let factors = factor::summary(identity.db(), signed_in.account).await?;
    let (called, errors) = wrong.unwrap_or_else(|| (card.name.clone(), FormErrors::none()));
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let page = Page::new(ctx, card.name.clone()).with_shell(shell).with_errors(&errors);
    let last = factors.totp + factors.passkeys == 1;
    Ok(html_status(errors.status(), One { page, errors, card, called, last }))
}
async fn rename(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<AuthenticatorId>,
    Form(named): Form<Named>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &here(id)).await? {
        return Ok(first);
    }
    match totp::service::parse_name(&named.name) {
        Ok(name) => {
            service::rename(&identity, &signed_in, id, name.clone()).await?;
            Ok(with_flash(see_other(HERE), "ok", "profile-factor-renamed", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            one(&ctx, &signed_in, &identity, &organizations, id, Some((named.name, errors))).await
        }
    }
}
/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}
async fn remove(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(id): Path<AuthenticatorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &here(id)).await? {
        return Ok(first);
    }
    let last = service::remove(&identity, &signed_in, id, ctx.now).await?;
    let key = if last { "profile-factor-removed-last" } else { "profile-factor-removed" };
    Ok(with_flash(see_other(HERE), "ok", key, &[]))
}
