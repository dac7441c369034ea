//! The overview: gateways by kind in their order, and what is wrong.
use super::{
    super::{Desk, Nothing, organization::Confirm},
    AREA, CHANNEL_ROLES, EDITORS, READERS, editor, failure_words, fresh, gateway, may_edit, provider_key,
};
use axum::Extension;
use channel::{
    Channels,
    alarm::{self, Alarm},
    circuit::{self, State},
    gateway::{Gateway, Provider},
    template::{self, Approval},
};
use kernel::Timestamp;
use platform::connector::{self, ConnectorId, Kind};
use web::{Form, Page, Path, Policy, Routes, html, see_other, with_flash};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/desk/channels", Policy::Staff(READERS), list)
        .post("/desk/channels/{connector}/up", Policy::Staff(EDITORS), up)
        .post("/desk/channels/{connector}/switch", Policy::Staff(EDITORS), switch)
        .get("/desk/channels/{connector}/delete", Policy::Staff(EDITORS), ask_delete)
        .post("/desk/channels/{connector}/delete", Policy::Staff(EDITORS), delete)
}

struct Line {
    id: String,
    name: String,
    provider: &'static str,
    enabled: bool,
    resting: bool,
    today: String,
    succeeded: String,
    failed: String,
    /// Approved and all, for makers that want templates.
    templates: Option<String>,
    first: bool,
}
struct Section {
    id: &'static str,
    icon: &'static str,
    title: &'static str,
    empty: &'static str,
    lines: Vec<Line>,
    /// Makers that can be added.
    providers: Vec<(&'static str, &'static str)>,
}
/// A line above everything.
pub struct NoticeLine {
    pub text: String,
    pub tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/list.html")]
struct List {
    page: Page,
    may_edit: bool,
    notices: Vec<NoticeLine>,
    sections: Vec<Section>,
}

pub async fn notices(desk: &Desk, channels: &Channels) -> kernel::Result<Vec<NoticeLine>> {
    // In a demonstration nothing is meant to leave.
    if desk.ctx.app.demo {
        return Ok(Vec::new());
    }
    let kind_word =
        |kind: Kind| desk.t(if kind == Kind::Mail { "portal-channel-mail" } else { "portal-channel-sms" });
    let line = |alarm: Alarm| {
        let lang = desk.ctx.lang;
        let (tone, text) = match alarm {
            Alarm::NoGateway { kind, waiting } => (
                "bad",
                lang.ta(
                    "portal-channel-alarm-none",
                    &[("kind", &kind_word(kind)), ("count", &waiting.to_string())],
                ),
            ),
            Alarm::Waiting { kind, waiting } => (
                "warn",
                lang.ta(
                    "portal-channel-alarm-waiting",
                    &[("kind", &kind_word(kind)), ("count", &waiting.to_string())],
                ),
            ),
            Alarm::Resting { gateway, reason } => {
                let why = reason.map(|reason| desk.t(reason.key())).unwrap_or_default();
                ("bad", lang.ta("portal-channel-alarm-resting", &[("name", &gateway), ("why", &why)]))
            }
            Alarm::CapNear { gateway, taken, cap } => (
                "warn",
                lang.ta(
                    "portal-channel-alarm-cap-near",
                    &[("name", &gateway), ("taken", &taken.to_string()), ("cap", &cap.to_string())],
                ),
            ),
            Alarm::CapReached { gateway, cap } => {
                ("bad", lang.ta("portal-channel-alarm-cap", &[("name", &gateway), ("cap", &cap.to_string())]))
            }
        };
        NoticeLine { text, tone }
    };
    Ok(alarm::service::list(channels).await?.into_iter().map(line).collect())
}

async fn list(desk: Desk, Extension(channels): Extension<Channels>) -> web::Result {
    desk.must_be(CHANNEL_ROLES)?;
    let states = circuit::service::list(channels.db()).await?;
    let mut sections = Vec::new();
    for (kind, id, icon, title, empty) in [
        (Kind::Sms, "sms", "phone", "portal-channels-sms", "portal-channels-sms-none"),
        (Kind::Mail, "mail", "mail", "portal-channels-mail", "portal-channels-mail-none"),
    ] {
        let mut lines = Vec::new();
        let connectors = connector::service::list(channels.db(), kind).await?;
        let gateways = connectors.iter().map(Gateway::of).collect::<kernel::Result<Vec<_>>>()?;
        if kind == Kind::Sms {
            // Whoever has just switched one off sees this page next.
            channels.tools().smpp.keep(&gateways);
        }
        for (place, gateway) in gateways.iter().enumerate() {
            let state = states.iter().find(|state| state.connector_id == gateway.id);
            lines.push(line(&desk, &channels, gateway, state, place == 0).await?);
        }
        let of_kind = Provider::ALL.iter().filter(|provider| provider.kind() == kind);
        let providers = of_kind.map(|provider| (provider.as_str(), provider_key(*provider))).collect();
        sections.push(Section { id, icon, title, empty, lines, providers });
    }
    Ok(html(List {
        page: desk.page(desk.t("portal-channels"), AREA).await?,
        may_edit: may_edit(&desk),
        notices: notices(&desk, &channels).await?,
        sections,
    }))
}
async fn line(
    desk: &Desk,
    channels: &Channels,
    gateway: &Gateway,
    state: Option<&State>,
    first: bool,
) -> kernel::Result<Line> {
    let day = channels.today();
    let taken = state.map_or(0, |state| state.taken_on(&day)).to_string();
    let cap = gateway.config.daily_cap;
    let templates = if gateway.provider.wants_templates() {
        let all = template::service::list(channels.db(), gateway.id).await?;
        let approved = all.iter().filter(|template| template.approval == Approval::Approved).count();
        let numbers = [("approved", approved.to_string()), ("count", all.len().to_string())];
        let numbers = numbers.each_ref().map(|(name, number)| (*name, number.as_str()));
        Some(desk.ctx.lang.ta("portal-channel-templates-count", &numbers))
    } else {
        None
    };
    let at = |at: Timestamp| at.local_minute(&desk.ctx.app.zone);
    let failed = state.and_then(|state| Some((state.failed_at?, state.reason?, state.said.as_deref())));
    Ok(Line {
        id: gateway.id.to_string(),
        name: gateway.name.clone(),
        provider: provider_key(gateway.provider),
        enabled: gateway.enabled,
        resting: state.is_some_and(State::is_open),
        today: if cap > 0 {
            desk.ctx.lang.ta("portal-channel-today-of", &[("count", &taken), ("cap", &cap.to_string())])
        } else {
            desk.t1("portal-channel-today", "count", &taken)
        },
        succeeded: state.and_then(|state| state.succeeded_at).map(at).unwrap_or_default(),
        failed: failed.map_or_else(String::new, |(when, reason, said)| {
            let words = failure_words(desk, reason, said.unwrap_or_default());
            desk.ctx.lang.ta("portal-channel-failed-at", &[("at", &at(when)), ("words", &words)])
        }),
        templates,
        first,
    })
}

async fn up(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = editor(&desk)?;
    let (_, gateway) = gateway(&channels, id).await?;
    connector::service::move_up(channels.db(), &editor, id, desk.ctx.now).await?;
    Ok(with_flash(see_other(AREA), "ok", "portal-channel-moved", &[("name", &gateway.name)]))
}
async fn switch(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = fresh(&desk, AREA).await?;
    let (found, _) = gateway(&channels, id).await?;
    let on = !found.enabled;
    connector::service::change(
        channels.db(),
        &editor,
        id,
        found.rev,
        &found.name,
        on,
        &found.config,
        desk.ctx.now,
    )
    .await?;
    let key = if on { "portal-channel-switched-on" } else { "portal-channel-switched-off" };
    Ok(with_flash(see_other(AREA), "ok", key, &[("name", &found.name)]))
}
async fn ask_delete(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    fresh(&desk, &format!("{AREA}/{id}/delete")).await?;
    let (_, gateway) = gateway(&channels, id).await?;
    Ok(html(Confirm {
        page: desk.page(desk.t1("portal-channel-delete-title", "name", &gateway.name), AREA).await?,
        back: AREA.to_owned(),
        back_label: desk.t("portal-channels"),
        action: format!("{AREA}/{id}/delete"),
        lost: desk.t("portal-channel-delete-lost"),
        button: desk.t("portal-channel-delete"),
    }))
}
async fn delete(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{AREA}/{id}/delete")).await?;
    let (_, gateway) = gateway(&channels, id).await?;
    connector::service::delete(channels.db(), &editor, id).await?;
    Ok(with_flash(see_other(AREA), "ok", "portal-channel-deleted", &[("name", &gateway.name)]))
}
