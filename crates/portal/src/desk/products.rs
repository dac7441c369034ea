//! Products: the list, adding one, its rules and its clients.
use super::{
    Desk, FOR_ORGANIZATIONS, FOR_PRODUCTS, Nothing, PRODUCT_ROLES,
    words::{self, Item, Listed},
};
use ::organization::{
    membership::Role,
    organization_type::Words,
    product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, Product, ProductState},
};
use identity::realname::RealNameLevel;
use kernel::{
    Error,
    id::{ProductId, mark},
};
use oidc::client::{Client, ClientState};
use platform::StaffRole;
use serde::Deserialize;
use std::str::FromStr;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/products", Policy::Staff(FOR_ORGANIZATIONS), list)
        .get("/desk/products/new", Policy::Staff(FOR_PRODUCTS), blank)
        .post("/desk/products/new", Policy::Staff(FOR_PRODUCTS), create)
        .get("/desk/products/{product}", Policy::Staff(FOR_ORGANIZATIONS), show)
        .post("/desk/products/{product}/suspend", Policy::Staff(FOR_PRODUCTS), suspend)
        .post("/desk/products/{product}/resume", Policy::Staff(FOR_PRODUCTS), resume)
}

struct Line {
    id: String,
    name: String,
    code: String,
    audience: &'static str,
    class: &'static str,
    mode: &'static str,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/products.html")]
struct List {
    page: Page,
    may_create: bool,
    lines: Vec<Line>,
}

fn may_create(desk: &Desk) -> bool {
    matches!(desk.role, StaffRole::ProductManager | StaffRole::SystemAdministrator)
}
/// Whether the services below let this member of staff change the product.
pub fn may_edit(desk: &Desk, product: &Product) -> bool {
    match desk.role {
        StaffRole::SystemAdministrator => true,
        StaffRole::ProductManager => product.manager.is_none_or(|id| id == desk.signed_in.account),
        _ => false,
    }
}
/// The product, for whoever may change it.
pub async fn editable(desk: &Desk, id: ProductId) -> Result<Product, Failure> {
    let product = desk.organizations.product(id).await?;
    if may_edit(desk, &product) { Ok(product) } else { Err(Error::forbidden("staff.role_required").into()) }
}

async fn list(desk: Desk) -> web::Result {
    desk.must_be(PRODUCT_ROLES)?;
    let products = desk.organizations.products(true).await?;
    let english = desk.english();
    Ok(html(List {
        page: desk.page(desk.t("portal-products"), "/desk/products").await?,
        may_create: may_create(&desk),
        lines: products
            .into_iter()
            .map(|product| {
                let (state, tone) = words::product_state(product.state);
                Line {
                    id: product.id.to_string(),
                    name: product.name.of(english).to_owned(),
                    audience: words::audience(product.audience),
                    class: words::class(product.admission_class),
                    mode: words::mode(product.grant_mode),
                    code: product.code,
                    state,
                    tone,
                }
            })
            .collect(),
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    code: String,
    name_zh: String,
    name_en: String,
    summary_zh: String,
    summary_en: String,
    category: String,
    icon: String,
    launch_url: String,
    audience: String,
    admission_class: String,
    grant_mode: String,
    admission_editor: String,
    minimum_level: String,
}
#[derive(askama::Template)]
#[template(path = "desk/product_form.html")]
struct Blank {
    page: Page,
    errors: FormErrors,
    form: Typed,
    icons: Vec<Item>,
    categories: Vec<Item>,
    audiences: Vec<Item>,
    classes: Vec<Item>,
    modes: Vec<Item>,
    editors: Vec<Item>,
    levels: Vec<Item>,
}

async fn form(desk: &Desk, form: Typed, errors: FormErrors) -> web::Result {
    if !may_create(desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let page = Blank {
        page: desk.page(desk.t("portal-product-new"), "/desk/products").await?.with_errors(&errors),
        errors,
        form,
        icons: words::ICONS.to_vec(),
        categories: words::CATEGORIES.to_vec(),
        audiences: Audience::items(),
        classes: AdmissionClass::items(),
        modes: GrantMode::items(),
        editors: AdmissionEditor::items(),
        levels: RealNameLevel::items(),
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk) -> web::Result {
    let typed = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Product>()),
        icon: "grid".to_owned(),
        category: "market".to_owned(),
        audience: Audience::Organization.as_str().to_owned(),
        admission_class: AdmissionClass::Discretionary.as_str().to_owned(),
        grant_mode: GrantMode::Explicit.as_str().to_owned(),
        admission_editor: AdmissionEditor::AccountManager.as_str().to_owned(),
        minimum_level: RealNameLevel::Unverified.as_str().to_owned(),
        ..Typed::default()
    };
    form(&desk, typed, FormErrors::none()).await
}

async fn create(desk: Desk, Form(typed): Form<Typed>) -> web::Result {
    if !may_create(&desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let id = desk.ctx.check_form_id(&typed.id)?;
    let mut errors = FormErrors::none();
    let Some(new) = parse(&desk, id, &typed, &mut errors) else {
        return form(&desk, typed, errors).await;
    };
    let name = new.name.of(desk.english()).to_owned();
    match desk.organizations.create_product(&desk.operator, new, desk.ctx.now).await {
        Ok(id) => {
            let response = see_other(&format!("/desk/products/{id}"));
            Ok(with_flash(response, "ok", "portal-product-created", &[("name", &name)]))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            form(&desk, typed, errors).await
        }
    }
}

/// All faults of the form at once; `None` if there is one.
fn parse(desk: &Desk, id: ProductId, typed: &Typed, errors: &mut FormErrors) -> Option<Product> {
    let lang = desk.ctx.lang;
    let icon = errors.take(one_of(&words::ICONS, "icon", &typed.icon), lang);
    let line = |field, text: &str, max| kernel::text::line(field, text, max);
    let code = errors.take(::organization::product::code(&typed.code), lang);
    let name_zh = errors.take(line("name_zh", &typed.name_zh, 60), lang);
    let name_en = errors.take(line("name_en", &typed.name_en, 100), lang);
    let summary_zh = errors.take(line("summary_zh", &typed.summary_zh, 200), lang);
    let summary_en = errors.take(line("summary_en", &typed.summary_en, 300), lang);
    let category = errors.take(one_of(&words::CATEGORIES, "category", &typed.category), lang);
    let launch_url = match typed.launch_url.trim() {
        "" => Some(None),
        url => errors.take(::organization::product::launch_url(url).map(Some), lang),
    };
    let audience = errors.take(value::<Audience>("audience", &typed.audience), lang);
    let admission_class =
        errors.take(value::<AdmissionClass>("admission_class", &typed.admission_class), lang);
    let grant_mode = errors.take(value::<GrantMode>("grant_mode", &typed.grant_mode), lang);
    let admission_editor =
        errors.take(value::<AdmissionEditor>("admission_editor", &typed.admission_editor), lang);
    let minimum_level = errors.take(value::<RealNameLevel>("minimum_level", &typed.minimum_level), lang);
    Some(Product {
        id,
        code: code?,
        name: Words { zh: name_zh?, en: name_en? },
        summary: Words { zh: summary_zh?, en: summary_en? },
        category: category?,
        icon: icon?,
        launch_url: launch_url?,
        audience: audience?,
        admission_class: admission_class?,
        grant_mode: grant_mode?,
        admission_editor: admission_editor?,
        minimum_level: minimum_level?,
        minimum_strength: 1,
        // Whether administrators do business is up to the type of their organization.
        roles_allowed: vec![Role::LegalRepresentative, Role::Administrator, Role::Agent],
        network_zone: None,
        manager: (desk.role == StaffRole::ProductManager).then_some(desk.signed_in.account),
        state: ProductState::Active,
    })
}
fn unknown_value(field: &'static str) -> Error {
    Error::invalid("field.unknown_value").at(field)
}
fn one_of(items: &[Item], field: &'static str, text: &str) -> kernel::Result<String> {
    let known = items.iter().find(|item| item.value == text).map(|item| item.value.to_owned());
    known.ok_or_else(|| unknown_value(field))
}
fn value<T: FromStr>(field: &'static str, text: &str) -> kernel::Result<T> {
    text.parse().map_err(|_| unknown_value(field))
}

struct ClientLine {
    id: String,
    name: String,
    client_id: String,
    kind: &'static str,
    algorithm: &'static str,
    redirect_uris: Vec<String>,
    active: bool,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/product.html")]
struct Detail {
    page: Page,
    id: String,
    name: String,
    summary: String,
    code: String,
    may_edit: bool,
    active: bool,
    state: &'static str,
    tone: &'static str,
    audience: &'static str,
    class: &'static str,
    mode: &'static str,
    editor: &'static str,
    level: &'static str,
    launch_url: String,
    clients: Vec<ClientLine>,
}

async fn show(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    desk.must_be(PRODUCT_ROLES)?;
    let product = desk.organizations.product(id).await?;
    let clients = oidc::client::service::list_of_product(desk.organizations.db(), id).await?;
    let english = desk.english();
    let (state, tone) = words::product_state(product.state);
    Ok(html(Detail {
        page: desk.page(product.name.of(english), "/desk/products").await?,
        id: id.to_string(),
        name: product.name.of(english).to_owned(),
        summary: product.summary.of(english).to_owned(),
        may_edit: may_edit(&desk, &product),
        active: product.state == ProductState::Active,
        state,
        tone,
        audience: words::audience(product.audience),
        class: words::class(product.admission_class),
        mode: words::mode(product.grant_mode),
        editor: words::editor(product.admission_editor),
        level: words::level(product.minimum_level),
        launch_url: product.launch_url.clone().unwrap_or_default(),
        clients: clients.iter().map(client_line).collect(),
        code: product.code,
    }))
}

fn client_line(client: &Client) -> ClientLine {
    let active = client.state == ClientState::Active;
    ClientLine {
        id: client.id.to_string(),
        name: client.name.clone(),
        client_id: client.client_id.clone(),
        kind: if client.secret_mac.is_some() { "portal-client-confidential" } else { "portal-client-public" },
        algorithm: client.id_token_algorithm.as_str(),
        redirect_uris: client.redirect_uris.lines().map(str::to_owned).collect(),
        active,
        state: if active { "portal-state-active" } else { "portal-state-disabled" },
        tone: if active { "ok" } else { "bad" },
    }
}

async fn suspend(desk: Desk, Path(id): Path<ProductId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    set_state(&desk, id, ProductState::Suspended, "portal-product-suspended").await
}
async fn resume(desk: Desk, Path(id): Path<ProductId>, Form(Nothing {}): Form<Nothing>) -> web::Result {
    set_state(&desk, id, ProductState::Active, "portal-product-resumed").await
}
async fn set_state(desk: &Desk, id: ProductId, state: ProductState, flash: &str) -> web::Result {
    editable(desk, id).await?;
    desk.organizations.set_product_state(&desk.operator, id, state).await?;
    Ok(with_flash(see_other(&format!("/desk/products/{id}")), "ok", flash, &[]))
}
