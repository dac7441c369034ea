//! Contract types: named in both languages, with the products that a contract of each type covers. What a removal takes from
//! whom is shown before it is applied.
use super::{Desk, FOR_PRODUCTS, words};
use ::organization::{
    contract::{
        ContractType,
        types::{Loss, TypeCard, TypeChange},
    },
    organization_type::{LONGEST_NAME, NAMES, Words},
    product::{AdmissionClass, Product},
};
use kernel::{
    Error,
    id::{ContractTypeId, ProductId, mark},
};
use platform::StaffRole;
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub const CONTRACT_TYPE_ROLES: &[StaffRole] = &[StaffRole::ProductManager, StaffRole::SystemAdministrator];
const HERE: &str = "/desk/contract-types";

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/contract-types", staff, list)
        .get("/desk/contract-types/new", staff, blank)
        .post("/desk/contract-types/new", staff, create)
        .get("/desk/contract-types/{contract_type}", staff, open)
        .post("/desk/contract-types/{contract_type}", staff, change)
}

struct Line {
    id: String,
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
            id: kind.id.to_string(),
            products: covered(kind.id),
            name: kind.name.of(english).to_owned(),
            code: kind.code,
        })
        .collect();
    Ok(html(List { page: desk.page(desk.t("portal-contract-types"), HERE).await?, lines }))
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
    /// Of a type that is there: its revision as the form showed it, and the yes to what is lost.
    rev: String,
    confirm: String,
}
impl Typed {
    fn name(&self) -> Words {
        Words::new(&self.name_zh, &self.name_en)
    }
}
struct Choice {
    value: String,
    label: String,
    chosen: bool,
    /// Another manager's: it stays as it is.
    fixed: bool,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_type_form.html")]
struct Blank {
    page: Page,
    action: String,
    /// A type that is there keeps its code.
    is_new: bool,
    errors: FormErrors,
    form: Typed,
    products: Vec<Choice>,
}

/// Products that a contract can open, and those that the type lists already.
async fn choices(desk: &Desk, listed: &[ProductId]) -> Result<Vec<Product>, Failure> {
    let mut products = desk.organizations.products(true).await?;
    products.retain(|product| {
        product.admission_class == AdmissionClass::Contract || listed.contains(&product.id)
    });
    Ok(products)
}

async fn show(desk: &Desk, card: Option<&TypeCard>, form: Typed, errors: FormErrors) -> web::Result {
    let english = desk.english();
    let listed = card.map_or(&[][..], |card| &card.products);
    let products = choices(desk, listed).await?;
    let title = match card {
        Some(card) => card.kind.name.of(english).to_owned(),
        None => desk.t("portal-contract-type-new"),
    };
    let page = Blank {
        page: desk.page(title, HERE).await?.with_errors(&errors),
        action: match card {
            Some(card) => format!("{HERE}/{}", card.kind.id),
            None => format!("{HERE}/new"),
        },
        is_new: card.is_none(),
        products: products
            .into_iter()
            .map(|product| {
                let value = product.id.to_string();
                Choice {
                    chosen: form.products.contains(&value),
                    fixed: !super::products::may_edit(desk, &product),
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
    show(&desk, None, Typed { id, ..Typed::default() }, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let id = desk.ctx.check_form_id(&typed.id)?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let code = errors.take(::organization::product::code(&typed.code), lang);
    let name = words::both(&mut errors, lang, &typed.name(), NAMES, LONGEST_NAME);
    let known = choices(&desk, &[]).await?;
    let products = errors.take(chosen(&typed.products, &known), lang);
    let (Some(code), Some(name), Some(products)) = (code, name, products) else {
        return show(&desk, None, typed, errors).await;
    };
    let new = ContractType { id, code, name };
    let name = new.name.of(desk.english()).to_owned();
    match desk.organizations.create_contract_type(&desk.operator, new, products).await {
        Ok(_) => Ok(with_flash(see_other(HERE), "ok", "portal-contract-type-created", &[("name", &name)])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            show(&desk, None, typed, errors).await
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

async fn open(desk: Desk, Path(id): Path<ContractTypeId>) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let card = desk.organizations.contract_type(id).await?;
    let form = Typed {
        code: card.kind.code.clone(),
        name_zh: card.kind.name.zh.clone(),
        name_en: card.kind.name.en.clone(),
        products: card.products.iter().map(ToString::to_string).collect(),
        rev: card.rev.to_string(),
        ..Typed::default()
    };
    show(&desk, Some(&card), form, FormErrors::none()).await
}

struct LossLine {
    product: String,
    organizations: i64,
    members: i64,
}
#[derive(askama::Template)]
#[template(path = "desk/contract_type_loss.html")]
struct Confirm {
    page: Page,
    back: String,
    name: String,
    form: Typed,
    losses: Vec<LossLine>,
}

async fn change(desk: Desk, Path(id): Path<ContractTypeId>, Form(typed): Form<Typed>) -> web::Result {
    desk.must_be(CONTRACT_TYPE_ROLES)?;
    let card = desk.organizations.contract_type(id).await?;
    let lang = desk.ctx.lang;
    let mut errors = FormErrors::none();
    let name = words::both(&mut errors, lang, &typed.name(), NAMES, LONGEST_NAME);
    let known = choices(&desk, &card.products).await?;
    let products = errors.take(chosen(&typed.products, &known), lang);
    let rev: Result<i64, Error> = typed.rev.parse().map_err(|_| Error::invalid("form.id_stale"));
    let (Some(name), Some(products)) = (name, products) else {
        return show(&desk, Some(&card), typed, errors).await;
    };
    let change = TypeChange { rev: rev?, name, products };
    let rooms = &desk.organizations;
    if typed.confirm != "yes" {
        let losses = rooms.contract_type_losses(id, change.products.clone(), desk.ctx.now).await?;
        if losses.iter().any(|loss| loss.organizations > 0) {
            return confirm(&desk, &card, typed, losses).await;
        }
    }
    let name = change.name.of(desk.english()).to_owned();
    match rooms.change_contract_type(&desk.operator, id, change, desk.ctx.now).await {
        Ok(()) => Ok(with_flash(see_other(HERE), "ok", "portal-contract-type-changed", &[("name", &name)])),
        Err(error) => {
            let errors = FormErrors::or_fail(error, lang)?;
            // As it is now: what somebody else changed meanwhile must not be undone by a second click.
            let card = rooms.contract_type(id).await?;
            let form = Typed {
                rev: card.rev.to_string(),
                code: card.kind.code.clone(),
                products: card.products.iter().map(ToString::to_string).collect(),
                confirm: String::new(),
                ..typed
            };
            show(&desk, Some(&card), form, errors).await
        }
    }
}
/// Organizations and members who could no longer use a product, before it is taken from the type.
async fn confirm(desk: &Desk, card: &TypeCard, form: Typed, losses: Vec<Loss>) -> web::Result {
    let english = desk.english();
    Ok(html(Confirm {
        page: desk.page(desk.t("portal-contract-type-loss-title"), HERE).await?,
        back: format!("{HERE}/{}", card.kind.id),
        name: card.kind.name.of(english).to_owned(),
        form,
        losses: losses
            .into_iter()
            .map(|loss| LossLine {
                product: loss.name.of(english).to_owned(),
                organizations: loss.organizations,
                members: loss.members,
            })
            .collect(),
    }))
}
