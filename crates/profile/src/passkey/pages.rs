//! List with the form that adds a key, and one key with its name and its removal.
use super::service::{self, Added};
use crate::recovery_code::{pages as codes, service::First};
use ::organization::{Organizations, shell};
use axum::Extension;
use factor::{
    Factors,
    passkey::{self, Answer, PasskeyCard, PasskeyId},
};
use http::{HeaderMap, header::USER_AGENT};
use identity::{
    Identity, SignedIn,
    session::Device,
    stepup::{Need, service as stepup},
};
use kernel::Error;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Routes, html_status, json, see_other, with_flash};

const HERE: &str = "/me/passkeys";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .post(HERE, Policy::SignedIn, add)
        .post("/me/passkeys/begin", Policy::SignedIn, begin)
        .get("/me/passkeys/{id}", Policy::SignedIn, show)
        .post("/me/passkeys/{id}/rename", Policy::SignedIn, rename)
        .post("/me/passkeys/{id}/remove", Policy::SignedIn, remove)
}

#[derive(askama::Template)]
#[template(path = "passkey/list.html")]
struct List {
    page: Page,
    errors: FormErrors,
    cards: Vec<PasskeyCard>,
    factors: Factors,
    /// Whether the site's address allows passkeys at all.
    possible: bool,
    full: bool,
    called: String,
}
async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    headers: HeaderMap,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = Device::of(agent).words(ctx.lang);
    page(&ctx, &signed_in, &identity, &organizations, name, FormErrors::none()).await
}
async fn page(
    ctx: &Ctx,
    signed_in: &SignedIn,
    identity: &Identity,
    organizations: &Organizations,
    called: String,
    errors: FormErrors,
) -> web::Result {
    let cards = passkey::service::list(identity.db(), signed_in.account).await?;
    let factors = factor::summary(identity.db(), signed_in.account).await?;
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let page = Page::new(ctx, ctx.lang.t("profile-passkey-title")).with_shell(shell).with_errors(&errors);
    let full = cards.len() as i64 >= passkey::model::MOST;
    let possible = passkey::possible(&ctx.app);
    Ok(html_status(errors.status(), List { page, errors, cards, factors, possible, full, called }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    challenge: String,
    credential: String,
}
async fn begin(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(_): Form<Sent>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    let (account, name) = (signed_in.account, &signed_in.login_name);
    let ceremony =
        passkey::service::begin_registration(identity.db(), &ctx, account, name, &signed_in.name).await?;
    Ok(json(&ceremony))
}
async fn add(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, HERE).await? {
        return Ok(first);
    }
    let added = async {
        let name = passkey::service::parse_name(&sent.name)?;
        let answer = Answer::parse(&sent.challenge, &sent.credential)?;
        let first = First::new(&identity, &ctx, &signed_in, &headers);
        service::add(&identity, &ctx, &signed_in, &answer, name, first).await
    };
    match added.await {
        Ok(Added::Done(Some(set))) => {
            codes::shown(&ctx, &signed_in, &organizations, &set, Some(sent.name), HERE).await
        }
        Ok(Added::Done(None)) => {
            Ok(with_flash(see_other(HERE), "ok", "profile-passkey-added", &[("name", &sent.name)]))
        }
        Ok(Added::Already) => Ok(see_other(HERE)),
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            page(&ctx, &signed_in, &identity, &organizations, sent.name, errors).await
        }
    }
}

#[derive(askama::Template)]
#[template(path = "passkey/one.html")]
struct One {
    page: Page,
    errors: FormErrors,
    card: PasskeyCard,
    called: String,
    /// Another way in remains.
    removable: bool,
    /// Nothing but a password or code by SMS remains.
    last: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}
fn here(id: PasskeyId) -> String {
    format!("{HERE}/{id}")
}
async fn show(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<PasskeyId>,
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
    id: PasskeyId,
    wrong: Option<(Option<String>, FormErrors)>,
) -> web::Result {
    let cards = passkey::service::list(identity.db(), signed_in.account).await?;
    let card = cards.into_iter().find(|card| card.id == id);
    let card = card.ok_or_else(|| Error::not_found("passkey.unknown_key"))?;
    let factors = factor::summary(identity.db(), signed_in.account).await?;
    let (typed, errors) = wrong.unwrap_or_else(|| (None, FormErrors::none()));
    let called = typed.unwrap_or_else(|| card.name.clone());
    let removable = service::removable(identity, signed_in).await?;
    let shell = shell::personal(organizations, ctx, signed_in).await?;
    let page = Page::new(ctx, card.name.clone()).with_shell(shell).with_errors(&errors);
    let last = factors.totp + factors.passkeys == 1;
    Ok(html_status(errors.status(), One { page, errors, card, called, removable, last }))
}
async fn rename(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<PasskeyId>,
    Form(named): Form<Named>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &here(id)).await? {
        return Ok(first);
    }
    match passkey::service::parse_name(&named.name) {
        Ok(name) => {
            service::rename(&identity, &signed_in, id, name.clone()).await?;
            Ok(with_flash(see_other(HERE), "ok", "profile-factor-renamed", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            one(&ctx, &signed_in, &identity, &organizations, id, Some((Some(named.name), errors))).await
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
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<PasskeyId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &here(id)).await? {
        return Ok(first);
    }
    match service::remove(&identity, &signed_in, id, ctx.now).await {
        Ok(last) => {
            let key = if last { "profile-factor-removed-last" } else { "profile-factor-removed" };
            Ok(with_flash(see_other(HERE), "ok", key, &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            one(&ctx, &signed_in, &identity, &organizations, id, Some((None, errors))).await
        }
    }
}
