//! The catalog: headings, search, each product with its state and what leads on.
use super::items::ItemLine;
use super::model::{Asked, Offer, Pending, Shelf};
use crate::decision::{Space, layer_key, tally_class};
use crate::membership::Member;
use crate::organization_type::Words;
use crate::product::{AdmissionClass, Product};
use crate::{Organizations, shell};
use askama::Template;
use axum::Extension;
use identity::session::SignedIn;
use kernel::Result as KernelResult;
use web::{Ctx, Lang, Page, Policy, Query, Result, Routes, html};

/// Items that one product's card mentions.
const ITEMS: usize = 3;

pub fn routes() -> Routes {
    Routes::new().get("/me/products", Policy::SignedIn, personal_catalog).get(
        "/org/{organization}/products",
        Policy::Member,
        catalog,
    )
}

#[derive(Template)]
#[template(path = "catalogue/catalog.html")]
struct CatalogPage {
    page: Page,
    /// None in the personal space.
    home: Option<String>,
    base: String,
    asked: Asked,
    filtered: bool,
    all: Tab,
    tabs: Vec<Tab>,
    sections: Vec<(String, String, Vec<Card>)>,
    elsewhere: Vec<Card>,
    organizational: bool,
}
/// A heading to choose.
struct Tab {
    href: String,
    name: String,
    count: usize,
    current: bool,
}
/// One product.
struct Card {
    id: String,
    code: String,
    icon: String,
    name: String,
    summary: String,
    usable: bool,
    starred: bool,
    /// Where the star leads back to: the same place on the same page.
    here: String,
    tally: Option<&'static str>,
    state: String,
    class: &'static str,
    /// Where the name leads.
    href: String,
    pending: Option<(String, bool)>,
    items: Vec<(String, String)>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct CatalogQuery {
    q: String,
    usable: Option<String>,
    category: String,
}
async fn personal_catalog(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Query(query): Query<CatalogQuery>,
) -> Result {
    show(&ctx, &rooms, &who, Space::Personal, query).await
}
async fn catalog(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Query(query): Query<CatalogQuery>,
) -> Result {
    show(&ctx, &rooms, &who, Space::Organization(member.organization()), query).await
}
async fn show(ctx: &Ctx, rooms: &Organizations, who: &SignedIn, space: Space, query: CatalogQuery) -> Result {
    let session = rooms.session_facts(who).await?;
    let asked = Asked {
        // No name is longer; a stranger's book is not searched for.
        text: query.q.chars().take(60).collect(),
        usable: query.usable.is_some(),
        category: query.category,
    };
    let items = async {
        match rooms.items().filter(|_| !asked.text.trim().is_empty()) {
            Some(source) => source.search(who, space, &asked.text).await,
            None => Ok(Vec::new()),
        }
    };
    let title = ctx.lang.t("organization-nav-products");
    let (sections, items, page) = tokio::try_join!(
        rooms.catalogue(who, &session, space, ctx.now),
        items,
        frame(ctx, rooms, who, space, title)
    )?;
    let shelf = Shelf::of(sections, &asked, &items);
    let base = base(space);
    let link = |category: &str| format!("{base}{}", address(&asked, category));
    let tabs = shelf.counts.iter().map(|(code, name, count)| Tab {
        href: link(code),
        name: heading(&page, name.as_ref()),
        count: *count,
        current: *code == asked.category,
    });
    let card = |offer: &Offer| card(&page, offer, &base, space, &items);
    let sections = shelf.sections.iter().map(|section| {
        let cards = section.offers.iter().map(card).collect();
        (section.code.clone(), heading(&page, section.name.as_ref()), cards)
    });
    Ok(html(CatalogPage {
        home: space.organization().map(|id| format!("/org/{id}/")),
        filtered: !asked.text.is_empty() || asked.usable || !asked.category.is_empty(),
        all: Tab {
            href: link(""),
            name: page.t("organization-catalog-all"),
            count: shelf.total,
            current: asked.category.is_empty(),
        },
        tabs: tabs.collect(),
        sections: sections.collect(),
        elsewhere: shelf.elsewhere.iter().map(card).collect(),
        organizational: space.organization().is_some(),
        base,
        asked,
        page,
    }))
}
/// The filter as a query, with another category.
fn address(asked: &Asked, category: &str) -> String {
    let mut pairs = Vec::new();
    if !asked.text.is_empty() {
        pairs.push(format!("q={}", crate::directory::encoded(&asked.text)));
    }
    if asked.usable {
        pairs.push("usable=1".to_owned());
    }
    if !category.is_empty() {
        pairs.push(format!("category={}", crate::directory::encoded(category)));
    }
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
fn heading(page: &Page, name: Option<&Words>) -> String {
    match name {
        Some(name) => name.of(page.ctx.lang == Lang::En).to_owned(),
        None => page.t("organization-catalog-other"),
    }
}
fn card(page: &Page, offer: &Offer, base: &str, space: Space, items: &[ItemLine]) -> Card {
    let en = page.ctx.lang == Lang::En;
    let Offer { product, decision, .. } = offer;
    let id = product.id.to_string();
    let opens = decision.allow && product.launch_url.is_some();
    let found = items.iter().filter(|item| item.product == product.id).take(ITEMS);
    Card {
        href: match (decision.allow, opens) {
            (_, true) => format!("{base}/{id}/open"),
            (true, false) => format!("{base}/{id}"),
            (false, false) => format!("{base}/{id}/why"),
        },
        icon: product.icon_name().to_owned(),
        name: product.name.of(en).to_owned(),
        summary: product.summary.of(en).to_owned(),
        usable: decision.allow,
        starred: offer.starred,
        here: format!("{}#product-{}", page.ctx.path, product.code),
        tally: decision.organization_half().map(|_| tally_class(decision)),
        state: page.t(&match decision.allow {
            true => "organization-product-state-usable".to_owned(),
            false => layer_key(decision.code()),
        }),
        class: class_key(product),
        pending: offer.pending.map(|pending| request(space, pending)),
        items: found.map(|item| (item_link(space, &item.id), item.name.of(en).to_owned())).collect(),
        code: product.code.clone(),
        id,
    }
}
/// The page of a request, and whether it came back.
fn request(space: Space, pending: Pending) -> (String, bool) {
    let home = space.organization().map(|id| format!("/org/{id}/applications/{}", pending.id));
    (home.unwrap_or_else(|| format!("/me/applications/{}", pending.id)), pending.returned)
}
pub(super) fn item_link(space: Space, id: &str) -> String {
    match space {
        Space::Personal => format!("/items/{id}"),
        Space::Organization(organization) => format!("/org/{organization}/items/{id}"),
    }
}
pub(super) const fn class_key(product: &Product) -> &'static str {
    match product.admission_class {
        AdmissionClass::Open => "organization-class-open",
        AdmissionClass::Contract => "organization-class-contract",
        AdmissionClass::Membership => "organization-class-membership",
        AdmissionClass::Discretionary => "organization-class-discretionary",
    }
}

pub(super) async fn frame(
    ctx: &Ctx,
    rooms: &Organizations,
    who: &SignedIn,
    space: Space,
    title: String,
) -> KernelResult<Page> {
    let shell = match space {
        Space::Personal => shell::personal(rooms, ctx, who).await?,
        Space::Organization(id) => shell::of(rooms, ctx, who, id).await?,
    };
    Ok(Page::new(ctx, title).with_shell(shell))
}
/// The catalog of a space.
pub fn base(space: Space) -> String {
    match space {
        Space::Personal => "/me/products".to_owned(),
        Space::Organization(id) => format!("/org/{id}/products"),
    }
}
