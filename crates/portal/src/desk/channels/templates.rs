//! Templates that a provider must approve: which there are for one gateway, and how far they are.
use super::{
    super::{Desk, Nothing, organization::Confirm},
    AREA, CHANNEL_ROLES, Choice, EDITORS, READERS, editor, gateway, language, languages, may_edit,
    purpose_words, purposes,
};
use axum::Extension;
use channel::{
    Channels,
    gateway::Gateway,
    template::{self, Approval, Template, TemplateId, model::parse_parameters},
};
use kernel::{Error, id::mark};
use platform::{Channel, connector::ConnectorId};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/desk/channels/{connector}/templates", Policy::Staff(READERS), list)
        .get("/desk/channels/{connector}/templates/new", Policy::Staff(EDITORS), blank)
        .post("/desk/channels/{connector}/templates/new", Policy::Staff(EDITORS), create)
        .get("/desk/channels/{connector}/templates/{template}", Policy::Staff(EDITORS), show)
        .post("/desk/channels/{connector}/templates/{template}", Policy::Staff(EDITORS), change)
        .get("/desk/channels/{connector}/templates/{template}/delete", Policy::Staff(EDITORS), ask_delete)
        .post("/desk/channels/{connector}/templates/{template}/delete", Policy::Staff(EDITORS), delete)
}

struct Line {
    id: String,
    purpose: String,
    lang: String,
    sign: String,
    code: String,
    parameters: String,
    approval: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/templates.html")]
struct List {
    page: Page,
    home: String,
    may_edit: bool,
    lines: Vec<Line>,
}

fn approval(approval: Approval) -> (&'static str, &'static str) {
    match approval {
        Approval::Draft => ("portal-approval-draft", "info"),
        Approval::Submitted => ("portal-approval-submitted", "wait"),
        Approval::Approved => ("portal-approval-approved", "ok"),
        Approval::Refused => ("portal-approval-refused", "bad"),
    }
}
/// Gateways that take texts as they are have no such page.
async fn of_templates(channels: &Channels, id: ConnectorId) -> Result<Gateway, Failure> {
    let (_, found) = gateway(channels, id).await?;
    if found.provider.wants_templates() { Ok(found) } else { Err(Error::not_found("page.unknown").into()) }
}
fn home(id: ConnectorId) -> String {
    format!("{AREA}/{id}/templates")
}

async fn list(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    desk.must_be(CHANNEL_ROLES)?;
    let gateway = of_templates(&channels, id).await?;
    let line = |template: Template| {
        let (word, tone) = approval(template.approval);
        Line {
            id: template.id.to_string(),
            purpose: purpose_words(&desk, &template.purpose),
            lang: language(&desk, &template.lang),
            sign: template.sign(&gateway.config).to_owned(),
            code: template.code.clone(),
            parameters: template.parameters.join(" "),
            approval: word,
            tone,
        }
    };
    let lines = template::service::list(channels.db(), id).await?.into_iter().map(line).collect();
    let title = desk.t1("portal-channel-templates-title", "name", &gateway.name);
    let page = desk.page(title, AREA).await?;
    Ok(html(List { page, home: home(id), may_edit: may_edit(&desk), lines }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    rev: String,
    purpose: String,
    lang: String,
    sign: String,
    code: String,
    parameters: String,
    approval: String,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/template_form.html")]
struct FormPage {
    page: Page,
    errors: FormErrors,
    home: String,
    home_label: String,
    action: String,
    /// Purpose and language of a stored one stay.
    fixed: Option<(String, String)>,
    sign: String,
    form: Typed,
    purposes: Vec<Choice>,
    languages: Vec<Choice>,
    approvals: Vec<Choice>,
}
async fn render(
    desk: &Desk,
    gateway: &Gateway,
    stored: Option<&Template>,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let title = desk.t(if stored.is_some() { "portal-template-edit" } else { "portal-template-new" });
    let home = home(gateway.id);
    let page = FormPage {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        errors,
        action: match stored {
            Some(template) => format!("{home}/{}", template.id),
            None => format!("{home}/new"),
        },
        fixed: stored.map(|t| (purpose_words(desk, &t.purpose), language(desk, &t.lang))),
        home_label: desk.t1("portal-channel-templates-title", "name", &gateway.name),
        home,
        sign: gateway.config.sign.clone(),
        form,
        purposes: purposes(desk, Channel::Sms, true),
        languages: languages(desk),
        approvals: Approval::ALL
            .iter()
            .map(|a| Choice { value: a.to_string(), label: desk.t(approval(*a).0) })
            .collect(),
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
) -> web::Result {
    editor(&desk)?;
    let gateway = of_templates(&channels, id).await?;
    let form = Typed {
        id: desk.ctx.form_id(channels.db().draw::<mark::MessageTemplate>()),
        purpose: channel::purpose::ANY_CODE.to_owned(),
        lang: "zh-CN".to_owned(),
        parameters: "code".to_owned(),
        approval: Approval::Submitted.to_string(),
        ..Typed::default()
    };
    render(&desk, &gateway, None, form, FormErrors::none()).await
}
/// Sign, code, parameters and approval; purpose and language come from elsewhere.
fn parse(desk: &Desk, typed: &Typed, base: Template, errors: &mut FormErrors) -> Option<Template> {
    let lang = desk.ctx.lang;
    let sign = errors.take(kernel::text::optional_line("sign", &typed.sign, 20), lang);
    let code = errors.take(kernel::text::line("code", &typed.code, 60), lang);
    let parameters = errors.take(parse_parameters(&typed.parameters), lang);
    let unknown = |_| Error::invalid("field.unknown_value").at("approval");
    let approval = errors.take(typed.approval.parse().map_err(unknown), lang);
    Some(Template { sign: sign?, code: code?, parameters: parameters?, approval: approval?, ..base })
}
async fn create(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path(id): Path<ConnectorId>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let editor = editor(&desk)?;
    let gateway = of_templates(&channels, id).await?;
    let base = Template {
        id: desk.ctx.check_form_id(&typed.id)?,
        connector: id,
        purpose: typed.purpose.clone(),
        lang: typed.lang.clone(),
        sign: None,
        code: String::new(),
        parameters: Vec::new(),
        approval: Approval::Draft,
        rev: 0,
        updated_at: desk.ctx.now,
    };
    let mut errors = FormErrors::none();
    for (field, value, known) in [
        ("purpose", &typed.purpose, purposes(&desk, Channel::Sms, true)),
        ("lang", &typed.lang, languages(&desk)),
    ] {
        if !known.iter().any(|choice| choice.value == *value) {
            errors.push(&Error::invalid("field.unknown_value").at(field), desk.ctx.lang);
        }
    }
    let parsed = parse(&desk, &typed, base, &mut errors);
    let (Some(template), true) = (parsed, errors.is_empty()) else {
        return render(&desk, &gateway, None, typed, errors).await;
    };
    match template::service::create(channels.db(), &editor, template, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&home(id)), "ok", "portal-template-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, &gateway, None, typed, errors).await
        }
    }
}
async fn show(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((id, template)): Path<(ConnectorId, TemplateId)>,
) -> web::Result {
    editor(&desk)?;
    let gateway = of_templates(&channels, id).await?;
    let stored = template::service::find(channels.db(), id, template).await?;
    let form = Typed {
        rev: stored.rev.to_string(),
        sign: stored.sign.clone().unwrap_or_default(),
        code: stored.code.clone(),
        parameters: stored.parameters.join(" "),
        approval: stored.approval.to_string(),
        ..Typed::default()
    };
    render(&desk, &gateway, Some(&stored), form, FormErrors::none()).await
}
async fn change(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((id, template)): Path<(ConnectorId, TemplateId)>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let editor = editor(&desk)?;
    let gateway = of_templates(&channels, id).await?;
    let stored = template::service::find(channels.db(), id, template).await?;
    let mut errors = FormErrors::none();
    let base = Template { rev: typed.rev.parse().unwrap_or(0), ..stored.clone() };
    let Some(changed) = parse(&desk, &typed, base, &mut errors) else {
        return render(&desk, &gateway, Some(&stored), typed, errors).await;
    };
    match template::service::change(channels.db(), &editor, changed, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&home(id)), "ok", "portal-template-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, &gateway, Some(&stored), typed, errors).await
        }
    }
}
async fn ask_delete(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((id, template)): Path<(ConnectorId, TemplateId)>,
) -> web::Result {
    editor(&desk)?;
    let gateway = of_templates(&channels, id).await?;
    let stored = template::service::find(channels.db(), id, template).await?;
    Ok(html(Confirm {
        page: desk.page(desk.t1("portal-template-delete-title", "code", &stored.code), AREA).await?,
        back: home(id),
        back_label: desk.t1("portal-channel-templates-title", "name", &gateway.name),
        action: format!("{}/{template}/delete", home(id)),
        lost: desk.t("portal-template-delete-lost"),
        button: desk.t("portal-channel-delete"),
    }))
}
async fn delete(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((id, template)): Path<(ConnectorId, TemplateId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = editor(&desk)?;
    of_templates(&channels, id).await?;
    template::service::find(channels.db(), id, template).await?;
    template::service::delete(channels.db(), &editor, template).await?;
    Ok(with_flash(see_other(&home(id)), "ok", "portal-template-deleted", &[]))
}
