//! Verifiers: whom real-name questions are asked, in which order. Secrets are typed and never shown.
use super::{Desk, FOR_POLICIES, Nothing, POLICY_ROLES};
use axum::Extension;
use kernel::{Error, Id, id::mark};
use platform::{
    connector::{self, ConnectorId},
    staff::PolicyEditor,
};
use serde::Deserialize;
use verification::{
    Method, Verification,
    verifier::{Config, service::Typed},
};
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/desk/verifiers";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_POLICIES);
    Routes::new()
        .get("/desk/verifiers", staff, list)
        .get("/desk/verifiers/new", staff, blank)
        .post("/desk/verifiers/new", staff, create)
        .get("/desk/verifiers/{connector}", staff, edit)
        .post("/desk/verifiers/{connector}", staff, change)
        .post("/desk/verifiers/{connector}/test", staff, test)
        .post("/desk/verifiers/{connector}/up", staff, up)
        .get("/desk/verifiers/{connector}/delete", staff, confirm)
        .post("/desk/verifiers/{connector}/delete", staff, delete)
}

fn editor(desk: &Desk) -> Result<PolicyEditor, Failure> {
    desk.must_be(POLICY_ROLES)?;
    PolicyEditor::of(desk.role, desk.signed_in.account, &desk.signed_in.actor)
        .ok_or_else(|| Error::forbidden("staff.role_required").into())
}

/// Whoever decides whom to believe, and to whom names and numbers are sent, proves it anew.
async fn fresh(desk: &Desk, back: &str) -> Result<PolicyEditor, Failure> {
    let editor = editor(desk)?;
    desk.must_be_fresh(back).await?;
    Ok(editor)
}

struct Line {
    id: String,
    name: String,
    host: String,
    checks: Vec<&'static str>,
    enabled: bool,
    first: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/verifiers.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}
async fn list(desk: Desk, Extension(room): Extension<Verification>) -> web::Result {
    desk.must_be(POLICY_ROLES)?;
    let lines = room
        .verifiers()
        .await?
        .into_iter()
        .enumerate()
        .map(|(place, (connector, config))| Line {
            id: connector.id.to_string(),
            name: connector.name,
            host: config.url.host_str().unwrap_or_default().to_owned(),
            checks: config.checks.iter().map(|check| check.key()).collect(),
            enabled: connector.enabled,
            first: place == 0,
        })
        .collect();
    Ok(html(List { page: desk.page(desk.t("verification-desk-verifiers"), HERE).await?, lines }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Members {
    id: String,
    rev: i64,
    name: String,
    url: String,
    key_id: String,
    secret: String,
    #[serde(rename = "checks[]")]
    checks: Vec<String>,
    enabled: bool,
}
impl Members {
    fn of(name: String, rev: i64, enabled: bool, config: Config) -> Self {
        Self {
            rev,
            name,
            url: config.url.to_string(),
            key_id: config.key_id,
            checks: config.checks.iter().map(|check| check.as_str().to_owned()).collect(),
            enabled,
            ..Self::default()
        }
    }
    fn typed(&self) -> Typed {
        Typed {
            name: self.name.clone(),
            url: self.url.clone(),
            key_id: self.key_id.clone(),
            secret: self.secret.clone(),
            checks: self.checks.clone(),
            enabled: self.enabled,
        }
    }
}
struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
    chosen: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/verifier_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    action: String,
    /// Of one that exists, for testing and deleting it.
    connector: Option<String>,
    form: Members,
    checks: Vec<Choice>,
}
async fn show(desk: &Desk, connector: Option<ConnectorId>, form: Members, errors: FormErrors) -> web::Result {
    let title =
        if connector.is_some() { form.name.clone() } else { desk.t("verification-desk-verifier-new") };
    let page = Blank {
        page: desk.page(title, HERE).await?.with_errors(&errors),
        action: connector.map_or_else(|| format!("{HERE}/new"), |id| format!("{HERE}/{id}")),
        connector: connector.map(|id| id.to_string()),
        checks: Method::CHECKS
            .into_iter()
            .map(|check| Choice {
                value: check.as_str(),
                label: check.key(),
                hint: check.needs_key(),
                chosen: form.checks.iter().any(|chosen| chosen == check.as_str()),
            })
            .collect(),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(desk: Desk, Extension(room): Extension<Verification>) -> web::Result {
    fresh(&desk, &format!("{HERE}/new")).await?;
    let id: Id<mark::Connector> = room.db().draw();
    let form = Members { id: desk.ctx.form_id(id), enabled: true, ..Members::default() };
    show(&desk, None, form, FormErrors::none()).await
}
async fn create(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Form(form): Form<Members>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/new")).await?;
    let id = desk.ctx.check_form_id::<mark::Connector>(&form.id)?;
    match room.create_verifier(&editor, id, &form.typed(), desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "verification-desk-verifier-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, None, form, errors).await
        }
    }
}
async fn edit(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    fresh(&desk, &format!("{HERE}/{id}")).await?;
    let (connector, config) = room.verifier(id).await?;
    let form = Members::of(connector.name, connector.rev, connector.enabled, config);
    show(&desk, Some(id), form, FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Form(form): Form<Members>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/{id}")).await?;
    match room.change_verifier(&editor, id, form.rev, &form.typed(), desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "verification-desk-verifier-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, Some(id), form, errors).await
        }
    }
}
/// Says plainly what is wrong: this page is for those who can mend it.
async fn test(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    editor(&desk)?;
    let (connector, _) = room.verifier(id).await?;
    let back = see_other(&format!("{HERE}/{id}"));
    Ok(match room.test_verifier(id).await? {
        Ok(took) => {
            let took = took.to_string();
            with_flash(
                back,
                "ok",
                "verification-desk-verifier-answers",
                &[("name", &connector.name), ("ms", &took)],
            )
        }
        Err(fault) => {
            let why = desk.t(verification::verifier::fault_key(fault));
            with_flash(
                back,
                "bad",
                "verification-desk-verifier-fails",
                &[("name", &connector.name), ("why", &why)],
            )
        }
    })
}
async fn up(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = editor(&desk)?;
    room.verifier(id).await?;
    connector::service::move_up(room.db(), &editor, id, desk.ctx.now).await?;
    Ok(see_other(HERE))
}
async fn confirm(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    fresh(&desk, &format!("{HERE}/{id}/delete")).await?;
    let (connector, _) = room.verifier(id).await?;
    let title = desk.t1("verification-desk-verifier-delete-title", "name", &connector.name);
    Ok(html(super::organization::Confirm {
        page: desk.page(title, HERE).await?,
        back: format!("{HERE}/{id}"),
        back_label: desk.t("verification-desk-verifiers"),
        action: format!("{HERE}/{id}/delete"),
        lost: desk.t("verification-desk-verifier-delete-lost"),
        button: desk.t("verification-desk-verifier-delete"),
    }))
}
async fn delete(
    desk: Desk,
    Extension(room): Extension<Verification>,
    Path(id): Path<ConnectorId>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HERE}/{id}/delete")).await?;
    room.verifier(id).await?;
    connector::service::delete(room.db(), &editor, id).await?;
    Ok(with_flash(see_other(HERE), "ok", "verification-desk-verifier-deleted", &[]))
}
