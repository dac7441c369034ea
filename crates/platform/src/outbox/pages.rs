//! `/dev/outbox`: what would have been sent. Only in the demo, only behind a loopback listener.
use super::{Delivered, Outbox};
use askama::Template;
use axum::Extension;
use kernel::Error;
use web::{Ctx, Page, Policy, Query, Routes};

/// `shown` is "demo, and the listener is loopback"; otherwise these addresses do not exist.
pub fn routes(shown: bool) -> Routes {
    if !shown {
        return Routes::new();
    }
    Routes::new().get("/dev/outbox", Policy::Public, page).get("/dev/outbox.json", Policy::Public, list)
}

#[derive(Template)]
#[template(path = "outbox/outbox.html")]
struct OutboxPage {
    page: Page,
    messages: Vec<Row>,
}
struct Row {
    message: Delivered,
    at: String,
    sms: bool,
}

/// Waiting messages go out first, so that whoever looks right after asking for a code finds it.
pub(super) async fn delivered(outbox: &Outbox) -> kernel::Result<Vec<Delivered>> {
    outbox.drain().await?;
    outbox.local_outbox().map(super::LocalOutbox::list).ok_or_else(|| Error::not_found("page.unknown"))
}
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    /// The newest message to this number or address alone.
    to: String,
}
async fn list(Extension(outbox): Extension<Outbox>, Query(wanted): Query<Wanted>) -> web::Result {
    if wanted.to.is_empty() {
        return Ok(web::json(&delivered(&outbox).await?));
    }
    // The worker was woken when the message was committed: whoever asks for one alone asks again.
    let newest = outbox.local_outbox().and_then(|local| local.newest(&wanted.to));
    Ok(web::json(&newest.as_slice()))
}
async fn page(ctx: Ctx, Extension(outbox): Extension<Outbox>) -> web::Result {
    let zone = ctx.app.zone.clone();
    let messages = delivered(&outbox)
        .await?
        .into_iter()
        .map(|message| Row {
            at: message.at.local_minute(&zone),
            sms: message.channel == super::Channel::Sms,
            message,
        })
        .collect();
    let title = ctx.lang.t("platform-outbox-title");
    Ok(web::html(OutboxPage { page: Page::new(&ctx, title), messages }))
}
