//! `/org/{organization}/members/export`.
use super::service::{Wanted, header};
use crate::sheet::{Format, Sink};
use crate::{Roster, download};
use axum::{Extension, body::Body};
use identity::{SignedIn, stepup};
use kernel::Error;
use organization::directory::From;
use organization::membership::OrganizationAdministrator;
use organization::shell;
use serde::Deserialize;
use web::{Ctx, Form, Page, Policy, Result, Routes, html};

const POLICY: Policy = Policy::OrganizationAdministrator;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/members/export", POLICY, show).post(
        "/org/{organization}/members/export",
        POLICY,
        export,
    )
}

#[derive(askama::Template)]
#[template(path = "roster/export.html")]
struct Export {
    page: Page,
    above: Vec<(String, String)>,
    here: String,
}
async fn show(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
) -> Result {
    let shell = shell::of(room.organizations(), &ctx, &who, by.organization()).await?;
    let home = format!("/org/{}/", by.organization());
    Ok(html(Export {
        page: Page::new(&ctx, ctx.lang.t("roster-export")).with_shell(shell),
        here: format!("{home}members/export"),
        above: vec![
            (home.clone(), ctx.lang.t("organization-space")),
            (format!("{home}members"), ctx.lang.t("organization-nav-members")),
        ],
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    format: String,
    full: Option<String>,
}
async fn export(
    ctx: Ctx,
    Extension(room): Extension<Roster>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Form(chosen): Form<Chosen>,
) -> Result {
    let wanted = Wanted {
        format: chosen.format.parse().unwrap_or(Format::Xlsx),
        full: chosen.full.is_some(),
        lang: ctx.lang,
        zone: ctx.app.zone.clone(),
        now: ctx.now,
    };
    if wanted.full {
        let here = format!("/org/{}/members/export", by.organization());
        let identity = room.organizations().identity();
        let asked = stepup::service::required(identity, &ctx, &who, stepup::Need::Fresh, &here).await?;
        if let Some(asked) = asked {
            return Ok(asked);
        }
    }
    room.record_export(&by, &wanted).await?;
    let mut sink = Sink::new(wanted.format, &header(ctx.lang))?;
    let name = "fujie-members";
    if wanted.format == Format::Xlsx {
        // A workbook is whole before its first byte can go out.
        let mut from = Some(From::Start);
        while let Some(place) = from {
            from = room.export_some((&who, &by), &wanted, place, &mut sink).await?;
        }
        let bytes = tokio::task::spawn_blocking(move || sink.finish())
            .await
            .map_err(|error| Error::internal("internal").because(error))??;
        return Ok(download(wanted.format, name, bytes.into()));
    }
    let format = wanted.format;
    let begun = (room, (who, by), wanted, sink, Some(From::Start));
    let pages = futures_util::stream::unfold(begun, |(room, by, wanted, mut sink, from)| async move {
        let next = room.export_some((&by.0, &by.1), &wanted, from?, &mut sink).await;
        let (written, next) = match next {
            Ok(next) => (Ok(sink.take()), next),
            // The browser is told by a file that ends before its time.
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                (Err(std::io::Error::other(error.code)), None)
            }
        };
        Some((written, (room, by, wanted, sink, next)))
    });
    Ok(download(format, name, Body::from_stream(pages)))
}
