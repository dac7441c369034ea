use crate::Organizations;
use crate::decision::Space;
use crate::membership::Membership;
use identity::account::own::{self, Badges};
use identity::session::SignedIn;
use kernel::{Error, Result, id::OrganizationId};
use web::page::{NavGroup, NavItem, Shell, SpaceBadge, SpaceKind, SpaceLink, Warning, initial};
use web::{Ctx, Lang};

/// The switcher shows so many spaces, then a link to all of them.
const SHOWN: usize = 7;

/// The frame of the personal space.
pub async fn personal(rooms: &Organizations, ctx: &Ctx, who: &SignedIn) -> Result<Shell> {
    let memberships = rooms.memberships(who.account).await?;
    let badge = SpaceBadge {
        kind: SpaceKind::Person,
        name: who.name.clone(),
        initial: initial(&who.name),
        role: personal_role(ctx, who),
    };
    let mut items = vec![item(ctx, "/me", "organization-nav-me", "home", Match::Exact)];
    if who.owner.organization().is_none() {
        items.push(item(ctx, "/products", "organization-nav-products", "grid", Match::Prefix));
    }
    let badges = badges(rooms, who).await?;
    let mut messages = item(ctx, "/me/messages", "organization-nav-messages", "bell", Match::Prefix);
    messages.badge = badges.unread;
    let nav = vec![
        NavGroup { title: None, items },
        NavGroup {
            title: Some(ctx.lang.t("organization-nav-group-account")),
            items: vec![
                item(ctx, "/me/profile", "organization-nav-profile", "user", Match::Prefix),
                item(ctx, "/me/real-name", "organization-nav-real-name", "card", Match::Prefix),
                item(ctx, "/me/security", "organization-nav-security", "shield", Match::Prefix),
                messages,
                item(ctx, "/me/addresses", "organization-nav-addresses", "mail", Match::Prefix),
                item(ctx, "/me/reminders", "organization-nav-reminders", "clock", Match::Prefix),
                item(ctx, "/me/consents", "organization-nav-consents", "link", Match::Prefix),
            ],
        },
    ];
    Ok(shell(ctx, who, badge, &memberships, Current::Personal, nav, badges))
}

/// The frame of an organization's space. Error `organization.unknown` if it is not the account's.
pub async fn of(
    rooms: &Organizations,
    ctx: &Ctx,
    who: &SignedIn,
    organization: OrganizationId,
) -> Result<Shell> {
    let memberships = rooms.memberships(who.account).await?;
    let membership = memberships
        .iter()
        .find(|membership| membership.organization == organization)
        .ok_or_else(|| Error::not_found("organization.unknown"))?;
    let badge = SpaceBadge {
        kind: SpaceKind::Org,
        name: membership.organization_name.clone(),
        initial: initial(&membership.organization_short_name),
        role: role_label(ctx, membership),
    };
    let home = format!("/org/{organization}/");
    let at = |page: &str| format!("{home}{page}");
    let main = |label, page: &str, icon| item(ctx, &at(page), label, icon, Match::Prefix);
    let mut nav = vec![NavGroup {
        title: None,
        items: vec![item(ctx, &home, "organization-nav-home", "home", Match::Exact)],
    }];
    if membership.role.administers() {
        let waiting = rooms.open_applications(organization, ctx.now).await?;
        let mut applications = main("organization-nav-applications", "applications", "approve");
        applications.badge = waiting;
        nav.push(NavGroup {
            title: Some(ctx.lang.t("organization-nav-group-people")),
            items: vec![
                main("organization-nav-members", "members", "users"),
                main("organization-nav-grants", "grants", "key"),
                applications,
            ],
        });
        nav.push(NavGroup {
            title: Some(ctx.lang.t("organization-nav-group-products")),
            items: vec![
                main("organization-nav-products", "products", "grid"),
                main("organization-nav-admissions", "admissions", "shield"),
            ],
        });
    } else if let Some(first) = nav.first_mut() {
        first.items.push(main("organization-nav-products", "products", "grid"));
        first.items.push(main("organization-nav-own-applications", "applications", "approve"));
    }
    let badges = badges(rooms, who).await?;
    Ok(shell(ctx, who, badge, &memberships, Current::Organization(organization), nav, badges))
}

/// The frame of the platform's desk; its navigation is the desk's own.
pub async fn operator(rooms: &Organizations, ctx: &Ctx, who: &SignedIn, nav: Vec<NavGroup>) -> Result<Shell> {
    let memberships = rooms.memberships(who.account).await?;
    let badge = desk_badge(ctx, who);
    let badges = badges(rooms, who).await?;
    Ok(shell(ctx, who, badge, &memberships, Current::Desk, nav, badges))
}

/// Where a space begins.
pub fn link(space: Space) -> String {
    match space {
        Space::Personal => "/me".to_owned(),
        Space::Organization(id) => format!("/org/{id}/"),
    }
}

async fn badges(rooms: &Organizations, who: &SignedIn) -> Result<Badges> {
    own::badges(rooms.db(), who.account).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Current {
    Personal,
    Organization(OrganizationId),
    Desk,
}
enum Match {
    Exact,
    Prefix,
}
fn item(ctx: &Ctx, href: &str, label: &str, icon: &'static str, rule: Match) -> NavItem {
    let path = ctx.path_only();
    let current = match rule {
        Match::Exact => path == href,
        Match::Prefix => path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/')),
    };
    NavItem { href: href.to_owned(), label: ctx.lang.t(label), icon, current, badge: 0 }
}
fn role_label(ctx: &Ctx, membership: &Membership) -> String {
    membership.policy.role_label(membership.role).of(ctx.lang == Lang::En).to_owned()
}
/// A managed account does no private business: its personal space holds its settings.
fn personal_role(ctx: &Ctx, who: &SignedIn) -> String {
    ctx.lang.t(if who.owner.organization().is_some() {
        "organization-space-account-role"
    } else {
        "organization-space-personal-role"
    })
}
fn desk_badge(ctx: &Ctx, who: &SignedIn) -> SpaceBadge {
    let brand = match ctx.lang {
        Lang::Zh => &ctx.app.brand.name_zh,
        Lang::En => &ctx.app.brand.name_en,
    };
    SpaceBadge {
        kind: SpaceKind::Operator,
        name: brand.clone(),
        initial: initial(brand),
        role: who
            .staff
            .map(|role| ctx.lang.t(&format!("organization-staff-{}", role.as_str().replace('_', "-"))))
            .unwrap_or_default(),
    }
}

fn shell(
    ctx: &Ctx,
    who: &SignedIn,
    space: SpaceBadge,
    memberships: &[Membership],
    current: Current,
    nav: Vec<NavGroup>,
    badges: Badges,
) -> Shell {
    let mut spaces = vec![SpaceLink {
        href: link(Space::Personal),
        name: who.name.clone(),
        initial: initial(&who.name),
        role: personal_role(ctx, who),
        kind: SpaceKind::Person,
        current: current == Current::Personal,
    }];
    if who.staff.is_some() {
        let badge = desk_badge(ctx, who);
        spaces.push(SpaceLink {
            href: "/desk".to_owned(),
            name: badge.name,
            initial: badge.initial,
            role: badge.role,
            kind: SpaceKind::Operator,
            current: current == Current::Desk,
        });
    }
    // The space at hand and the last one visited come first.
    let mut ordered: Vec<&Membership> = memberships.iter().filter(|m| m.is_in_force(ctx.now)).collect();
    ordered.sort_by_key(|membership| {
        let id = membership.organization;
        (current != Current::Organization(id), who.last_organization != Some(id))
    });
    let room = SHOWN.saturating_sub(spaces.len());
    let more_spaces = ordered.len() > room;
    spaces.extend(ordered.into_iter().take(room).map(|membership| SpaceLink {
        href: link(Space::Organization(membership.organization)),
        name: membership.organization_name.clone(),
        initial: initial(&membership.organization_short_name),
        role: role_label(ctx, membership),
        kind: SpaceKind::Org,
        current: current == Current::Organization(membership.organization),
    }));
    Shell {
        user_name: who.name.clone(),
        user_hint: who.phone_masked.clone().unwrap_or_else(|| who.login_name.clone()),
        space,
        spaces,
        more_spaces,
        nav,
        unread: badges.unread,
        level: (who.level.rank(), ctx.lang.t(who.level.key())),
        warning: badges.closing_due.map(|due| Warning {
            text: ctx.lang.ta("organization-closing-warning", &[("due", &due.local_minute(&ctx.app.zone))]),
            action: "/me/close/undo".to_owned(),
            button: ctx.lang.t("organization-closing-undo"),
        }),
    }
}
