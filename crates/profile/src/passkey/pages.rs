//! List with the form that adds a key, and one key with its name and its removal.
use super::service;
use crate::{
    me::{Me, Nothing},
    recovery_code::service::First,
    second_factor::{
        PASSKEY,
        pages::{self as common, Card, Named},
    },
};
use factor::{
    Factors,
    passkey::{self, Answer, PasskeyCard, PasskeyId},
};
use http::{HeaderMap, header::USER_AGENT};
use identity::session::Device;
use kernel::Error;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, json};

const HERE: &str = PASSKEY.here;

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
async fn list(me: Me, headers: HeaderMap) -> web::Result {
    if let Some(first) = me.must_be_fresh(HERE).await? {
        return Ok(first);
    }
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    page(&me, Device::of(agent).words(me.ctx.lang), FormErrors::none()).await
}
async fn page(me: &Me, called: String, errors: FormErrors) -> web::Result {
    let cards = passkey::service::list(me.identity.db(), me.who.account).await?;
    let factors = factor::summary(me.identity.db(), me.who.account).await?;
    let page = me.page(PASSKEY.title).await?.with_errors(&errors);
    let full = cards.len() as i64 >= passkey::model::MOST;
    let possible = passkey::possible(&me.ctx.app);
    Ok(html_status(errors.status(), List { page, errors, cards, factors, possible, full, called }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    challenge: String,
    credential: String,
}
async fn begin(me: Me, Form(_): Form<Sent>) -> web::Result {
    if let Some(first) = me.must_be_fresh(HERE).await? {
        return Ok(first);
    }
    let (db, who) = (me.identity.db(), &me.who);
    let ceremony =
        passkey::service::begin_registration(db, &me.ctx, who.account, &who.login_name, &who.name).await?;
    Ok(json(&ceremony))
}
async fn add(me: Me, headers: HeaderMap, Form(sent): Form<Sent>) -> web::Result {
    if let Some(first) = me.must_be_fresh(HERE).await? {
        return Ok(first);
    }
    let added = async {
        let name = passkey::service::parse_name(&sent.name)?;
        let answer = Answer::parse(&sent.challenge, &sent.credential)?;
        let first = First::new(&me.identity, &me.ctx, &me.who, &headers);
        service::add(&me.identity, &me.ctx, &me.who, &answer, name, first).await
    };
    match added.await {
        Ok(added) => common::added(&me, &PASSKEY, sent.name, added, HERE).await,
        Err(error) => {
            let errors = FormErrors::or_fail(error, me.ctx.lang)?;
            page(&me, sent.name, errors).await
        }
    }
}

fn here(id: PasskeyId) -> String {
    format!("{HERE}/{id}")
}
async fn show(me: Me, Path(id): Path<PasskeyId>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    one(&me, id, None, FormErrors::none()).await
}
async fn one(me: &Me, id: PasskeyId, typed: Option<String>, errors: FormErrors) -> web::Result {
    let cards = passkey::service::list(me.identity.db(), me.who.account).await?;
    let card = cards.into_iter().find(|card| card.id == id);
    let card = card.ok_or_else(|| Error::not_found("passkey.unknown_key"))?;
    let card = Card {
        here: here(id),
        name: card.name,
        created_at: card.created_at,
        last_used_at: card.last_used_at,
        removable: service::removable(&me.identity, &me.who).await?,
        stays_on_device: true,
    };
    common::one(me, &PASSKEY, card, typed, errors).await
}
async fn rename(me: Me, Path(id): Path<PasskeyId>, Form(named): Form<Named>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    match passkey::service::parse_name(&named.name) {
        Ok(name) => {
            service::rename(&me.identity, &me.who, id, name.clone()).await?;
            Ok(common::renamed(&PASSKEY, &name))
        }
        Err(error) => one(&me, id, Some(named.name), FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}
async fn remove(me: Me, Path(id): Path<PasskeyId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    if let Some(first) = me.must_be_fresh(&here(id)).await? {
        return Ok(first);
    }
    match service::remove(&me.identity, &me.who, id, me.ctx.now).await {
        Ok(last) => Ok(common::removed(&PASSKEY, last)),
        Err(error) => one(&me, id, None, FormErrors::or_fail(error, me.ctx.lang)?).await,
    }
}
