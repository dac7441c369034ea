//! The browsers that are signed in with this account.
use ::organization::{Organizations, shell};
use axum::Extension;
use identity::{
    Identity, SignedIn,
    session::{SessionCard, service},
};
use kernel::id::SessionId;
use serde::Deserialize;
use web::{Ctx, Form, Page, Path, Policy, Routes, html, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/sessions", Policy::SignedIn, list)
        .post("/me/sessions/{session}/end", Policy::SignedIn, end)
        .post("/me/sessions/end-others", Policy::SignedIn, end_others)
}

/// A session as a line of a list.
pub struct Line {
    pub id: String,
    pub device: String,
    pub icon: &'static str,
    pub address: String,
    pub at: String,
    pub seen: String,
    pub current: bool,
}
pub fn line(ctx: &Ctx, card: SessionCard) -> Line {
    let handheld = matches!(card.device.system, "Android" | "iPhone" | "HarmonyOS" | "iPad");
    Line {
        id: card.id.to_string(),
        device: card.device.words(ctx.lang),
        icon: if handheld { "phone" } else { "laptop" },
        address: card.address.unwrap_or_default(),
        at: card.begun_at.local_minute(&ctx.app.zone),
        seen: card.last_seen_at.local_minute(&ctx.app.zone),
        current: card.current,
    }
}

#[derive(askama::Template)]
#[template(path = "personal/sessions.html")]
struct Sessions {
    page: Page,
    sessions: Vec<Line>,
    others: bool,
}

async fn list(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let cards = service::list(&identity, &signed_in, ctx.now).await?;
    let sessions: Vec<Line> = cards.into_iter().map(|card| line(&ctx, card)).collect();
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    Ok(html(Sessions {
        page: Page::new(&ctx, ctx.lang.t("portal-sessions-title")).with_shell(shell),
        others: sessions.iter().any(|line| !line.current),
        sessions,
    }))
}

/// A form without fields of its own.
#[derive(Deserialize)]
struct Nothing {}

/// Ending a session that ended meanwhile is as good; ending the own one is what signing out is for.
async fn end(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Path(session): Path<SessionId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    if session == signed_in.session {
        return Ok(see_other("/logout"));
    }
    service::revoke(&identity, &signed_in, session, ctx.now).await?;
    Ok(with_flash(see_other("/me/sessions"), "ok", "portal-sessions-ended", &[]))
}

async fn end_others(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    service::revoke_others(&identity, &signed_in, ctx.now).await?;
    Ok(with_flash(see_other("/me/sessions"), "ok", "portal-sessions-others-ended", &[]))
}
