//! `/org/{organization}/record`: what happened in the organization, in plain words, for its administrators.
use crate::{Registry, material::frame};
use axum::Extension;
use identity::session::SignedIn;
use kernel::{
    Error, Timestamp,
    id::{AccountId, OrganizationId},
};
use organization::membership::OrganizationAdministrator;
use organization::organization::{Line, line, mentions};
use platform::audit::{
    Entry,
    model::{Before, Filter},
    service as audit,
};
use serde::Deserialize;
use web::{Ctx, FormErrors, Page, Policy, Query, Routes, html_status};

const PAGE: i64 = 50;

pub fn routes() -> Routes {
    Routes::new().get("/org/{organization}/record", Policy::OrganizationAdministrator, page)
}

/// What a person looks for, and the kinds of objects that it means.
struct Topic {
    value: &'static str,
    label: &'static str,
    kinds: &'static [&'static str],
}
const TOPICS: [Topic; 4] = [
    Topic {
        value: "people",
        label: "registry-record-people",
        kinds: &["membership", "invitation", "account", "replacement", "import_job"],
    },
    Topic {
        value: "products",
        label: "registry-record-products",
        kinds: &["grant", "admission", "contract", "client", "product"],
    },
    Topic { value: "applications", label: "registry-record-applications", kinds: &["application"] },
    Topic {
        value: "data",
        label: "registry-record-data",
        kinds: &["organization", "material", "registration", "contact", "registry_sync"],
    },
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    topic: String,
    person: String,
    from: String,
    until: String,
    /// Time and id of the last line of the page before.
    at: String,
    before: String,
}
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}
#[derive(askama::Template)]
#[template(path = "registry/record.html")]
struct View {
    page: Page,
    errors: FormErrors,
    home: String,
    topics: Vec<Choice>,
    people: Vec<Choice>,
    from: String,
    until: String,
    filtered: bool,
    lines: Vec<Line>,
    next: Option<String>,
}
async fn page(
    ctx: Ctx,
    Extension(room): Extension<Registry>,
    who: SignedIn,
    by: OrganizationAdministrator,
    Query(asked): Query<Asked>,
) -> web::Result {
    let (organization, rooms) = (by.organization(), room.organizations());
    let mut errors = FormErrors::none();
    let zone = &ctx.app.zone;
    let date =
        |field: &'static str, typed: &str, parse: fn(&kernel::clock::Zone, &str) -> Option<Timestamp>| {
            match typed.trim() {
                "" => Ok(None),
                typed => parse(zone, typed).map(Some).ok_or_else(|| Error::invalid("field.date").at(field)),
            }
        };
    let since = errors.take(date("from", &asked.from, kernel::clock::Zone::start_of), ctx.lang).flatten();
    let until = errors.take(date("until", &asked.until, kernel::clock::Zone::end_of), ctx.lang).flatten();
    let topic = TOPICS.iter().find(|topic| topic.value == asked.topic);
    let actor: Option<AccountId> = asked.person.parse().ok();
    let filter = Filter { kinds: topic.map_or(&[], |topic| topic.kinds), actor, since, until };
    let before = place(&asked).unwrap_or(Before::NEWEST);
    let mut entries =
        audit::of_organization_filtered(room.db(), organization, filter, before, PAGE + 1).await?;
    let more = entries.len() as i64 > PAGE;
    entries.truncate(PAGE as usize);
    let next = entries.last().filter(|_| more).map(|last| next(organization, &asked, last));

    let administrators = rooms.administrators(organization, ctx.now).await?;
    let mut ids: Vec<AccountId> = administrators.iter().map(|row| row.account).collect();
    ids.extend(entries.iter().filter_map(|entry| entry.actor_account));
    ids.extend(entries.iter().filter_map(|entry| mentions(&entry.detail).0));
    ids.extend(actor);
    let people = rooms.people(ids).await?;
    let products = rooms.products(true).await?;
    // Those who administer, and whoever acted on this page: a person is chosen from what one sees.
    let mut choices: Vec<AccountId> = administrators.iter().map(|row| row.account).collect();
    for id in entries.iter().filter_map(|entry| entry.actor_account).chain(actor) {
        if !choices.contains(&id) {
            choices.push(id);
        }
    }
    let page =
        frame(&ctx, rooms, &who, organization, ctx.lang.t("registry-record")).await?.with_errors(&errors);
    let view = View {
        home: format!("/org/{organization}/"),
        topics: TOPICS
            .iter()
            .map(|topic| Choice {
                value: topic.value.to_owned(),
                label: page.t(topic.label),
                chosen: topic.value == asked.topic,
            })
            .collect(),
        people: choices
            .into_iter()
            .filter(|id| !people.name(*id).is_empty())
            .map(|id| Choice {
                value: id.to_string(),
                label: people.name(id).to_owned(),
                chosen: Some(id) == actor,
            })
            .collect(),
        filtered: topic.is_some() || actor.is_some() || since.is_some() || until.is_some(),
        from: asked.from,
        until: asked.until,
        lines: entries.iter().map(|entry| line(&page, entry, &people, &products)).collect(),
        next,
        page,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn place(asked: &Asked) -> Option<Before> {
    Some(Before { at: Timestamp::from_millis(asked.at.parse().ok()?), id: asked.before.parse().ok()? })
}
fn next(organization: OrganizationId, asked: &Asked, last: &Entry) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [
        ("topic", asked.topic.as_str()),
        ("person", &asked.person),
        ("from", &asked.from),
        ("until", &asked.until),
    ] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair("at", &last.at.as_millis().to_string()).append_pair("before", &last.id.to_string());
    format!("/org/{organization}/record?{}", query.finish())
}
