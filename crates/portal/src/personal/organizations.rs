//! `/me/organizations`: every organization that I act for, by role, a page at a time.
use ::organization::{
    Organizations,
    decision::Space,
    membership::{Membership, MembershipState, Role},
    organization::OrganizationState,
    shell::{self, Cursor, OwnFilter},
};
use axum::Extension;
use identity::SignedIn;
use kernel::{Timestamp, text};
use serde::Deserialize;
use web::{Ctx, FormErrors, Lang, Page, Policy, Query, Routes, html_status, initial};

const HERE: &str = "/me/organizations";
const SHOWN: usize = 20;

pub fn routes() -> Routes {
    Routes::new().get(HERE, Policy::SignedIn, list)
}

/// One organization.
pub struct Place {
    pub href: String,
    pub name: String,
    pub initial: String,
    /// As the organization's type calls it.
    pub role: String,
    pub until: Option<String>,
    /// Why the space cannot be entered just now.
    pub note: Option<&'static str>,
}
/// Organizations in which the person has the same role.
pub struct Group {
    pub role: Role,
    pub title: &'static str,
    pub lines: Vec<Place>,
}
/// In the order of the list, which is by role.
pub fn groups(ctx: &Ctx, memberships: &[Membership]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for membership in memberships {
        let line = place(ctx, membership);
        match groups.iter_mut().find(|group| group.role == membership.role) {
            Some(group) => group.lines.push(line),
            None => {
                groups.push(Group { role: membership.role, title: title(membership.role), lines: vec![line] })
            }
        }
    }
    groups
}
const fn title(role: Role) -> &'static str {
    match role {
        Role::LegalRepresentative => "portal-organizations-legal-representative",
        Role::Administrator => "portal-organizations-administrator",
        Role::Agent => "portal-organizations-agent",
    }
}
fn place(ctx: &Ctx, membership: &Membership) -> Place {
    let ends = membership.valid_until < Timestamp::FOREVER;
    Place {
        href: shell::link(Space::Organization(membership.organization)),
        name: membership.organization_name.clone(),
        initial: initial(&membership.organization_short_name),
        role: membership.policy.role_label(membership.role).of(ctx.lang == Lang::En).to_owned(),
        until: ends.then(|| membership.valid_until.last_day(&ctx.app.zone)),
        note: note(membership, ctx.now),
    }
}
fn note(membership: &Membership, now: Timestamp) -> Option<&'static str> {
    if membership.state != MembershipState::Active {
        Some("portal-me-membership-suspended")
    } else if now < membership.valid_from {
        Some("portal-me-membership-not-yet")
    } else if membership.valid_until <= now {
        Some("portal-me-membership-over")
    } else if membership.organization_state != OrganizationState::Active {
        Some("portal-me-organization-suspended")
    } else {
        None
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    role: String,
    usable: String,
    after: String,
}
#[derive(askama::Template)]
#[template(path = "personal/organizations.html")]
struct List {
    page: Page,
    groups: Vec<Group>,
    asked: Asked,
    filtered: bool,
    next: Option<String>,
    errors: FormErrors,
}
async fn list(
    ctx: Ctx,
    who: SignedIn,
    Extension(rooms): Extension<Organizations>,
    Query(asked): Query<Asked>,
) -> web::Result {
    let mut errors = FormErrors::none();
    let filter = OwnFilter {
        role: asked.role.parse().ok(),
        name: errors.take(text::optional_line("q", &asked.q, 60), ctx.lang).flatten(),
        usable: match asked.usable.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        after: Cursor::parse(&asked.after),
    };
    let limit = SHOWN as i64 + 1;
    let mut memberships = match errors.is_empty() {
        true => rooms.own_organizations(who.account, filter, limit, ctx.now).await?,
        false => Vec::new(),
    };
    let more = memberships.len() > SHOWN;
    memberships.truncate(SHOWN);
    let next = memberships.last().filter(|_| more).map(Cursor::of);
    let view = List {
        page: Page::new(&ctx, ctx.lang.t("portal-organizations-title"))
            .with_shell(shell::personal(&rooms, &ctx, &who).await?)
            .with_errors(&errors),
        groups: groups(&ctx, &memberships),
        filtered: [&asked.q, &asked.role, &asked.usable].iter().any(|text| !text.is_empty()),
        next: next.map(|after| next_page(&asked, after)),
        asked,
        errors,
    };
    Ok(html_status(view.errors.status(), view))
}
fn next_page(asked: &Asked, after: Cursor) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", &asked.q), ("role", &asked.role), ("usable", &asked.usable)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair("after", &after.to_string());
    format!("{HERE}?{}", query.finish())
}
