//! What a decision is made of, as it is now: who asks, for whom, with which session, and both halves of the tally.
use super::{halves, layer::Layer};
use crate::admission::AdmissionState;
use crate::contract::ContractState;
use crate::grant::GrantState;
use crate::membership::{MembershipState, Role};
use crate::organization::{OrganizationState, RegistryState};
use crate::product::{AdmissionClass, AdmissionEditor, Audience, GrantMode, ProductState};
use identity::{account::AccountState, realname::RealNameLevel};
use kernel::{Timestamp, id::OrganizationId};

/// The principal for whom a page, form or token acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Personal,
    Organization(OrganizationId),
}
impl Space {
    pub const fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Personal => None,
            Self::Organization(id) => Some(id),
        }
    }
}

/// What the session brings: how strongly it was authenticated and from where the request comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFacts {
    /// 1 to 3.
    pub strength: i64,
    /// A card of the account's own signed this session in: then an unactivated account is usable.
    pub card: bool,
    /// Names of the network zones that the source address lies in.
    pub zones: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct AccountFacts {
    pub state: AccountState,
    /// The organization that owns a managed account; None for a self-owned one.
    pub owner: Option<OrganizationId>,
    pub level: RealNameLevel,
}

/// A program that acts without a person: a service client of an organization or of the platform.
#[derive(Clone, Debug)]
pub struct MachineFacts {
    pub active: bool,
    /// The organization for which it acts; None for the platform's own.
    pub owner: Option<OrganizationId>,
    /// Whether it was registered for this very product: that stands in for a member's grant.
    pub registered: bool,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Subject {
    Person(AccountFacts),
    Machine(MachineFacts),
}
impl Subject {
    pub const fn person(&self) -> Option<&AccountFacts> {
        match self {
            Self::Person(account) => Some(account),
            Self::Machine(_) => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ProductFacts {
    pub state: ProductState,
    pub audience: Audience,
    pub admission_class: AdmissionClass,
    pub admission_editor: AdmissionEditor,
    pub grant_mode: GrantMode,
    pub roles_allowed: Vec<Role>,
    pub minimum_level: RealNameLevel,
    pub minimum_strength: i64,
    pub network_zone: Option<String>,
}

#[derive(Clone, Debug)]
pub struct MembershipFacts {
    pub role: Role,
    pub state: MembershipState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

/// A contract as it is now: the one that an admission rests on, or one that was signed and not granted yet.
#[derive(Clone, Debug)]
pub struct ContractFacts {
    pub state: ContractState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub lists_product: bool,
}

/// The row by which staff, or the administrators where the product lets them, admitted the organization.
#[derive(Clone, Debug)]
pub struct AdmissionFacts {
    pub state: AdmissionState,
    /// The office that suspended it, while it is suspended.
    pub suspended_by: Option<AdmissionEditor>,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    pub contract: Option<ContractFacts>,
}

#[derive(Clone, Debug)]
pub struct GrantFacts {
    pub state: GrantState,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
}

#[derive(Clone, Debug)]
pub struct OrganizationFacts {
    pub id: OrganizationId,
    pub state: OrganizationState,
    pub has_member_number: bool,
    pub registry_state: RegistryState,
    /// Policy of the type.
    pub administrators_do_business: bool,
    /// Policy of the type: its people work from these zones; empty means from anywhere.
    pub network_zones: Vec<String>,
    pub membership: Option<MembershipFacts>,
    pub admission: Option<AdmissionFacts>,
    /// For a product of the contract class without an admission: the contract of the organization that lists the product
    /// and ends last. Signed is one thing, granted another.
    pub signed: Option<ContractFacts>,
    pub grant: Option<GrantFacts>,
}

/// What of the organization itself every admission rests on.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub has_member_number: bool,
    pub registry_state: RegistryState,
}

impl OrganizationFacts {
    fn standing(&self) -> Standing {
        Standing { has_member_number: self.has_member_number, registry_state: self.registry_state }
    }
    /// The first half alone: also asked when a grant is made.
    pub fn admission(&self, class: AdmissionClass, now: Timestamp) -> Layer {
        halves::admission(class, self.standing(), self.admission.as_ref(), self.signed.as_ref(), now)
    }
}

#[derive(Clone, Debug)]
pub struct Facts {
    pub subject: Subject,
    /// None in the personal space, and for a machine of the platform.
    pub organization: Option<OrganizationFacts>,
    pub product: ProductFacts,
    pub session: SessionFacts,
    pub now: Timestamp,
}
