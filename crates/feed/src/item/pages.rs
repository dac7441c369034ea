//! `/items`, and the same in an organization's space: search and star; `/me/favourites`: what was starred.
use super::{
    model::{Item, ItemFilter, ItemId},
    service,
};
use crate::view::{Visitor, query};
use askama::Template;
use kernel::{
    Error, Timestamp,
    id::{OrganizationId, ProductId},
    text,
};
use organization::{
    membership::Member,
    product::{Audience, for_organization},
};
use serde::Deserialize;
use web::{
    Form, FormErrors, Page, Path, Policy, Query, Result, Routes, html, html_status, local_path, see_other,
    with_flash,
};

const ITEMS: &str = "/items";
const FAVOURITES: &str = "/me/favourites";

pub fn routes() -> Routes {
    Routes::new()
        .get(ITEMS, Policy::SignedIn, list)
        .get("/items/{item}", Policy::SignedIn, one)
        .get("/org/{organization}/items", Policy::Member, list_here)
        .get("/org/{organization}/items/{item}", Policy::Member, one_here)
        .post("/items/{item}/star", Policy::SignedIn, star)
        .get(FAVOURITES, Policy::SignedIn, favourites)
}

struct Line {
    id: ItemId,
    name: String,
    summary: String,
    product: String,
    department: String,
    audience: &'static str,
    starred: bool,
}
fn line(item: Item, en: bool) -> Line {
    Line {
        id: item.id,
        name: item.name.of(en).to_owned(),
        summary: item.summary.of(en).to_owned(),
        product: item.product_name.of(en).to_owned(),
        department: item.department.unwrap_or_default(),
        audience: audience_key(item.audience),
        starred: item.starred,
    }
}
const fn audience_key(audience: Audience) -> &'static str {
    match audience {
        Audience::Person => "feed-audience-person",
        Audience::Organization => "feed-audience-organization",
        Audience::Both => "feed-audience-both",
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    product: String,
    audience: String,
    before: String,
}
#[derive(Template)]
#[template(path = "item/list.html")]
struct List {
    page: Page,
    /// Where the list and its items are, and where the space begins.
    base: String,
    home: String,
    organizational: bool,
    lines: Vec<Line>,
    products: Vec<(String, String)>,
    asked: Asked,
    filtered: bool,
    refine: bool,
    next: Option<String>,
    errors: FormErrors,
}
/// The items of a space, and the page where it begins.
fn places(member: Option<&Member>) -> (String, String) {
    match member {
        Some(member) => {
            let home = format!("/org/{}/", member.organization());
            (format!("{home}items"), home)
        }
        None => (ITEMS.to_owned(), "/me".to_owned()),
    }
}
async fn list(visitor: Visitor, Query(asked): Query<Asked>) -> Result {
    show_list(&visitor, None, asked).await
}
async fn list_here(visitor: Visitor, member: Member, Query(asked): Query<Asked>) -> Result {
    show_list(&visitor, Some(&member), asked).await
}
async fn show_list(visitor: &Visitor, member: Option<&Member>, asked: Asked) -> Result {
    let (db, en) = (visitor.openid.db(), visitor.english());
    let mut errors = FormErrors::none();
    // In an organization's space stands what can be done there; the other items are in the personal one.
    let audience = match member {
        Some(_) => Some(Audience::Organization),
        None => asked.audience.parse().ok().filter(|audience| *audience != Audience::Both),
    };
    let filter = ItemFilter {
        product: asked.product.parse::<ProductId>().ok(),
        audience,
        text: errors.take(text::optional_line("q", &asked.q, 60), visitor.ctx.lang).flatten(),
        before: asked.before.parse().ok(),
    };
    let found = match errors.is_empty() {
        true => service::search(db, &visitor.who, filter).await?,
        false => super::model::Items::default(),
    };
    let products = service::products(db).await?;
    let kept = query(&[("q", &asked.q), ("product", &asked.product), ("audience", &asked.audience)]);
    let (base, home) = places(member);
    let view = List {
        page: visitor.page(visitor.t("feed-items"), member).await?.with_errors(&errors),
        lines: found.items.into_iter().map(|item| line(item, en)).collect(),
        products: products.iter().map(|(id, name)| (id.to_string(), name.of(en).to_owned())).collect(),
        filtered: [&asked.q, &asked.product, &asked.audience].iter().any(|text| !text.is_empty()),
        refine: found.refine,
        next: found.next.map(|next| format!("{base}{kept}before={next}")),
        organizational: member.is_some(),
        base,
        home,
        asked,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Template)]
#[template(path = "item/item.html")]
struct One {
    page: Page,
    base: String,
    home: String,
    organizational: bool,
    line: Line,
    link: Option<String>,
    /// The product in the catalog.
    catalog: String,
}
async fn one(visitor: Visitor, Path(id): Path<ItemId>) -> Result {
    show_one(&visitor, None, id).await
}
async fn one_here(visitor: Visitor, member: Member, Path((_, id)): Path<(String, String)>) -> Result {
    let id = id.parse().map_err(|_| Error::not_found("item.unknown"))?;
    show_one(&visitor, Some(&member), id).await
}
async fn show_one(visitor: &Visitor, member: Option<&Member>, id: ItemId) -> Result {
    let item = service::find(visitor.openid.db(), &visitor.who, id).await?;
    let product = visitor.openid.organizations().product(item.product).await?;
    let link = match &item.link {
        Some(link) => {
            let launch = product.launch_url.as_deref();
            crate::product::origins(&visitor.openid, item.product, launch).await?.allow(link)
        }
        None => None,
    };
    let en = visitor.english();
    let (base, home) = places(member);
    // A managed account has its organization's catalog alone.
    let space = member.map(Member::organization).or(visitor.who.owner.organization());
    Ok(html(One {
        page: visitor.page(item.name.of(en).to_owned(), member).await?,
        catalog: match space {
            Some(organization) => format!("/org/{organization}/products/{}", item.product),
            None => format!("/me/products/{}", item.product),
        },
        // The product learns for whom it is opened, as with a click on the product itself.
        link: link.map(|link| in_space(&link, member.map(Member::organization))),
        organizational: member.is_some(),
        base,
        home,
        line: line(item, en),
    }))
}
fn in_space(link: &str, organization: Option<OrganizationId>) -> String {
    organization.map_or_else(|| link.to_owned(), |organization| for_organization(link, organization))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StarForm {
    wanted: String,
    return_to: String,
}
async fn star(visitor: Visitor, Path(id): Path<ItemId>, Form(form): Form<StarForm>) -> Result {
    let wanted = form.wanted == "on";
    service::star(visitor.openid.db(), &visitor.who, id, wanted, visitor.ctx.now).await?;
    let back = local_path(&form.return_to).filter(|path| shows_stars(path)).unwrap_or(FAVOURITES);
    let key = if wanted { "feed-flash-starred" } else { "feed-flash-unstarred" };
    Ok(with_flash(see_other(back), "ok", key, &[]))
}

/// Lists of items, and the catalogs whose pages name items.
fn shows_stars(path: &str) -> bool {
    let page = path.split(['?', '#']).next().unwrap_or("");
    let steps: Vec<&str> = page.split('/').skip(1).collect();
    matches!(
        steps.as_slice(),
        ["items", ..] | ["me", "favourites" | "products", ..] | ["org", _, "items" | "products", ..]
    )
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct AskedStars {
    product: String,
    before: String,
}
#[derive(Template)]
#[template(path = "item/favourites.html")]
struct Favourites {
    page: Page,
    lines: Vec<Line>,
    products: Vec<(String, String)>,
    asked: AskedStars,
    next: Option<String>,
}
async fn favourites(visitor: Visitor, Query(asked): Query<AskedStars>) -> Result {
    let (db, en) = (visitor.openid.db(), visitor.english());
    let before = asked
        .before
        .split_once('-')
        .and_then(|(at, id)| Some((Timestamp::from_millis(at.parse().ok()?), id.parse::<ItemId>().ok()?)));
    let product = asked.product.parse().ok();
    let (items, next) = service::starred(db, visitor.who.account, product, before).await?;
    let products = service::products(db).await?;
    let kept = query(&[("product", &asked.product)]);
    Ok(html(Favourites {
        page: visitor.page(visitor.t("feed-favourites"), None).await?,
        lines: items.into_iter().map(|item| line(item, en)).collect(),
        products: products.iter().map(|(id, name)| (id.to_string(), name.of(en).to_owned())).collect(),
        next: next.map(|(at, id)| format!("{FAVOURITES}{kept}before={}-{id}", at.as_millis())),
        asked,
    }))
}

#[cfg(test)]
mod tests {
    use super::shows_stars;

    #[test]
    fn a_star_leads_back_to_pages_that_show_stars() {
        for good in [
            "/items?q=x#item-1",
            "/me/favourites",
            "/me/products/1#item-2",
            "/org/1/items",
            "/org/1/products/2",
        ] {
            assert!(shows_stars(good), "{good}");
        }
        for bad in ["/", "/me", "/org/1/leave", "/org/1/", "/itemsx", "/logout", "/me/productsx"] {
            assert!(!shows_stars(bad), "{bad}");
        }
    }
}
