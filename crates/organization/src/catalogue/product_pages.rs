//! One product: what it is (业务介绍), what it takes to use it and what of that is there, the items that can be done at it.
use super::items::ItemLine;
use super::open::product_id;
use super::pages::{base, class_key, frame, item_link};
use crate::Organizations;
use crate::decision::{Decision, Explanation, LayerKind, LayerState, Space, tally_class};
use crate::guide::{self, Guide};
use crate::membership::{Member, Role};
use crate::product::{Audience, GrantMode, Product, ProductState};
use crate::tile;
use askama::{Template, filters::Safe};
use axum::Extension;
use identity::session::SignedIn;
use kernel::{Error, id::ProductId};
use web::{Ctx, Lang, Page, Path, Policy, Result, Routes, html, initial};

pub fn routes() -> Routes {
    Routes::new().get("/me/products/{product}", Policy::SignedIn, personal_product).get(
        "/org/{organization}/products/{product}",
        Policy::Member,
        product,
    )
}

#[derive(Template)]
#[template(path = "catalogue/product.html")]
struct ProductPage {
    page: Page,
    home: Option<String>,
    base: String,
    id: ProductId,
    name: String,
    icon: String,
    summary: String,
    lead: String,
    allowed: bool,
    tally: Option<&'static str>,
    /// Whether a click leads into the product.
    opens: bool,
    starred: bool,
    here: String,
    guide: Option<Safe<String>>,
    /// The guide is there in the other language alone.
    foreign: Option<&'static str>,
    knowledge: Option<String>,
    contact: Option<String>,
    conditions: Vec<Condition>,
    items: Vec<Item>,
    items_href: String,
    elsewhere: Vec<Elsewhere>,
}
/// One thing that the product demands, and whether it is there.
struct Condition {
    name: String,
    demand: String,
    tone: &'static str,
    word: String,
}
struct Item {
    id: String,
    href: String,
    name: String,
    about: String,
    starred: bool,
}
struct Elsewhere {
    name: String,
    initial: String,
    avatar: &'static str,
    href: String,
}

async fn personal_product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result {
    show(&ctx, &rooms, &who, Space::Personal, product_id(&id)?).await
}
async fn product(
    ctx: Ctx,
    Extension(rooms): Extension<Organizations>,
    who: SignedIn,
    member: Member,
    Path((_, id)): Path<(String, String)>,
) -> Result {
    let space = Space::Organization(member.organization());
    show(&ctx, &rooms, &who, space, product_id(&id)?).await
}

async fn show(ctx: &Ctx, rooms: &Organizations, who: &SignedIn, space: Space, id: ProductId) -> Result {
    let found = rooms.explain(who, space, id, ctx.now).await?;
    if found.product.state == ProductState::Withdrawn {
        return Err(Error::not_found("product.unknown").into());
    }
    let en = ctx.lang == Lang::En;
    let name = found.product.name.of(en).to_owned();
    let (account, key) = (who.account, tile::key(space));
    let kept =
        rooms.db().read(move |tx| Ok((guide::find_in(tx, id)?, tile::is_shortcut_in(tx, account, key, id)?)));
    let items = async {
        match rooms.items() {
            Some(source) => source.of_product(who, space, id).await,
            None => Ok(Vec::new()),
        }
    };
    let ((written, starred), items, page) =
        tokio::try_join!(kept, items, frame(ctx, rooms, who, space, name.clone()))?;
    let allowed = found.decision.allow;
    let view = ProductPage {
        home: space.organization().map(|id| format!("/org/{id}/")),
        base: base(space),
        id,
        icon: found.product.icon_name().to_owned(),
        summary: found.product.summary.of(en).to_owned(),
        lead: lead(&page, &found),
        allowed,
        tally: found.decision.organization_half().map(|_| tally_class(&found.decision)),
        opens: allowed && found.product.launch_url.is_some(),
        starred,
        here: page.ctx.path.clone(),
        guide: written.published(en).map(guide::render),
        foreign: foreign(&written, en),
        knowledge: written.about.knowledge_url.clone(),
        contact: written.about.contact(en).map(str::to_owned),
        conditions: conditions(&page, &found),
        items: items.iter().map(|line| item(line, space, en)).collect(),
        items_href: match space {
            Space::Personal => format!("/items?product={id}"),
            Space::Organization(organization) => format!("/org/{organization}/items?product={id}"),
        },
        elsewhere: found
            .elsewhere
            .iter()
            .map(|(space, name)| Elsewhere {
                name: name.clone(),
                initial: initial(name),
                avatar: if space.organization().is_some() { " org" } else { "" },
                href: format!("{}/{id}", base(*space)),
            })
            .collect(),
        name,
        page,
    };
    Ok(html(view))
}
fn lead(page: &Page, found: &Explanation) -> String {
    match found.decision.allow {
        true => page.t("organization-product-state-usable"),
        false => found.lead(page),
    }
}
/// The tag of the language in which the guide is, if that is not the reader's.
fn foreign(guide: &Guide, en: bool) -> Option<&'static str> {
    let only_other = guide.text.of(en).is_empty() && !guide.text.of(!en).is_empty();
    only_other.then_some(if en { "zh-CN" } else { "en" })
}
fn item(line: &ItemLine, space: Space, en: bool) -> Item {
    Item {
        id: line.id.clone(),
        href: item_link(space, &line.id),
        name: line.name.of(en).to_owned(),
        about: match &line.department {
            Some(department) => department.clone(),
            None => line.summary.of(en).to_owned(),
        },
        starred: line.starred,
    }
}
/// What the product demands of whoever uses it here; what is not demanded is left out.
fn conditions(page: &Page, found: &Explanation) -> Vec<Condition> {
    let Explanation { product, decision, .. } = found;
    let mut demands: Vec<(LayerKind, String)> = vec![(LayerKind::Audience, page.t(audience_key(product)))];
    if found.space.organization().is_some() {
        demands.push((LayerKind::Admission, page.t(class_key(product))));
        demands.push((
            LayerKind::Grant,
            page.t(match product.grant_mode {
                GrantMode::Explicit => "organization-need-grant-explicit",
                GrantMode::EveryAgent => "organization-need-grant-every-agent",
            }),
        ));
        demands.push((LayerKind::Role, roles(page, found)));
    }
    if product.minimum_level.rank() > 0 {
        demands.push((
            LayerKind::RealName,
            page.t1("organization-need-level", "level", page.t(product.minimum_level.key())),
        ));
    }
    if product.minimum_strength > 1 {
        let key = if product.minimum_strength == 2 {
            "organization-need-strength-2"
        } else {
            "organization-need-strength-3"
        };
        demands.push((LayerKind::Strength, page.t(key)));
    }
    if let Some(zone) = &product.network_zone {
        demands.push((LayerKind::Network, page.t1("organization-need-zone", "zone", zone)));
    }
    demands
        .into_iter()
        .map(|(kind, demand)| {
            let (tone, word) = standing(decision, kind);
            Condition {
                name: page.t(&format!("organization-layer-{}", kind.as_str().replace('_', "-"))),
                demand,
                tone,
                word: page.t(word),
            }
        })
        .collect()
}
/// A layer that the decision leaves out is demanded of nobody here.
fn standing(decision: &Decision, kind: LayerKind) -> (&'static str, &'static str) {
    match decision.layer(kind).map(|layer| layer.state) {
        Some(LayerState::Met) | None => ("ok", "organization-layer-met"),
        Some(LayerState::Asleep) => ("wait", "organization-layer-asleep"),
        Some(LayerState::Missing) => ("bad", "organization-layer-missing"),
    }
}
const fn audience_key(product: &Product) -> &'static str {
    match product.audience {
        Audience::Person => "organization-need-audience-person",
        Audience::Organization => "organization-need-audience-organization",
        Audience::Both => "organization-need-audience-both",
    }
}
/// In the words of the organization's type.
fn roles(page: &Page, found: &Explanation) -> String {
    let en = page.ctx.lang == Lang::En;
    let Some(named) = &found.named else { return String::new() };
    let allowed = |role: &Role| {
        let only_administers = *role == Role::Administrator && !named.policy.administrators_do_business;
        found.product.roles_allowed.contains(role) && !only_administers
    };
    let roles: Vec<&str> = [Role::LegalRepresentative, Role::Administrator, Role::Agent]
        .iter()
        .filter(|role| allowed(role))
        .map(|role| named.policy.role_label(*role).of(en))
        .collect();
    roles.join(&page.t("organization-list-separator"))
}
