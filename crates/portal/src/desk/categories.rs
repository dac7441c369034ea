//! Categories of the catalog: their names, their order.
use super::{Desk, FOR_STAFF, STAFF_ROLES};
use ::organization::{category::CategoryId, organization_type::Words};
use kernel::id::mark;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

const HERE: &str = "/desk/categories";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_STAFF);
    Routes::new()
        .get("/desk/categories", staff, list)
        .post("/desk/categories", staff, create)
        .post("/desk/categories/{category}", staff, rename)
        .post("/desk/categories/{category}/move", staff, move_one)
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
        Words { zh: self.name_zh.clone(), en: self.name_en.clone() }
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
    let name = typed.name();
    match desk.organizations.create_category(&desk.operator, id, &typed.code, &name, desk.ctx.now).await {
        Ok(()) => done("portal-category-created"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, None, Some(typed), errors).await
        }
    }
}
async fn rename(desk: Desk, Path(id): Path<CategoryId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    match desk.organizations.rename_category(&desk.operator, id, typed.rev, &typed.name()).await {
        Ok(()) => done("portal-category-renamed"),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, Some((id, typed)), None, errors).await
        }
    }
}
async fn move_one(desk: Desk, Path(id): Path<CategoryId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    desk.organizations.move_category(&desk.operator, id, typed.step == "up").await?;
    Ok(see_other(&format!("{HERE}#category-{id}")))
}
async fn delete(desk: Desk, Path(id): Path<CategoryId>, Form(_): Form<Typed>) -> web::Result {
    desk.must_be(STAFF_ROLES)?;
    match desk.organizations.delete_category(&desk.operator, id).await {
        Ok(()) => done("portal-category-deleted"),
        Err(error) => show(&desk, None, None, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}
