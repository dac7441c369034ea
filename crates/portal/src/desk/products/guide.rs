//! The guide of a product: written in one language at a time, looked at, kept as a draft, published in both; beside it the
//! knowledge base and whom to ask.
use super::{HERE, editable};
use crate::desk::{Desk, FOR_PRODUCTS};
use ::organization::{
    guide::{self, About, Guide, Language},
    product::Product,
};
use askama::filters::Safe;
use kernel::id::ProductId;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html_status, see_other, with_flash};

pub(super) fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/{product}/guide", staff, edit)
        .post("/desk/products/{product}/guide", staff, save)
        .post("/desk/products/{product}/guide/publish", staff, publish)
        .post("/desk/products/{product}/about", staff, set_about)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    text: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    text: String,
    rev: i64,
    markdown: String,
    action: String,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct AboutForm {
    rev: i64,
    /// Which text was open beside it.
    text: String,
    knowledge_url: String,
    contact_zh: String,
    contact_en: String,
}
#[derive(askama::Template)]
#[template(path = "desk/products/guide.html")]
struct Edit {
    page: Page,
    id: String,
    back: String,
    name: String,
    /// `zh` or `en`, and its tag for the preview.
    language: &'static str,
    tag: &'static str,
    most: usize,
    rev: i64,
    markdown: String,
    preview: Option<Safe<String>>,
    /// The preview shows what is typed and not kept yet.
    unsaved: bool,
    state: &'static str,
    tone: &'static str,
    published_at: Option<String>,
    may_publish: bool,
    written: [bool; 2],
    about: AboutForm,
    errors: FormErrors,
}

fn language(text: &str, desk: &Desk) -> Language {
    text.parse().unwrap_or_else(|_| Language::of(desk.english()))
}
fn address(id: ProductId, language: Language) -> String {
    format!("{HERE}/{id}/guide?text={}", language.as_str())
}

/// What is shown besides what is kept.
struct Shown {
    language: Language,
    typed: Option<String>,
    /// What was looked at is kept over what stood there when it was opened, and over nothing newer.
    rev: Option<i64>,
    about: Option<AboutForm>,
    errors: FormErrors,
}
impl Shown {
    const fn kept(language: Language, errors: FormErrors) -> Self {
        Self { language, typed: None, rev: None, about: None, errors }
    }
}
async fn show(desk: &Desk, product: &Product, shown: Shown) -> web::Result {
    let Shown { language, typed, rev, about, errors } = shown;
    let kept: Guide = desk.organizations.guide(product.id).await?;
    let english = language == Language::En;
    let unsaved = typed.as_ref().is_some_and(|typed| typed != kept.draft.of(english));
    let markdown = typed.unwrap_or_else(|| kept.draft.of(english).to_owned());
    let (state, tone) = match (kept.published_at, kept.is_ahead()) {
        (Some(_), false) => ("portal-guide-published", "ok"),
        (Some(_), true) => ("portal-guide-ahead", "wait"),
        (None, true) => ("portal-guide-draft", "wait"),
        (None, false) => ("portal-guide-none", "info"),
    };
    let view = Edit {
        page: desk.page(desk.t("portal-guide"), HERE).await?.with_errors(&errors),
        id: product.id.to_string(),
        back: format!("{HERE}/{}", product.id),
        name: product.name.of(desk.english()).to_owned(),
        language: language.as_str(),
        tag: if english { "en" } else { "zh-CN" },
        most: language.most(),
        rev: rev.unwrap_or(kept.rev),
        preview: (!markdown.trim().is_empty()).then(|| guide::render(&markdown)),
        markdown,
        unsaved,
        state,
        tone,
        published_at: kept.published_at.map(|at| at.local_minute(&desk.ctx.app.zone)),
        may_publish: kept.is_ahead() && !unsaved,
        written: [!kept.draft.zh.is_empty(), !kept.draft.en.is_empty()],
        about: about.unwrap_or_else(|| AboutForm {
            rev: kept.rev,
            text: String::new(),
            knowledge_url: kept.about.knowledge_url.clone().unwrap_or_default(),
            contact_zh: kept.about.contact_zh.clone().unwrap_or_default(),
            contact_en: kept.about.contact_en.clone().unwrap_or_default(),
        }),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

async fn edit(desk: Desk, Path(id): Path<ProductId>, Query(asked): Query<Asked>) -> web::Result {
    let product = editable(&desk, id).await?;
    let language = language(&asked.text, &desk);
    show(&desk, &product, Shown::kept(language, FormErrors::none())).await
}
async fn save(desk: Desk, Path(id): Path<ProductId>, Form(form): Form<Written>) -> web::Result {
    let product = editable(&desk, id).await?;
    let language = language(&form.text, &desk);
    let again = |errors| Shown {
        typed: Some(form.markdown.replace("\r\n", "\n")),
        rev: Some(form.rev),
        ..Shown::kept(language, errors)
    };
    if form.action == "preview" {
        return show(&desk, &product, again(FormErrors::none())).await;
    }
    let written = (language, form.markdown.as_str());
    match desk.organizations.save_guide(&desk.operator, id, form.rev, written, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&address(id, language)), "ok", "portal-guide-saved", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, &product, again(errors)).await
        }
    }
}
async fn publish(desk: Desk, Path(id): Path<ProductId>, Form(form): Form<Written>) -> web::Result {
    let product = editable(&desk, id).await?;
    let language = language(&form.text, &desk);
    match desk.organizations.publish_guide(&desk.operator, id, form.rev, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(&address(id, language)), "ok", "portal-guide-now-public", &[])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, &product, Shown::kept(language, errors)).await
        }
    }
}
async fn set_about(desk: Desk, Path(id): Path<ProductId>, Form(form): Form<AboutForm>) -> web::Result {
    let product = editable(&desk, id).await?;
    let language = language(&form.text, &desk);
    let mut errors = FormErrors::none();
    match About::parse(&form.knowledge_url, &form.contact_zh, &form.contact_en) {
        Ok(about) => {
            let saved =
                desk.organizations.set_product_about(&desk.operator, id, form.rev, about, desk.ctx.now);
            match saved.await {
                Ok(()) => {
                    let there = see_other(&address(id, language));
                    return Ok(with_flash(there, "ok", "portal-guide-about-saved", &[]));
                }
                Err(error) => errors = FormErrors::or_fail(error, desk.ctx.lang)?,
            }
        }
        Err(faults) => faults.iter().for_each(|fault| errors.push(fault, desk.ctx.lang)),
    }
    show(&desk, &product, Shown { about: Some(form), ..Shown::kept(language, errors) }).await
}
