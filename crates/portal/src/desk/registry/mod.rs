//! Registers: where the data of organizations come from, in which order. Secrets are typed and never shown.
use super::{Desk, FOR_POLICIES, Nothing, POLICY_ROLES};
use ::registry::{
    Registry,
    register::{Config, Provider, Typed},
};
use axum::{Extension, handler::Handler};
use kernel::{Error, Id, id::mark};
use platform::{
    connector::{self, ConnectorId},
    document,
    staff::PolicyEditor,
};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/desk/registry";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_POLICIES);
    Routes::new()
        .get("/desk/registry", staff, list)
        .get("/desk/registry/new", staff, blank)
        .post("/desk/registry/new", staff, create)
        .get("/desk/registry/{connector}", staff, edit)
        .post("/desk/registry/{connector}", staff, change)
        .post("/desk/registry/{connector}/file", staff, upload.layer(document::upload::limit()))
        .post("/desk/registry/{connector}/test", staff, test)
        .post("/desk/registry/{connector}/up", staff, up)
        .get("/desk/registry/{connector}/delete", staff, confirm)
        .post("/desk/registry/{connector}/delete", staff, delete)
}

fn editor(desk: &Desk) -> Result<PolicyEditor, Failure> {
    desk.must_be(POLICY_ROLES)?;
    PolicyEditor::of(desk.role, desk.signed_in.account, &desk.signed_in.actor)
        .ok_or_else(|| Error::forbidden("staff.role_required").into())
}
/// Whoever decides whom to believe proves it anew.
async fn fresh(desk: &Desk, back: &str) -> Result<PolicyEditor, Failure> {
    let editor = editor(desk)?;
    desk.must_be_fresh(back).await?;
    Ok(editor)
}

struct Line {
    id: String,
    name: String,
    provider: &'static str,
    /// Host, or what the file holds.
    about: String,
    enabled: bool,
    first: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/registry/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}
async fn list(desk: Desk, Extension(room): Extension<Registry>) -> web::Result {
    desk.must_be(POLICY_ROLES)?;
    let mut lines = Vec::new();
    for (place, (connector, provider, config)) in room.registers().await?.into_iter().enumerate() {
        let about = match config {
            Some(config) => config.url.host_str().unwrap_or_default().to_owned(),
            None => file_words(&desk, &room, connector.id).await?,
        };
        lines.push(Line {
            id: connector.id.to_string(),
            name: connector.name,
            provider: provider_key(provider),
            about,
            enabled: connector.enabled,
            first: place == 0,
        });
    }
    Ok(html(List { page: desk.page(desk.t("portal-registry"), HERE).await?, lines }))
}
const fn provider_key(provider: Provider) -> &'static str {
    match provider {
        Provider::Http => "portal-registry-http",
        Provider::File => "portal-registry-file",
    }
}
async fn file_words(desk: &Desk, room: &Registry, id: ConnectorId) -> kernel::Result<String> {
    Ok(match room.register_file(id).await? {
        None => desk.t("portal-registry-file-none"),
        Some(file) => desk.ctx.lang.ta(
            "portal-registry-file-holds",
            &[("count", &file.rows.to_string()), ("at", &file.uploaded_at.local_minute(&desk.ctx.app.zone))],
        ),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    id: String,
    rev: i64,
    provider: String,
    name: String,
    url: String,
    key_id: String,
    secret: String,
    enabled: bool,
}
impl Members {
    fn of(name: String, rev: i64, enabled: bool, provider: Provider, config: Option<Config>) -> Self {
        Self {
            rev,
            name,
            provider: provider.as_str().to_owned(),
            url: config.as_ref().map(|config| config.url.to_string()).unwrap_or_default(),
            key_id: config.map(|config| config.key_id).unwrap_or_default(),
            enabled,
            ..Self::default()
        }
    }
    fn typed(&self) -> kernel::Result<Typed> {
        let provider =
            self.provider.parse().map_err(|_| Error::invalid("field.unknown_value").at("provider"))?;
        Ok(Typed {
            provider,
            name: self.name.clone(),
            url: self.url.clone(),
            key_id: self.key_id.clone(),
            secret: self.secret.clone(),
            enabled: self.enabled,
        })
    }
}
#[derive(askama::Template)]
#[template(path = "desk/registry/form.html")]
struct Edit {
    page: Page,
    errors: FormErrors,
    action: String,
    /// Of one that exists, for testing, uploading and deleting it.
    connector: Option<String>,
    is_file: bool,
    file: String,
    file_id: String,
    form: Members,
}
async fn show(
    desk: &Desk,
    room: &Registry,
    connector: Option<ConnectorId>,
    form: Members,
    errors: FormErrors,
) -> web::Result {
    let title = if connector.is_some() { form.name.clone() } else { desk.t("portal-registry-new") };
    let is_file = form.provider == Provider::File.as_str();
    let view = Edit {
        page: desk.page(title, HERE).await?.with_errors(&errors),
        action: connector.map_or_else(|| format!("{HERE}/new"), |id| format!("{HERE}/{id}")),
        file: match connector {
            Some(id) if is_file => file_words(desk, room, id).await?,
            _ => String::new(),
        },
        file_id: desk.ctx.form_id(room.db().draw::<mark::RegistrySync>()),
        connector: connector.map(|id| id.to_string()),
        is_file,
        errors,
        form,
    };
    Ok(html_status(view.errors.status(), view))
}
async fn blank(desk: Desk, Extension(room): Extension<Registry>) -> web::Result {
    fresh(&desk, &format!("{HERE}/new")).await?;
    let id: Id<mark::Connector> = room.db().draw();
    let provider = Provider::Http.as_str().to_owned();
    let form = Members { id: desk.ctx.form_id(id), provider, enabled: true, ..Members::default() };
    show(&desk, &room, None, form, FormErrors::none()).await
}
async fn create(desk: Desk, Extension(room): Extension<Registry>, Form(form): Form<Members>) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/new")).await?;
    let id = desk.ctx.check_form_id::<mark::Connector>(&form.id)?;
    let done = match form.typed() {
        Ok(typed) => room.create_register(&editor, id, &typed, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let there = see_other(&format!("{HERE}/{id}"));
            Ok(with_flash(there, "ok", "portal-registry-saved", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, &room, None, form, errors).await
        }
    }
}
async fn edit(desk: Desk, Extension(room): Extension<Registry>, Path(id): Path<ConnectorId>) -> web::Result {
    fresh(&desk, &format!("{HERE}/{id}")).await?;
    let (connector, provider, config) = room.register(id).await?;
    let form = Members::of(connector.name, connector.rev, connector.enabled, provider, config);
    show(&desk, &room, Some(id), form, FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
    Form(mut form): Form<Members>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/{id}")).await?;
    // What it is was chosen when it was made.
    form.provider = room.register(id).await?.1.as_str().to_owned();
    let done = match form.typed() {
        Ok(typed) => room.change_register(&editor, (id, form.rev), &typed, desk.ctx.now).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "portal-registry-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, &room, Some(id), form, errors).await
        }
    }
}
async fn upload(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
    form: document::upload::Sent,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/{id}")).await?;
    let (connector, provider, config) = room.register(id).await?;
    if provider != Provider::File {
        return Err(Error::not_found("connector.unknown").into());
    }
    let received = document::upload::read_sent(&desk.ctx, form, "document").await?;
    let done = match received.too_large {
        Some(error) => Err(error),
        None => {
            let file = received.id::<mark::RegistrySync>(&desk.ctx, "file_id")?;
            let bytes = received.file.unwrap_or_default();
            let by = Some(desk.signed_in.account);
            room.upload_register_file(&editor, (id, file), by, &bytes, desk.ctx.now).await
        }
    };
    match done {
        Ok(count) => {
            let there = see_other(&format!("{HERE}/{id}"));
            let count = count.to_string();
            Ok(with_flash(there, "ok", "portal-registry-uploaded", &[("count", &count)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            let form = Members::of(connector.name, connector.rev, connector.enabled, provider, config);
            show(&desk, &room, Some(id), form, errors).await
        }
    }
}
/// Says plainly what is wrong: this page is for those who can mend it.
async fn test(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    editor(&desk)?;
    let (connector, ..) = room.register(id).await?;
    let back = see_other(&format!("{HERE}/{id}"));
    Ok(match room.test_register(id).await? {
        Ok(took) => {
            let took = took.to_string();
            with_flash(back, "ok", "portal-registry-answers", &[("name", &connector.name), ("ms", &took)])
        }
        Err(fault) => {
            let why = desk.t(fault.key());
            with_flash(back, "bad", "portal-registry-fails", &[("name", &connector.name), ("why", &why)])
        }
    })
}
async fn up(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = editor(&desk)?;
    room.register(id).await?;
    connector::service::move_up(room.db(), &editor, id, desk.ctx.now).await?;
    Ok(see_other(HERE))
}
async fn confirm(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    fresh(&desk, &format!("{HERE}/{id}/delete")).await?;
    let (connector, ..) = room.register(id).await?;
    let title = desk.t1("portal-registry-delete-title", "name", &connector.name);
    Ok(html(super::organization::Confirm {
        page: desk.page(title, HERE).await?,
        back: format!("{HERE}/{id}"),
        back_label: desk.t("portal-registry"),
        action: format!("{HERE}/{id}/delete"),
        lost: desk.t("portal-registry-delete-lost"),
        button: desk.t("portal-registry-delete"),
    }))
}
async fn delete(
    desk: Desk,
    Extension(room): Extension<Registry>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/{id}/delete")).await?;
    room.register(id).await?;
    connector::service::delete(room.db(), &editor, id).await?;
    Ok(with_flash(see_other(HERE), "ok", "portal-registry-deleted", &[]))
}
