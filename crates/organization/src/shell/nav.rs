//! What stands beside a page: links by space and role. A page that a role cannot open is not offered to it.
use crate::membership::Membership;
use kernel::id::OrganizationId;
use web::Ctx;
use web::page::{NavGroup, NavItem};

/// Whether the entry is marked on its own page alone, or on those below it too.
#[derive(Clone, Copy)]
enum Match {
    Exact,
    Prefix,
}
use Match::{Exact, Prefix};

fn item(ctx: &Ctx, href: &str, label: &str, icon: &'static str, rule: Match) -> NavItem {
    let path = ctx.path_only();
    let current = match rule {
        Exact => path == href,
        Prefix => path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/')),
    };
    NavItem { href: href.to_owned(), label: ctx.lang.t(label), icon, current, badge: 0 }
}
fn group(ctx: &Ctx, title: Option<&str>, items: Vec<NavItem>) -> NavGroup {
    NavGroup { title: title.map(|key| ctx.lang.t(key)), items }
}

/// Pages under `/me/` that lie below the personal information, and below the security center.
const PROFILE_PAGES: &[&str] = &["login-name", "data"];
const SECURITY_PAGES: &[&str] = &[
    "authenticator",
    "close",
    "devices",
    "email",
    "history",
    "linked",
    "passkeys",
    "password",
    "phone",
    concat!("recovery", "-codes"),
    "security-questions",
    "sessions",
];

/// Of the personal space. A managed account does no private business: it has no cases and no catalog of its own.
pub(super) fn personal(ctx: &Ctx, managed: bool, unread: i64) -> Vec<NavGroup> {
    let at = |href, label, icon| item(ctx, href, label, icon, Prefix);
    // The crumbs of these pages name the same place.
    let with = |mut item: NavItem, pages: &[&str]| {
        let here = ctx.path_only().strip_prefix("/me/").and_then(|path| path.split('/').next());
        item.current |= here.is_some_and(|here| pages.contains(&here));
        item
    };
    let first = vec![
        item(ctx, "/me", "organization-nav-me", "home", Exact),
        with(at("/me/profile", "organization-nav-profile", "user"), PROFILE_PAGES),
        at("/me/real-name", "organization-nav-real-name", "card"),
        with(at("/me/security", "organization-nav-security", "shield"), SECURITY_PAGES),
    ];
    let mut spaces = vec![at("/me/organizations", "organization-nav-my-organizations", "org")];
    if !managed {
        spaces.push(at("/me/agent", "organization-nav-agent-authorization", "key"));
        spaces.push(at("/me/found", "organization-nav-found", "plus"));
    }
    spaces.push(at("/me/applications", "organization-nav-my-applications", "approve"));
    let mut messages = at("/me/messages", "organization-nav-messages", "bell");
    messages.badge = unread;
    let business = if managed {
        vec![messages, at("/me/favourites", "organization-nav-favourites", "mark")]
    } else {
        vec![
            at("/me/cases", "organization-nav-my-cases", "file"),
            at("/me/inquiries", "organization-nav-my-inquiries", "chat"),
            messages,
            at("/me/complaints", "organization-nav-complaints", "flag"),
            at("/me/favourites", "organization-nav-favourites", "mark"),
        ]
    };
    let mut access = vec![at("/items", "organization-nav-items", "search")];
    if !managed {
        access.insert(0, at("/me/products", "organization-nav-products", "grid"));
    }
    access.push(at("/me/consents", "organization-nav-consents", "link"));
    let account = vec![
        at("/me/addresses", "organization-nav-addresses", "mail"),
        at("/me/reminders", "organization-nav-reminders", "clock"),
    ];
    vec![
        group(ctx, None, first),
        group(ctx, Some("organization-nav-group-spaces"), spaces),
        group(ctx, Some("organization-nav-group-business"), business),
        group(ctx, Some("organization-nav-group-access"), access),
        group(ctx, Some("organization-nav-group-account"), account),
    ]
}

/// Of an organization's space: `waiting` applications stand beside their link; `develops` tells that its products' clients are
/// this member's to keep.
pub(super) fn organization(
    ctx: &Ctx,
    id: OrganizationId,
    by: &Membership,
    waiting: i64,
    develops: bool,
) -> Vec<NavGroup> {
    let home = format!("/org/{id}/");
    let at = |page: &str, label, icon| item(ctx, &format!("{home}{page}"), label, icon, Prefix);
    let first = item(ctx, &home, "organization-nav-home", "home", Exact);
    let profile = at("profile", "organization-nav-record-profile", "org");
    let chain = at("administrators", "organization-nav-administrators", "shield");
    let business = vec![
        at("cases", "organization-nav-cases", "file"),
        at("inquiries", "organization-nav-inquiries", "chat"),
    ];
    let leave = vec![item(ctx, "/me", "organization-nav-personal-space", "swap", Exact)];
    let development = develops.then(|| at("development", "organization-nav-development", "gear"));
    if !by.role.administers() {
        let mut products = vec![
            at("products", "organization-nav-products", "grid"),
            at("items", "organization-nav-items", "search"),
            at("applications", "organization-nav-own-applications", "approve"),
        ];
        products.extend(development);
        return vec![
            group(ctx, None, vec![first, profile, chain]),
            group(ctx, Some("organization-nav-group-business"), business),
            group(ctx, Some("organization-nav-group-products"), products),
            group(ctx, Some("organization-nav-group-switch"), leave),
        ];
    }
    let mut applications = at("applications", "organization-nav-applications", "approve");
    applications.badge = waiting;
    let record = vec![
        profile,
        at("materials", "organization-nav-materials", "file"),
        at("registrations", "organization-nav-registrations", "card"),
        at("sync", "organization-nav-sync", "refresh"),
        at("contacts", "organization-nav-contacts", "phone"),
        at("machines", "organization-nav-machines", "link"),
        at("record", "organization-nav-record", "clock"),
    ];
    let people = vec![
        at("members", "organization-nav-members", "users"),
        at("invitations", "organization-nav-invitations", "mail"),
        chain,
        at("grants", "organization-nav-grants", "key"),
        applications,
    ];
    let mut products = vec![
        at("products", "organization-nav-products", "grid"),
        at("items", "organization-nav-items", "search"),
        at("admissions", "organization-nav-admissions", "shield"),
    ];
    products.extend(development);
    vec![
        group(ctx, None, vec![first]),
        group(ctx, Some("organization-nav-group-organization"), record),
        group(ctx, Some("organization-nav-group-people"), people),
        group(ctx, Some("organization-nav-group-products"), products),
        group(ctx, Some("organization-nav-group-business"), business),
        group(ctx, Some("organization-nav-group-switch"), leave),
    ]
}
