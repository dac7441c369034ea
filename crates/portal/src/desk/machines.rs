//! Service clients of a product: registering one for an organization or the platform, and handing it to another owner.
use super::{Desk, FOR_PRODUCTS, products::editable};
use crate::clients::SecretPage;
use kernel::{
    Error, Uscc,
    id::{ClientId, OrganizationId, ProductId, mark},
};
use oidc::client::{Algorithm, Client, Settings, service as clients};
use oidc::machine::{NewMachine, service};
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new()
        .get("/desk/products/{product}/machines/new", staff, blank)
        .post("/desk/products/{product}/machines/new", staff, create)
        .get("/desk/products/{product}/machines/{client}", staff, owner)
        .post("/desk/products/{product}/machines/{client}", staff, set_owner)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    id: String,
    name: String,
    /// `organization` or `platform`.
    of: String,
    owner: String,
    /// Of one that is there: whose it was when the form was shown; empty for the platform's.
    was: String,
}
#[derive(askama::Template)]
#[template(path = "desk/machine_form.html")]
struct Blank {
    page: Page,
    back: String,
    action: String,
    product: String,
    /// The name of one that is there; a new one is named in the form.
    there: Option<String>,
    errors: FormErrors,
    form: Typed,
}
async fn show(
    desk: &Desk,
    id: ProductId,
    client: Option<&Client>,
    form: Typed,
    errors: FormErrors,
) -> web::Result {
    let product = editable(desk, id).await?;
    let back = format!("/desk/products/{id}");
    let (title, last) = match client {
        Some(client) => ("portal-machine-owner-title", client.id.to_string()),
        None => ("portal-machine-new-title", "new".to_owned()),
    };
    let page = Blank {
        page: desk.page(desk.t(title), "/desk/products").await?.with_errors(&errors),
        action: format!("{back}/machines/{last}"),
        back,
        product: product.name.of(desk.english()).to_owned(),
        there: client.map(|client| client.name.clone()),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}

async fn blank(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    editable(&desk, id).await?;
    // Asked before anything is typed, since a form that is sent too late is lost.
    desk.must_be_fresh(&format!("/desk/products/{id}/machines/new")).await?;
    let form = Typed {
        id: desk.ctx.form_id(desk.organizations.db().draw::<mark::Client>()),
        of: "organization".to_owned(),
        ..Typed::default()
    };
    show(&desk, id, None, form, FormErrors::none()).await
}

/// Whom it acts for: the platform, or the organization of that number or code.
pub(super) async fn owner_of(desk: &Desk, of: &str, owner: &str) -> kernel::Result<Option<OrganizationId>> {
    match of {
        "platform" => Ok(None),
        "organization" => {
            let unknown = || Error::invalid("client.owner_unknown").at("owner");
            let text = owner.trim();
            if let Ok(id) = text.parse::<OrganizationId>() {
                return desk
                    .organizations
                    .organization(id)
                    .await
                    .map(|found| Some(found.id))
                    .map_err(|_| unknown());
            }
            let code = Uscc::parse(text).map_err(|_| unknown())?;
            let found = desk.organizations.organization_of_code(code.as_str()).await?;
            found.map(Some).ok_or_else(unknown)
        }
        _ => Err(Error::invalid("field.unknown_value").at("of")),
    }
}

async fn create(desk: Desk, Path(id): Path<ProductId>, Form(typed): Form<Typed>) -> web::Result {
    let product = editable(&desk, id).await?;
    // A secret is shown: nobody walks away with it from somebody else's open session.
    desk.must_be_fresh(&format!("/desk/products/{id}/machines/new")).await?;
    let client: ClientId = desk.ctx.check_form_id(&typed.id)?;
    let back = format!("/desk/products/{id}");
    let db = desk.organizations.db();
    // A form sent twice: the client exists, and its secret was shown the first time.
    if clients::list_of_product(db, id).await?.iter().any(|known| known.id == client) {
        return Ok(with_flash(see_other(&back), "info", "portal-client-exists", &[]));
    }
    let created = match owner_of(&desk, &typed.of, &typed.owner).await {
        Ok(owner) => {
            let new = NewMachine {
                id: client,
                product: id,
                name: typed.name.clone(),
                owner,
                settings: Settings::machine(),
                algorithm: Algorithm::Es256,
            };
            service::create(db, &desk.operator, new).await
        }
        Err(error) => Err(error),
    };
    match created {
        Ok(created) => {
            let page = desk.page(desk.t("portal-client-created-title"), "/desk/products").await?;
            let trail = vec![
                ("/desk".to_owned(), desk.t("portal-desk")),
                (back.clone(), product.name.of(desk.english()).to_owned()),
            ];
            Ok(html(SecretPage::of(page, trail, back, &typed.name, &created)))
        }
        Err(error) => {
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            show(&desk, id, None, typed, errors).await
        }
    }
}

/// A machine of this product. Error `client.unknown`.
async fn machine(desk: &Desk, id: ProductId, client: ClientId) -> Result<Client, web::Failure> {
    editable(desk, id).await?;
    let known = clients::list_of_product(desk.organizations.db(), id).await?;
    let found = known.into_iter().find(|known| known.id == client && known.service);
    found.ok_or_else(|| Error::not_found("client.unknown").into())
}
/// The form as the machine stands.
fn owned(client: &Client) -> Typed {
    let owner = client.owner.map(|owner| owner.to_string()).unwrap_or_default();
    Typed {
        of: if client.owner.is_some() { "organization" } else { "platform" }.to_owned(),
        was: owner.clone(),
        owner,
        ..Typed::default()
    }
}
async fn owner(desk: Desk, Path((id, client)): Path<(ProductId, ClientId)>) -> web::Result {
    let client = machine(&desk, id, client).await?;
    desk.must_be_fresh(&format!("/desk/products/{id}/machines/{}", client.id)).await?;
    show(&desk, id, Some(&client), owned(&client), FormErrors::none()).await
}
async fn set_owner(
    desk: Desk,
    Path((id, client)): Path<(ProductId, ClientId)>,
    Form(typed): Form<Typed>,
) -> web::Result {
    let client = machine(&desk, id, client).await?;
    // For whom a program acts is as much as its secret.
    desk.must_be_fresh(&format!("/desk/products/{id}/machines/{}", client.id)).await?;
    let shown = match typed.was.as_str() {
        "" => None,
        was => Some(was.parse().map_err(|_| Error::invalid("form.id_stale"))?),
    };
    let changed = match owner_of(&desk, &typed.of, &typed.owner).await {
        Ok(owner) => {
            let db = desk.organizations.db();
            service::set_owner(db, &desk.operator, id, client.id, (shown, owner)).await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => {
            Ok(with_flash(see_other(&format!("/desk/products/{id}")), "ok", "portal-machine-owner-set", &[]))
        }
        Err(error) => {
            let overtaken = error.code == "client.owner_changed";
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            // As it is now: a second click must not undo what somebody else did.
            let client = if overtaken { machine(&desk, id, client.id).await? } else { client };
            let form = if overtaken { owned(&client) } else { typed };
            show(&desk, id, Some(&client), form, errors).await
        }
    }
}
