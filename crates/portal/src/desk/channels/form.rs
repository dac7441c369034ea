//! Adding and changing a gateway. The form is the maker's; its secret goes in and never comes out.
use super::{super::Desk, AREA, EDITORS, fresh, gateway, provider_key};
use axum::Extension;
use channel::{
    Channels,
    gateway::{
        Provider,
        setup::{self, Field, Shape, Values},
    },
};
use kernel::{Error, id::mark};
use platform::connector::{self, ConnectorId, NewConnector};
use web::{
    Failure, Fields, Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash,
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/desk/channels/new/{provider}", Policy::Staff(EDITORS), blank)
        .post("/desk/channels/new/{provider}", Policy::Staff(EDITORS), create)
        .get("/desk/channels/{connector}", Policy::Staff(EDITORS), show)
        .post("/desk/channels/{connector}", Policy::Staff(EDITORS), change)
}

struct Input {
    name: &'static str,
    label: String,
    hint: String,
    /// `line`, `paragraph`, `secret`, `number`, `mail`, `switch` or `choice`.
    kind: &'static str,
    value: String,
    required: bool,
    max: usize,
    choices: Vec<super::Choice>,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/form.html")]
struct FormPage {
    page: Page,
    errors: FormErrors,
    intro: String,
    action: String,
    id: String,
    rev: String,
    inputs: Vec<Input>,
    button: String,
}

fn provider(text: &str) -> Result<Provider, Failure> {
    text.parse().map_err(|_| Error::not_found("page.unknown").into())
}
fn input(desk: &Desk, field: &Field, values: &Values, has_secret: bool) -> Input {
    let text = |key: &str| if key.is_empty() { String::new() } else { desk.t(key) };
    let secret = field.shape == Shape::Secret;
    let mut hint = text(field.hint);
    if secret && has_secret {
        hint = [hint, desk.t("portal-channel-secret-set")]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
    }
    Input {
        name: field.name,
        label: desk.t(field.label),
        hint,
        kind: match field.shape {
            Shape::Line => "line",
            Shape::Paragraph => "paragraph",
            Shape::Secret => "secret",
            Shape::Number => "number",
            Shape::Mail => "mail",
            Shape::Switch => "switch",
            Shape::Choice(_) => "choice",
        },
        // A secret that was typed is typed again.
        value: if secret { String::new() } else { values.get(field.name).cloned().unwrap_or_default() },
        required: field.required && !(secret && has_secret),
        max: field.max,
        choices: match field.shape {
            Shape::Choice(choices) => choices
                .iter()
                .map(|(value, key)| super::Choice { value: (*value).to_owned(), label: desk.t(key) })
                .collect(),
            _ => Vec::new(),
        },
    }
}

struct Shown {
    provider: Provider,
    title: String,
    action: String,
    id: String,
    rev: String,
    has_secret: bool,
    button: &'static str,
}
async fn render(desk: &Desk, shown: Shown, values: &Values, errors: FormErrors) -> web::Result {
    let fields = setup::fields(shown.provider);
    let labels: Vec<(&'static str, String)> =
        fields.iter().map(|field| (field.name, desk.t(field.label))).collect();
    let errors = errors.labelled(desk.ctx.lang, &labels);
    let page = FormPage {
        page: desk.page(shown.title, AREA).await?.with_errors(&errors),
        intro: desk.t(match shown.provider {
            Provider::Aliyun => "portal-channel-aliyun-intro",
            Provider::Tencent => "portal-channel-tencent-intro",
            Provider::Http => "portal-channel-http-intro",
            Provider::Smpp => "portal-channel-smpp-intro",
            Provider::Smtp => "portal-channel-smtp-intro",
        }),
        errors,
        action: shown.action,
        id: shown.id,
        rev: shown.rev,
        inputs: fields.iter().map(|field| input(desk, field, values, shown.has_secret)).collect(),
        button: desk.t(shown.button),
    };
    Ok(html_status(page.errors.status(), page))
}
fn new(desk: &Desk, provider: Provider, id: String) -> Shown {
    Shown {
        provider,
        title: desk.t1("portal-channel-new-title", "provider", &desk.t(provider_key(provider))),
        action: format!("{AREA}/new/{provider}"),
        id,
        rev: String::new(),
        has_secret: false,
        button: "portal-channel-create",
    }
}
async fn blank(desk: Desk, Path(name): Path<String>) -> web::Result {
    let provider = provider(&name)?;
    fresh(&desk, &format!("{AREA}/new/{provider}")).await?;
    let id = desk.ctx.form_id(desk.organizations.db().draw::<mark::Connector>());
    render(&desk, new(&desk, provider, id), &setup::blank(provider), FormErrors::none()).await
}
async fn create(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(name): Path<String>,
    Form(Fields(pairs)): Form<Fields>,
) -> web::Result {
    let provider = provider(&name)?;
    let editor = fresh(&desk, &format!("{AREA}/new/{provider}")).await?;
    let mut typed: Values = pairs.into_iter().collect();
    let form_id = typed.remove("id").unwrap_or_default();
    let id: ConnectorId = desk.ctx.check_form_id(&form_id)?;
    let errors = match setup::parse(provider, &typed, None) {
        Ok((name, enabled, config)) => {
            let new = NewConnector::new(id, provider.kind(), provider.as_str(), &name, enabled, &config)?;
            connector::service::create(channels.db(), &editor, new, desk.ctx.now).await?;
            let next =
                if provider.wants_templates() { format!("{AREA}/{id}/templates") } else { AREA.to_owned() };
            return Ok(with_flash(see_other(&next), "ok", "portal-channel-created", &[("name", &name)]));
        }
        Err(faults) => noted(&desk, &faults),
    };
    render(&desk, new(&desk, provider, form_id), &typed, errors).await
}
fn noted(desk: &Desk, faults: &[Error]) -> FormErrors {
    let mut errors = FormErrors::none();
    for fault in faults {
        errors.push(fault, desk.ctx.lang);
    }
    errors
}
fn old(desk: &Desk, found: &channel::gateway::Gateway, rev: String) -> Shown {
    Shown {
        provider: found.provider,
        title: desk.t1("portal-channel-edit-title", "name", &found.name),
        action: format!("{AREA}/{}", found.id),
        id: String::new(),
        rev,
        has_secret: setup::secret(&found.config).is_some(),
        button: "portal-save",
    }
}
async fn show(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    fresh(&desk, &format!("{AREA}/{id}")).await?;
    let (_, found) = gateway(&channels, id).await?;
    let values = setup::shown(&found)?;
    render(&desk, old(&desk, &found, found.rev.to_string()), &values, FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(Fields(pairs)): Form<Fields>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{AREA}/{id}")).await?;
    let (_, found) = gateway(&channels, id).await?;
    let mut typed: Values = pairs.into_iter().collect();
    let rev = typed.remove("rev").unwrap_or_default();
    let errors = match setup::parse(found.provider, &typed, Some(&found.config)) {
        Ok((name, enabled, config)) => {
            let config =
                serde_json::to_string(&config).map_err(|e| Error::internal("connector.json").because(e))?;
            let rev = rev.parse().unwrap_or(0);
            let changed = connector::service::change(
                channels.db(),
                &editor,
                id,
                rev,
                &name,
                enabled,
                &config,
                desk.ctx.now,
            );
            match changed.await {
                Ok(()) => {
                    return Ok(with_flash(see_other(AREA), "ok", "portal-channel-saved", &[("name", &name)]));
                }
                Err(error) => FormErrors::or_fail(error, desk.ctx.lang)?,
            }
        }
        Err(faults) => noted(&desk, &faults),
    };
    render(&desk, old(&desk, &found, rev), &typed, errors).await
}
