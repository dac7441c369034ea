//! What became of messages, newest first.
use super::{super::Desk, AREA, CHANNEL_ROLES, Choice, READERS, language, purpose_words, with_said};
use axum::Extension;
use channel::{
    Channels,
    delivery::{self, Delivered, DeliveryId, DeliveryState, Filter},
};
use db::Keyring;
use kernel::{Error, Timestamp, clock::Zone};
use platform::connector::{self, Kind};
use serde::Deserialize;
use std::str::FromStr;
use web::{FormErrors, Lang, Page, Policy, Query, Routes, html_status};

const AT_ONCE: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::new().get("/desk/channels/deliveries", Policy::Staff(READERS), list)
}

/// As typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    gateway: String,
    to: String,
    state: String,
    from: String,
    until: String,
    before: String,
}
impl Asked {
    fn filter(&self, keyring: &Keyring, zone: &Zone, lang: Lang, errors: &mut FormErrors) -> Filter {
        let day = |field: &'static str, typed: &str, at: fn(&Zone, &str) -> Option<Timestamp>| {
            parse(typed, |typed| at(zone, typed).ok_or_else(|| Error::invalid("delivery.date").at(field)))
        };
        let from = errors.take(day("from", &self.from, Zone::start_of), lang).flatten();
        let until = errors.take(day("until", &self.until, Zone::end_of), lang).flatten();
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            errors.push(&Error::invalid("delivery.date_order").at("until"), lang);
        }
        let to = parse(&self.to, delivery::model::recipient);
        Filter {
            channel: errors.take(choice("kind", &self.kind), lang).flatten(),
            connector: errors.take(choice("gateway", &self.gateway), lang).flatten(),
            to_index: errors.take(to, lang).flatten().map(|to| delivery::model::index_of(keyring, &to)),
            state: errors.take(choice("state", &self.state), lang).flatten(),
            from,
            until,
        }
    }
    fn conditions(&self) -> [(&'static str, &str); 6] {
        [
            ("kind", &self.kind),
            ("gateway", &self.gateway),
            ("to", &self.to),
            ("state", &self.state),
            ("from", &self.from),
            ("until", &self.until),
        ]
    }
    fn next(&self, last: DeliveryId) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.conditions().iter().filter(|(_, value)| !value.is_empty()));
        format!("{AREA}/deliveries?{}", query.append_pair("before", &last.to_string()).finish())
    }
}
/// Nothing typed looks for all.
fn parse<T>(typed: &str, by: impl FnOnce(&str) -> kernel::Result<T>) -> kernel::Result<Option<T>> {
    let typed = typed.trim();
    if typed.is_empty() { Ok(None) } else { by(typed).map(Some) }
}
fn choice<T: FromStr>(field: &'static str, typed: &str) -> kernel::Result<Option<T>> {
    parse(typed, |typed| typed.parse().map_err(|_| Error::invalid("field.unknown_value").at(field)))
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
    errors: FormErrors,
    asked: Asked,
    filtered: bool,
    gateways: Vec<Choice>,
    states: Vec<Choice>,
    lines: Vec<Line>,
    next: Option<String>,
}

async fn list(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Query(asked): Query<Asked>,
) -> web::Result {
    desk.must_be(CHANNEL_ROLES)?;
    let db = channels.db();
    let mut errors = FormErrors::none();
    let filter = asked.filter(db.keyring(), &desk.ctx.app.zone, desk.ctx.lang, &mut errors);
    let mut rows = if errors.is_empty() {
        // A page mark that does not parse begins at the newest.
        delivery::service::list(db, filter, asked.before.parse().ok(), AT_ONCE + 1).await?
    } else {
        Vec::new()
    };
    let more = rows.len() > AT_ONCE as usize;
    rows.truncate(AT_ONCE as usize);
    let next = rows.last().filter(|_| more).map(|last| asked.next(last.id));
    let mut gateways = Vec::new();
    for kind in [Kind::Sms, Kind::Mail] {
        for found in connector::service::list(db, kind).await? {
            gateways.push(Choice { value: found.id.to_string(), label: found.name });
        }
    }
    let page = List {
        page: desk.page(desk.t("portal-deliveries"), AREA).await?.with_errors(&errors),
        filtered: asked.conditions().iter().any(|(_, value)| !value.is_empty()),
        asked,
        gateways,
        states: DeliveryState::ALL
            .iter()
            .map(|state| Choice { value: state.as_str().to_owned(), label: desk.t(words(*state).0) })
            .collect(),
        lines: rows.into_iter().map(|row| line(&desk, row)).collect(),
        next,
        errors,
    };
    Ok(html_status(page.errors.status(), page))
}
/// Key and tone.
fn words(state: DeliveryState) -> (&'static str, &'static str) {
    match state {
        DeliveryState::Taken => ("portal-delivery-taken", "ok"),
        DeliveryState::Arrived => ("portal-delivery-arrived", "ok"),
        DeliveryState::Lost => ("portal-delivery-lost", "bad"),
        DeliveryState::Failed => ("portal-delivery-failed", "bad"),
        DeliveryState::Skipped => ("portal-delivery-skipped", "wait"),
        DeliveryState::Waiting => ("portal-delivery-waiting", "wait"),
        DeliveryState::NotSent => ("portal-delivery-not-sent", "bad"),
    }
}
fn line(desk: &Desk, row: Delivered) -> Line {
    let (state, tone) = words(row.state);
    let said = row.said.unwrap_or_default();
    Line {
        at: row.at.local_minute(&desk.ctx.app.zone),
        to: row.recipient,
        purpose: purpose_words(desk, &row.purpose),
        lang: language(desk, &row.lang),
        gateway: row.gateway,
        state,
        tone,
        words: match row.reason {
            Some(reason) => with_said(desk, desk.t(reason.key_of(row.channel)), &said),
            None => said,
        },
        provider_id: row.provider_id.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::Channel;

    fn filter(asked: &Asked) -> (Filter, FormErrors) {
        let mut errors = FormErrors::none();
        let keyring = Keyring::ephemeral(&kernel::Rng::seeded(1)).unwrap();
        (asked.filter(&keyring, &Zone::default(), Lang::En, &mut errors), errors)
    }
    fn asked(conditions: &[(&str, &str)]) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in conditions {
            let value = (*value).to_owned();
            match *name {
                "kind" => asked.kind = value,
                "gateway" => asked.gateway = value,
                "to" => asked.to = value,
                "state" => asked.state = value,
                "from" => asked.from = value,
                _ => asked.until = value,
            }
        }
        asked
    }

    #[test]
    fn days_are_those_of_the_installation_and_the_last_one_is_included() {
        let conditions =
            [("kind", "mail"), ("state", "not_sent"), ("from", "2026-07-14"), ("until", "2026-07-14")];
        let (filter, errors) = filter(&asked(&conditions));
        assert!(errors.is_empty());
        assert_eq!((filter.channel, filter.state), (Some(Channel::Mail), Some(DeliveryState::NotSent)));
        assert_eq!(filter.from.unwrap().rfc3339(), "2026-07-13T16:00:00.000Z");
        assert_eq!(filter.until, filter.from.map(|from| from.plus_days(1)));
    }
    #[test]
    fn what_is_wrong_is_named_at_its_field() {
        let wrong = [
            ("kind", "pigeon"),
            ("gateway", "1"),
            ("to", "138****8000"),
            ("state", "lost in the post"),
            ("from", "14.7.2026"),
            ("until", "2026-02-30"),
        ];
        for condition in wrong {
            let (_, errors) = filter(&asked(&[condition]));
            assert!(errors.of(condition.0).is_some(), "{condition:?}");
        }
        let (_, errors) = filter(&asked(&[("from", "2026-07-15"), ("until", "2026-07-14")]));
        assert!(errors.of("until").is_some() && errors.of("from").is_none());
        assert!(filter(&Asked::default()).1.is_empty(), "nothing typed looks for all");
    }
    #[test]
    fn the_next_page_keeps_what_was_asked_for() {
        let next = asked(&[("to", "+86 13800138000"), ("state", "failed")]).next(DeliveryId::from_i64(32));
        assert_eq!(next, "/desk/channels/deliveries?to=%2B86+13800138000&state=failed&before=0000000000010");
    }
}
