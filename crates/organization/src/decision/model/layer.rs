//! The layers of a decision, each with its evidence; those of the two halves are beside, in `halves`.
use super::facts::{AccountFacts, Facts, MachineFacts, OrganizationFacts};
use super::remedy::Mender;
use crate::membership::{MembershipState, Role};
use crate::organization::OrganizationState;
use crate::product::{AdmissionClass, Audience, ProductState};
use identity::account::AccountState;
use kernel::Timestamp;
use serde::Serialize;

db::text_enum! {
    pub enum LayerKind {
        Account = "account",
        /// Of a machine, in place of the account.
        Client = "client",
        Product = "product",
        Audience = "audience",
        Organization = "organization",
        /// Of a machine, in place of membership and role: for whom it acts.
        Owner = "owner",
        Membership = "membership",
        Role = "role",
        Admission = "admission",
        Grant = "grant",
        RealName = "real_name",
        Strength = "strength",
        Network = "network",
    }
}
db::text_enum! {
    pub enum LayerState {
        Met = "met",
        /// In order by itself, but without effect until the admission holds again.
        Asleep = "asleep",
        Missing = "missing",
    }
}

/// One condition with its evidence. `code` is stable; translations, API and clients key on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    pub kind: LayerKind,
    pub state: LayerState,
    pub code: &'static str,
    /// The end of what holds; since when it has run out; or from when on it will hold.
    pub until: Option<Timestamp>,
    /// What the admission of this product rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<AdmissionClass>,
    /// The office that put it out of force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Mender>,
}

pub(super) fn met(kind: LayerKind, code: &'static str) -> Layer {
    Layer { kind, state: LayerState::Met, code, until: None, basis: None, by: None }
}
pub(super) fn missing(kind: LayerKind, code: &'static str) -> Layer {
    Layer { state: LayerState::Missing, ..met(kind, code) }
}
impl Layer {
    pub(super) fn until(self, until: Timestamp) -> Self {
        Self { until: (until != Timestamp::FOREVER).then_some(until), ..self }
    }
}

/// Where `now` lies against `[from, until)`.
pub(super) enum Period {
    Before,
    Within,
    After,
}
pub(super) fn period(from: Timestamp, until: Timestamp, now: Timestamp) -> Period {
    if now < from {
        Period::Before
    } else if now < until {
        Period::Within
    } else {
        Period::After
    }
}

pub(super) fn account_state(facts: &Facts, account: &AccountFacts) -> Layer {
    use LayerKind::Account as Kind;
    match account.state {
        AccountState::Active => met(Kind, "decision.account_active"),
        AccountState::Unactivated if facts.session.card => met(Kind, "decision.account_card"),
        AccountState::Unactivated => missing(Kind, "decision.account_unactivated"),
        AccountState::Disabled => missing(Kind, "decision.account_disabled"),
        AccountState::Closed => missing(Kind, "decision.account_closed"),
    }
}

pub(super) fn client(machine: &MachineFacts) -> Layer {
    use LayerKind::Client as Kind;
    if machine.active {
        met(Kind, "decision.client_active")
    } else {
        missing(Kind, "decision.client_disabled")
    }
}

/// A machine acts for its owner and for nobody else.
pub(super) fn owner(machine: &MachineFacts, organization: Option<&OrganizationFacts>) -> Layer {
    use LayerKind::Owner as Kind;
    match (machine.owner, organization) {
        (None, None) => met(Kind, "decision.owner_platform"),
        (Some(owner), Some(organization)) if owner == organization.id => {
            met(Kind, "decision.owner_organization")
        }
        _ => missing(Kind, "decision.owner_foreign"),
    }
}

pub(super) fn product(facts: &Facts) -> Layer {
    use LayerKind::Product as Kind;
    match facts.product.state {
        ProductState::Active => met(Kind, "decision.product_active"),
        ProductState::Suspended => missing(Kind, "decision.product_suspended"),
        ProductState::Draft | ProductState::Withdrawn => missing(Kind, "decision.product_unavailable"),
    }
}

pub(super) fn audience(facts: &Facts) -> Layer {
    use LayerKind::Audience as Kind;
    match (&facts.organization, facts.product.audience) {
        (Some(_), Audience::Person) => missing(Kind, "decision.audience_person_only"),
        // The platform's own machines act for nobody: neither persons nor organizations are served.
        (None, _) if facts.subject.person().is_none() => met(Kind, "decision.audience_platform"),
        (None, Audience::Organization) => missing(Kind, "decision.audience_organization_only"),
        // A managed account stands for its organization; the person behind it has an account of their own for private affairs.
        (None, _) if facts.subject.person().is_some_and(|account| account.owner.is_some()) => {
            missing(Kind, "decision.account_managed")
        }
        (Some(_), _) => met(Kind, "decision.audience_organization"),
        (None, _) => met(Kind, "decision.audience_person"),
    }
}

pub(super) fn organization_state(organization: &OrganizationFacts) -> Layer {
    use LayerKind::Organization as Kind;
    match organization.state {
        OrganizationState::Active => met(Kind, "decision.organization_active"),
        OrganizationState::Suspended => missing(Kind, "decision.organization_suspended"),
        OrganizationState::Closed => missing(Kind, "decision.organization_closed"),
    }
}

pub(super) fn membership(facts: &Facts, account: &AccountFacts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Membership as Kind;
    let Some(membership) = &organization.membership else {
        return missing(Kind, "decision.membership_missing");
    };
    if account.owner.is_some_and(|owner| owner != organization.id) {
        return missing(Kind, "decision.membership_foreign");
    }
    match membership.state {
        MembershipState::Active => {}
        MembershipState::Suspended => return missing(Kind, "decision.membership_suspended"),
        MembershipState::Ended => return missing(Kind, "decision.membership_missing"),
    }
    match period(membership.valid_from, membership.valid_until, facts.now) {
        Period::Before => missing(Kind, "decision.membership_not_yet").until(membership.valid_from),
        Period::Within => met(Kind, "decision.membership_active").until(membership.valid_until),
        Period::After => missing(Kind, "decision.membership_expired").until(membership.valid_until),
    }
}

pub(super) fn role(facts: &Facts, organization: &OrganizationFacts) -> Layer {
    use LayerKind::Role as Kind;
    let Some(membership) = &organization.membership else {
        return missing(Kind, "decision.role_missing");
    };
    if membership.role == Role::Administrator && !organization.administrators_do_business {
        missing(Kind, "decision.role_administers_only")
    } else if facts.product.roles_allowed.contains(&membership.role) {
        met(Kind, "decision.role_allowed")
    } else {
        missing(Kind, "decision.role_not_allowed")
    }
}

pub(super) fn real_name(facts: &Facts, account: &AccountFacts) -> Layer {
    use LayerKind::RealName as Kind;
    if account.level >= facts.product.minimum_level {
        met(Kind, "decision.real_name_met")
    } else {
        missing(Kind, "decision.real_name_too_low")
    }
}

pub(super) fn strength(facts: &Facts) -> Layer {
    use LayerKind::Strength as Kind;
    if facts.session.strength >= facts.product.minimum_strength {
        met(Kind, "decision.strength_met")
    } else {
        missing(Kind, "decision.strength_too_low")
    }
}

/// The product's zone and, in an organization's space, one of its type's zones.
pub(super) fn network(facts: &Facts) -> Layer {
    use LayerKind::Network as Kind;
    let within = |zone: &String| facts.session.zones.contains(zone);
    let by_product = facts.product.network_zone.as_ref().is_none_or(within);
    let by_type = facts.organization.as_ref().is_none_or(|organization| {
        organization.network_zones.is_empty() || organization.network_zones.iter().any(within)
    });
    if by_product && by_type {
        met(Kind, "decision.network_inside")
    } else {
        missing(Kind, "decision.network_outside")
    }
}
