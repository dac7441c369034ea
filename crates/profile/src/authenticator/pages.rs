//! List, a new app with its QR code, and one app with its name and its removal.
use super::service;
use crate::{
    me::{Me, Nothing},
    recovery_code::service::First,
    second_factor::{
        AUTHENTICATOR,
        pages::{self as common, Card, Named},
    },
};
use factor::{
    Factors,
    totp::{self, AuthenticatorCard, AuthenticatorId, Code, Offer, service::NewAuthenticator},
};
use http::HeaderMap;
use identity::{session::encoded, signin::pages::target};
use kernel::Error;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html, html_status};

const HERE: &str = AUTHENTICATOR.here;
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

/// Whoever was sent here to set one up goes back to where they came from, a path of this site.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
}
fn back(text: &str) -> Option<String> {
    web::local_path(text).map(target)
}
/// A page here that still knows the way back.
fn with_back(path: &str, back: Option<&str>) -> String {
    back.map_or_else(|| path.to_owned(), |back| format!("{path}?return_to={}", encoded(back)))
}

#[derive(askama::Template)]
#[template(path = "authenticator/list.html")]
struct List {
    page: Page,
    /// Where one is added.
    new: String,
    cards: Vec<AuthenticatorCard>,
    factors: Factors,
    full: bool,
}
async fn list(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let new = with_back(NEW, back(&asked.return_to).as_deref());
    let cards = totp::service::list(me.identity.db(), me.who.account).await?;
    let factors = factor::summary(me.identity.db(), me.who.account).await?;
    let full = cards.len() as i64 >= totp::model::MOST;
    Ok(html(List { page: me.page(AUTHENTICATOR.title).await?, new, cards, factors, full }))
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
    return_to: String,
    cancel: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    sealed: String,
    name: String,
    code: String,
    return_to: String,
}
async fn show_new(me: Me, Query(asked): Query<Asked>) -> web::Result {
    let back = back(&asked.return_to);
    if let Some(first) = me.must_be_fresh(&with_back(NEW, back.as_deref())).await? {
        return Ok(first);
    }
    let name = me.t("profile-authenticator-name-default");
    let typed = Typed { name, return_to: back.unwrap_or_default(), ..Typed::default() };
    new_page(&me, typed, FormErrors::none()).await
}
async fn new_page(me: &Me, typed: Typed, errors: FormErrors) -> web::Result {
    let page = me.page("profile-authenticator-new").await?.with_errors(&errors);
    let (issuer, name, ctx) = (page.brand().to_owned(), &me.who.login_name, &me.ctx);
    // The secret that was scanned stays while its code is being typed; what waited too long gives way to a new one.
    let again = ctx.check_form_id(&typed.id).ok().and_then(|id: AuthenticatorId| {
        totp::service::offer_again(me.identity.db(), id, &typed.sealed, &issuer, name, ctx.now).ok()
    });
    let offer = match again {
        Some(offer) => offer,
        None => totp::service::offer(me.identity.db(), &issuer, name)?,
    };
    let (status, back) = (errors.status(), back(&typed.return_to));
    let new = New {
        page,
        errors,
        id: ctx.form_id(offer.id),
        offer,
        called: typed.name,
        cancel: with_back(HERE, back.as_deref()),
        return_to: back.unwrap_or_default(),
    };
    Ok(html_status(status, new))
}
async fn add(me: Me, headers: HeaderMap, Form(typed): Form<Typed>) -> web::Result {
    let back = back(&typed.return_to);
    if let Some(first) = me.must_be_fresh(&with_back(NEW, back.as_deref())).await? {
        return Ok(first);
    }
    let mut errors = FormErrors::none();
    let id = errors.take(me.ctx.check_form_id(&typed.id), me.ctx.lang);
    let name = errors.take(totp::service::parse_name(&typed.name), me.ctx.lang);
    let code = errors.take(Code::parse("code", &typed.code), me.ctx.lang);
    let (Some(id), Some(name), Some(code)) = (id, name, code) else {
        return new_page(&me, typed, errors).await;
    };
    let new = NewAuthenticator {
        id,
        account: me.who.account,
        name: name.clone(),
        sealed: typed.sealed.clone(),
        code,
        now: me.ctx.now,
    };
    let first = First::new(&me.identity, &me.ctx, &me.who, &headers);
    match service::add(&me.identity, &me.who, new, first).await {
        Ok(added) => common::added(&me, &AUTHENTICATOR, name, added, back.as_deref().unwrap_or(HERE)).await,
        Err(error) => {
            let errors = FormErrors::or_fail(error, me.ctx.lang)?;
            new_page(&me, typed, errors).await
        }
    }
}

fn here(id: AuthenticatorId) -> String {
    format!("{HERE}/{id}")
}
async fn show(me: Me, Path(id): Path<AuthenticatorId>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    one(&me, id, None, FormErrors::none()).await
}
async fn one(me: &Me, id: AuthenticatorId, typed: Option<String>, errors: FormErrors) -> web::Result {
    let cards = totp::service::list(me.identity.db(), me.who.account).await?;
    let card = cards.into_iter().find(|card| card.id == id);
    let card = card.ok_or_else(|| Error::not_found("totp.unknown"))?;
    let card = Card {
        here: here(id),
        name: card.name,
        created_at: card.created_at,
        last_used_at: card.last_used_at,
        removable: true,
        stays_on_device: false,
    };
    common::one(me, &AUTHENTICATOR, card, typed, errors).await
}
async fn rename(me: Me, Path(id): Path<AuthenticatorId>, Form(named): Form<Named>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    match totp::service::parse_name(&named.name) {
        Ok(name) => {
            service::rename(&me.identity, &me.who, id, name.clone()).await?;
            Ok(common::renamed(&AUTHENTICATOR, &name))
        }
        Err(error) => one(&me, id, Some(named.name), FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}
async fn remove(me: Me, Path(id): Path<AuthenticatorId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    let last = service::remove(&me.identity, &me.who, id, me.ctx.now).await?;
    Ok(common::removed(&AUTHENTICATOR, last))
}
