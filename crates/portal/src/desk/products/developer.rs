//! To whom a product is entrusted: an organization whose developers register and keep clients of it, or nobody but the desk.
use super::{Desk, editable};
use crate::desk::{FOR_PRODUCTS, machines::owner_of};
use kernel::{
    Error,
    id::{OrganizationId, ProductId},
};
use oidc::client::keeper;
use serde::Deserialize;
use web::{Form, FormErrors, Page, Path, Policy, Routes, html_status, see_other, with_flash};

pub fn routes() -> Routes {
    let staff = Policy::Staff(FOR_PRODUCTS);
    Routes::new().get("/desk/products/{product}/developer", staff, blank).post(
        "/desk/products/{product}/developer",
        staff,
        save,
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    /// `organization` or `platform`.
    of: String,
    owner: String,
    /// Whose it was when the form was shown; empty for the platform's.
    was: String,
}
impl Typed {
    fn of(developer: Option<OrganizationId>) -> Self {
        let owner = developer.map(|id| id.to_string()).unwrap_or_default();
        Self {
            of: if developer.is_some() { "organization" } else { "platform" }.to_owned(),
            was: owner.clone(),
            owner,
        }
    }
}
#[derive(askama::Template)]
#[template(path = "desk/products/developer.html")]
struct DeveloperPage {
    page: Page,
    back: String,
    product: String,
    errors: FormErrors,
    form: Typed,
}

async fn show(desk: &Desk, id: ProductId, form: Typed, errors: FormErrors) -> web::Result {
    let product = editable(desk, id).await?;
    let page = DeveloperPage {
        page: desk.page(desk.t("portal-developer-title"), super::HERE).await?.with_errors(&errors),
        back: format!("{}/{id}", super::HERE),
        product: product.name.of(desk.english()).to_owned(),
        errors,
        form,
    };
    Ok(html_status(page.errors.status(), page))
}
async fn blank(desk: Desk, Path(id): Path<ProductId>) -> web::Result {
    editable(&desk, id).await?;
    desk.must_be_fresh(&format!("{}/{id}/developer", super::HERE)).await?;
    let developer = desk.organizations.developer_of(id).await?;
    show(&desk, id, Typed::of(developer), FormErrors::none()).await
}
async fn save(desk: Desk, Path(id): Path<ProductId>, Form(typed): Form<Typed>) -> web::Result {
    editable(&desk, id).await?;
    desk.must_be_fresh(&format!("{}/{id}/developer", super::HERE)).await?;
    let shown: Option<OrganizationId> = match typed.was.as_str() {
        "" => None,
        was => Some(was.parse().map_err(|_| Error::invalid("form.id_stale"))?),
    };
    let done = match owner_of(&desk, &typed.of, &typed.owner).await {
        Ok(to) => keeper::entrust(desk.organizations.db(), &desk.operator, id, (shown, to)).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            Ok(with_flash(see_other(&format!("{}/{id}", super::HERE)), "ok", "portal-developer-saved", &[]))
        }
        Err(error) => {
            let overtaken = error.code == "product.changed_meanwhile";
            let idle = matches!(error.code, "organization.suspended" | "organization.struck_off");
            let error = if idle { error.at("owner") } else { error };
            let errors = FormErrors::or_fail(error, desk.ctx.lang)?;
            // As it is now: a second click must not undo what somebody else did.
            let form = if overtaken { Typed::of(desk.organizations.developer_of(id).await?) } else { typed };
            show(&desk, id, form, errors).await
        }
    }
}
