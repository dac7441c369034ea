//! Clients of a product: adding one, whose secret is shown once, and switching one off and on.
use super::{Desk, FOR_PRODUCTS, products::editable};
use kernel::{
    Error, Secret,
    id::{ClientId, ProductId, mark},
};
use oidc::client::{Algorithm, ClientState, NewClient, Settings, service};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/{product}/clients/new", staff, blank)
        .post("/desk/products/{product}/clients/new", staff, create)
        .post("/desk/products/{product}/clients/{client}/state", staff, set_state)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    kind: String,
    algorithm: String,
}
#[derive(askama::Template)]
#[template(path = "desk/client_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    product: String,
    errors: FormErrors,
    form: Typed,
}
#[derive(askama::Template)]
#[template(path = "desk/client_secret.html")]
struct Created {
    page: Page,
    back: String,
    product: String,
    name: String,
    issuer: String,
    client_id: String,
    secret: Option<String>,
}

async fn show(desk: &Desk, id: ProductId, form: Typed, errors: FormErrors) -> web::Result {
    let product = editable(desk, id).await?;
    let back = format!("/desk/products/{id}");
    let page = Blank {
        page: desk.page(desk.t("portal-client-new-title"), "/desk/products").await?.with_errors(&errors),
        action: format!("{back}/clients/new"),
        back,
        product: product.name.of(desk.english()).to_owned(),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Client>()),
        kind: "confidential".to_owned(),
        algorithm: Algorithm::Es256.as_str().to_owned(),
        ..Typed::default()
    };
    show(&desk, id, form, FormErrors::none()).await
}

/// One address a line; empty lines are nothing.
fn addresses(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

async fn create(desk: Desk, Path(id): Path<ProductId>, Form(typed): Form<Typed>) -> web::Result {
    let product = editable(&desk, id).await?;
    let client: ClientId = desk.ctx.check_form_id(&typed.id)?;
    let back = format!("/desk/products/{id}");
    let db = desk.organizations.db();
    // A form sent twice: the client exists, and its secret was shown the first time.
    if service::list_of_product(db, id).await?.iter().any(|known| known.id == client) {
        return Ok(with_flash(see_other(&back), "info", "portal-client-exists", &[]));
    }
    let algorithm: Result<Algorithm, _> = typed.algorithm.parse();
    let new = algorithm
        .map_err(|_| Error::invalid("field.unknown_value").at("algorithm"))
        .and_then(|id_token_algorithm| match typed.kind.as_str() {
            "confidential" => Ok((id_token_algorithm, Settings::default())),
            "public" => Ok((id_token_algorithm, Settings::public())),
            _ => Err(Error::invalid("field.unknown_value").at("kind")),
        })
        .map(|(id_token_algorithm, settings)| NewClient {
            id: client,
            product: id,
            name: typed.name.clone(),
            redirect_uris: addresses(&typed.redirect_uris),
            post_logout_redirect_uris: addresses(&typed.post_logout_redirect_uris),
            initiate_login_uri: None,
            skip_consent: false,
            id_token_algorithm,
            settings,
        });
    let created = match new {
        Ok(new) => service::create_client(db, &desk.operator, new).await,
        Err(error) => Err(error),
    };
    match created {
        Ok(created) => Ok(html(Created {
            page: desk.page(desk.t("portal-client-created-title"), "/desk/products").await?,
            back,
            product: product.name.of(desk.english()).to_owned(),
            name: typed.name,
            issuer: desk.ctx.app.origin().to_owned(),
            client_id: created.client_id,
            secret: created.secret.as_ref().map(Secret::expose).map(str::to_owned),
        })),
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, typed, errors).await
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_a_line_and_blanks_do_not_count() {
        let typed = " https://a.example/cb\r\n\r\n\thttps://b.example/cb \n";
        assert_eq!(addresses(typed), ["https://a.example/cb", "https://b.example/cb"]);
        assert!(addresses(" \n").is_empty());
    }
}
