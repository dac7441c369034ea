//! What became of messages, newest first.
use super::{super::Desk, AREA, CHANNEL_ROLES, Choice, READERS, failure_words, language, purpose_words};
use axum::Extension;
use channel::{
    Channels,
    delivery::{self, Delivered, DeliveryState},
};
use platform::{
    Channel,
    connector::{self, ConnectorId, Kind},
};
use serde::Deserialize;
use web::{Page, Policy, Query, Routes, html};

const AT_ONCE: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::new().get("/desk/channels/deliveries", Policy::Staff(READERS), list)
}

/// What does not parse filters nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    kind: String,
    gateway: String,
    before: String,
}
struct Line {
    at: String,
    to: String,
    purpose: String,
    lang: String,
    gateway: String,
    state: &'static str,
    tone: &'static str,
    words: String,
    provider_id: String,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/deliveries.html")]
struct List {
    page: Page,
    kind: String,
    gateway: String,
    gateways: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
}

async fn list(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Query(filter): Query<Filter>,
) -> web::Result {
    desk.must_be(CHANNEL_ROLES)?;
    let db = channels.db();
    let channel: Option<Channel> = filter.kind.parse().ok();
    let connector: Option<ConnectorId> = filter.gateway.parse().ok();
    let mut rows =
        delivery::service::list(db, channel, connector, filter.before.parse().ok(), AT_ONCE + 1).await?;
    let more = rows.len() > AT_ONCE as usize;
    rows.truncate(AT_ONCE as usize);
    let next = rows.last().filter(|_| more).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("kind", &filter.kind), ("gateway", &filter.gateway)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{AREA}/deliveries?{}", query.append_pair("before", &last.id.to_string()).finish())
    });
    let mut gateways = Vec::new();
    for kind in [Kind::Sms, Kind::Mail] {
        for found in connector::service::list(db, kind).await? {
            gateways.push(Choice { value: found.id.to_string(), label: found.name });
        }
    }
    Ok(html(List {
        page: desk.page(desk.t("portal-deliveries"), AREA).await?,
        kind: filter.kind,
        gateway: filter.gateway,
        gateways,
        lines: rows.into_iter().map(|row| line(&desk, row)).collect(),
        next,
    }))
}
fn line(desk: &Desk, row: Delivered) -> Line {
    let (state, tone) = match row.state {
        DeliveryState::Taken => ("portal-delivery-taken", "ok"),
        DeliveryState::Arrived => ("portal-delivery-arrived", "ok"),
        DeliveryState::Lost => ("portal-delivery-lost", "bad"),
        DeliveryState::Failed => ("portal-delivery-failed", "bad"),
        DeliveryState::Skipped => ("portal-delivery-skipped", "wait"),
    };
    let said = row.said.unwrap_or_default();
    Line {
        at: row.at.local_minute(&desk.ctx.app.zone),
        to: row.recipient,
        purpose: purpose_words(desk, &row.purpose),
        lang: language(desk, &row.lang),
        gateway: row.gateway,
        state,
        tone,
        words: row.reason.map_or(said.clone(), |reason| failure_words(desk, reason, &said)),
        provider_id: row.provider_id.unwrap_or_default(),
    }
}
