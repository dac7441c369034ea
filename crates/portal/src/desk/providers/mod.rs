//! Identity providers: which there are, in which order the sign-in page offers them, their keys and addresses, and whether
//! they answer.
mod form;

use super::{Desk, FOR_POLICIES, Nothing, organization::Confirm};
use form::{PROVIDERS, Typed, provider_key};
use identity::{Identity, external, staff::Staff};
use kernel::{Error, id::mark};
use platform::{
    connector::{Connector, Kind, NewConnector, model::ConnectorId, service},
    staff::PolicyEditor,
};
use upstream::{Finding, OidcConfig};
use web::{
    Failure, Form, FormErrors, Lang, Page, Path, Policy, Routes, html, html_status, see_other, with_flash,
};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_POLICIES);
    Routes::new()
        .get(HERE, staff, list)
        .get("/desk/providers/new/{provider}", staff, blank)
        .post("/desk/providers/new/{provider}", staff, create)
        .get("/desk/providers/{id}", staff, edit)
        .post("/desk/providers/{id}", staff, save)
        .get("/desk/providers/{id}/test", staff, test)
        .post("/desk/providers/{id}/up", staff, up)
        .post("/desk/providers/{id}/switch", staff, switch)
        .get("/desk/providers/{id}/delete", staff, ask)
        .post("/desk/providers/{id}/delete", staff, delete)
}

const HERE: &str = "/desk/providers";

/// Only for those who may change what they see. Error: `staff.role_required`.
fn editor(desk: &Desk) -> Result<PolicyEditor, Failure> {
    let editor = Staff::of(&desk.signed_in).and_then(|staff| staff.policy_editor());
    editor.ok_or_else(|| Error::forbidden("staff.role_required").into())
}
/// Whoever decides whom to believe proves it anew.
async fn fresh(desk: &Desk, back: &str) -> Result<PolicyEditor, Failure> {
    let editor = editor(desk)?;
    desk.must_be_fresh(back).await?;
    Ok(editor)
}
fn identity(desk: &Desk) -> &Identity {
    desk.organizations.identity()
}
async fn find(desk: &Desk, id: ConnectorId) -> Result<Connector, Failure> {
    let found = service::find(desk.organizations.db(), id).await?;
    let found = found.filter(|connector| connector.kind == Kind::Upstream);
    found.ok_or_else(|| Error::not_found("connector.unknown").into())
}
fn known(provider: &str) -> Result<(), Failure> {
    if PROVIDERS.contains(&provider) { Ok(()) } else { Err(Error::not_found("page.unknown").into()) }
}
fn path(id: ConnectorId) -> String {
    format!("{HERE}/{id}")
}

struct Line {
    href: String,
    name: String,
    provider: &'static str,
    icon: &'static str,
    enabled: bool,
    linked: i64,
    first: bool,
}
struct Choice {
    href: String,
    label: &'static str,
    hint: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/providers/list.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    choices: Vec<Choice>,
}
async fn list(desk: Desk) -> web::Result {
    editor(&desk)?;
    let mut lines = Vec::new();
    for connector in service::list(desk.organizations.db(), Kind::Upstream).await? {
        lines.push(Line {
            href: path(connector.id),
            linked: external::service::count(identity(&desk), connector.id).await?,
            provider: provider_key(&connector.provider),
            icon: external::model::icon(&connector.provider),
            enabled: connector.enabled,
            first: lines.is_empty(),
            name: connector.name,
        });
    }
    let choices = PROVIDERS
        .into_iter()
        .map(|provider| Choice {
            href: format!("{HERE}/new/{provider}"),
            label: provider_key(provider),
            hint: hint_key(provider),
        })
        .collect();
    Ok(html(List { page: desk.page(desk.t("portal-providers"), HERE).await?, lines, choices }))
}
fn hint_key(provider: &str) -> &'static str {
    match provider {
        "alipay" => "portal-provider-alipay-hint",
        "wechat" => "portal-provider-wechat-hint",
        "dingtalk" => "portal-provider-dingtalk-hint",
        _ => "portal-provider-oidc-hint",
    }
}

#[derive(askama::Template)]
#[template(path = "desk/providers/form.html")]
struct FormPage {
    page: Page,
    errors: FormErrors,
    provider: String,
    provider_name: &'static str,
    /// What the vendor calls its two words; not translated.
    id_label: &'static str,
    secret_label: &'static str,
    form: Typed,
    action: String,
    new: bool,
    /// To be registered at the provider.
    redirect_uri: String,
}
async fn form_page(
    desk: &Desk,
    provider: &str,
    id: ConnectorId,
    new: bool,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let provider_name = provider_key(provider);
    let title = if new {
        desk.t1("portal-provider-new", "provider", &desk.t(provider_name))
    } else {
        desk.t1("portal-provider-edit", "name", &form.name)
    };
    let page = desk.page(title, HERE).await?.with_errors(&errors);
    let status = errors.status();
    Ok(html_status(
        status,
        FormPage {
            page,
            errors,
            provider: provider.to_owned(),
            provider_name,
            id_label: if provider == "wechat" { "AppID" } else { "Client ID" },
            secret_label: if provider == "wechat" { "AppSecret" } else { "Client Secret" },
            form,
            action: if new { format!("{HERE}/new/{provider}") } else { path(id) },
            new,
            redirect_uri: external::flow::redirect_uri(&desk.ctx, id),
        },
    ))
}
async fn blank(desk: Desk, Path(provider): Path<String>) -> web::Result {
    known(&provider)?;
    fresh(&desk, &format!("{HERE}/new/{provider}")).await?;
    let id: ConnectorId = desk.organizations.db().draw::<mark::Connector>();
    let names = [Lang::Zh, Lang::En].map(|lang| match provider.as_str() {
        OidcConfig::PROVIDER => String::new(),
        other => lang.t(provider_key(other)),
    });
    let form = Typed::blank(&provider, desk.ctx.form_id(id), names);
    form_page(&desk, &provider, id, true, form, FormErrors::none()).await
}
async fn create(desk: Desk, Path(provider): Path<String>, Form(typed): Form<Typed>) -> web::Result {
    known(&provider)?;
    let editor = fresh(&desk, &format!("{HERE}/new/{provider}")).await?;
    let id: ConnectorId = desk.ctx.check_form_id(&typed.id)?;
    let (name, config) = match typed.parse(&provider, None, desk.ctx.lang) {
        Ok(parsed) => parsed,
        Err(errors) => return form_page(&desk, &provider, id, true, typed, errors).await,
    };
    let enabled = typed.enabled.is_some();
    if let Some(errors) = not_answering(&desk, &provider, &config, enabled).await? {
        return form_page(&desk, &provider, id, true, typed, errors).await;
    }
    let new = NewConnector { id, kind: Kind::Upstream, provider, name: name.clone(), enabled, config };
    service::create(desk.organizations.db(), &editor, new, desk.ctx.now).await?;
    let next = see_other(&format!("{}/test", path(id)));
    Ok(with_flash(next, "ok", "portal-provider-created", &[("name", &name)]))
}
/// An OpenID Provider that nobody can reach is not switched on.
async fn not_answering(
    desk: &Desk,
    provider: &str,
    config: &str,
    enabled: bool,
) -> Result<Option<FormErrors>, Failure> {
    if provider != OidcConfig::PROVIDER || !enabled {
        return Ok(None);
    }
    let findings = probe(desk, provider, config).await?;
    let Some(bad) = findings.iter().find(|finding| !finding.good && finding.what != "pkce") else {
        return Ok(None);
    };
    let error = Error::invalid("portal.discovery").at("issuer").arg("reason", bad.detail.clone());
    Ok(Some(FormErrors::from(&error, desk.ctx.lang)))
}
async fn probe(desk: &Desk, provider: &str, config: &str) -> Result<Vec<Finding>, Failure> {
    let open = upstream::open(identity(desk).upstreams(), provider, config)?;
    Ok(open.probe(desk.ctx.now).await.unwrap_or_default())
}

async fn edit(desk: Desk, Path(id): Path<ConnectorId>) -> web::Result {
    fresh(&desk, &path(id)).await?;
    let connector = find(&desk, id).await?;
    let form = Typed::of(&connector)?;
    form_page(&desk, &connector.provider, id, false, form, FormErrors::none()).await
}
async fn save(desk: Desk, Path(id): Path<ConnectorId>, Form(typed): Form<Typed>) -> web::Result {
    let editor = fresh(&desk, &path(id)).await?;
    let before = find(&desk, id).await?;
    let (name, config) = match typed.parse(&before.provider, Some(&before), desk.ctx.lang) {
        Ok(parsed) => parsed,
        Err(errors) => return form_page(&desk, &before.provider, id, false, typed, errors).await,
    };
    let enabled = typed.enabled.is_some();
    if let Some(errors) = not_answering(&desk, &before.provider, &config, enabled).await? {
        return form_page(&desk, &before.provider, id, false, typed, errors).await;
    }
    let rev = typed.rev.parse().unwrap_or(0);
    let db = desk.organizations.db();
    match service::change(db, &editor, id, rev, &name, enabled, &config, desk.ctx.now).await {
        Ok(()) => {
            let next = see_other(&format!("{}/test", path(id)));
            Ok(with_flash(next, "ok", "portal-provider-saved", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            form_page(&desk, &before.provider, id, false, typed, errors).await
        }
    }
}

struct Found {
    label: &'static str,
    good: bool,
    detail: String,
}
#[derive(askama::Template)]
#[template(path = "desk/providers/test.html")]
struct Tested {
    page: Page,
    provider: &'static str,
    href: String,
    redirect_uri: String,
    enabled: bool,
    good: bool,
    findings: Vec<Found>,
}
async fn test(desk: Desk, Path(id): Path<ConnectorId>) -> web::Result {
    editor(&desk)?;
    let connector = find(&desk, id).await?;
    let findings = probe(&desk, &connector.provider, &connector.config).await?;
    let title = desk.t1("portal-provider-test-title", "name", &connector.name);
    Ok(html(Tested {
        page: desk.page(title, HERE).await?,
        provider: provider_key(&connector.provider),
        href: path(id),
        redirect_uri: external::flow::redirect_uri(&desk.ctx, id),
        enabled: connector.enabled,
        good: findings.iter().all(|finding| finding.good),
        findings: findings.into_iter().map(|finding| found(&desk, finding)).collect(),
    }))
}
fn found(desk: &Desk, finding: Finding) -> Found {
    let (label, yes) = match finding.what {
        "discovery" => ("portal-provider-finding-discovery", None),
        "authorization_endpoint" => ("portal-provider-finding-authorization", None),
        "token_endpoint" => ("portal-provider-finding-token", None),
        "keys" => ("portal-provider-finding-keys", None),
        "pkce" => ("portal-provider-finding-pkce", None),
        "iss" => ("portal-provider-finding-iss", Some(finding.detail == "true")),
        "private_key" => ("portal-provider-finding-private-key", None),
        "gateway" => ("portal-provider-finding-gateway", None),
        _ => ("portal-provider-finding-credentials", None),
    };
    let detail = match yes {
        Some(true) => desk.t("portal-provider-yes"),
        Some(false) => desk.t("portal-provider-no"),
        None => finding.detail,
    };
    Found { label, good: finding.good, detail }
}

async fn up(desk: Desk, Path(id): Path<ConnectorId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let editor = editor(&desk)?;
    find(&desk, id).await?;
    service::move_up(desk.organizations.db(), &editor, id, desk.ctx.now).await?;
    Ok(see_other(HERE))
}
async fn switch(desk: Desk, Path(id): Path<ConnectorId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let editor = fresh(&desk, HERE).await?;
    let connector = find(&desk, id).await?;
    let (db, on) = (desk.organizations.db(), !connector.enabled);
    let Connector { rev, name, config, .. } = connector;
    service::change(db, &editor, id, rev, &name, on, &config, desk.ctx.now).await?;
    let flash = if on { "portal-provider-on" } else { "portal-provider-off" };
    Ok(with_flash(see_other(HERE), "ok", flash, &[("name", &name)]))
}

async fn ask(desk: Desk, Path(id): Path<ConnectorId>) -> web::Result {
    let action = format!("{}/delete", path(id));
    fresh(&desk, &action).await?;
    let connector = find(&desk, id).await?;
    let linked = external::service::count(identity(&desk), id).await?;
    let title = desk.t1("portal-provider-delete-title", "name", &connector.name);
    Ok(html(Confirm {
        page: desk.page(title, HERE).await?,
        back: HERE.to_owned(),
        back_label: desk.t("portal-providers"),
        action,
        lost: if linked == 0 {
            desk.t("portal-provider-delete-unused")
        } else {
            desk.t1("portal-provider-delete-lost", "linked", &linked.to_string())
        },
        button: desk.t("portal-provider-delete"),
    }))
}
async fn delete(desk: Desk, Path(id): Path<ConnectorId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    let editor = fresh(&desk, &format!("{}/delete", path(id))).await?;
    let connector = find(&desk, id).await?;
    external::service::remove_connector(identity(&desk), &editor, id, desk.ctx.now).await?;
    Ok(with_flash(see_other(HERE), "ok", "portal-provider-deleted", &[("name", &connector.name)]))
}
