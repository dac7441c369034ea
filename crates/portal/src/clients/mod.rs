//! Clients of a product, for whoever keeps them: the platform's staff at the desk, and the developers of the organization that
//! the product is entrusted to, in its space. Registering one, whose secret is shown once; its page with what a developer
//! copies, its settings, a new secret, a request tried out, and switching it off and on.
mod console;
mod form;
pub mod recipes;
mod show;
mod trial;

pub use console::{Console, Kept};
pub use show::state_words;

use kernel::{Error, Secret};
use oidc::client::{ClientState, service};
use serde::Deserialize;
use web::{Form, Page, Policy, Routes, html, see_other, with_flash};

/// The pages in both places: the same handlers under two policies.
pub fn routes() -> Routes {
    let staff = Policy::Staff(crate::desk::FOR_PRODUCTS);
    let member = Policy::Member;
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
        .get("/org/{organization}/development/{product}/clients/new", member, form::blank)
        .post("/org/{organization}/development/{product}/clients/new", member, form::create)
        .get("/org/{organization}/development/{product}/clients/{client}", member, show::page)
        .get("/org/{organization}/development/{product}/clients/{client}/edit", member, form::edit)
        .post("/org/{organization}/development/{product}/clients/{client}/edit", member, form::save)
        .get("/org/{organization}/development/{product}/clients/{client}/secret", member, confirm_secret)
        .post("/org/{organization}/development/{product}/clients/{client}/secret", member, rotate)
        .get("/org/{organization}/development/{product}/clients/{client}/trial", member, trial::blank)
        .post("/org/{organization}/development/{product}/clients/{client}/trial", member, trial::check)
        .post("/org/{organization}/development/{product}/clients/{client}/state", member, set_state)
}

/// A secret as it is shown, this once; of programs too.
#[derive(askama::Template)]
#[template(path = "clients/secret.html")]
pub struct SecretPage {
    pub page: Page,
    pub trail: Vec<(String, String)>,
    /// Where its reader goes on.
    pub on: String,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub secret: Option<String>,
}
impl SecretPage {
    pub fn of(
        page: Page,
        trail: Vec<(String, String)>,
        on: String,
        name: &str,
        made: &service::Registered,
    ) -> Self {
        Self {
            issuer: page.ctx.app.origin().to_owned(),
            trail,
            on,
            name: name.to_owned(),
            client_id: made.client_id.clone(),
            secret: made.secret.as_ref().map(Secret::expose).map(str::to_owned),
            page,
        }
    }
}
async fn shown_once(
    console: &Console,
    name: &str,
    title: &str,
    registered: &service::Registered,
) -> web::Result {
    let page = console.page(console.t(title)).await?;
    let on = format!("{}/{}", console.base(), registered.id);
    Ok(html(SecretPage::of(page, console.trail(None), on, name, registered)))
}

/// A question before a secret is worthless. Carries what the page showed, so that a form that is sent twice makes one secret.
#[derive(askama::Template)]
#[template(path = "clients/rotate.html")]
struct RotatePage {
    page: Page,
    trail: Vec<(String, String)>,
    here: String,
    rev: i64,
}
async fn confirm_secret(kept: Kept) -> web::Result {
    let here = kept.address();
    kept.console.must_be_fresh(&format!("{here}/secret")).await?;
    Ok(html(RotatePage {
        page: kept.console.page(kept.console.t("portal-client-rotate")).await?,
        trail: kept.trail(),
        here,
        rev: kept.client.keeping.rev,
    }))
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rotating {
    rev: i64,
}
async fn rotate(kept: Kept, Form(typed): Form<Rotating>) -> web::Result {
    let (console, here) = (&kept.console, kept.address());
    // Whoever finds the page open must not walk away with a secret.
    console.must_be_fresh(&format!("{here}/secret")).await?;
    let (product, id) = (console.product, kept.client.id);
    let keeper = console.keeper.clone();
    match service::rotate_secret(console.db(), keeper, product, id, Some(typed.rev)).await {
        Ok(made) => shown_once(console, &kept.client.name, "portal-client-rotated-title", &made).await,
        Err(error) if error.code == "client.changed_meanwhile" => {
            Ok(with_flash(see_other(&here), "warn", "portal-client-overtaken", &[]))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switch {
    state: String,
}
/// What the form of a switch says, and what is told when it was done.
pub fn switched(text: &str) -> kernel::Result<(ClientState, &'static str)> {
    match text {
        "active" => Ok((ClientState::Active, "portal-client-enabled")),
        "disabled" => Ok((ClientState::Disabled, "portal-client-disabled")),
        _ => Err(Error::invalid("field.unknown_value").at("state")),
    }
}
async fn set_state(kept: Kept, Form(typed): Form<Switch>) -> web::Result {
    let (state, flash) = switched(&typed.state)?;
    let console = &kept.console;
    // Off goes at once; on again, answers flow to its addresses.
    if state == ClientState::Active {
        console.must_be_fresh(&kept.address()).await?;
    }
    service::set_state(console.db(), console.keeper.clone(), &kept.client, state).await?;
    Ok(with_flash(see_other(&kept.address()), "ok", flash, &[]))
}
