//! The personal home.
use super::sessions::{self, Line};
use ::organization::{
    Organizations,
    decision::{SessionFacts, Space},
    membership::{Membership, MembershipState},
    organization::OrganizationState,
    shell,
};
use axum::Extension;
use identity::{Identity, SignedIn, account::Owner, realname::RealNameLevel, session::service};
use kernel::Timestamp;
use web::{Ctx, Lang, Page, Policy, Routes, html, initial};

/// The home shows this many of each, the pages behind it all of them.
const SHORTCUTS: usize = 6;
const SESSIONS: usize = 5;

pub fn routes() -> Routes {
    Routes::new().get("/me", Policy::SignedIn, me)
}

struct Place {
    href: String,
    name: String,
    initial: String,
    /// Why the space cannot be entered just now.
    note: Option<&'static str>,
}
/// Organizations in which the person has the same role.
struct Group {
    role: String,
    lines: Vec<Place>,
}
struct Shortcut {
    href: String,
    name: String,
    summary: String,
    icon: String,
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
    /// Key of the role at the desk, for the platform's staff.
    desk: Option<&'static str>,
    groups: Vec<Group>,
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
    let english = ctx.lang == Lang::En;
    let memberships = organizations.memberships(signed_in.account).await?;
    // A managed account does no private business: what it can open is what its organization gave it.
    let (owner, space) = match signed_in.owner {
        Owner::Managed(id) => {
            let owner = memberships.iter().find(|m| m.organization == id);
            (owner.map(|m| m.organization_name.clone()), Space::Organization(id))
        }
        Owner::SelfOwned => (None, Space::Personal),
    };
    let cards = service::list(&identity, &signed_in, ctx.now).await?;
    let shell = shell::personal(&organizations, &ctx, &signed_in).await?;
    Ok(html(Me {
        page: Page::new(&ctx, ctx.lang.t("portal-me-title")).with_shell(shell),
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
        desk: signed_in.staff.map(crate::desk::role_key),
        groups: groups(&memberships, ctx.now, english),
        products: shortcuts(&ctx, &signed_in, &organizations, space).await?,
        all_products: match space {
            Space::Personal => "/products".to_owned(),
            Space::Organization(id) => format!("/org/{id}/products"),
        },
        sessions: cards.into_iter().take(SESSIONS).map(|card| sessions::line(&ctx, card)).collect(),
    }))
}

/// By role, the highest first, as the list comes.
fn groups(memberships: &[Membership], now: Timestamp, english: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for membership in memberships {
        let role = membership.policy.role_label(membership.role).of(english).to_owned();
        let line = Place {
            href: shell::link(Space::Organization(membership.organization)),
            name: membership.organization_name.clone(),
            initial: initial(&membership.organization_short_name),
            note: note(membership, now),
        };
        match groups.iter_mut().find(|group| group.role == role) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { role, lines: vec![line] }),
        }
    }
    groups
}

fn note(membership: &Membership, now: Timestamp) -> Option<&'static str> {
    if membership.organization_state != OrganizationState::Active {
        Some("portal-me-organization-suspended")
    } else if membership.state != MembershipState::Active {
        Some("portal-me-membership-suspended")
    } else if now < membership.valid_from {
        Some("portal-me-membership-not-yet")
    } else if membership.valid_until <= now {
        Some("portal-me-membership-over")
    } else {
        None
    }
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
