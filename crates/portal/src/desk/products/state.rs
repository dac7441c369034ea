//! Draft, published, suspended, withdrawn: each step says first whom it concerns and what becomes of them.
use super::{HERE, editable_at_desk};
use crate::desk::{Desk, FOR_PRODUCTS, words};
use ::organization::product::{AtDesk, ProductState, Reach};
use kernel::{Error, id::ProductId};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Query, Routes, html_status, see_other, with_flash};

pub(super) fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new().get("/desk/products/{product}/state", staff, ask).post(
        "/desk/products/{product}/state",
        staff,
        set,
    )
}

/// Value, word of the button, whether it takes something from people.
pub(super) fn step(from: ProductState, to: ProductState) -> (&'static str, &'static str, bool) {
    let key = match (from, to) {
        (ProductState::Suspended, ProductState::Active) => "portal-product-resume",
        (_, ProductState::Active) => "portal-product-publish",
        (_, ProductState::Suspended) => "portal-product-suspend",
        (_, ProductState::Withdrawn) => "portal-product-withdraw",
        (_, ProductState::Draft) => "portal-product-redraft",
    };
    (to.as_str(), key, matches!(to, ProductState::Suspended | ProductState::Withdrawn))
}
/// A number at its bound is shown as such.
pub(super) fn reach(reach: &Reach) -> Vec<(&'static str, String)> {
    let shown = |number: i64, most: i64| if number >= most { format!("{most}+") } else { number.to_string() };
    vec![
        ("portal-product-reach-admitted", shown(reach.admitted, 1000)),
        ("portal-product-reach-granted", shown(reach.granted, 1000)),
        ("portal-product-reach-waiting", shown(reach.waiting, 100)),
        ("portal-product-reach-shortcuts", shown(reach.shortcuts, 1000)),
    ]
}

#[derive(askama::Template)]
#[template(path = "desk/products/state.html")]
struct Ask {
    page: Page,
    id: String,
    back: String,
    name: String,
    code: String,
    to: &'static str,
    button: &'static str,
    /// What becomes of people, and what is kept.
    effects: Vec<&'static str>,
    danger: bool,
    typed: bool,
    reach: Vec<(&'static str, String)>,
    errors: FormErrors,
}
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    to: String,
    confirm: String,
}

async fn ask(desk: Desk, Path(id): Path<ProductId>, Query(wanted): Query<Wanted>) -> web::Result {
    let found = editable_at_desk(&desk, id).await?;
    show(&desk, found, &wanted, FormErrors::none()).await
}
async fn show(desk: &Desk, found: AtDesk, wanted: &Wanted, errors: FormErrors) -> web::Result {
    let product = found.product;
    let back = format!("{HERE}/{}", product.id);
    let to: Option<ProductState> = wanted.to.parse().ok().filter(|to| product.state.next().contains(to));
    // Somebody else was faster, or the address was typed: the product's page says how things stand.
    let Some(to) = to else { return Ok(see_other(&back)) };
    let (value, button, danger) = step(product.state, to);
    let view = Ask {
        page: desk.page(desk.t(button), HERE).await?.with_errors(&errors),
        id: product.id.to_string(),
        back,
        name: product.name.of(desk.english()).to_owned(),
        to: value,
        button,
        effects: effects(product.state, to),
        danger,
        typed: to == ProductState::Withdrawn,
        reach: if product.state == ProductState::Draft { Vec::new() } else { reach(&found.reach) },
        errors,
        code: product.code,
    };
    Ok(html_status(view.errors.status(), view))
}
fn effects(from: ProductState, to: ProductState) -> Vec<&'static str> {
    match (from, to) {
        (ProductState::Suspended, ProductState::Active) => vec!["portal-product-effect-resume"],
        (_, ProductState::Active) => {
            vec!["portal-product-effect-publish", "portal-product-effect-publish-clients"]
        }
        (_, ProductState::Suspended) => vec!["portal-product-effect-suspend", "portal-product-effect-kept"],
        (_, ProductState::Withdrawn) => vec![
            "portal-product-effect-withdraw",
            "portal-product-effect-withdraw-waiting",
            "portal-product-effect-kept",
        ],
        (_, ProductState::Draft) => vec!["portal-product-effect-redraft"],
    }
}

async fn set(desk: Desk, Path(id): Path<ProductId>, Form(wanted): Form<Wanted>) -> web::Result {
    let found = editable_at_desk(&desk, id).await?;
    let to: ProductState = wanted.to.parse().map_err(|_| Error::invalid("field.unknown_value").at("to"))?;
    if to == ProductState::Withdrawn && wanted.confirm.trim() != found.product.code {
        let errors = FormErrors::from(&Error::invalid("product.confirm").at("confirm"), desk.ctx.lang);
        return show(&desk, found, &wanted, errors).await;
    }
    desk.organizations.set_product_state(&desk.operator, id, to).await?;
    let (state, _) = words::product_state(to);
    let word = desk.t(state);
    let response = see_other(&format!("{HERE}/{id}"));
    Ok(with_flash(response, "ok", "portal-product-state-set", &[("state", &word)]))
}
