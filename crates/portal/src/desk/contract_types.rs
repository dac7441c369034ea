//! Contract types: which products a contract of each type covers.
use super::{Desk, FOR_PRODUCTS};
use ::organization::{
    contract::ContractType,
    organization_type::Words,
    product::{AdmissionClass, Product},
};
use kernel::{
    Error,
    id::{ContractTypeId, ProductId, mark},
};
use platform::StaffRole;
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Policy, Routes, html, html_status, see_other, with_flash};

pub const CONTRACT_TYPE_ROLES: &[StaffRole] = &[StaffRole::ProductManager, StaffRole::SystemAdministrator];

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/contract-types", Policy::Staff(FOR_PRODUCTS), list)
        .get("/desk/contract-types/new", Policy::Staff(FOR_PRODUCTS), blank)
        .post("/desk/contract-types/new", Policy::Staff(FOR_PRODUCTS), create)
}

struct Line {
    name: String,
    code: String,
    products: String,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_types.html")]
struct List {
    page: Page,
    lines: Vec<Line>,
}

async fn list(desk: Desk) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let english = desk.english();
    let types = desk.organizations.contract_types().await?;
    let listings = desk.organizations.contract_listings().await?;
    let products = desk.organizations.products(true).await?;
    let covered = |kind: ContractTypeId| {
        let names = listings.iter().filter(|(listing, _)| *listing == kind).filter_map(|(_, id)| {
            products.iter().find(|product| product.id == *id).map(|product| product.name.of(english))
        });
        names.collect::<Vec<_>>().join(if english { ", " } else { "、" })
    };
    let lines = types
        .into_iter()
        .map(|kind| Line {
            products: covered(kind.id),
            name: kind.name.of(english).to_owned(),
            code: kind.code,
        })
        .collect();
    Ok(html(List { page: desk.page(desk.t("portal-contract-types"), "/desk/contract-types").await?, lines }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    code: String,
    name_zh: String,
    name_en: String,
    #[serde(rename = "products[]")]
    products: Vec<String>,
}
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_type_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    products: Vec<Choice>,
}

/// Products that a contract can open.
async fn choices(desk: &Desk) -> Result<Vec<Product>, Failure> {
    let mut products = desk.organizations.products(true).await?;
    products.retain(|product| product.admission_class == AdmissionClass::Contract);
    Ok(products)
}

async fn show(desk: &Desk, form: Typed, errors: FormErrors) -> web::Result {
    let english = desk.english();
    let products = choices(desk).await?;
    let page = Blank {
        page: desk
            .page(desk.t("portal-contract-type-new"), "/desk/contract-types")
            .await?
            .with_errors(&errors),
        products: products
            .into_iter()
            .map(|product| {
                let value = product.id.to_string();
                Choice {
                    chosen: form.products.contains(&value),
                    label: product.name.of(english).to_owned(),
                    value,
                }
            })
            .collect(),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let id = desk.ctx.form_id(desk.organizations.db().draw::<mark::ContractType>());
    show(&desk, Typed { id, ..Typed::default() }, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let id = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let code = errors.take(::organization::product::code(&typed.code), lang);
    let zh = errors.take(kernel::text::line("name_zh", &typed.name_zh, 60), lang);
    let en = errors.take(kernel::text::line("name_en", &typed.name_en, 100), lang);
    let known = choices(&desk).await?;
    let products = errors.take(chosen(&typed.products, &known), lang);
    let (Some(code), Some(zh), Some(en), Some(products)) = (code, zh, en, products) else {
        return show(&desk, typed, errors).await;
    };
    let new = ContractType { id, code, name: Words { zh, en } };
    let name = new.name.of(desk.english()).to_owned();
    match desk.organizations.create_contract_type(&desk.operator, new, products).await {
        Ok(_) => {
            let response = see_other("/desk/contract-types");
            Ok(with_flash(response, "ok", "portal-contract-type-created", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, typed, errors).await
        }
    }
}

/// At least one, each of them offered.
fn chosen(typed: &[String], known: &[Product]) -> kernel::Result<Vec<ProductId>> {
    if typed.is_empty() {
        return Err(Error::invalid("field.required").at("products"));
    }
    let unknown = || Error::invalid("field.unknown_value").at("products");
    typed
        .iter()
        .map(|text| known.iter().map(|p| p.id).find(|id| id.to_string() == *text).ok_or_else(unknown))
        .collect()
}
