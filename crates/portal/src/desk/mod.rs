//! The desk of the platform's staff. Whoever is no member of staff finds nothing here (404); which role may do what is
//! decided by the services below, this room leaves out what a role has no use for.
mod administrators;
mod admission;
mod admission_batches;
mod admission_choosing;
mod admission_requests;
mod admission_roll;
mod admissions;
mod applications;
mod audit;
mod categories;
mod changes;
mod channels;
mod clients;
mod contacts;
mod contract_changes;
mod contract_types;
mod contracts;
mod disputes;
mod keys;
mod legacy;
mod machines;
mod materials;
mod organization;
mod organizations;
mod people;
mod policies;
pub mod products;
mod profile;
mod proofs;
mod providers;
mod record;
mod refusals;
mod registry;
mod review;
mod settings;
mod staff;
mod types;
mod verifiers;
mod webhooks;
mod words;

use ::organization::{Operator, Organizations, organization::Organization, shell};
use axum::{Extension, extract::FromRequestParts};
use http::request::Parts;
use identity::{session::SignedIn, stepup};
use kernel::{Error, Timestamp, id::OrganizationId};
use platform::StaffRole;
use serde::Deserialize;
use web::{Ctx, Failure, NavGroup, NavItem, Page, Policy, Routes, html};

pub fn routes() -> Routes {
    Routes::new()
        .get("/desk", Policy::Staff(EVERY_ROLE), home)
        .merge(organizations::routes())
        .merge(people::routes())
        .merge(organization::routes())
        .merge(settings::routes())
        .merge(administrators::routes())
        .merge(admissions::routes())
        .merge(admission_batches::routes())
        .merge(admission_requests::routes())
        .merge(admission_roll::routes())
        .merge(applications::routes())
        .merge(contracts::routes())
        .merge(contract_types::routes())
        .merge(types::routes())
        .merge(materials::routes())
        .merge(changes::routes())
        .merge(contacts::routes())
        .merge(profile::routes())
        .merge(registry::routes())
        .merge(refusals::routes())
        .merge(products::routes())
        .merge(categories::routes())
        .merge(clients::routes())
        .merge(machines::routes())
        .merge(webhooks::routes())
        .merge(policies::routes())
        .merge(keys::routes())
        .merge(proofs::routes())
        .merge(disputes::routes())
        .merge(verifiers::routes())
        .merge(providers::routes())
        .merge(legacy::routes())
        .merge(staff::routes())
        .merge(channels::routes())
        .merge(audit::routes())
}

/// For the table of routes: which roles a page answers.
const EVERY_ROLE: &str =
    "account_manager product_manager system_administrator security_administrator auditor";
const FOR_ORGANIZATIONS: &str = "account_manager product_manager system_administrator";
const FOR_MANAGEMENT: &str = "account_manager system_administrator";
pub const FOR_PRODUCTS: &str = "product_manager system_administrator";
const FOR_STAFF: &str = "system_administrator";
const FOR_POLICIES: &str = "system_administrator security_administrator";
const FOR_AUDIT: &str = "security_administrator auditor";

/// A form without fields of its own.
#[derive(Deserialize)]
pub struct Nothing {}

/// A member of staff at the desk, with the room that answers.
pub struct Desk {
    pub ctx: Ctx,
    pub signed_in: SignedIn,
    pub role: StaffRole,
    pub operator: Operator,
    pub organizations: Organizations,
}

impl<S: Send + Sync> FromRequestParts<S> for Desk {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let ctx = Ctx::from_request_parts(parts, state).await?;
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let unknown = || Error::not_found("page.unknown");
        let role = signed_in.staff.ok_or_else(unknown)?;
        let operator = Operator::from_signed_in(&signed_in).ok_or_else(unknown)?;
        identity::staff::require_strength(parts, state, &signed_in).await?;
        let organizations =
            parts.extensions.get::<Organizations>().cloned().ok_or_else(|| {
                Error::internal("internal").because("the room of organizations was not wired")
            })?;
        Ok(Self { ctx, signed_in, role, operator, organizations })
    }
}

impl Desk {
    /// Error `staff.role_required` for a role that has no business here.
    pub fn must_be(&self, roles: &[StaffRole]) -> Result<(), Failure> {
        if roles.contains(&self.role) { Ok(()) } else { Err(Error::forbidden("staff.role_required").into()) }
    }
    /// What decides whom to believe, or lets somebody in, wants a proof of the last minutes; `back` shows the page of the action.
    pub async fn must_be_fresh(&self, back: &str) -> Result<(), Failure> {
        let (identity, need) = (self.organizations.identity(), stepup::Need::Fresh);
        match stepup::service::required(identity, &self.ctx, &self.signed_in, need, back).await? {
            Some(response) => Err(response.into()),
            None => Ok(()),
        }
    }
    /// A business date includes its day, so the end is the next midnight; nothing typed means no end.
    pub fn end_of(&self, field: &'static str, text: &str) -> kernel::Result<Timestamp> {
        if text.trim().is_empty() {
            return Ok(Timestamp::FOREVER);
        }
        let end = self.ctx.app.zone.end_of(text.trim());
        end.ok_or_else(|| Error::invalid("portal.date").at(field))
    }
    pub fn start_of(&self, field: &'static str, text: &str) -> kernel::Result<Timestamp> {
        let start = self.ctx.app.zone.start_of(text.trim());
        start.ok_or_else(|| Error::invalid("portal.date").at(field))
    }
    /// The last day of a term, or the word for none.
    pub fn until(&self, until: Timestamp) -> String {
        if until == Timestamp::FOREVER { self.t("portal-no-end") } else { until.last_day(&self.ctx.app.zone) }
    }
    /// The organization, if it is in the portfolio of whoever asks.
    pub async fn organization(&self, id: OrganizationId) -> Result<Organization, Failure> {
        self.must_be(ORGANIZATION_ROLES)?;
        let found = self.organizations.organization(id).await?;
        let theirs =
            self.role != StaffRole::AccountManager || found.account_manager == Some(self.signed_in.account);
        if theirs { Ok(found) } else { Err(Error::not_found("organization.unknown").into()) }
    }
    /// Whether the services below let this member of staff change that organization.
    pub fn manages(&self, organization: &Organization) -> bool {
        match self.role {
            StaffRole::SystemAdministrator => true,
            StaffRole::AccountManager => organization.account_manager == Some(self.signed_in.account),
            _ => false,
        }
    }
    pub fn english(&self) -> bool {
        self.ctx.lang == web::Lang::En
    }
    /// A page in the desk's frame; `area` is the address that the navigation marks.
    pub async fn page(&self, title: impl Into<String>, area: &str) -> Result<Page, Failure> {
        let shell =
            shell::operator(&self.organizations, &self.ctx, &self.signed_in, self.navigation(area)).await?;
        Ok(Page::new(&self.ctx, title).with_shell(shell))
    }
    /// The overview, then the areas of the role.
    fn navigation(&self, here: &str) -> Vec<NavGroup> {
        let item = |href: &str, label: &str, icon: &'static str| NavItem {
            href: href.to_owned(),
            label: self.t(label),
            icon,
            current: href == here,
            badge: 0,
        };
        let mut items = vec![item("/desk", "portal-desk-home", "home")];
        items.extend(areas(self.role).map(|area| item(area.href, area.label, area.icon)));
        vec![NavGroup { title: None, items }]
    }
    pub fn t(&self, key: &str) -> String {
        self.ctx.lang.t(key)
    }
    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        self.ctx.lang.ta(key, &[(name, value)])
    }
}

/// Key of a role's name.
pub fn role_key(role: StaffRole) -> &'static str {
    words::role(role)
}

/// One part of the desk and the roles that work there.
pub struct Area {
    pub href: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub icon: &'static str,
    roles: &'static [StaffRole],
}
pub const ORGANIZATION_ROLES: &[StaffRole] =
    &[StaffRole::AccountManager, StaffRole::ProductManager, StaffRole::SystemAdministrator];
pub const PRODUCT_ROLES: &[StaffRole] = ORGANIZATION_ROLES;
pub const STAFF_ROLES: &[StaffRole] = &[StaffRole::SystemAdministrator];
pub const POLICY_ROLES: &[StaffRole] = &[StaffRole::SystemAdministrator, StaffRole::SecurityAdministrator];
pub const AUDIT_ROLES: &[StaffRole] = &[StaffRole::SecurityAdministrator, StaffRole::Auditor];
const AREAS: &[Area] = &[
    Area {
        href: "/desk/organizations",
        label: "portal-organizations",
        hint: "portal-organizations-area-hint",
        icon: "org",
        roles: ORGANIZATION_ROLES,
    },
    Area {
        href: applications::HERE,
        label: "portal-applications",
        hint: "portal-applications-area-hint",
        icon: "approve",
        roles: applications::INBOX_ROLES,
    },
    Area {
        href: "/desk/people",
        label: "portal-people",
        hint: "portal-people-area-hint",
        icon: "user",
        roles: people::PEOPLE_ROLES,
    },
    Area {
        href: "/desk/products",
        label: "portal-products",
        hint: "portal-products-area-hint",
        icon: "grid",
        roles: PRODUCT_ROLES,
    },
    Area {
        href: refusals::HERE,
        label: "portal-refusals",
        hint: "portal-refusals-area-hint",
        icon: "alert",
        roles: refusals::REFUSAL_ROLES,
    },
    Area {
        href: "/desk/categories",
        label: "portal-categories",
        hint: "portal-categories-area-hint",
        icon: "mark",
        roles: STAFF_ROLES,
    },
    Area {
        href: "/desk/types",
        label: "portal-types",
        hint: "portal-types-area-hint",
        icon: "org",
        roles: STAFF_ROLES,
    },
    Area {
        href: "/desk/materials",
        label: "portal-materials",
        hint: "portal-materials-area-hint",
        icon: "file",
        roles: materials::MATERIAL_ROLES,
    },
    Area {
        href: "/desk/registry",
        label: "portal-registry",
        hint: "portal-registry-area-hint",
        icon: "refresh",
        roles: POLICY_ROLES,
    },
    Area {
        href: "/desk/contract-types",
        label: "portal-contract-types",
        hint: "portal-contract-types-area-hint",
        icon: "file",
        roles: contract_types::CONTRACT_TYPE_ROLES,
    },
    Area {
        href: "/desk/proofs",
        label: "verification-desk-proofs",
        hint: "verification-desk-proofs-area",
        icon: "shield",
        roles: proofs::REVIEW_ROLES,
    },
    Area {
        href: "/desk/disputes",
        label: "verification-desk-disputes",
        hint: "verification-desk-disputes-area",
        icon: "swap",
        roles: proofs::REVIEW_ROLES,
    },
    Area {
        href: "/desk/verifiers",
        label: "verification-desk-verifiers",
        hint: "verification-desk-verifiers-area",
        icon: "link",
        roles: POLICY_ROLES,
    },
    Area {
        href: legacy::HERE,
        label: "portal-legacy",
        hint: "portal-legacy-area-hint",
        icon: "swap",
        roles: legacy::LEGACY_ROLES,
    },
    Area {
        href: "/desk/staff",
        label: "portal-staff",
        hint: "portal-staff-area-hint",
        icon: "users",
        roles: STAFF_ROLES,
    },
    Area {
        href: "/desk/policies",
        label: "portal-policies",
        hint: "portal-policies-area-hint",
        icon: "gear",
        roles: POLICY_ROLES,
    },
    Area {
        href: keys::HERE,
        label: "portal-keys",
        hint: "portal-keys-area-hint",
        icon: "key",
        roles: POLICY_ROLES,
    },
    Area {
        href: "/desk/providers",
        label: "portal-providers",
        hint: "portal-providers-area-hint",
        icon: "ext",
        roles: POLICY_ROLES,
    },
    Area {
        href: "/desk/channels",
        label: "portal-channels",
        hint: "portal-channels-area-hint",
        icon: "chat",
        roles: channels::CHANNEL_ROLES,
    },
    Area {
        href: "/desk/audit",
        label: "portal-audit",
        hint: "portal-audit-area-hint",
        icon: "clock",
        roles: AUDIT_ROLES,
    },
];
pub fn areas(role: StaffRole) -> impl Iterator<Item = &'static Area> {
    AREAS.iter().filter(move |area| area.roles.contains(&role))
}

/// Lines of what waits on the first page.
const WAITING: i64 = 6;

#[derive(askama::Template)]
#[template(path = "desk/home.html")]
struct Home {
    page: Page,
    name: String,
    role: String,
    areas: Vec<&'static Area>,
    /// What is wrong with gateways, for those who can mend it.
    notices: Vec<channels::NoticeLine>,
    /// What waits for a decision, oldest first; None for those who decide nothing.
    waiting: Option<Vec<applications::Line>>,
}

async fn home(desk: Desk, Extension(channels): Extension<channel::Channels>) -> web::Result {
    let sees = channels::CHANNEL_ROLES.contains(&desk.role);
    let notices = if sees { channels::notices(&desk, &channels).await? } else { Vec::new() };
    let waiting = match applications::INBOX_ROLES.contains(&desk.role) {
        true => Some(applications::waiting(&desk, WAITING).await?),
        false => None,
    };
    Ok(html(Home {
        notices,
        waiting,
        page: desk.page(desk.t("portal-desk"), "/desk").await?,
        name: desk.signed_in.name.clone(),
        role: desk.t(words::role(desk.role)),
        areas: areas(desk.role).collect(),
    }))
}
