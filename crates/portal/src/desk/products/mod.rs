//! Products: the list, adding one, its rules, state and guide. A product manager meets the own products alone: another's is
//! not there.
mod developer;
mod form;
mod guide;
mod state;

use super::{Desk, FOR_ORGANIZATIONS, PRODUCT_ROLES, words};
use crate::clients::state_words;
use ::organization::product::{AtDesk, Product, ProductState};
use kernel::{
    Error,
    id::{AccountId, ProductId},
};
use oidc::client::{Client, ClientState};
use platform::StaffRole;
use serde::Deserialize;
use web::{Failure, Form, FormErrors, Page, Path, Policy, Query, Routes, html, see_other, with_flash};

const HERE: &str = "/desk/products";

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk/products", Policy::Staff(FOR_ORGANIZATIONS), list)
        .get("/desk/products/{product}", Policy::Staff(FOR_ORGANIZATIONS), show)
        .post("/desk/products/{product}/manager", Policy::Staff(super::FOR_STAFF), set_manager)
        .merge(form::routes())
        .merge(developer::routes())
        .merge(state::routes())
        .merge(guide::routes())
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
/// Errors: `product.unknown` for another product manager's.
async fn found(desk: &Desk, id: ProductId) -> Result<AtDesk, Failure> {
    Ok(desk.organizations.product_at_desk(&desk.operator, id, desk.ctx.now).await?)
}
/// The product, for whoever may change it.
pub async fn editable(desk: &Desk, id: ProductId) -> Result<Product, Failure> {
    Ok(editable_at_desk(desk, id).await?.product)
}
async fn editable_at_desk(desk: &Desk, id: ProductId) -> Result<AtDesk, Failure> {
    if !may_create(desk) {
        return Err(Error::forbidden("staff.role_required").into());
    }
    let at_desk = found(desk, id).await?;
    if may_edit(desk, &at_desk.product) {
        Ok(at_desk)
    } else {
        Err(Error::forbidden("staff.role_required").into())
    }
}

struct Line {
    id: String,
    name: String,
    code: String,
    icon: String,
    category: String,
    audience: &'static str,
    class: &'static str,
    mode: &'static str,
    state: &'static str,
    tone: &'static str,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
}
#[derive(askama::Template)]
#[template(path = "desk/products/list.html")]
struct List {
    page: Page,
    may_create: bool,
    keeps_categories: bool,
    /// A product manager is told that there are others.
    own_only: bool,
    states: Vec<(&'static str, &'static str, usize, bool)>,
    total: usize,
    all: bool,
    lines: Vec<Line>,
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> web::Result {
    desk.must_be(PRODUCT_ROLES)?;
    let products = desk.organizations.products_at_desk(&desk.operator).await?;
    let categories = desk.organizations.categories().await?;
    let english = desk.english();
    let wanted: Option<ProductState> = asked.state.parse().ok();
    let count = |state: ProductState| products.iter().filter(|product| product.state == state).count();
    let states = ProductState::ALL
        .iter()
        .map(|state| (state.as_str(), words::product_state(*state).0, count(*state), wanted == Some(*state)))
        .filter(|(_, _, count, _)| *count > 0)
        .collect();
    let heading = |code: &str| {
        let known = categories.iter().find(|category| category.code == code);
        known.map_or_else(|| desk.t("portal-category-none"), |category| category.name.of(english).to_owned())
    };
    let total = products.len();
    let lines =
        products.iter().filter(|product| wanted.is_none_or(|state| product.state == state)).map(|product| {
            let (state, tone) = words::product_state(product.state);
            Line {
                id: product.id.to_string(),
                name: product.name.of(english).to_owned(),
                code: product.code.clone(),
                icon: product.icon_name().to_owned(),
                category: heading(&product.category),
                audience: words::audience(product.audience),
                class: words::class(product.admission_class),
                mode: words::mode(product.grant_mode),
                state,
                tone,
            }
        });
    Ok(html(List {
        may_create: may_create(&desk),
        keeps_categories: desk.role == StaffRole::SystemAdministrator,
        own_only: desk.role == StaffRole::ProductManager,
        states,
        total,
        all: wanted.is_none(),
        lines: lines.collect(),
        page: desk.page(desk.t("portal-products"), HERE).await?,
    }))
}

struct ClientLine {
    id: String,
    name: String,
    client_id: String,
    service: bool,
    kind: &'static str,
    algorithm: &'static str,
    redirect_uris: Vec<String>,
    /// The developers to whom the product is entrusted keep it.
    theirs: bool,
    active: bool,
    state: &'static str,
    tone: &'static str,
}
#[derive(askama::Template)]
#[template(path = "desk/products/show.html")]
struct Detail {
    page: Page,
    id: String,
    name: String,
    summary: String,
    code: String,
    icon: String,
    may_edit: bool,
    /// Where the state may go: value, word of the button, whether it takes something from people.
    steps: Vec<(&'static str, &'static str, bool)>,
    state: &'static str,
    tone: &'static str,
    draft: bool,
    category: String,
    audience: &'static str,
    class: &'static str,
    mode: &'static str,
    editor: &'static str,
    level: &'static str,
    strength: &'static str,
    roles: Vec<&'static str>,
    zone: Option<String>,
    launch_url: String,
    reach: Vec<(&'static str, String)>,
    guide: &'static str,
    guide_tone: &'static str,
    published_at: Option<String>,
    knowledge: Option<String>,
    contact: Option<String>,
    clients: Vec<ClientLine>,
    manager: Option<String>,
    /// The organization to which it is entrusted.
    developer: Option<String>,
    /// For the system administrator: whom it may be handed to.
    managers: Option<Vec<(String, String, bool)>>,
    errors: FormErrors,
}

async fn show(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    detail(&desk, id, FormErrors::none()).await
}
async fn detail(desk: &Desk, id: ProductId, errors: FormErrors) -> web::Result {
    desk.must_be(PRODUCT_ROLES)?;
    let AtDesk { product, reach, .. } = found(desk, id).await?;
    let clients = oidc::client::service::list_of_product(desk.organizations.db(), id).await?;
    let written = desk.organizations.guide(id).await?;
    let english = desk.english();
    let categories = desk.organizations.categories().await?;
    let category = categories.iter().find(|category| category.code == product.category);
    let (state, tone) = words::product_state(product.state);
    let (guide, guide_tone) = match (written.published_at, written.is_ahead()) {
        (Some(_), false) => ("portal-guide-published", "ok"),
        (Some(_), true) => ("portal-guide-ahead", "wait"),
        (None, true) => ("portal-guide-draft", "wait"),
        (None, false) => ("portal-guide-none", "info"),
    };
    let (manager, managers) = managers(desk, &product).await?;
    let view = Detail {
        page: desk.page(product.name.of(english), HERE).await?.with_errors(&errors),
        id: id.to_string(),
        name: product.name.of(english).to_owned(),
        summary: product.summary.of(english).to_owned(),
        icon: product.icon_name().to_owned(),
        may_edit: may_edit(desk, &product),
        steps: product.state.next().iter().map(|to| state::step(product.state, *to)).collect(),
        state,
        tone,
        draft: product.state == ProductState::Draft,
        category: category
            .map_or_else(|| desk.t("portal-category-none"), |category| category.name.of(english).to_owned()),
        audience: words::audience(product.audience),
        class: words::class(product.admission_class),
        mode: words::mode(product.grant_mode),
        editor: words::editor(product.admission_editor),
        level: words::level(product.minimum_level),
        strength: form::strength_key(product.minimum_strength),
        roles: product.roles_allowed.iter().map(|role| form::role_key(*role)).collect(),
        zone: product.network_zone.clone(),
        launch_url: product.launch_url.clone().unwrap_or_default(),
        reach: state::reach(&reach),
        guide,
        guide_tone,
        published_at: written.published_at.map(|at| at.local_minute(&desk.ctx.app.zone)),
        knowledge: written.about.knowledge_url.clone(),
        contact: written.about.contact(english).map(str::to_owned),
        clients: clients.iter().map(client_line).collect(),
        manager,
        developer: match desk.organizations.developer_of(id).await? {
            Some(developer) => desk.organizations.names_of(vec![developer]).await?.remove(&developer),
            None => None,
        },
        managers,
        errors,
        code: product.code,
    };
    Ok(web::html_status(view.errors.status(), view))
}

/// Who looks after it, and whom it may be handed to.
type Managers = (Option<String>, Option<Vec<(String, String, bool)>>);
async fn managers(desk: &Desk, product: &Product) -> Result<Managers, Failure> {
    let staff = match desk.role {
        StaffRole::SystemAdministrator => {
            let listed =
                platform::staff::service::list(desk.organizations.db(), Some(StaffRole::ProductManager));
            listed.await?.into_iter().map(|member| member.account).collect()
        }
        _ => Vec::new(),
    };
    let people = desk.organizations.people(staff.iter().copied().chain(product.manager)).await?;
    let own = product.manager.map(|account| people.name(account).to_owned());
    let choices = staff.iter().map(|account| {
        (account.to_string(), people.name(*account).to_owned(), product.manager == Some(*account))
    });
    Ok((own, (desk.role == StaffRole::SystemAdministrator).then(|| choices.collect())))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct ManagerForm {
    manager: String,
}
async fn set_manager(desk: Desk, Path(id): Path<ProductId>, Form(form): Form<ManagerForm>) -> web::Result {
    desk.must_be(super::STAFF_ROLES)?;
    let manager: Option<AccountId> = match form.manager.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("product.manager_unfit").at("manager"))?),
    };
    match desk.organizations.set_product_manager(&desk.operator, id, manager).await {
        Ok(()) => Ok(with_flash(see_other(&format!("{HERE}/{id}")), "ok", "portal-product-manager-set", &[])),
        Err(error) => detail(&desk, id, FormErrors::or_fail(error, desk.ctx.lang)?).await,
    }
}

fn client_line(client: &Client) -> ClientLine {
    let (state, tone) = state_words(client);
    ClientLine {
        id: client.id.to_string(),
        name: client.name.clone(),
        client_id: client.client_id.clone(),
        service: client.service,
        kind: if client.service {
            match client.owner {
                Some(_) => "portal-machine-kind-organization",
                None => "portal-machine-kind-platform",
            }
        } else if client.secret_mac.is_some() {
            "portal-client-confidential"
        } else {
            "portal-client-public"
        },
        algorithm: client.id_token_algorithm.as_str(),
        redirect_uris: client.redirect_uris.lines().map(str::to_owned).collect(),
        theirs: client.keeping.developer.is_some(),
        active: client.state == ClientState::Active,
        state,
        tone,
    }
}
