use crate::organization::OrganizationState;
use crate::organization_type::TypePolicy;
use kernel::{
    Actor, Timestamp,
    id::{AccountId, MembershipId, OrganizationId},
};
use std::sync::Arc;

db::text_enum! {
    /// Declared from the lowest to the highest: the order is the authority.
    pub enum Role {
        Agent = "agent",
        Administrator = "administrator",
        LegalRepresentative = "legal_representative",
    }
}
impl Role {
    pub const fn administers(self) -> bool {
        matches!(self, Self::Administrator | Self::LegalRepresentative)
    }
    /// Nobody touches an account or membership at or above the own role.
    pub fn may_touch(self, other: Role) -> bool {
        self.administers() && self > other
    }
    /// Products are granted to those below; the legal representative, with nobody above, also grants to themselves.
    pub fn may_grant_to(self, other: Role) -> bool {
        self.may_touch(other) || (self == Self::LegalRepresentative && other == Self::LegalRepresentative)
    }
}

db::text_enum! {
    pub enum MembershipState {
        Active = "active",
        Suspended = "suspended",
        Ended = "ended",
    }
}
db::text_enum! {
    /// How the membership came about.
    pub enum Basis {
        Proven = "proven",
        Appointed = "appointed",
        Delegated = "delegated",
        Applied = "applied",
        Created = "created",
        Merged = "merged",
    }
}

/// An account's standing in one organization, as lists of spaces and the shell need it.
#[derive(Clone, Debug)]
pub struct Membership {
    pub id: MembershipId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub organization_short_name: String,
    pub organization_state: OrganizationState,
    pub policy: Arc<TypePolicy>,
    pub role: Role,
    pub state: MembershipState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}
impl Membership {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == MembershipState::Active && self.valid_from <= now && now < self.valid_until
    }
}

/// Proof that the signed-in account is a live member of the organization. Built by `membership::service` alone.
#[derive(Clone, Debug)]
pub struct Member {
    pub(in crate::membership) membership: Membership,
    pub(in crate::membership) account: AccountId,
    pub(in crate::membership) actor: Actor,
}
impl Member {
    pub fn membership(&self) -> &Membership {
        &self.membership
    }
    pub fn organization(&self) -> OrganizationId {
        self.membership.organization
    }
    pub fn role(&self) -> Role {
        self.membership.role
    }
    pub fn account(&self) -> AccountId {
        self.account
    }
    pub fn policy(&self) -> &TypePolicy {
        &self.membership.policy
    }
    /// Who acts, for this organization.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// The stronger capability; None for agents.
    pub fn as_administrator(&self) -> Option<OrganizationAdministrator> {
        self.role().administers().then(|| OrganizationAdministrator(self.clone()))
    }
}

/// A member on a page that gives an administrator more than others: whoever administers has met the policy of second factors.
#[derive(Clone, Debug)]
pub(crate) struct Viewing(pub(crate) Member);

/// Proof that the signed-in account administers the organization: as administrator or legal representative.
#[derive(Clone, Debug)]
pub struct OrganizationAdministrator(Member);
impl std::ops::Deref for OrganizationAdministrator {
    type Target = Member;
    fn deref(&self) -> &Member {
        &self.0
    }
}
