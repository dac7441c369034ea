//! Categories of the catalog: their names, their order.
use super::{Desk, FOR_STAFF, STAFF_ROLES, organization::Confirm, words};
use ::organization::{
    category::{Category, CategoryId, LONGEST_NAME},
    organization_type::{NAMES, Words},
};
use kernel::{Error, id::mark};
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

const HERE: &str = "/desk/categories";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_STAFF);
    Routes::new()
        .get("/desk/categories", staff, list)
        .post("/desk/categories", staff, create)
        .post("/desk/categories/{category}", staff, rename)
        .post("/desk/categories/{category}/move", staff, move_one)
        .get("/desk/categories/{category}/delete", staff, ask)
        .post("/desk/categories/{category}/delete", staff, delete)
}

struct Line {
    id: String,
    code: String,
    name: String,
    name_zh: String,
    name_en: String,
    rev: i64,
    products: i64,
    /// Whose form came back with errors.
    open: bool,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    code: String,
    name_zh: String,
    name_en: String,
    rev: i64,
    step: String,
}
impl Typed {
    fn name(&self) -> Words {
        Words::new(&self.name_zh, &self.name_en)
    }
}
#[derive(askama::Template)]
#[template(path = "desk/categories.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
    form: Typed,
    errors: FormErrors,
    /// Errors belong to the form of one that is there.
    editing: bool,
}

async fn show(
    desk: &Desk,
    editing: Option<(CategoryId, Typed)>,
    adding: Option<Typed>,
    errors: FormErrors,
) -> web::Result {
    let english = desk.english();
    let fresh = || Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::ProductCategory>()),
        ..Typed::default()
    };
    let lines = desk.organizations.categories().await?.into_iter().map(|category| {
        let typed = editing.as_ref().filter(|(id, _)| *id == category.id).map(|(_, typed)| typed);
        Line {
            id: category.id.to_string(),
            name: category.name.of(english).to_owned(),
            name_zh: typed.map_or(category.name.zh, |typed| typed.name_zh.clone()),
            name_en: typed.map_or(category.name.en, |typed| typed.name_en.clone()),
            rev: category.rev,
            products: category.products,
            open: typed.is_some(),
            code: category.code,
        }
    });
    let view = List {
        lines: lines.collect(),
        editing: editing.is_some(),
        form: adding.unwrap_or_else(fresh),
        page: desk.page(desk.t("portal-categories"), HERE).await?.with_errors(&errors),
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn done(flash: &str) -> web::Result {
    Ok(with_flash(see_other(HERE), "ok", flash, &[]))
}

async fn list(desk: Desk) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    show(&desk, None, None, FormErrors::none()).await
}
async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let id: CategoryId = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let code = errors.take(::organization::category::code(&typed.code), lang);
    let name = words::both(&mut errors, lang, &typed.name(), NAMES, LONGEST_NAME);
    let (Some(code), Some(name)) = (code, name) else { return show(&desk, None, Some(typed), errors).await };
    match desk.organizations.create_category(&desk.operator, id, &code, &name, desk.ctx.now).await {
        Ok(()) => done("portal-category-created"),
        Err(error) => show(&desk, None, Some(typed), FormErrors::or_fail(error, lang)?).await,
    }
}
async fn rename(desk: Desk, Path(id): Path<CategoryId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let name = words::both(&mut errors, lang, &typed.name(), NAMES, LONGEST_NAME);
    let Some(name) = name else { return show(&desk, Some((id, typed)), None, errors).await };
    match desk.organizations.rename_category(&desk.operator, id, typed.rev, &name).await {
        Ok(()) => done("portal-category-renamed"),
        Err(error) => show(&desk, Some((id, typed)), None, FormErrors::or_fail(error, lang)?).await,
    }
}
async fn move_one(desk: Desk, Path(id): Path<CategoryId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    desk.organizations.move_category(&desk.operator, id, typed.step == "up").await?;
    Ok(see_other(&format!("{HERE}#category-{id}")))
}
/// One that no product stands under; what a click takes away is said first.
async fn ask(desk: Desk, Path(id): Path<CategoryId>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    let category = find(&desk, id).await?;
    if category.products > 0 {
        let error = Error::conflict("category.in_use");
        return show(&desk, None, None, FormErrors::from(&error, desk.ctx.lang)).await;
    }
    let name = category.name.of(desk.english());
    Ok(html(Confirm {
        page: desk.page(desk.t1("portal-category-delete-title", "name", name), HERE).await?,
        back: HERE.to_owned(),
        back_label: desk.t("portal-categories"),
        action: format!("{HERE}/{id}/delete"),
        lost: desk.t1("portal-category-delete-lost", "code", &category.code),
        button: desk.t("portal-category-delete"),
    }))
}
/// Error `category.unknown`.
async fn find(desk: &Desk, id: CategoryId) -> Result<Category, Failure> {
    let known = desk.organizations.categories().await?;
    known
        .into_iter()
        .find(|category| category.id == id)
        .ok_or_else(|| Error::not_found("category.unknown").into())
}
async fn delete(desk: Desk, Path(id): Path<CategoryId>, Form(_): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    match desk.organizations.delete_category(&desk.operator, id).await {
        Ok(()) => done("portal-category-deleted"),
        Err(error) => show(&desk, None, None, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}
