//! The personal home: who I am, what is under way, the organizations I act for, what I can open.
use super::organizations::{Group, groups};
use super::sessions::{self, Line};
use ::organization::{
    Organizations,
    console::{Fragments, Todo},
    decision::Space,
    membership::Membership,
    shell,
};
use axum::Extension;
use feed::{
    entry::{self, Kind, service::Reader},
    item,
};
use identity::{Identity, SignedIn, notice, realname::RealNameLevel, session::service};
use web::{Ctx, Lang, Page, Policy, Routes, html, initial};

/// The home shows this many of each, the pages behind it all of them.
const SESSIONS: usize = 5;
const CASES: usize = 5;

pub fn routes() -> Routes {
    Routes::new().get("/me", Policy::SignedIn, me)
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
    /// None for a managed account, which does no private business: its products are in its organization's space.
    console: Option<Fragments>,
    sessions: Vec<Line>,
}

async fn me(
    ctx: Ctx,
    signed_in: SignedIn,
    Extension(identity): Extension<Identity>,
    Extension(organizations): Extension<Organizations>,
) -> web::Result {
    let spaces = organizations.spaces(signed_in.account, signed_in.owner.organization()).await?;
    let owner =
        signed_in.owner.organization().and_then(|id| spaces.find(id).map(|m| m.organization_name.clone()));
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
        console: match private {
            true => Some(console(&page, &organizations, &signed_in).await?),
            false => None,
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

/// What is at hand, waits and runs out in the personal space.
async fn console(page: &Page, rooms: &Organizations, who: &SignedIn) -> kernel::Result<Fragments> {
    let found = rooms.personal_console(who, page.ctx.now).await?;
    let mut todos = Vec::new();
    if who.level == RealNameLevel::Unverified {
        let text = page.t("portal-me-todo-real-name");
        todos.push(Todo { tone: "warn", text, href: "/me/real-name".to_owned() });
    }
    found.fragments(page, Space::Personal, todos, None)
}
