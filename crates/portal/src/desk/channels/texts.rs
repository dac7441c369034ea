//! Mail texts: per purpose and language, with a preview, back to the built-in one at will.
use super::{
    super::{Desk, Nothing},
    AREA, CHANNEL_ROLES, EDITORS, READERS, fresh, language, may_edit, purpose_words, purposes,
};
use axum::Extension;
use channel::{
    Channels, purpose,
    text::{
        self, MailText,
        model::{DEFAULT_BODY, NAMES},
    },
};
use kernel::Error;
use platform::Channel;
use serde::Deserialize;
use web::{
    Failure, Form, FormErrors, Lang, Page, Path, Policy, Routes, html, html_status, see_other, with_flash,
};

const HOME: &str = "/desk/channels/texts";

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/desk/channels/texts", Policy::Staff(READERS), list)
        .get("/desk/channels/texts/{purpose}/{lang}", Policy::Staff(EDITORS), show)
        .post("/desk/channels/texts/{purpose}/{lang}", Policy::Staff(EDITORS), save)
        .post("/desk/channels/texts/{purpose}/{lang}/reset", Policy::Staff(EDITORS), reset)
}

struct Version {
    href: String,
    label: String,
    own: bool,
}
struct Line {
    purpose: String,
    versions: Vec<Version>,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/texts.html")]
struct List {
    page: Page,
    may_edit: bool,
    lines: Vec<Line>,
}
async fn list(desk: Desk, Extension(channels): Extension<Channels>) -> web::Result {
    desk.must_be(CHANNEL_ROLES)?;
    let own = text::service::list(channels.db()).await?;
    let line = |choice: super::Choice| {
        let version = |lang: Lang| Version {
            href: format!("{HOME}/{}/{}", choice.value, lang.tag()),
            label: version_words(&desk, &choice.value, lang.tag()),
            own: own.iter().any(|text| text.purpose == choice.value && text.lang == lang.tag()),
        };
        let versions = purpose::languages(&choice.value).iter().copied().map(version).collect();
        Line { versions, purpose: choice.label }
    };
    let lines = purposes(&desk, Channel::Mail, false).into_iter().map(line).collect();
    Ok(html(List { page: desk.page(desk.t("portal-texts"), AREA).await?, may_edit: may_edit(&desk), lines }))
}

/// Where one text serves all readers, it is in both languages.
fn version_words(desk: &Desk, purpose: &str, lang: &str) -> String {
    if purpose::languages(purpose).len() == 1 { desk.t("portal-text-both") } else { language(desk, lang) }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    rev: String,
    subject: String,
    body: String,
    act: String,
}
struct Preview {
    subject: String,
    lines: Vec<String>,
}
#[derive(askama::Template)]
#[template(path = "desk/channels/text_form.html")]
struct FormPage {
    page: Page,
    errors: FormErrors,
    home: &'static str,
    action: String,
    names: Vec<String>,
    built_in: &'static str,
    own: bool,
    form: Typed,
    preview: Option<Preview>,
}
/// Known purposes and languages alone have a page.
fn known(desk: &Desk, purpose: &str, lang: &str) -> Result<Lang, Failure> {
    let known = purposes(desk, Channel::Mail, false).iter().any(|choice| choice.value == purpose);
    let lang = purpose::languages(purpose).iter().copied().find(|known| known.tag() == lang);
    lang.filter(|_| known).ok_or_else(|| Error::not_found("page.unknown").into())
}
async fn render(
    desk: &Desk,
    channels: &Channels,
    text: &MailText,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let lang = known(desk, &text.purpose, &text.lang)?;
    let preview = text
        .preview(&channels.samples(lang))
        .ok()
        .map(|(subject, body)| Preview { subject, lines: body.lines().map(str::to_owned).collect() });
    let title = desk.ctx.lang.ta(
        "portal-text-title",
        &[
            ("purpose", &purpose_words(desk, &text.purpose)),
            ("lang", &version_words(desk, &text.purpose, &text.lang)),
        ],
    );
    let page = FormPage {
        page: desk.page(title, AREA).await?.with_errors(&errors),
        errors,
        home: HOME,
        action: format!("{HOME}/{}/{}", text.purpose, text.lang),
        names: NAMES.iter().map(|name| format!("{{{{ {name} }}}}")).collect(),
        built_in: DEFAULT_BODY,
        own: text.rev > 0,
        form,
        preview,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn stored(channels: &Channels, purpose: &str, lang: &str) -> kernel::Result<MailText> {
    let found = text::service::find(channels.db(), purpose, lang).await?;
    Ok(found.unwrap_or_else(|| MailText::built_in(purpose, lang)))
}
async fn show(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((purpose, lang)): Path<(String, String)>,
) -> web::Result {
    fresh(&desk, &format!("{HOME}/{purpose}/{lang}")).await?;
    known(&desk, &purpose, &lang)?;
    let text = stored(&channels, &purpose, &lang).await?;
    let form = Typed {
        rev: text.rev.to_string(),
        subject: text.subject.clone(),
        body: text.body.clone(),
        act: String::new(),
    };
    render(&desk, &channels, &text, form, FormErrors::none()).await
}
async fn save(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((purpose, lang)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let editor = fresh(&desk, &format!("{HOME}/{purpose}/{lang}")).await?;
    let sample = known(&desk, &purpose, &lang)?;
    let mut errors = FormErrors::none();
    let subject = errors.take(kernel::text::line("subject", &typed.subject, 200), desk.ctx.lang);
    let body = kernel::text::paragraph("body", &typed.body, 8000)
        .and_then(|body| body.ok_or_else(|| Error::invalid("field.required").at("body")));
    let body = errors.take(body, desk.ctx.lang);
    let before = stored(&channels, &purpose, &lang).await?;
    let (Some(subject), Some(body)) = (subject, body) else {
        return render(&desk, &channels, &before, typed, errors).await;
    };
    let text = MailText { subject, body, rev: typed.rev.parse().unwrap_or(0), ..before };
    if errors.take(text.preview(&channels.samples(sample)), desk.ctx.lang).is_none() || typed.act == "preview"
    {
        return render(&desk, &channels, &text, typed, errors).await;
    }
    match text::service::save(channels.db(), &editor, text.clone(), desk.ctx.now).await {
        Ok(()) => {
            let response = see_other(&format!("{HOME}/{purpose}/{lang}"));
            Ok(with_flash(response, "ok", "portal-text-saved", &[]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            render(&desk, &channels, &text, typed, errors).await
        }
    }
}
async fn reset(
    desk: Desk,
    Extension(channels): Extension<Channels>,
    Path((purpose, lang)): Path<(String, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let editor = fresh(&desk, HOME).await?;
    known(&desk, &purpose, &lang)?;
    text::service::reset(channels.db(), &editor, &purpose, &lang).await?;
    Ok(with_flash(see_other(HOME), "ok", "portal-text-reset", &[]))
}
