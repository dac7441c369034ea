//! `/login/scan` of the desktop, `/scan` of the phone.
use super::{
    model::{self, Asking, Code, State, Waiting},
    service::{self, Decided},
};
use crate::{
    Identity, MaybeSignedIn, SignedIn,
    session::encoded,
    signin::{
        pages::{begun_response, target},
        ways::{self, Ways},
    },
    stepup::{self, Need, model::Lack},
};
use askama::{Template, filters::Safe};
use axum::{Extension, response::Response};
use http::HeaderMap;
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Page, Path, Policy, Query, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/login/scan", Policy::Public, show)
        .get("/login/scan/state", Policy::Public, state)
        .post("/login/scan", Policy::Public, finish)
        .get("/scan", Policy::SignedIn, type_code)
        .post("/scan", Policy::SignedIn, typed_code)
        .get("/scan/{token}", Policy::SignedIn, ask)
        .post("/scan/{token}", Policy::SignedIn, decide)
}

#[derive(Template)]
#[template(path = "scan/show.html")]
struct ShowPage {
    page: Page,
    waiting: Waiting,
    state: State,
    picture: Safe<String>,
    address: String,
    typing: String,
    return_to: String,
    again: String,
    ways: Ways,
}
#[derive(Template)]
#[template(path = "scan/type.html")]
struct TypePage {
    page: Page,
    errors: FormErrors,
    code: String,
}
#[derive(Template)]
#[template(path = "scan/ask.html")]
struct AskPage {
    page: Page,
    asking: Asking,
    token: String,
    login_name: String,
    same_address: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    scan: String,
    anew: String,
    again: String,
}
/// With `scan` the picture as it stands, whatever became of it; else the one that waits, or a new one.
async fn show(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> web::Result {
    let return_to = target(&asked.return_to);
    let again = asked.again == "1";
    // A picture that is shown already may be of somebody who signs in again.
    if signed_in.is_some() && !again && asked.scan.is_empty() {
        return Ok(web::see_other(&return_to));
    }
    let known = match asked.scan.parse() {
        Ok(id) => service::find(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    let waiting = match known {
        Some(known) => known,
        None => service::show(&identity, &ctx, &headers, asked.anew == "1", again).await?,
    };
    let address = ctx.app.url(&format!("/scan/{}", waiting.token));
    let mut query =
        if return_to == "/" { String::new() } else { format!("&return_to={}", encoded(&return_to)) };
    if again || signed_in.is_some() {
        query.push_str("&again=1");
    }
    Ok(web::html(ShowPage {
        page: Page::new(&ctx, ctx.lang.t("identity-scan-title")),
        picture: Safe(model::picture(&address)?),
        typing: ctx.app.url("/scan"),
        again: format!("/login/scan?anew=1{query}"),
        ways: ways::of(&identity, &ctx, &return_to, "scan").await?,
        state: waiting.state,
        waiting,
        address,
        return_to,
    }))
}
#[derive(serde::Serialize)]
struct Told {
    state: State,
}
/// For the script: what became of the picture of this browser.
async fn state(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Asked>,
) -> web::Result {
    let found = match asked.scan.parse() {
        Ok(id) => service::find(&identity, &ctx, id).await?,
        Err(_) => None,
    };
    Ok(web::json(&Told { state: found.map_or(State::Expired, |waiting| waiting.state) }))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Finish {
    scan: String,
    return_to: String,
}
async fn finish(
    ctx: Ctx,
    Extension(identity): Extension<Identity>,
    headers: HeaderMap,
    Form(typed): Form<Finish>,
) -> web::Result {
    let return_to = target(&typed.return_to);
    let Ok(id) = typed.scan.parse() else { return Ok(over(&return_to)) };
    if let Some(begun) = service::finish(&identity, &ctx, &headers, id).await? {
        return Ok(begun_response(&ctx, &begun, &return_to));
    }
    // Pressed before the phone answered: the page says how it stands.
    Ok(match service::find(&identity, &ctx, id).await? {
        Some(waiting) if waiting.state != State::Used => {
            web::see_other(&format!("/login/scan?scan={id}&return_to={}", encoded(&return_to)))
        }
        _ => over(&return_to),
    })
}
fn over(return_to: &str) -> Response {
    let back = web::see_other(&format!("/login/scan?anew=1&return_to={}", encoded(return_to)));
    web::with_flash(back, "bad", "identity-scan-over", &[])
}

async fn type_code(ctx: Ctx, _: SignedIn) -> web::Result {
    Ok(type_page(&ctx, String::new(), FormErrors::none()))
}
fn type_page(ctx: &Ctx, code: String, errors: FormErrors) -> Response {
    let status = errors.status();
    let page = Page::new(ctx, ctx.lang.t("identity-scan-type-title")).with_errors(&errors);
    web::html_status(status, TypePage { page, errors, code })
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
}
async fn typed_code(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let token = match Code::parse(&typed.code) {
        Ok(code) => service::by_code(&identity, &signed_in, &code, ctx.now).await,
        Err(error) => Err(error),
    };
    match token {
        Ok(token) => Ok(web::see_other(&format!("/scan/{token}"))),
        Err(error) => {
            let code = typed.code.chars().take(20).collect();
            Ok(type_page(&ctx, code, FormErrors::or_fail(error, ctx.lang)?))
        }
    }
}

async fn ask(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(token): Path<String>,
) -> web::Result {
    let Some(asking) = service::asking(&identity, &ctx, &token).await? else { return Ok(gone()) };
    if let Some(verify) = proof_first(&ctx, &identity, &signed_in, &token, &asking).await? {
        return Ok(verify);
    }
    Ok(web::html(AskPage {
        page: Page::new(&ctx, ctx.lang.t("identity-scan-ask-title")),
        same_address: asking.address == ctx.address.to_string(),
        login_name: signed_in.login_name,
        asking,
        token,
    }))
}
/// Only what signing in itself would ask: that it was a moment ago where the desktop signs in again, else the second factor
/// alone.
async fn proof_first(
    ctx: &Ctx,
    identity: &Identity,
    signed_in: &SignedIn,
    token: &str,
    asking: &Asking,
) -> kernel::Result<Option<Response>> {
    let need = if asking.fresh { Need::Since(asking.at) } else { Need::Fresh };
    let lacks = stepup::service::lacking(identity, ctx, signed_in, need).await?;
    let wanting = lacks == Lack::Second || asking.fresh && lacks == Lack::Any;
    Ok(wanting.then(|| stronger(token, need)))
}
fn stronger(token: &str, need: Need) -> Response {
    web::see_other(&format!("/me/verify?need={need}&return_to=/scan/{}", encoded(token)))
}
fn gone() -> Response {
    web::with_flash(web::see_other("/scan"), "bad", "identity-scan-gone", &[])
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Verdict {
    verdict: String,
}
async fn decide(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(token): Path<String>,
    Form(typed): Form<Verdict>,
) -> web::Result {
    let approve = typed.verdict == "approve";
    if approve
        && let Some(asking) = service::asking(&identity, &ctx, &token).await?
        && let Some(verify) = proof_first(&ctx, &identity, &signed_in, &token, &asking).await?
    {
        return Ok(verify);
    }
    Ok(match service::decide(&identity, &ctx, &signed_in, &token, approve).await? {
        Decided::Stronger => stronger(&token, Need::Fresh),
        Decided::Gone => gone(),
        Decided::Done if approve => web::with_flash(web::see_other("/me"), "ok", "identity-scan-done", &[]),
        Decided::Done => web::with_flash(web::see_other("/me"), "info", "identity-scan-done-refused", &[]),
    })
}
