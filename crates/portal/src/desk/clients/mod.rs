//! Clients of a product: registering one, whose secret is shown once; its page with what a developer needs, its settings,
//! a new secret, a request tried out, and switching it off and on.
mod form;
mod recipes;
mod show;
mod trial;

use super::{Desk, FOR_PRODUCTS, Nothing, organization::Confirm, products::editable};
use kernel::{
    Error, Secret,
    id::{ClientId, ProductId},
};
use oidc::client::{Client, ClientState, service};
use serde::Deserialize;
use web::{Failure, Form, Page, Path, Policy, Routes, html, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/{product}/clients/new", staff, form::blank)
        .post("/desk/products/{product}/clients/new", staff, form::create)
        .get("/desk/products/{product}/clients/{client}", staff, show::page)
        .get("/desk/products/{product}/clients/{client}/edit", staff, form::edit)
        .post("/desk/products/{product}/clients/{client}/edit", staff, form::save)
        .get("/desk/products/{product}/clients/{client}/secret", staff, confirm_secret)
        .post("/desk/products/{product}/clients/{client}/secret", staff, rotate)
        .get("/desk/products/{product}/clients/{client}/trial", staff, trial::blank)
        .post("/desk/products/{product}/clients/{client}/trial", staff, trial::check)
        .post("/desk/products/{product}/clients/{client}/state", staff, set_state)
}

/// A secret as it is shown, this once.
#[derive(askama::Template)]
#[template(path = "desk/client_secret.html")]
struct SecretPage {
    page: Page,
    back: String,
    product: String,
    name: String,
    issuer: String,
    client_id: String,
    secret: Option<String>,
}
async fn shown_once(
    desk: &Desk,
    product: ProductId,
    name: &str,
    title: &str,
    registered: &service::Registered,
) -> web::Result {
    let found = editable(desk, product).await?;
    Ok(html(SecretPage {
        page: desk.page(desk.t(title), "/desk/products").await?,
        back: format!("/desk/products/{product}"),
        product: found.name.of(desk.english()).to_owned(),
        name: name.to_owned(),
        issuer: desk.ctx.app.origin().to_owned(),
        client_id: registered.client_id.clone(),
        secret: registered.secret.as_ref().map(Secret::expose).map(str::to_owned),
    }))
}

/// A client of this product that signs people in. Error `client.unknown`.
async fn found(desk: &Desk, product: ProductId, client: ClientId) -> Result<Client, Failure> {
    editable(desk, product).await?;
    let known = service::list_of_product(desk.organizations.db(), product).await?;
    let found = known.into_iter().find(|known| known.id == client && !known.service);
    found.ok_or_else(|| Error::not_found("client.unknown").into())
}

/// The page of a client.
fn address(product: ProductId, client: ClientId) -> String {
    format!("/desk/products/{product}/clients/{client}")
}

async fn confirm_secret(desk: Desk, Path((id, client)): Path<(ProductId, ClientId)>) -> web::Result {
    let client = found(&desk, id, client).await?;
    let back = address(id, client.id);
    desk.must_be_fresh(&format!("{back}/secret")).await?;
    Ok(html(Confirm {
        page: desk.page(desk.t("portal-client-rotate"), "/desk/products").await?,
        action: format!("{back}/secret"),
        back,
        back_label: client.name,
        lost: desk.t("portal-client-rotate-lost"),
        button: desk.t("portal-client-rotate"),
    }))
}
async fn rotate(
    desk: Desk,
    Path((id, client)): Path<(ProductId, ClientId)>,
    Form(Nothing {}): Form<Nothing>,
) -> web::Result {
    let client = found(&desk, id, client).await?;
    // Whoever finds the desk open must not walk away with a secret.
    desk.must_be_fresh(&format!("{}/secret", address(id, client.id))).await?;
    let registered = service::rotate_secret(desk.organizations.db(), &desk.operator, id, client.id).await?;
    shown_once(&desk, id, &client.name, "portal-client-rotated-title", &registered).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switch {
    state: String,
}
async fn set_state(
    desk: Desk,
    Path((id, client)): Path<(ProductId, ClientId)>,
    Form(typed): Form<Switch>,
) -> web::Result {
    editable(&desk, id).await?;
    let state: ClientState =
        typed.state.parse().map_err(|_| Error::invalid("field.unknown_value").at("state"))?;
    let db = desk.organizations.db();
    let known = service::list_of_product(db, id).await?.into_iter().find(|known| known.id == client);
    let known = known.ok_or_else(|| Error::not_found("client.unknown"))?;
    service::set_state(db, &desk.operator, &known, state).await?;
    let flash = if state == ClientState::Active { "portal-client-enabled" } else { "portal-client-disabled" };
    Ok(with_flash(see_other(&format!("/desk/products/{id}")), "ok", flash, &[]))
}
