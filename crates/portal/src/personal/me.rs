//! The personal home: who I am, what is under way, the organizations I act for, what I can open.
use super::organizations::{Group, groups};
use super::sessions::{self, Line};
use ::organization::{
    Organizations,
    decision::{SessionFacts, Space},
    membership::Membership,
    shell,
};
use axum::Extension;
use feed::{
    entry::{self, Kind, service::Reader},
    item,
};
use identity::{Identity, SignedIn, account::Owner, notice, realname::RealNameLevel, session::service};
use web::{Ctx, Lang, Page, Policy, Routes, html, initial};

/// The home shows this many of each, the pages behind it all of them.
const SHORTCUTS: usize = 6;
const SESSIONS: usize = 5;
const CASES: usize = 5;

pub fn routes() -> Routes {
    Routes::new().get("/me", Policy::SignedIn, me)
}

struct Shortcut {
    href: String,
    name: String,
    summary: String,
    icon: String,
}
/// A number that leads to its list.
struct Tile {
    href: &'static str,
    label: &'static str,
    number: String,
}
struct CaseLine {
    href: String,
    title: String,
    product: String,
    at: String,
    tone: &'static str,
    state: &'static str,
}
#[derive(askama::Template)]
#[template(path = "personal/me.html")]
struct Me {
    page: Page,
    name: String,
    initial: String,
    login_name: String,
    phone: Option<String>,
    owner: Option<String>,
    level: i64,
    level_key: &'static str,
    tiles: Vec<Tile>,
    /// Key of the role at the desk, for the platform's staff.
    desk: Option<&'static str>,
    groups: Vec<Group>,
    more_organizations: bool,
    /// None for a managed account, which has no cases of its own.
    cases: Option<Vec<CaseLine>>,
    products: Vec<Shortcut>,
    all_products: String,
    sessions: Vec<Line>,
}

async fn me(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let spaces = organizations.spaces(signed_in.account, signed_in.owner.organization()).await?;
    // A managed account does no private business: what it can open is what its organization gave it.
    let (owner, space) = match signed_in.owner {
        Owner::Managed(id) => (spaces.find(id).map(|m| m.organization_name.clone()), Space::Organization(id)),
        Owner::SelfOwned => (None, Space::Personal),
    };
    let cards = service::list(&identity, &signed_in, ctx.now).await?;
    let page = Page::new(&ctx, ctx.lang.t("portal-me-title"))
        .with_shell(shell::personal(&organizations, &ctx, &signed_in).await?);
    let mut shown: Vec<Membership> = spaces.list.clone();
    shown.truncate(7);
    let has_more = spaces.more || spaces.list.len() > shown.len();
    shown.sort_by_key(|membership| std::cmp::Reverse(membership.role));
    let private = signed_in.owner.organization().is_none();
    Ok(html(Me {
        initial: initial(&signed_in.name),
        name: signed_in.name.clone(),
        login_name: signed_in.login_name.clone(),
        phone: signed_in.phone_masked.clone(),
        owner,
        level: signed_in.level.rank(),
        level_key: match signed_in.level {
            RealNameLevel::Unverified => "portal-level-unverified",
            RealNameLevel::Primary => "portal-level-primary",
            RealNameLevel::Intermediate => "portal-level-intermediate",
            RealNameLevel::Advanced => "portal-level-advanced",
        },
        tiles: tiles(&organizations, &signed_in, private).await?,
        desk: signed_in.staff.map(crate::desk::role_key),
        groups: groups(&ctx, &shown),
        more_organizations: has_more,
        cases: match private {
            true => Some(cases(&page, &organizations, &signed_in).await?),
            false => None,
        },
        products: shortcuts(&ctx, &signed_in, &organizations, space).await?,
        all_products: match space {
            Space::Personal => "/products".to_owned(),
            Space::Organization(id) => format!("/org/{id}/products"),
        },
        sessions: cards.into_iter().take(SESSIONS).map(|card| sessions::line(&ctx, card)).collect(),
        page,
    }))
}

/// What is open or unread; a number past 98 is shown as 99+.
async fn tiles(rooms: &Organizations, who: &SignedIn, private: bool) -> kernel::Result<Vec<Tile>> {
    let db = rooms.db();
    let shown = |number: i64| if number >= 99 { "99+".to_owned() } else { number.to_string() };
    let tile = |href, label, number| Tile { href, label, number: shown(number) };
    let unread = notice::service::unread(db, who.account).await?;
    let stars = item::service::count_stars(db, who.account).await?;
    let messages = tile("/me/messages", "portal-me-tile-messages", unread);
    let favourites = tile("/me/favourites", "portal-me-tile-favourites", stars);
    if !private {
        return Ok(vec![messages, favourites]);
    }
    let open = entry::service::open_numbers(db, Reader::own(who)).await?;
    Ok(vec![
        tile("/me/cases", "portal-me-tile-cases", open.cases),
        tile("/me/inquiries", "portal-me-tile-inquiries", open.inquiries),
        messages,
        tile("/me/complaints", "portal-me-tile-complaints", open.complaints),
        favourites,
    ])
}

async fn cases(page: &Page, rooms: &Organizations, who: &SignedIn) -> kernel::Result<Vec<CaseLine>> {
    let reader = Reader::own(who);
    let listed = entry::service::list(rooms.db(), reader, Kind::Case, entry::Filter::default()).await?;
    let en = page.ctx.lang == Lang::En;
    Ok(listed
        .entries
        .into_iter()
        .take(CASES)
        .map(|case| CaseLine {
            href: format!("/me/entries/{}", case.id),
            product: case.product_name.of(en).to_owned(),
            at: page.date(&case.occurred_at),
            tone: case.state.tone(),
            state: case.state.key(),
            title: case.content.title,
        })
        .collect())
}

/// Products of the space that open right away.
async fn shortcuts(
    ctx: &Ctx,
    signed_in: &SignedIn,
    organizations: &Organizations,
    space: Space,
) -> kernel::Result<Vec<Shortcut>> {
    let facts = SessionFacts { strength: signed_in.strength, card: false, zones: Vec::new() };
    let decisions = organizations.decide_catalog(signed_in.account, &facts, space, ctx.now).await?;
    let products = organizations.products(false).await?;
    let english = ctx.lang == Lang::En;
    Ok(products
        .into_iter()
        .filter(|product| decisions.iter().any(|(id, decision)| *id == product.id && decision.allow))
        .filter_map(|product| {
            Some(Shortcut {
                href: product.launch_url.clone()?,
                name: product.name.of(english).to_owned(),
                summary: product.summary.of(english).to_owned(),
                icon: product.icon_name().to_owned(),
            })
        })
        .take(SHORTCUTS)
        .collect())
}
