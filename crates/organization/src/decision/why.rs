//! `…/products/{product}/why`: where the catalog leads when a product does not open.
use super::explain::Explanation;
use super::model::Space;
use super::page::{Back, Typed, Verify, Ways, catalog};
use crate::membership::Member;
use crate::product::ProductState;
use crate::{Organizations, shell};
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, Result as KernelResult, id::ProductId};
use serde::Deserialize;
use web::{Ctx, Form, FormErrors, Lang, Page, Path, Policy, Result, Routes, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/products/{product}/why", Policy::SignedIn, personal)
        .get("/org/{organization}/products/{product}/why", Policy::Member, in_organization)
        .post("/org/{organization}/products/{product}/why", Policy::Member, request)
}

/// The page of one product in one space.
fn address(space: Space, product: ProductId) -> String {
    format!("{}/{product}/why", catalog(space))
}
fn product_id(text: &str) -> KernelResult<ProductId> {
    text.parse().map_err(|_| Error::not_found("product.unknown"))
}

async fn personal(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result {
    let typed = Typed { reason: "", errors: FormErrors::none() };
    show(&ctx, &rooms, &who, Space::Personal, product_id(&id)?, typed).await
}
async fn in_organization(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
) -> Result {
    let typed = Typed { reason: "", errors: FormErrors::none() };
    show(&ctx, &rooms, &who, Space::Organization(member.organization()), product_id(&id)?, typed).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RequestForm {
    reason: String,
}
/// Asks the administrators for a grant; asking twice leads to the same request.
async fn request(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<RequestForm>,
) -> Result {
    let (space, id) = (Space::Organization(member.organization()), product_id(&id)?);
    match rooms.request_access(&member, id, &form.reason, ctx.now).await {
        Ok(_) => Ok(with_flash(see_other(&address(space, id)), "ok", "organization-explain-sent", &[])),
        // Granted in the meantime, or nothing to ask for: the page says how things stand.
        Err(error) if error.code == "application.not_needed" => Ok(see_other(&address(space, id))),
        Err(error) => {
            let typed = Typed { reason: &form.reason, errors: FormErrors::or_fail(error, ctx.lang)? };
            show(&ctx, &rooms, &who, space, id, typed).await
        }
    }
}

async fn show(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    id: ProductId,
    typed: Typed<'_>,
) -> Result {
    let found: Explanation = rooms.explain(who, space, id, ctx.now).await?;
    if found.product.state == ProductState::Withdrawn {
        return Err(Error::not_found("product.unknown").into());
    }
    if found.decision.allow {
        return Ok(see_other(&format!("{}/{id}", catalog(space))));
    }
    let number = rooms.note_explained(who, &found, ctx.now).await?;
    let frame = match space {
        Space::Personal => shell::personal(rooms, ctx, who).await?,
        Space::Organization(id) => shell::of(rooms, ctx, who, id).await?,
    };
    let product = found.product.name.of(ctx.lang == Lang::En);
    let title = ctx.lang.ta("organization-explain-title", &[("product", product)]);
    let here = address(space, id);
    let back = here.replace('/', "%2F");
    let ways = Ways {
        fields: Vec::new(),
        request: here.clone(),
        again: here,
        verify: Verify::Link(format!("/me/verify?need=strong&return_to={back}")),
        back: Back::Link(catalog(space)),
        elsewhere: &|space| format!("{}/{id}", catalog(space)),
        chooses_there: false,
    };
    Ok(found.respond(Page::new(ctx, title).with_shell(frame), ways, number, typed)?)
}
