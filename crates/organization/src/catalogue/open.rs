//! What a click on a product does: open it, put it on the console or take it away there, give it another place.
use super::pages::base;
use super::service::Lead;
use crate::Organizations;
use crate::decision::Space;
use crate::membership::Member;
use crate::shell;
use crate::tile::Step;
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, Result as KernelResult, id::ProductId};
use web::{Ctx, Form, FormErrors, Path, Policy, Result, Routes, local_path, see_other, with_flash};

pub fn routes() -> Routes {
    Routes::new()
        .get("/me/products/{product}/open", Policy::SignedIn, personal_open)
        .post("/me/products/{product}/star", Policy::SignedIn, personal_star)
        .post("/me/products/{product}/move", Policy::SignedIn, personal_move)
        .get("/org/{organization}/products/{product}/open", Policy::Member, open)
        .post("/org/{organization}/products/{product}/star", Policy::Member, star)
        .post("/org/{organization}/products/{product}/move", Policy::Member, move_one)
}

pub(super) fn product_id(text: &str) -> KernelResult<ProductId> {
    text.parse().map_err(|_| Error::not_found("product.unknown"))
}

async fn personal_open(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result {
    lead(&ctx, &rooms, &who, Space::Personal, product_id(&id)?).await
}
async fn open(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
) -> Result {
    lead(&ctx, &rooms, &who, Space::Organization(member.organization()), product_id(&id)?).await
}
/// The product then asks for a sign-in, which this session answers.
async fn lead(ctx: &Ctx, rooms: &Organizations, who: &SignedIn, space: Space, id: ProductId) -> Result {
    let session = rooms.session_facts(who).await?;
    Ok(match rooms.open_product(who, &session, space, id, ctx.now).await? {
        Lead::Out(address) => see_other(&address),
        Lead::Why => see_other(&format!("{}/{id}/why", base(space))),
        Lead::Page => see_other(&format!("{}/{id}", base(space))),
    })
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct StarForm {
    wanted: String,
    return_to: String,
}
async fn personal_star(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<StarForm>,
) -> Result {
    set_star(&ctx, &rooms, &who, Space::Personal, product_id(&id)?, form).await
}
async fn star(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<StarForm>,
) -> Result {
    let space = Space::Organization(member.organization());
    set_star(&ctx, &rooms, &who, space, product_id(&id)?, form).await
}
async fn set_star(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    id: ProductId,
    form: StarForm,
) -> Result {
    let wanted = form.wanted == "on";
    let there = see_other(back(&form.return_to, space).as_deref().unwrap_or(&base(space)));
    match rooms.star_product(who, space, id, wanted).await {
        Ok(()) => {
            let key = if wanted { "organization-flash-starred" } else { "organization-flash-unstarred" };
            Ok(with_flash(there, "ok", key, &[]))
        }
        // Nothing was typed that could be mended in a form: the page where the star is says it.
        Err(error) => {
            let errors = FormErrors::or_fail(error, ctx.lang)?;
            let text = errors.iter().next().map(|(_, text)| text.to_owned()).unwrap_or_default();
            Ok(with_flash(there, "bad", "organization-flash-star-refused", &[("text", &text)]))
        }
    }
}
/// A page of the same space, whatever the form says: the place on it included.
fn back(return_to: &str, space: Space) -> Option<String> {
    let path = local_path(return_to)?;
    let own = |start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    let fits = match space {
        Space::Personal => own("/me"),
        Space::Organization(id) => own(&format!("/org/{id}")),
    };
    fits.then(|| path.to_owned())
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct MoveForm {
    step: String,
}
async fn personal_move(
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(form): Form<MoveForm>,
) -> Result {
    step(&rooms, &who, Space::Personal, product_id(&id)?, &form).await
}
async fn move_one(
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
    Form(form): Form<MoveForm>,
) -> Result {
    step(&rooms, &who, Space::Organization(member.organization()), product_id(&id)?, &form).await
}
async fn step(rooms: &Organizations, who: &SignedIn, space: Space, id: ProductId, form: &MoveForm) -> Result {
    let step = if form.step == "up" { Step::Up } else { Step::Down };
    rooms.move_shortcut(who, space, id, step).await?;
    Ok(see_other(&format!("{}?order=1#shortcuts", shell::link(space))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Id;

    #[test]
    fn a_star_leads_back_to_a_page_of_its_space_alone() {
        let ours = Space::Organization(Id::from_i64(7));
        let page = format!("/org/{}/products?q=x#product-a", ours.organization().unwrap());
        assert_eq!(back(&page, ours), Some(page.clone()));
        for (path, space) in [
            ("/org/0000000000008/products", ours),
            ("/me", ours),
            ("//evil.test", ours),
            ("https://evil.test/", Space::Personal),
            ("/mean", Space::Personal),
            ("", ours),
        ] {
            assert_eq!(back(path, space), None, "{path}");
        }
        assert_eq!(back("/me#shortcuts", Space::Personal).as_deref(), Some("/me#shortcuts"));
    }
}
