//! `/items`: search and star; `/me/favourites`: what was starred.
use super::{
    model::{Item, ItemFilter, ItemId},
    service,
};
use crate::view::{Visitor, query};
use askama::Template;
use kernel::{Timestamp, id::ProductId, text};
use organization::product::Audience;
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
    lines: Vec<Line>,
    products: Vec<(String, String)>,
    asked: Asked,
    filtered: bool,
    refine: bool,
    next: Option<String>,
    errors: FormErrors,
}
async fn list(visitor: Visitor, Query(asked): Query<Asked>) -> Result {
    let (db, en) = (visitor.openid.db(), visitor.english());
    let mut errors = FormErrors::none();
    let filter = ItemFilter {
        product: asked.product.parse::<ProductId>().ok(),
        audience: asked.audience.parse().ok().filter(|audience| *audience != Audience::Both),
        text: errors.take(text::optional_line("q", &asked.q, 60), visitor.ctx.lang).flatten(),
        before: asked.before.parse().ok(),
    };
    let found = match errors.is_empty() {
        true => service::search(db, &visitor.who, filter).await?,
        false => super::model::Items::default(),
    };
    let products = service::products(db).await?;
    let kept = query(&[("q", &asked.q), ("product", &asked.product), ("audience", &asked.audience)]);
    let view = List {
        page: visitor.page(visitor.t("feed-items"), None).await?.with_errors(&errors),
        lines: found.items.into_iter().map(|item| line(item, en)).collect(),
        products: products.iter().map(|(id, name)| (id.to_string(), name.of(en).to_owned())).collect(),
        filtered: [&asked.q, &asked.product, &asked.audience].iter().any(|text| !text.is_empty()),
        refine: found.refine,
        next: found.next.map(|next| format!("{ITEMS}{kept}before={next}")),
        asked,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}

#[derive(Template)]
#[template(path = "item/item.html")]
struct One {
    page: Page,
    line: Line,
    link: Option<String>,
    /// The product in the catalog.
    catalog: String,
}
async fn one(visitor: Visitor, Path(id): Path<ItemId>) -> Result {
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
    Ok(html(One {
        page: visitor.page(item.name.of(en).to_owned(), None).await?,
        // A managed account has its organization's catalog alone.
        catalog: match visitor.who.owner.organization() {
            Some(organization) => format!("/org/{organization}/products/{}", item.product),
            None => format!("/products/{}", item.product),
        },
        line: line(item, en),
        link,
    }))
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
    let own = |path: &&str| path.starts_with(ITEMS) || path.starts_with(FAVOURITES);
    let back = local_path(&form.return_to).filter(own).unwrap_or(FAVOURITES);
    let key = if wanted { "feed-flash-starred" } else { "feed-flash-unstarred" };
    Ok(with_flash(see_other(back), "ok", key, &[]))
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
