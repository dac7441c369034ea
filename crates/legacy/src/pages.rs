//! `/login/former/…` after the password of a login of nobody, `/me/former` and what is beneath it.
use crate::{Happened, Held, Legacy, claim::Claim, model::LegacyAccountId};
use ::organization::{Organizations, shell};
use axum::Extension;
use identity::{
    Identity, MaybeSignedIn, SignedIn,
    challenge::ChallengeId,
    stepup::{Need, service as stepup},
};
use kernel::{Error, Timestamp};
use serde::Deserialize;
use web::{Ctx, Form, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

const HERE: &str = "/me/former";
const PAGE: i64 = 50;

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/former/{claim}/{token}", Policy::Public, before)
        .get("/me/former/take/{claim}/{token}", Policy::SignedIn, ask)
        .post("/me/former/take/{claim}/{token}", Policy::SignedIn, take)
        .get(HERE, Policy::SignedIn, list)
        .get("/me/former/{former}/remove", Policy::SignedIn, ask_removal)
        .post("/me/former/{former}/remove", Policy::SignedIn, remove)
        .get("/me/former/{former}/history", Policy::SignedIn, history)
}
fn take_path(id: ChallengeId, token: &str) -> String {
    format!("{HERE}/take/{id}/{token}")
}
/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}

#[derive(askama::Template)]
#[template(path = "legacy/before.html")]
struct Before {
    page: Page,
    claim: Claim,
    /// Where signing in and registering lead to.
    then: String,
}
async fn before(
    ctx: Ctx,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Extension(legacy): Extension<Legacy>,
    Path((id, token)): Path<(ChallengeId, String)>,
) -> web::Result {
    let then = take_path(id, &token);
    if signed_in.is_some() {
        return Ok(see_other(&then));
    }
    match legacy.claim(id, &token, ctx.now).await? {
        Some(claim) => {
            let page = Page::new(&ctx, ctx.lang.t("legacy-before-title"));
            Ok(html(Before { page, claim, then }))
        }
        None => Ok(with_flash(see_other("/login"), "bad", "legacy-claim-over", &[])),
    }
}

#[derive(askama::Template)]
#[template(path = "legacy/take.html")]
struct Take {
    page: Page,
    claim: Claim,
    account: String,
    managed: bool,
    action: String,
}
async fn ask(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Extension(organizations): Extension<Organizations>,
    Path((id, token)): Path<(ChallengeId, String)>,
) -> web::Result {
    let Some(claim) = legacy.claim(id, &token, ctx.now).await? else {
        return Ok(with_flash(see_other(HERE), "bad", "legacy-claim-over", &[]));
    };
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("legacy-take-title")).with_shell(shell);
    Ok(html(Take {
        page,
        claim,
        account: signed_in.name.clone(),
        managed: signed_in.owner.organization().is_some(),
        action: take_path(id, &token),
    }))
}
async fn take(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Path((id, token)): Path<(ChallengeId, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    match legacy.take(&signed_in, id, &token, ctx.now).await {
        Ok(_) => Ok(with_flash(see_other("/me"), "ok", "legacy-taken", &[])),
        Err(error) if error.code == "legacy.claim_over" => {
            Ok(with_flash(see_other(HERE), "bad", "legacy-claim-over", &[]))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(askama::Template)]
#[template(path = "legacy/list.html")]
struct List {
    page: Page,
    held: Vec<Held>,
}
async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let held = legacy.held(signed_in.account).await?;
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("legacy-list-title")).with_shell(shell);
    Ok(html(List { page, held }))
}

#[derive(askama::Template)]
#[template(path = "legacy/remove.html")]
struct Removal {
    page: Page,
    one: Held,
}
async fn one_of(legacy: &Legacy, signed_in: &SignedIn, id: LegacyAccountId) -> kernel::Result<Held> {
    let held = legacy.held(signed_in.account).await?;
    held.into_iter().find(|held| held.id == id).ok_or_else(|| Error::not_found("legacy.unknown"))
}
async fn ask_removal(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<LegacyAccountId>,
) -> web::Result {
    let back = format!("{HERE}/{id}/remove");
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &back).await? {
        return Ok(first);
    }
    let one = one_of(&legacy, &signed_in, id).await?;
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("legacy-remove-title")).with_shell(shell);
    Ok(html(Removal { page, one }))
}
async fn remove(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<LegacyAccountId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let back = format!("{HERE}/{id}/remove");
    if let Some(first) = stepup::required(&identity, &ctx, &signed_in, Need::Fresh, &back).await? {
        return Ok(first);
    }
    legacy.drop_login(&signed_in, id, ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "legacy-removed", &[]))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Before50 {
    before: String,
}
/// `millis-id` of the last line of the page before.
pub fn place_of(text: &str) -> Option<(Timestamp, LegacyAccountId)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp::from_millis(at.parse().ok()?), id.parse().ok()?))
}
pub fn next_of(lines: &[Happened], limit: i64) -> Option<String> {
    let last = lines.last().filter(|_| lines.len() as i64 == limit)?;
    Some(format!("{}-{}", last.at.as_millis(), last.id))
}
#[derive(askama::Template)]
#[template(path = "legacy/history.html")]
struct History {
    page: Page,
    lines: Vec<Happened>,
    next: Option<String>,
}
async fn history(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(legacy): Extension<Legacy>,
    Extension(organizations): Extension<Organizations>,
    Path(id): Path<LegacyAccountId>,
    Query(asked): Query<Before50>,
) -> web::Result {
    let lines = legacy.own_history(&signed_in, id, place_of(&asked.before), PAGE).await?;
    let next = next_of(&lines, PAGE).map(|place| format!("/me/former/{id}/history?before={place}"));
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("legacy-history-title")).with_shell(shell);
    Ok(html(History { page, lines, next }))
}
