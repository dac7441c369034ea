//! `/me/devices`: list, forget one, forget all.
use ::organization::{Organizations, shell};
use axum::Extension;
use http::HeaderMap;
use identity::{
    Identity, SignedIn,
    device::{DeviceCard, DeviceId, service},
};
use serde::Deserialize;
use web::{Ctx, Form, Page, Path, Policy, Routes, html, see_other, with_flash};

const HERE: &str = "/me/devices";

pub fn routes() -> Routes {
    Routes::new()
        .get(HERE, Policy::SignedIn, list)
        .post("/me/devices/{device}/forget", Policy::SignedIn, forget)
        .post("/me/devices/forget-all", Policy::SignedIn, forget_all)
}

#[derive(askama::Template)]
#[template(path = "devices/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}
struct Line {
    id: String,
    name: String,
    icon: &'static str,
    current: bool,
    card: DeviceCard,
}

async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
    headers: HeaderMap,
) -> web::Result {
    let cards = service::list(&identity, &ctx, &headers, &signed_in).await?;
    let lines = cards.into_iter().map(|card| Line {
        id: card.id.to_string(),
        name: card.device.words(ctx.lang),
        icon: match card.device.system {
            "Android" | "iPhone" | "HarmonyOS" | "iPad" => "phone",
            _ => "laptop",
        },
        current: card.current,
        card,
    });
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    let page = Page::new(&ctx, ctx.lang.t("profile-devices-title")).with_shell(shell);
    Ok(html(List { page, lines: lines.collect() }))
}

/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}

/// Forgetting one that was forgotten meanwhile is as good.
async fn forget(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(device): Path<DeviceId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    service::forget(&identity, &signed_in, device, ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-devices-forgotten", &[]))
}
async fn forget_all(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    service::forget_all(&identity, &signed_in, ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "profile-devices-all-forgotten", &[]))
}
